//! API types of threads and messages.

#![expect(clippy::struct_field_names, reason = "the fields are those of the JSON")]

mod extra;
pub(in crate::http::api) mod list;
pub(in crate::http::api) mod route;

use crate::clock;
use crate::domain::{self, Language, MediaState, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::api::response::views;
use crate::messages;
use extra::{Location, PressedButton, Referral};
use list::{Direction, Draft, LastCall, LastMessage, MediaKind, MessageStatus, TagName, ThreadTurn, Window};
use serde::Serialize;

type AiMode = OneOf<domain::AiMode>;
type MessageType = OneOf<domain::MessageType>;
type PhoneOnly = OneOf<domain::PhoneOnly>;
pub(crate) type Provider = OneOf<domain::Provider>;
pub(super) type ThreadType = OneOf<domain::ThreadType>;
type WaitsFor = OneOf<domain::WaitsFor>;

/// A page of threads, newest activity first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ThreadPage {
    pub(super) threads: Vec<Thread>,
    /// `cursor` of the next page; null on the last page.
    pub(super) next_cursor: Option<String>,
}

/// A page of messages, oldest first; without `before` the newest ones.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MessagePage {
    pub(super) messages: Vec<MessageDetail>,
    /// `before` of the page with older messages; null on the oldest page.
    pub(super) next_cursor: Option<String>,
}

/// The conversation with one contact over one channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Thread {
    /// The id of the thread.
    id: i64,
    /// The id of the business.
    business_id: i64,
    /// The channel of the thread: WhatsApp messages or calls.
    #[serde(rename = "type")]
    kind: ThreadType,
    /// The provider that was last used; null for a thread of calls, and before the first message.
    provider: Option<Provider>,
    /// The id of the contact.
    contact_id: i64,
    /// The contact's number in E.164, or another address if the contact has no number.
    peer_number: String,
    /// The title of the thread in lists: the contact's name, or the number or other address of a contact without a
    /// name.
    title: String,
    /// The time of the newest message or call. In a thread with only a draft or a scheduled message, that of the
    /// contact's other thread, or when the first of them was stored; null in an empty thread.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_message_at: Option<Timestamp>,
    /// The number of unread messages or calls.
    unread_count: i64,
    /// Whether the AI answers in this thread.
    ai_mode: AiMode,
    /// The name of the contact; may be empty.
    contact_name: String,
    /// The newest message; null if there is none.
    last_message: Option<LastMessage>,
    /// The newest call; null if there is none.
    last_call: Option<LastCall>,
    /// Whether the contact waits for an answer (`us`), no user has seen the agent's answer yet (`agent`), or no action
    /// is needed (`done`).
    turn: ThreadTurn,
    /// Since when the contact has waited for an answer; null if the contact does not wait.
    #[schema(value_type = Option<String>, format = DateTime)]
    waiting_since: Option<Timestamp>,
    /// When the thread was archived; null if it is not archived. A new message or call in the thread, unless it comes
    /// from a blocked contact, and a message that could not be delivered move the thread out of the archive.
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
    /// The current user's draft in this thread; null if there is none. Always null in the `threads` of
    /// a contact.
    draft: Option<Draft>,
    /// The period in which Twilio accepts free text.
    window: Window,
    /// The tags of the contact. Always empty in the `threads` of a contact.
    tags: Vec<TagName>,
    /// When the thread was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl Thread {
    pub(crate) fn with(self, draft: Option<domain::Draft>, tags: Vec<domain::ContactTag>) -> Self {
        Self { draft: draft.map(Into::into), tags: views(tags), ..self }
    }
}

impl From<domain::Thread> for Thread {
    fn from(thread: domain::Thread) -> Self {
        Self {
            id: thread.id.0,
            business_id: thread.business_id.0,
            kind: thread.kind.into(),
            provider: thread.provider.map(OneOf),
            contact_id: thread.contact_id.0,
            peer_number: thread.peer_number,
            title: thread.title,
            last_message_at: thread.last_message_at,
            unread_count: thread.unread_count,
            ai_mode: thread.ai_mode.into(),
            contact_name: thread.contact_name,
            last_message: thread.last_message.map(Into::into),
            last_call: thread.last_call.map(Into::into),
            turn: thread.turn.into(),
            waiting_since: thread.waiting_since,
            archived_at: thread.archived_at,
            draft: None,
            window: Window::of(thread.last_in_twilio_at, clock::now()),
            tags: Vec::new(),
            created_at: thread.created_at,
        }
    }
}

