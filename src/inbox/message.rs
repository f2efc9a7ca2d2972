//! What both providers' messages become.

use crate::domain::{MediaKind, MessageStatus, PeerAddress, Provider, Timestamp};
use std::time::Duration;

/// A message that a provider brought: from the person, or from the business's own phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundMessage {
    /// Who brought it.
    pub provider: Provider,
    /// What the provider calls it.
    pub provider_msg_id: Option<String>,
    /// The person, by every address that came along; the first one is the main one.
    pub peer: Vec<PeerAddress>,
    /// The name that the person shows; empty if it shows none.
    pub profile_name: String,
    /// Whether the business wrote it, on its own phone.
    pub from_phone: bool,
    /// The finer kind.
    pub kind: MediaKind,
    /// The words.
    pub text: String,
    /// Its files.
    pub media: Vec<InboundMedia>,
    /// What the provider calls the message that it answers.
    pub quoted: Option<String>,
    /// What the provider said beyond these, as JSON.
    pub extra: Option<String>,
    /// When it was written, as the provider says.
    pub written_at: Option<Timestamp>,
    /// Whether it was written to our Twilio sender and so opens the 24 hours there.
    pub opens_twilio: bool,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundMedia {
    /// Where the provider has it.
    pub url: String,
    /// Its type.
    pub mime: Option<String>,
    /// What its sender called it.
    pub file_name: Option<String>,
}

/// Something that happened to a message after it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageNews {
    /// Who tells.
    pub provider: Provider,
    /// What the provider calls the message.
    pub provider_msg_id: String,
    /// What happened.
    pub change: Change,
    /// Who did it.
    pub actor: Actor,
    /// When, as the provider says.
    pub at: Option<Timestamp>,
}

/// Who did something to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody: the provider reports.
    Provider,
    /// The person.
    Contact,
    /// The business, on its own phone.
    Phone,
}

impl Actor {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "",
            Self::Contact => "contact",
            Self::Phone => "phone",
        }
    }
}

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It came further, or failed with a code and a sentence.
    Status(MessageStatus, Option<(String, String)>),
    /// It has new words.
    Edit(String),
    /// Somebody put an emoji to it; an empty one takes it back.
    Reaction(String),
    /// Its writer took it back.
    Deletion,
}

/// When a message counts as written. Providers tell whole seconds, so one that comes at once gets our finer clock, which
/// keeps question and answer in order; one from the future, or from before the box could have known it, gets it too.
pub fn written_at(told: Option<Timestamp>, now: Timestamp) -> Timestamp {
    told.filter(|&told| told <= now && now.since(told) > LIVE && now.since(told) < OLDEST).unwrap_or(now)
}

const LIVE: Duration = Duration::from_secs(10);
const OLDEST: Duration = Duration::from_hours(400 * 24);

/// The kind of a file by its MIME type.
pub fn kind_of(mime: &str) -> MediaKind {
    match mime.split('/').next().unwrap_or_default() {
        "image" => MediaKind::Image,
        "audio" => MediaKind::Audio,
        "video" => MediaKind::Video,
        "text" if mime.starts_with("text/vcard") || mime.starts_with("text/x-vcard") => MediaKind::Contact,
        "application" | "text" => MediaKind::Document,
        _ => MediaKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_message_gets_our_clock_and_a_late_one_its_own() {
        let now = Timestamp::from_millis(1_700_000_000_500);
        let before = |seconds| Some(now.minus(Duration::from_secs(seconds)));
        assert_eq!(written_at(None, now), now);
        assert_eq!(written_at(before(2), now), now);
        assert_eq!(written_at(before(3600), now), now.minus(Duration::from_hours(1)));
        assert_eq!(written_at(Some(now.plus(Duration::from_mins(1))), now), now);
        assert_eq!(written_at(Some(Timestamp::from_millis(0)), now), now);
    }
}
