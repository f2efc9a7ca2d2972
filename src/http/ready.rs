//! `/readyz`: the state of each component.

use super::AppState;
use crate::backup::BackupStatus;
use crate::clock;
use crate::config::{AiEngine, Config, GoogleAccount};
use crate::domain::{AlertKind, CheckResult, CheckStatus};
use crate::runtime::ai_check;
use crate::store::{Integrity, PublishState};
use crate::tls::TlsHealth;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Check {
    Ok,
    /// The component is not configured.
    Disabled,
    Error,
}

#[derive(Debug, Serialize)]
struct Checks {
    /// Whether a test write and read of the database succeed.
    db: Check,
    /// Whether the configured settings are valid. If they are not, the last valid settings are active.
    settings: Check,
    /// `error` while an alert says that the AI does not answer, or if the last self-check found an error of OpenAI. No
    /// request is sent.
    openai: Check,
    /// Whether a service is set that speaks: Google's, or the synthesiser of the pipeline. No request is sent.
    tts: Check,
    twilio_secrets: Check,
    baileys: Check,
    /// Whether the task that sends messages is running.
    outbox: Check,
    /// Whether the disk has enough free space for media files, and had enough for the last snapshot.
    disk: Check,
    /// Whether the published file is up to date.
    published_copy: Check,
    /// Whether no corruption has been found in the database.
    integrity: Check,
    /// Whether a certificate from files or an authority is valid, covers all host names and does not expire soon.
    tls: Check,
    /// Whether the last backup and its upload succeeded, and the backup is recent. `ok` also before the first backup.
    backup: Check,
    /// `error` while the alert `clock_wrong` is raised.
    clock: Check,
}

impl Check {
    fn of(is_ok: bool) -> Self {
        if is_ok { Self::Ok } else { Self::Error }
    }
}

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/readyz", get(ready))
}

async fn ready(State(state): State<AppState>) -> Response {
    let settings = state.settings.current();
    let config = &settings.config;
    let bridge = async {
        let healthy = tokio::time::timeout(PROBE_TIMEOUT, state.bridge_health.check(settings.clone())).await;
        healthy.map_or(Check::Error, |healthy| healthy.map_or(Check::Disabled, Check::of))
    };
    let database =
        async { tokio::time::timeout(PROBE_TIMEOUT, state.store.probe()).await.is_ok_and(|outcome| outcome.is_ok()) };
    let (database, baileys) = tokio::join!(database, bridge);
    let health = state.store.health();
    let checks = Checks {
        db: Check::of(database),
        settings: Check::of(config.rejected.is_empty()),
        openai: openai(&state, config),
        tts: speech(config),
        twilio_secrets: if config.twilio.auth_tokens().next().is_some() { Check::Ok } else { Check::Disabled },
        baileys,
        outbox: if settings.rules.priority.is_empty() { Check::Disabled } else { Check::of(state.outbox.is_alive()) },
        disk: Check::of(state.disk.takes_media() && !state.snapshots.lacks_space()),
        published_copy: match health.publish {
            PublishState::Current => Check::Ok,
            PublishState::Off => Check::Disabled,
            PublishState::Late { .. } | PublishState::Foreign { .. } | PublishState::Frozen => Check::Error,
        },
        integrity: Check::of(!matches!(health.integrity, Integrity::Damaged { .. })),
        tls: match state.tls.status().health {
            TlsHealth::Ok => Check::Ok,
            TlsHealth::Disabled => Check::Disabled,
            TlsHealth::Error => Check::Error,
        },
        backup: match state.snapshots.status(clock::now()) {
            BackupStatus::Off => Check::Disabled,
            BackupStatus::Pending | BackupStatus::Good => Check::Ok,
            BackupStatus::Bad => Check::Error,
        },
        clock: Check::of(!state.alerts.is_raised(AlertKind::ClockWrong)),
    };
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(checks)).into_response()
}

fn openai(state: &AppState, config: &Config) -> Check {
    if config.openai.key().is_none() {
        return Check::Disabled;
    }
    Check::of(!ai_fails(state))
}

/// Returns true if an alert about the AI is raised, or the newest self-check found that the AI does not answer.
pub(in crate::http) fn ai_fails(state: &AppState) -> bool {
    let has_alert = AI_ALERTS.into_iter().any(|kind| state.alerts.is_raised(kind));
    let is_error = |finding: &CheckResult| finding.check == ai_check::CHECK && finding.state == CheckStatus::Error;
    let has_failed_check = || state.self_check.last().is_some_and(|check| check.findings.iter().any(is_error));
    has_alert || has_failed_check()
}

/// The file of Google's service account may have been deleted after the start.
fn speech(config: &Config) -> Check {
    let has_pipeline = || config.ai_engines().contains(&AiEngine::Pipeline) && config.missing_for_pipeline().is_empty();
    match config.google.account() {
        None if has_pipeline() => Check::Ok,
        None => Check::Disabled,
        Some(GoogleAccount::File(file)) => Check::of(file.is_file()),
        Some(GoogleAccount::Json(_)) => Check::Ok,
    }
}

/// The alerts after which calls are not answered by the AI.
const AI_ALERTS: [AlertKind; 4] =
    [AlertKind::AiRefused, AlertKind::AiNoCredit, AlertKind::AiRateLimited, AlertKind::AiUnavailable];

const PROBE_TIMEOUT: Duration = Duration::from_millis(950);
