//! API types of thread lists and the inbox: the newest message, the newest call, drafts, and counts.

use crate::domain::{self, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::inbox::window;
use serde::{Deserialize, Serialize};

pub(crate) type Direction = OneOf<domain::Direction>;
pub(crate) type MediaKind = OneOf<domain::MediaKind>;
pub(crate) type MessageStatus = OneOf<domain::MessageStatus>;
pub(crate) type ThreadTurn = OneOf<domain::ThreadTurn>;
pub(crate) type InboxFilter = OneOf<domain::InboxFilter>;
type CallDirection = OneOf<domain::CallDirection>;
type CallState = OneOf<domain::CallState>;
type EndReason = OneOf<domain::EndReason>;
type CallOutcome = OneOf<domain::CallOutcome>;

/// The newest message of a thread or a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LastMessage {
    /// The id of the message.
    id: i64,
    /// Whether the message is inbound or outbound.
    direction: Direction,
    /// The author of an outgoing message: `user:3`, `token:2`, `agent`, `daemon`, or `phone` for the business's own
    /// phone; null for an incoming message.
    author: Option<String>,
    /// The kind of the message's content.
    media_kind: MediaKind,
    /// The first 300 characters of the message's text.
    text: String,
    /// The delivery status.
    status: MessageStatus,
    /// When the message was written.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<domain::LastMessage> for LastMessage {
    fn from(message: domain::LastMessage) -> Self {
        Self {
            id: message.id.0,
            direction: message.direction.into(),
            author: message.author,
            media_kind: message.media_kind.into(),
            text: message.text,
            status: message.status.into(),
            created_at: message.created_at,
        }
    }
}

/// The newest call of a thread or a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LastCall {
    /// The id of the call.
    id: i64,
    /// Whether the call is inbound or outbound.
    direction: CallDirection,
    /// The state of the call.
    state: CallState,
    /// Why the call ended; null until the agent's part of the call has ended.
    end_reason: Option<EndReason>,
    /// The outcome of the call, without regard to appointments: never `booked`.
    outcome: CallOutcome,
    /// Whether `outcome` is `missed`.
    missed: bool,
    /// The duration in milliseconds, as reported by Twilio, or as measured by the daemon if Twilio has not reported it;
    /// null until the call has ended.
    duration_ms: Option<i64>,
    /// When the call started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// The first 300 characters of the message that the caller left; null if there is none.
    message_text: Option<String>,
}

impl From<domain::LastCall> for LastCall {
    fn from(call: domain::LastCall) -> Self {
        Self {
            id: call.id.0,
            direction: call.direction.into(),
            state: call.state.into(),
            end_reason: call.end_reason.map(OneOf),
            outcome: call.outcome.into(),
            missed: call.outcome == domain::CallOutcome::Missed,
            duration_ms: call.duration_ms,
            started_at: call.started_at,
            message_text: call.message_text,
        }
    }
}

/// The text of a message that a user has not sent yet.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Draft {
    /// The text of the draft.
    text: String,
    /// When the draft was last stored.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<domain::Draft> for Draft {
    fn from(domain::Draft { text, updated_at }: domain::Draft) -> Self {
        Self { text, updated_at }
    }
}

/// The period in which Twilio accepts free text: 24 hours from the contact's last message to the Twilio number.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Window {
    /// Until when Twilio accepts free text; null if Twilio accepts only the template.
    #[schema(value_type = Option<String>, format = DateTime)]
    twilio_until: Option<Timestamp>,
}

impl Window {
    pub(super) fn of(last_in_twilio_at: Option<Timestamp>, now: Timestamp) -> Self {
        let open = last_in_twilio_at.filter(|at| window::is_open(Some(*at), now));
        Self { twilio_until: open.map(|at| at.plus(window::WINDOW)) }
    }
}

/// A tag of a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TagName {
    /// The id of the tag.
    pub(crate) id: i64,
    /// The name of the tag.
    pub(crate) name: String,
}

impl From<domain::ContactTag> for TagName {
    fn from(tag: domain::ContactTag) -> Self {
        Self { id: tag.id.0, name: tag.name }
    }
}

/// The contact with whom a WhatsApp thread is opened.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenThreadRequest {
    /// The id of the contact.
    pub(in crate::http::api::threads) contact_id: i64,
    /// The number or WhatsApp id to which messages in a new thread are sent; the contact's main one by default.
    pub(in crate::http::api::threads) to: Option<String>,
}

/// The draft to store for the current user.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutDraftRequest {
    /// The text of the draft, at most 10,000 characters; an empty text deletes the draft.
    pub(in crate::http::api::threads) text: String,
    /// The text of the stored draft on which the new text is based; an empty text if there was no draft. If the stored
    /// draft has another text by now, nothing is changed (412). If absent or null, the new text replaces any other.
    pub(in crate::http::api::threads) expected: Option<String>,
}

/// The number of contacts in each category of the inbox, without archived conversations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct InboxCounts {
    /// The number of contacts who wait for an answer.
    waiting: i64,
    /// The number of contacts who do not wait for an answer, and whose last answer of the agent no user has seen yet.
    agent: i64,
    /// The number of contacts with unread messages or calls.
    unread: i64,
}

impl From<domain::InboxCounts> for InboxCounts {
    fn from(counts: domain::InboxCounts) -> Self {
        Self { waiting: counts.waiting, agent: counts.agent, unread: counts.unread }
    }
}
