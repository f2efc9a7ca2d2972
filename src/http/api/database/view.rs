//! What the API shows of the database.

use crate::domain::Timestamp;
use crate::http::api::one_of::OneOf;
use crate::store::{self, Choice, Integrity, PublishState};
use serde::{Deserialize, Serialize};

type StartEvent = OneOf<store::StartEvent>;

/// The state of the database.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DatabaseStatus {
    /// The state of the published file, which may be copied at any time.
    #[schema(value_type = Object)]
    pub(super) published: PublishState,
    /// The result of the integrity checks.
    #[schema(value_type = Object)]
    pub(super) integrity: Integrity,
    /// What the last start did with a file that the service did not write; null when dismissed.
    pub(super) notice: Option<StartNotice>,
    /// Messages that are held since a restore, the oldest first.
    pub(super) held: Vec<HeldMessage>,
    /// Data migrations that run beside the service.
    pub(super) backfills: Vec<BackfillProgress>,
}

/// A notice of the last start for the owner.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct StartNotice {
    /// What the start did.
    event: StartEvent,
    /// The file that it archived; null where there was none.
    archived: Option<String>,
    /// The reason, in English; may be empty.
    reason: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The owner has ordered it, so only held messages are reported.
    quiet: bool,
}

impl From<store::StartNotice> for StartNotice {
    fn from(notice: store::StartNotice) -> Self {
        Self {
            event: notice.event.into(),
            archived: notice.archived.map(|file| file.to_string_lossy().into_owned()),
            reason: notice.reason,
            at: notice.at,
            quiet: notice.quiet,
        }
    }
}

/// A message that is held.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct HeldMessage {
    /// The message.
    message_id: i64,
    /// The thread.
    thread_id: i64,
    /// The address of the recipient.
    recipient: String,
    /// The text.
    text: String,
    /// When it was committed.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<store::HeldMessage> for HeldMessage {
    fn from(message: store::HeldMessage) -> Self {
        Self {
            message_id: message.message_id.0,
            thread_id: message.thread_id.0,
            recipient: message.recipient,
            text: message.text,
            created_at: message.created_at,
        }
    }
}

/// The progress of a data migration that runs beside the service.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BackfillProgress {
    /// The name of the migration.
    name: String,
    /// All rows with ids up to this one are done.
    done_to: i64,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it finished.
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

/// Which data the service continues with.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseRequest {
    /// `found`: the file that was found, from the next start on. `current`: the data of the running service; the file is archived.
    #[schema(value_type = String)]
    pub(super) data: Choice,
}

/// The result of the choice.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ChooseResponse {
    /// The service must be restarted before the file is used.
    pub(super) restart_required: bool,
}

/// What to do with the held messages.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeldAction {
    /// Send them now.
    Send,
    /// Discard them; they are shown as failed.
    Discard,
}

/// What to do with the held messages.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewRequest {
    pub(super) action: HeldAction,
}

/// The number of messages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ReviewResponse {
    pub(super) messages: u64,
}
