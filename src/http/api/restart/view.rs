//! API types of a restart.

use crate::host::systemd_notify;
use crate::http::AppState;
use serde::{Deserialize, Serialize};

/// The time of a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RestartTime {
    /// Restart immediately; rejected while calls are active.
    Now,
    /// Restart as soon as no call is active.
    AfterCalls,
}

/// A request to restart the daemon.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestartRequest {
    pub(super) when: RestartTime,
}

/// Whether the daemon can be restarted, and whether a restart is pending.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RestartStatus {
    /// Whether a restart is possible: the daemon runs under systemd, which starts it again after it exits.
    supported: bool,
    /// The number of active calls.
    pub(super) calls: usize,
    /// Whether a restart waits for the calls to end.
    waiting: bool,
}

impl RestartStatus {
    pub(super) fn of(state: &AppState) -> Self {
        let (calls, waiting) = (state.calls.count(), state.restart.is_waiting());
        Self { supported: systemd_notify::is_available(), calls, waiting }
    }
}
