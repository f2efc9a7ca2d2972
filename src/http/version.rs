//! `/version`: the running build.

use super::AppState;
use crate::clock;
use crate::config::VersionInfo;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Version<'a> {
    pub(crate) app: &'static str,
    #[serde(flatten)]
    info: &'a VersionInfo,
    /// The current time, in seconds since the Unix epoch.
    pub(crate) ts: i64,
}

impl<'a> Version<'a> {
    pub(crate) fn new(info: &'a VersionInfo) -> Self {
        Self { app: "AgentLocator", info, ts: clock::now().as_secs() }
    }
}

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/version", get(version))
}

async fn version(State(state): State<AppState>) -> Json<serde_json::Value> {
    Json(serde_json::to_value(Version::new(&state.config().version)).unwrap_or_default())
}
