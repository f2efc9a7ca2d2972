//! The state of the handlers.

use super::{Auth, BodyBudget, CheckLimit, Readiness, ReplayCache};
use crate::alerting::Alerts;
use crate::backup::Snapshots;
use crate::config::Config;
use crate::crm::message_clock::MessageClock;
use crate::host::disk::DiskMonitor;
use crate::host::instance_challenge::InstanceKey;
use crate::maintenance::self_check::SelfChecker;
use crate::runtime::Settings;
use crate::runtime::calls::Calls;
use crate::runtime::catch_up::Gap;
use crate::runtime::jobs::Jobs;
use crate::runtime::media_details::MediaExaminer;
use crate::runtime::outbox::Outbox;
use crate::runtime::recorded_turns::RecordedTurns;
use crate::runtime::recording_peaks::RecordingPeaks;
use crate::runtime::reload::ReloadHandle;
use crate::runtime::restart::RestartHandle;
use crate::runtime::scheduled_messages::ScheduleChanged;
use crate::runtime::typing::Typing;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use crate::tls::Tls;
use std::ops::Deref;
use std::sync::Arc;

/// The state of the handlers. It is cloned several times per request, so it is a single pointer.
#[derive(Clone)]
pub struct AppState(Arc<AppParts>);

/// The parts of [`AppState`].
pub struct AppParts {
    /// The settings, and the objects that are built from them.
    pub settings: Settings,
    /// Changes and reloads the settings.
    pub reload_handle: ReloadHandle,
    /// Restarts the daemon.
    pub restart: RestartHandle,
    /// Limits the checks that the page requests.
    pub checks: CheckLimit,
    /// The database.
    pub store: Store,
    /// The registry of active calls.
    pub calls: Calls,
    /// The turn-by-turn conversations of calls without a media stream.
    pub recorded_turns: RecordedTurns,
    /// Background jobs.
    pub jobs: Jobs,
    /// The clock of all messages, inbound and outbound.
    pub message_clock: MessageClock,
    /// Signals that webhooks of Twilio may have been lost.
    pub gap: Gap,
    /// Outbound messages.
    pub outbox: Outbox,
    /// Detects repeated signed webhooks.
    pub replay_cache: Arc<ReplayCache>,
    /// The state of authentication.
    pub auth: Arc<Auth>,
    /// Memory for the bodies of unauthenticated requests.
    pub bodies: BodyBudget,
    /// The snapshots of the database.
    pub snapshots: Snapshots,
    /// The state of the parts.
    pub readiness: Arc<Readiness>,
    /// The free disk space.
    pub disk: DiskMonitor,
    /// The alerts.
    pub alerts: Alerts,
    /// The results of the self-checks.
    pub self_check: SelfChecker,
    /// The metrics.
    pub metrics: Metrics,
    /// The identity of this instance.
    pub identity: InstanceKey,
    /// Certificates.
    pub tls: Tls,
    /// Waveforms of recordings.
    pub peaks: RecordingPeaks,
    /// Wakes the task that sends scheduled messages.
    pub schedule_changed: ScheduleChanged,
    /// Reads size and duration of files, and makes thumbnails.
    pub examiner: MediaExaminer,
    /// Who is typing.
    pub typing: Typing,
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
    /// The current settings. A handler that uses them more than once calls this once.
    pub fn config(&self) -> Arc<Config> {
        self.settings.config()
    }
}
