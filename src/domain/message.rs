//! Messages.

use super::{MessageId, ThreadId, Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Who spoke: the person (`in`) or the business (`out`).
    Direction { In = "in", Out = "out" }
}

text_enum! {
    /// The way a message took.
    Provider {
        /// The official path, Twilio's WhatsApp sender.
        Twilio = "twilio",
        /// The business's own WhatsApp, linked as a device.
        Baileys = "baileys",
    }
}

text_enum! {
    /// Words, or words with a file.
    MessageType { Text = "text", Media = "media" }
}

text_enum! {
    /// The finer kind of a message.
    MediaKind {
        Text = "text",
        Image = "image",
        Audio = "audio",
        Voice = "voice",
        Video = "video",
        Document = "document",
        Sticker = "sticker",
        Location = "location",
        Contact = "contact",
        Template = "template",
        Other = "other",
    }
}

impl MediaKind {
    /// The kind of a file by its MIME type.
    pub fn of_mime(mime: &str) -> Self {
        match mime.split('/').next().unwrap_or_default() {
            "image" => Self::Image,
            "audio" => Self::Audio,
            "video" => Self::Video,
            "text" if mime.starts_with("text/vcard") || mime.starts_with("text/x-vcard") => Self::Contact,
            "application" | "text" => Self::Document,
            _ => Self::Other,
        }
    }

    /// The kind of a file by the end of its address; a document where that says nothing.
    pub fn of_url(url: &str) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        match name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default().as_str() {
            "jpg" | "jpeg" | "png" | "webp" | "gif" => Self::Image,
            "mp3" | "ogg" | "oga" | "opus" | "m4a" | "aac" | "wav" | "amr" => Self::Audio,
            "mp4" | "3gp" | "mov" | "webm" => Self::Video,
            _ => Self::Document,
        }
    }
}

text_enum! {
    /// How far a message has come. It only ever goes forward, see [`MessageStatus::advance`].
    MessageStatus {
        /// It came in.
        Received = "received",
        /// It waits in the outbox.
        Queued = "queued",
        /// A provider has it.
        Sent = "sent",
        /// The person's phone has it.
        Delivered = "delivered",
        /// The person has seen it.
        Read = "read",
        /// It will not arrive; the reason is kept beside it.
        Failed = "failed",
    }
}

impl MessageStatus {
    /// The status after `news` has come in, whatever order the providers tell it in: `read` then `delivered` stays
    /// `read`, and what reached the phone cannot fail any more.
    #[must_use]
    pub fn advance(self, news: Self) -> Self {
        match (self, news) {
            (Self::Received, _)
            | (_, Self::Received)
            | (Self::Delivered | Self::Read, Self::Failed)
            | (Self::Failed, Self::Queued | Self::Sent) => self,
            (Self::Failed, later) | (_, later @ Self::Failed) => later,
            (now, later) => now.max(later),
        }
    }
}

text_enum! {
    /// What happened to a message after it was written.
    MessageEventKind { Status = "status", Edit = "edit", Reaction = "reaction", Deletion = "deletion" }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Message {
    /// Our id; greater is later to arrive.
    #[schema(value_type = i64)]
    pub id: MessageId,
    /// Where it belongs.
    #[schema(value_type = i64)]
    pub thread_id: ThreadId,
    /// Who spoke.
    pub direction: Direction,
    /// Words, or words with a file.
    pub message_type: MessageType,
    /// The finer kind.
    pub media_kind: MediaKind,
    /// The words; empty for a bare file.
    pub content_text: String,
    /// Where the file is: the provider's address, or ours once it has been fetched.
    pub media_url: Option<String>,
    /// What has become of the file that came with it: `waiting` while it is still to be fetched, `stored` where it is here,
    /// `linked` where only its address is known, `failed`, or `pruned` where it was deleted as the settings say.
    pub media_state: Option<String>,
    /// The way it took, or will take.
    pub provider: Option<Provider>,
    /// The provider's id of it.
    pub provider_msg_id: Option<String>,
    /// How far it has come.
    pub status: MessageStatus,
    /// Why it failed: a code of ours or of the provider.
    pub error_code: Option<String>,
    /// Why it failed, or that it may have been sent, for a person to read.
    pub error: Option<String>,
    /// Who wrote an outgoing one: `user:3`, `token:2`, `agent`, or `phone` for the business's own phone.
    pub author: Option<String>,
    /// The provider's id of the message that it answers.
    pub quoted_msg_id: Option<String>,
    /// When a provider had it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
    /// When the contact's phone had it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delivered_at: Option<Timestamp>,
    /// When the contact had seen it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub read_at: Option<Timestamp>,
    /// When it was written: for one that waited as the provider says, else when it reached us.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// A message with its files and all that happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MessageDetail {
    /// The message as it is now.
    #[serde(flatten)]
    pub message: Message,
    /// The message that it answers, where that is known.
    pub quote: Option<Quote>,
    /// The reactions that nobody has taken back, one of each side.
    pub reactions: Vec<Reaction>,
    /// Its edits, the oldest first.
    pub edits: Vec<Edit>,
    /// When its writer deleted it; the words stay here.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deleted_at: Option<Timestamp>,
    /// Who deleted it: `contact`, or `phone` for the business's own phone.
    pub deleted_by: Option<String>,
    /// Its files.
    pub files: Vec<MessageFile>,
}

/// The message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Quote {
    /// Our id of it.
    #[schema(value_type = i64)]
    pub message_id: MessageId,
    /// Who wrote it.
    pub direction: Direction,
    /// Its words.
    pub content_text: String,
}

/// An emoji that somebody put to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Who did: `contact`, or `phone` for the business's own phone.
    pub actor: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A change of a message's words by its writer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Edit {
    /// The words before it.
    pub previous_text: String,
    /// Who did: `contact`, or `phone` for the business's own phone.
    pub actor: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MessageFile {
    /// Its place among the message's files, from 0.
    pub position: i64,
    /// What its sender called it.
    pub file_name: Option<String>,
    /// Its type.
    pub mime: Option<String>,
    /// Its size; null until it is here.
    pub bytes: Option<i64>,
    /// `waiting`, `stored`, `linked`, `failed` or `pruned`, as the message's `media_state`.
    pub state: String,
    /// Why it is not here.
    pub error: Option<String>,
    /// Where it can be fetched; null while it is not here.
    pub url: Option<String>,
}

/// Where a file of a message is, before the SHA-256 of its content.
pub const MEDIA_PATH: &str = "/api/media/";

#[cfg(test)]
mod tests {
    use super::MessageStatus::{self, Delivered, Failed, Queued, Read, Received, Sent};
    use proptest::prelude::*;

    #[test]
    fn status_never_goes_back() {
        for (now, news, then) in [
            (Queued, Sent, Sent),
            (Read, Delivered, Read),
            (Sent, Queued, Sent),
            (Sent, Failed, Failed),
            (Queued, Failed, Failed),
            (Delivered, Failed, Delivered),
            (Read, Failed, Read),
            (Failed, Sent, Failed),
            (Failed, Delivered, Delivered),
            (Received, Read, Received),
            (Queued, Received, Queued),
        ] {
            assert_eq!(now.advance(news), then, "{now} then {news}");
        }
    }

    proptest! {
        #[test]
        fn what_was_read_stays_read(order in proptest::collection::vec(0..MessageStatus::ALL.len(), 0..12)) {
            let mut now = Read;
            for i in order { now = now.advance(MessageStatus::ALL[i]); }
            prop_assert_eq!(now, Read);
        }
    }
}