/// A message with its files, reactions and edits.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MessageDetail {
    /// The message with its current text and status.
    #[serde(flatten)]
    message: Message,
    /// The message to which this message replies; null if it is not a reply, or the other message is not stored.
    quote: Option<Quote>,
    /// The current reactions, at most one from each party.
    reactions: Vec<Reaction>,
    /// The edits of the text, oldest first.
    edits: Vec<Edit>,
    /// When the author deleted the message, whose text is kept; null if it was not deleted.
    #[schema(value_type = Option<String>, format = DateTime)]
    deleted_at: Option<Timestamp>,
    /// The party that deleted the message: `contact`, or `phone` for the business's own phone; null if it was not
    /// deleted.
    deleted_by: Option<String>,
    /// The files of the message, in order.
    files: Vec<MessageFile>,
    /// The place that the contact sent; null if the message has none. A place that arrives through the bridge is only in
    /// the text.
    location: Option<Location>,
    /// The button that the contact pressed; null if the message is not a pressed button of a template.
    button: Option<PressedButton>,
    /// The advertisement or post from which the contact began the conversation, as Twilio reports it with the first
    /// message; null for other messages.
    referral: Option<Referral>,
    /// Whether Twilio sent the message as the approved template, in which the text is only a part; files are links
    /// there.
    template: bool,
    /// Why the message has no content: only the business's phone can show it. Null for other messages.
    phone_only: Option<PhoneOnly>,
    /// The start of the event to which the contact invites. The text has the name and the place of the event. Null for
    /// other messages.
    #[schema(value_type = Option<String>, format = DateTime)]
    event_at: Option<Timestamp>,
    /// When the next attempt to send the message is due. It is later than a few minutes from now if the daily limit of
    /// first messages through the bridge is reached. Null if the message is not queued.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    /// What a queued message waits for besides that time; null if nothing.
    waits_for: Option<WaitsFor>,
}

impl MessageDetail {
    pub(crate) fn new(detail: domain::MessageDetail, language: Language) -> Self {
        Self {
            message: Message::new(detail.message, language),
            quote: detail.quote.map(Into::into),
            reactions: views(detail.reactions),
            edits: views(detail.edits),
            deleted_at: detail.deleted_at,
            deleted_by: detail.deleted_by,
            files: views(detail.files),
            location: detail.extra.location.map(Into::into),
            button: detail.extra.button.map(Into::into),
            referral: detail.extra.referral.map(Into::into),
            template: detail.extra.template,
            phone_only: detail.extra.phone_only.map(Into::into),
            event_at: detail.extra.event_at,
            next_attempt_at: detail.next_attempt_at,
            waits_for: detail.waits_for.map(Into::into),
        }
    }
}

/// A message of a thread.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Message {
    /// The id of the message; messages that arrived later have greater ids.
    id: i64,
    /// The id of the thread.
    thread_id: i64,
    /// Whether the message is inbound or outbound.
    direction: Direction,
    /// `text`, or `media` for a message with a file, a location, a contact or other content that is not text.
    message_type: MessageType,
    /// The kind of the message's content.
    media_kind: MediaKind,
    /// The text of the message; empty for a file without a caption.
    content_text: String,
    /// The URL of the message's first file: the provider's URL until the daemon has downloaded the file, then
    /// `/api/media/…`; null if the message has no file.
    media_url: Option<String>,
    /// The state of the message's first file: `waiting` for the download, `stored`, `linked` if only the URL is known,
    /// `failed`, or `pruned` if the retention settings deleted it; null if the message has no file.
    media_state: Option<&'static str>,
    /// The provider that delivered or sent the message, or is expected to send it; null if it is not known.
    provider: Option<Provider>,
    /// The provider's id of the message; null if the provider has not reported one.
    provider_msg_id: Option<String>,
    /// The delivery status.
    status: MessageStatus,
    /// The error code of AgentLocator or the provider that belongs to `error`; null if there is no error.
    error_code: Option<String>,
    /// A readable text that says why sending failed, or that it is unknown whether the message was sent; null if there
    /// is no error.
    error: Option<String>,
    /// The author of an outgoing message: `user:3`, `token:2`, `agent`, `daemon`, or `phone` for the business's own
    /// phone; null for an incoming message.
    author: Option<String>,
    /// The provider's id of the message to which this message replies; null if it is not a reply.
    quoted_msg_id: Option<String>,
    /// When a provider accepted the outgoing message; null if no provider has.
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
    /// When the outgoing message was delivered to the contact's phone; null if it was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Timestamp>,
    /// When the contact read the outgoing message; null if the contact has not.
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Timestamp>,
    /// When the message was written: the provider's time for a delayed message, otherwise the time at which the message
    /// arrived or was queued.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl Message {
    fn new(message: domain::Message, language: Language) -> Self {
        Self {
            id: message.id.0,
            thread_id: message.thread_id.0,
            direction: message.direction.into(),
            message_type: message.message_type.into(),
            media_kind: message.media_kind.into(),
            content_text: message.content_text,
            media_url: message.media_url,
            media_state: message.media_state.map(MediaState::as_str),
            provider: message.provider.map(OneOf),
            provider_msg_id: message.provider_msg_id,
            status: message.status.into(),
            error_code: message.error_code,
            error: message.error.map(|error| messages::stored(language, &error)),
            author: message.author,
            quoted_msg_id: message.quoted_msg_id,
            sent_at: message.sent_at,
            delivered_at: message.delivered_at,
            read_at: message.read_at,
            created_at: message.created_at,
        }
    }
}

