//! The state of the handlers.

use super::{Auth, BodyBudget, BridgeHealth, ChangeFeed, CheckLimit, ReplayCache, SettingsListCache};
use crate::alerting::Alerts;
use crate::backup::Snapshots;
use crate::config::Config;
use crate::crm::message_clock::MessageClock;
use crate::host::disk::DiskMonitor;
use crate::host::instance_challenge::InstanceKey;
use crate::maintenance::self_check::SelfChecker;
use crate::runtime::Settings;
use crate::runtime::calls::Calls;
use crate::runtime::catch_up::CatchUpTrigger;
use crate::runtime::input_log::InputLogs;
use crate::runtime::jobs::Jobs;
use crate::runtime::media_details::MediaExaminer;
use crate::runtime::outbound_calls::OutboundChanged;
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

/// The state of the handlers, a single `Arc`, because it is cloned several times per request.
#[derive(Clone)]
pub struct AppState(Arc<AppServices>);

pub struct AppServices {
    /// The settings, and the objects that are built from them.
    pub settings: Settings,
    /// Changes and reloads the settings.
    pub reload_handle: ReloadHandle,
    /// Restarts the daemon, at once or as soon as no call is active.
    pub restart: RestartHandle,
    /// The rate limit of account checks and of trials of the agent's tools.
    pub checks: CheckLimit,
    pub store: Store,
    /// The registry of active calls.
    pub calls: Calls,
    /// The conversations of calls without a media stream, which are recorded turn by turn.
    pub recorded_turns: RecordedTurns,
    /// Wakes the worker of the background jobs.
    pub jobs: Jobs,
    /// The clock that orders all messages, inbound and outbound.
    pub message_clock: MessageClock,
    /// Signals that webhooks may have been lost, so that their calls, messages and recordings must be read from
    /// Twilio's lists.
    pub catch_up: CatchUpTrigger,
    /// The queue of outbound messages.
    pub outbox: Outbox,
    pub replay_cache: Arc<ReplayCache>,
    pub auth: Arc<Auth>,
    pub bodies: BodyBudget,
    pub change_feed: ChangeFeed,
    pub settings_list: SettingsListCache,
    pub snapshots: Snapshots,
    pub bridge_health: BridgeHealth,
    pub disk: DiskMonitor,
    pub alerts: Alerts,
    pub self_check: SelfChecker,
    pub metrics: Metrics,
    pub identity: InstanceKey,
    pub tls: Tls,
    /// The waveforms of recordings.
    pub peaks: RecordingPeaks,
    pub input_logs: InputLogs,
    /// Wakes the task that makes the outbound calls.
    pub outbound_changed: OutboundChanged,
    /// Wakes the task that sends scheduled messages.
    pub schedule_changed: ScheduleChanged,
    /// Reads the size and duration of media files, and creates thumbnails.
    pub examiner: MediaExaminer,
    /// The users who are typing, by thread.
    pub typing: Typing,
}

impl Deref for AppState {
    type Target = AppServices;

    fn deref(&self) -> &AppServices {
        &self.0
    }
}

impl From<AppServices> for AppState {
    fn from(services: AppServices) -> Self {
        Self(Arc::new(services))
    }
}

impl AppServices {
    /// Returns the current settings. A handler that needs several values calls this once, so that they are consistent.
    pub fn config(&self) -> Arc<Config> {
        self.settings.config()
    }
}
