//! Messages, with their status, files, reactions and edits.

use super::{MessageExtra, MessageId, StoredNotice, ThreadId, Timestamp, text_enum};

text_enum! {
    /// The direction of a message: `in` from the contact, `out` from the business.
    Direction { In = "in", Out = "out" }
}

text_enum! {
    /// A WhatsApp provider.
    Provider {
        /// The official API: Twilio's WhatsApp sender.
        Twilio = "twilio",
        /// The business's own WhatsApp account, linked as a device.
        Baileys = "baileys",
    }
}

text_enum! {
    /// The type of a message: `text`, or `media` for a message with a file, a location, a contact or other content that
    /// is not text.
    MessageType { Text = "text", Media = "media" }
}

text_enum! {
    /// The state of a message's media file.
    MediaState {
        /// The file has not been fetched yet.
        Waiting = "waiting",
        /// The content of the file is stored.
        Stored = "stored",
        /// Only the URL of the file is stored.
        Linked = "linked",
        /// The file could not be fetched.
        Failed = "failed",
        /// The content of the file was stored, and was later deleted by retention.
        Pruned = "pruned",
    }
}

text_enum! {
    /// The kind of a message's content.
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
    /// Returns the kind of a file by its MIME type.
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

    /// Returns the kind of a file by the extension in its URL; a document if the extension is unknown.
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
    /// The delivery status of a message. It never goes backwards, see [`MessageStatus::advance`].
    MessageStatus {
        /// Received from the contact.
        Received = "received",
        /// Queued in the outbox.
        Queued = "queued",
        /// A provider has accepted the message.
        Sent = "sent",
        /// Delivered to the contact's phone.
        Delivered = "delivered",
        /// The contact has read the message.
        Read = "read",
        /// The message could not be sent or delivered; the reason is stored with it. A later report of its delivery
        /// replaces this status.
        Failed = "failed",
    }
}

impl MessageStatus {
    /// Returns the status after `report`. Reports can arrive in any order: `delivered` after `read` keeps `read`, and a
    /// delivered message ignores `failed`.
    #[must_use]
    pub fn advance(self, report: Self) -> Self {
        match (self, report) {
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
    /// The kind of an event that changed a message after its creation.
    MessageEventKind { Status = "status", Edit = "edit", Reaction = "reaction", Deletion = "deletion" }
}

/// A WhatsApp message, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The id; messages that arrived later have greater ids.
    pub id: MessageId,
    /// The conversation to which the message belongs.
    pub thread_id: ThreadId,
    /// Whether the contact or the business wrote the message.
    pub direction: Direction,
    /// Whether the message is a text.
    pub message_type: MessageType,
    /// The kind of the content, such as an image or a voice message.
    pub media_kind: MediaKind,
    /// The text; empty for a file without a caption.
    pub content_text: String,
    /// The URL of the first file: the provider's URL until the file has been fetched, then the local URL.
    pub media_url: Option<String>,
    /// The state of the message's file.
    pub media_state: Option<MediaState>,
    /// The provider that sent, delivered or will send the message.
    pub provider: Option<Provider>,
    /// The provider's id of the message.
    pub provider_msg_id: Option<String>,
    /// The delivery status.
    pub status: MessageStatus,
    /// The error code of a failed message, from AgentLocator or from the provider.
    pub error_code: Option<String>,
    /// A notice for users: why the message failed, or that it is unknown whether it was sent.
    pub error: Option<StoredNotice>,
    /// The author of an outgoing message, such as `user:3`, `token:2`, `agent`, or `phone` for the business's own
    /// phone.
    pub author: Option<String>,
    /// The provider's id of the quoted message.
    pub quoted_msg_id: Option<String>,
    /// When a provider accepted the message.
    pub sent_at: Option<Timestamp>,
    /// When the message was delivered to the contact's phone.
    pub delivered_at: Option<Timestamp>,
    /// When the contact read the message.
    pub read_at: Option<Timestamp>,
    /// When the message was written: the provider's time if its delivery was delayed, else the time at which it
    /// arrived or was queued.
    pub created_at: Timestamp,
}

/// A message with its files, reactions and edits.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageDetail {
    /// The message in its current form.
    pub message: Message,
    /// The quoted message; none if the message quotes none or the quoted message is not stored.
    pub quote: Option<Quote>,
    /// The current reactions: at most one by the contact and one by the business.
    pub reactions: Vec<Reaction>,
    /// The edits, oldest first.
    pub edits: Vec<Edit>,
    /// When the author deleted the message; the text is kept.
    pub deleted_at: Option<Timestamp>,
    /// Who deleted the message: `contact`, or `phone` for the business's own phone.
    pub deleted_by: Option<String>,
    /// The files, in the order of their positions.
    pub files: Vec<MessageFile>,
    /// What the message contains besides its text and files.
    pub extra: MessageExtra,
    /// When the next attempt to send the message is due; none if the message is not queued.
    pub next_attempt_at: Option<Timestamp>,
    /// What a queued message waits for besides that time; none if nothing.
    pub waits_for: Option<WaitsFor>,
}

