//! What handlers get.

use super::{Auth, BodyBudget, Readiness, Repeats};
use crate::config::{Config, Live};
use crate::crm::message_clock::MessageClock;
use crate::drive::InForce;
use crate::drive::calls::Calls;
use crate::drive::catch_up::Gap;
use crate::drive::fallback::Fallback;
use crate::drive::jobs::Jobs;
use crate::drive::outbox::Outbox;
use crate::drive::self_check::SelfChecker;
use crate::ops::alert::Alerts;
use crate::ops::disk::DiskWatch;
use crate::ops::identity::Identity;
use crate::ops::metrics::Metrics;
use crate::ops::snapshots::Snapshots;
use crate::ops::tls::Tls;
use crate::store::Store;
use std::ops::Deref;
use std::sync::Arc;

/// What handlers get. It is cloned several times for each request, so one pointer is all that it is.
#[derive(Clone)]
pub struct AppState(Arc<AppParts>);

/// The parts of [`AppState`].
pub struct AppParts {
    /// The settings, and what is built from them.
    pub in_force: Live<InForce>,
    /// The database.
    pub store: Store,
    /// All calls that are on.
    pub calls: Calls,
    /// The talks of calls without a live stream.
    pub fallback: Fallback,
    /// Work for later.
    pub jobs: Jobs,
    /// The clock of all messages, in and out.
    pub message_clock: MessageClock,
    /// When webhooks of Twilio may have been lost.
    pub gap: Gap,
    /// Messages on their way out.
    pub outbox: Outbox,
    /// Which signed webhooks came before.
    pub repeats: Arc<Repeats>,
    /// What logging in remembers.
    pub auth: Arc<Auth>,
    /// Memory for the bodies of clients that are not authenticated yet.
    pub bodies: BodyBudget,
    /// What is kept beside the database.
    pub snapshots: Snapshots,
    /// How the parts are.
    pub readiness: Arc<Readiness>,
    /// How much room there is.
    pub disk: DiskWatch,
    /// What needs a person.
    pub alerts: Alerts,
    /// What the self-checks found.
    pub self_check: SelfChecker,
    /// What has been counted.
    pub metrics: Metrics,
    /// Who we are.
    pub identity: Identity,
    /// Certificates.
    pub tls: Tls,
}

impl Deref for AppState {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0
    }
}

impl From<AppParts> for AppState {
    fn from(parts: AppParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl AppParts {
    /// The settings as they are now. A handler that needs them twice takes them once.
    pub fn config(&self) -> Arc<Config> {
        self.in_force.now().config.clone()
    }
}
