//! What handlers get.

use super::{Auth, Readiness};
use crate::config::Config;
use crate::drive::Prompts;
use crate::drive::calls::Calls;
use crate::drive::fallback::Fallback;
use crate::drive::jobs::Jobs;
use crate::drive::outbox::Outbox;
use crate::ops::metrics::Metrics;
use crate::providers::baileys::bridge::Bridge;
use crate::providers::public_file::PublicFiles;
use crate::store::Store;
use std::sync::Arc;

/// What handlers get; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The settings.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// All calls that are on.
    pub calls: Calls,
    /// The talks of calls without a live stream.
    pub fallback: Fallback,
    /// Work for later.
    pub jobs: Jobs,
    /// Messages on their way out.
    pub outbox: Outbox,
    /// The WhatsApp bridge, where it is in use.
    pub bridge: Option<Bridge>,
    /// Files that may be handed on.
    pub files: PublicFiles,
    /// What logging in remembers.
    pub auth: Arc<Auth>,
    /// How the parts are.
    pub readiness: Arc<Readiness>,
    /// What has been counted.
    pub metrics: Metrics,
    /// What Twilio plays to a caller.
    pub prompts: Arc<Prompts>,
}