text_enum! {
    /// What a queued message waits for before its next attempt.
    WaitsFor {
        /// The owner's decision: messages that were queued in a restored backup may have been sent since.
        Owner = "owner",
        /// The provider's answer about an attempt whose outcome is unknown: the message may have been sent.
        Confirmation = "confirmation",
        /// An earlier message to the same contact.
        EarlierMessage = "earlier_message",
    }
}

/// The message that another message quotes, in its current form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The quoted message.
    pub message_id: MessageId,
    /// Whether the contact or the business wrote the quoted message.
    pub direction: Direction,
    /// The current text of the quoted message; empty if its author deleted the message.
    pub content_text: String,
    /// Whether its author deleted the quoted message.
    pub deleted: bool,
}

/// A reaction to a message by an emoji.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji. A later reaction of the same author replaces it.
    pub emoji: String,
    /// The author: `contact`, or `phone` for the business's own phone.
    pub actor: String,
    /// When the reaction was made.
    pub at: Timestamp,
}

/// An edit of a message by its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The text before the edit.
    pub previous_text: String,
    /// The author: `contact`, or `phone` for the business's own phone.
    pub actor: String,
    /// When the edit was made.
    pub at: Timestamp,
}

/// A file of a stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFile {
    /// The position among the files of the message, from 0.
    pub position: i64,
    /// The file name that the sender gave.
    pub file_name: Option<String>,
    /// The MIME type; none if it is unknown.
    pub mime: Option<String>,
    /// The size in bytes; none until the file has been fetched.
    pub bytes: Option<i64>,
    /// The state of the file, as in `Message::media_state`.
    pub state: MediaState,
    /// Why the file could not be fetched, or why it has not been fetched yet; none without a problem.
    pub error: Option<String>,
    /// The URL of the stored file; none if the file is not stored.
    pub url: Option<String>,
    /// The width of an image in pixels; none for other files, or while it is unknown.
    pub width: Option<i64>,
    /// The height of an image in pixels, like the width.
    pub height: Option<i64>,
    /// The duration of audio or video in milliseconds.
    pub duration_ms: Option<i64>,
    /// A ThumbHash of an image: a blurred preview of about 25 bytes, in Base64.
    pub thumbhash: Option<String>,
    /// The URL of a small JPEG preview of an image.
    pub thumbnail_url: Option<String>,
}

/// The path prefix of a stored file, before the SHA-256 of its content.
pub const MEDIA_PATH: &str = "/api/media/";

#[cfg(test)]
mod tests {
    use super::MessageStatus::{self, Delivered, Failed, Queued, Read, Received, Sent};
    use proptest::prelude::*;

    #[test]
    fn status_never_goes_back() {
        for (now, report, then) in [
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
            assert_eq!(now.advance(report), then, "{now} then {report}");
        }
    }

    proptest! {
        #[test]
        fn a_read_message_stays_read(order in proptest::collection::vec(0..MessageStatus::ALL.len(), 0..12)) {
            let mut now = Read;
            for i in order { now = now.advance(MessageStatus::ALL[i]); }
            prop_assert_eq!(now, Read);
        }
    }
}
