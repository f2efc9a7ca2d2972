//! API types of the database.

use crate::domain::{Language, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::api::scheduled_messages::view::ScheduledMessage;
use crate::messages;
use crate::store::{self, Choice};
use serde::{Deserialize, Serialize};
use serde_json::Value;

type StartEvent = OneOf<store::StartEvent>;

/// The state of the database.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DatabaseStatus {
    /// The state of the published file, a consistent copy of the database that may be copied at any time: `state`
    /// (`current`, `late`, `foreign`, `frozen` or `off`), `age_ms` if it is late, and, if it is late, foreign or
    /// frozen, `reason` in the language of `Accept-Language`.
    #[schema(value_type = Object)]
    pub(super) published: Value,
    /// The result of the integrity checks: `state` (`unchecked`, `checking`, `ok` or `damaged`), and, if the database
    /// is damaged, the text `findings` in the language of `Accept-Language`.
    #[schema(value_type = Object)]
    pub(super) integrity: Value,
    /// The notice of the last start about the database that it used. Null if the start was ordinary, if the
    /// owner requested the change on the command line, or if the notice was dismissed.
    pub(super) notice: Option<StartNotice>,
    /// The messages that the daemon holds since a restore, oldest first.
    pub(super) held: Vec<HeldMessage>,
    /// The scheduled messages that the daemon holds since a restore, because they were due before the restore, earliest
    /// first. A message whose `send_at` is changed is no longer held.
    pub(super) held_scheduled: Vec<ScheduledMessage>,
    /// The data migrations that run in the background or have run there.
    pub(super) backfills: Vec<BackfillProgress>,
}

/// A notice for the owner: which database the last start used, and why.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct StartNotice {
    /// Which database the start used, and why.
    event: StartEvent,
    /// The path of the file that the start archived; null if it archived none.
    archived: Option<String>,
    /// The reason for the action, in the language of `Accept-Language`; may be empty.
    reason: String,
    /// When the start chose the database.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl StartNotice {
    pub(super) fn new(notice: store::StartNotice, language: Language) -> Self {
        // For a promotion, the reason contains the time up to which the other machine replicated, which needs no
        // translation.
        let language = if notice.event == store::StartEvent::Promoted { Language::English } else { language };
        Self {
            event: notice.event.into(),
            archived: notice.archived.map(|file| file.to_string_lossy().into_owned()),
            reason: messages::causes(language, &notice.reason),
            at: notice.at,
        }
    }
}

/// A message that is held since a restore, until the owner decides to send or discard it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct HeldMessage {
    /// The id of the message.
    message_id: i64,
    /// The id of the thread.
    thread_id: i64,
    /// The phone number or other address of the recipient; empty if it is not known.
    recipient: String,
    /// The text of the message.
    text: String,
    /// When the message was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<store::HeldMessage> for HeldMessage {
    fn from(message: store::HeldMessage) -> Self {
        Self {
            message_id: message.message_id.0,
            thread_id: message.thread_id.0,
            recipient: message.recipient.map(|recipient| recipient.to_string()).unwrap_or_default(),
            text: message.text,
            created_at: message.created_at,
        }
    }
}

/// The progress of a data migration that runs in the background.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BackfillProgress {
    /// The name of the migration.
    name: String,
    /// All rows with this id or a lower one have been migrated.
    done_to: i64,
    /// When the migration started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When the migration finished; null while it runs.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

impl From<store::BackfillProgress> for BackfillProgress {
    fn from(progress: store::BackfillProgress) -> Self {
        Self {
            name: progress.name,
            done_to: progress.done_to,
            started_at: progress.started_at,
            finished_at: progress.finished_at,
        }
    }
}

/// The choice of the database that the service uses.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseRequest {
    /// `found`: the service uses the database file that it found, after its next start. `current`: the service keeps
    /// its current data, and archives the found file.
    #[schema(value_type = String)]
    pub(super) data: Choice,
}

/// The result of the choice of a database.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ChooseResponse {
    /// Whether the service must be restarted before it uses the chosen file.
    pub(super) restart_required: bool,
}

/// What happens to the messages that are held since a restore.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeldAction {
    /// Release the messages: they are sent as soon as possible.
    Send,
    /// Discard the messages; they are shown as failed, and scheduled ones as cancelled.
    Discard,
}

/// The decision about all messages that are held since a restore.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewRequest {
    pub(super) action: HeldAction,
}

/// The number of held messages, queued and scheduled ones, that were released or discarded.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ReviewResponse {
    pub(super) messages: u64,
}