/// The message to which another message replies.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Quote {
    /// The id of the quoted message.
    message_id: i64,
    /// Whether the quoted message is inbound or outbound.
    direction: Direction,
    /// The text of the quoted message; empty if its author deleted the message.
    content_text: String,
    /// Whether its author deleted the quoted message.
    deleted: bool,
}

impl From<domain::Quote> for Quote {
    fn from(quote: domain::Quote) -> Self {
        let domain::Quote { message_id, direction, content_text, deleted } = quote;
        Self { message_id: message_id.0, direction: direction.into(), content_text, deleted }
    }
}

/// A reaction to a message.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Reaction {
    /// The emoji of the reaction.
    emoji: String,
    /// The party that reacted: `contact`, or `phone` for the business's own phone.
    actor: String,
    /// When the reaction was made.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<domain::Reaction> for Reaction {
    fn from(domain::Reaction { emoji, actor, at }: domain::Reaction) -> Self {
        Self { emoji, actor, at }
    }
}

/// An edit of a message by its author.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Edit {
    /// The text before the edit.
    previous_text: String,
    /// The party that edited the message: `contact`, or `phone` for the business's own phone.
    actor: String,
    /// When the edit was made.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<domain::Edit> for Edit {
    fn from(domain::Edit { previous_text, actor, at }: domain::Edit) -> Self {
        Self { previous_text, actor, at }
    }
}

/// A file of a message.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MessageFile {
    /// The position among the files of the message, from 0.
    position: i64,
    /// The file name that the sender gave; null if there is none.
    file_name: Option<String>,
    /// The MIME type of the file; null if it is unknown.
    mime: Option<String>,
    /// The usual extension of a file of this type, such as `pdf`; null if it is not known.
    extension: Option<&'static str>,
    /// The size in bytes; null until the file has been downloaded.
    bytes: Option<i64>,
    /// The state of the file: `waiting`, `stored`, `linked`, `failed` or `pruned`, like the message's `media_state`.
    state: &'static str,
    /// Why the file could not be downloaded, or why its download is still waiting; null if there is no error.
    error: Option<String>,
    /// The URL of the file; null unless `state` is `stored`.
    url: Option<String>,
    /// The width of an image in pixels; null for other files, and if it is not known.
    width: Option<i64>,
    /// The height of an image in pixels; null if `width` is null.
    height: Option<i64>,
    /// The duration of audio or video in milliseconds; null for other files, and if it is not known.
    duration_ms: Option<i64>,
    /// A preview of about 25 bytes (thumbhash), in Base64, to show until the image has been loaded; null if there is
    /// none.
    thumbhash: Option<String>,
    /// The URL of the thumbnail of an image, a small JPEG; null if there is none, or `state` is not `stored`.
    thumbnail_url: Option<String>,
}

impl From<domain::MessageFile> for MessageFile {
    fn from(file: domain::MessageFile) -> Self {
        Self {
            position: file.position,
            file_name: file.file_name,
            extension: file.mime.as_deref().and_then(domain::extension_of),
            mime: file.mime,
            bytes: file.bytes,
            state: file.state.as_str(),
            error: file.error,
            url: file.url,
            width: file.width,
            height: file.height,
            duration_ms: file.duration_ms,
            thumbhash: file.thumbhash,
            thumbnail_url: file.thumbnail_url,
        }
    }
}
