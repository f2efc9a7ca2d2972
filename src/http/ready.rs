//! `/readyz`: how each part is.

use super::AppState;
use crate::clock;
use crate::config::Config;
use crate::providers::baileys::bridge::Bridge;
use crate::store::{Health, Integrity, PublishState};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// What the bridge said last, so that however many ask, it is asked once in a while.
pub struct Readiness {
    bridge: Option<Bridge>,
    // Held while the bridge is asked: whoever comes meanwhile gets the same answer.
    last: Mutex<Option<(Instant, Check)>>,
}

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Check {
    Ok,
    /// It is not configured.
    Disabled,
    Error,
}

/// How all parts are.
#[derive(Debug, Serialize)]
struct Checks {
    /// The database, really written to and read.
    db: Check,
    openai: Check,
    tts: Check,
    twilio_secrets: Check,
    baileys: Check,
    /// Messages go out.
    outbox: Check,
    /// There is room to write.
    disk: Check,
    /// The file that people copy holds all that has been acknowledged.
    published_copy: Check,
    /// No damage has been found in the database.
    integrity: Check,
}

impl Readiness {
    /// Asks this bridge, if there is one.
    pub fn new(bridge: Option<Bridge>) -> Self {
        Self { bridge, last: Mutex::new(None) }
    }

    async fn bridge(&self) -> Check {
        let Some(bridge) = &self.bridge else { return Check::Disabled };
        let mut last = self.last.lock().await;
        if let Some((at, check)) = *last
            && clock::instant().duration_since(at) < BRIDGE_FRESH
        {
            return check;
        }
        let healthy = tokio::time::timeout(BRIDGE_LIMIT, bridge.is_healthy()).await.unwrap_or(false);
        let check = Check::of(healthy);
        *last = Some((clock::instant(), check));
        check
    }
}

impl Check {
    fn of(well: bool) -> Self {
        if well { Self::Ok } else { Self::Error }
    }
}

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/readyz", get(ready))
}

async fn ready(State(state): State<AppState>) -> Response {
    let bridge = async { tokio::time::timeout(LIMIT, state.readiness.bridge()).await.unwrap_or(Check::Error) };
    let database =
        async { tokio::time::timeout(LIMIT, state.store.probe()).await.is_ok_and(|outcome| outcome.is_ok()) };
    let (database, baileys) = tokio::join!(database, bridge);
    let health = state.store.health();
    let checks = Checks {
        db: Check::of(database),
        openai: if state.config.openai.key().is_some() { Check::Ok } else { Check::Disabled },
        tts: speech(&state.config),
        twilio_secrets: if state.config.twilio.auth_tokens().next().is_some() { Check::Ok } else { Check::Disabled },
        baileys,
        outbox: if state.outbox.rules().priority.is_empty() {
            Check::Disabled
        } else {
            Check::of(state.outbox.is_alive())
        },
        disk: Check::of(has_room(&health)),
        published_copy: match health.publish {
            PublishState::Current => Check::Ok,
            PublishState::Off => Check::Disabled,
            PublishState::Late { .. } | PublishState::Foreign { .. } => Check::Error,
        },
        integrity: Check::of(!matches!(health.integrity, Integrity::Damaged { .. })),
    };
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(checks)).into_response()
}

/// Google's account; a file that is gone since the start is an error.
fn speech(config: &Config) -> Check {
    match &config.google.credentials_file {
        _ if !config.google.is_configured() => Check::Disabled,
        Some(file) if config.google.credentials_json.is_none() => Check::of(file.is_file()),
        _ => Check::Ok,
    }
}

/// Nothing known is no reason to worry.
fn has_room(health: &Health) -> bool {
    health.disk.total_bytes == 0 || health.disk.free_bytes >= ROOM
}

/// Room for some days of messages.
const ROOM: u64 = 64 << 20;

const LIMIT: Duration = Duration::from_millis(950);
const BRIDGE_LIMIT: Duration = Duration::from_millis(800);
const BRIDGE_FRESH: Duration = Duration::from_secs(3);
