//! Checks of accounts and addresses, also with values that are not saved yet. For owners only.

mod view;

use super::operation::{Operations, operations};
use super::settings::refusal;
use crate::clock;
use crate::doctor::{self, DoctorContext};
use crate::domain::{self, Language};
use crate::http::accept_language::preferred;
use crate::http::auth::Owner;
use crate::http::extract::Json;
use crate::http::{ApiError, AppState, ErrorBody};
use axum::extract::State;
use axum::http::HeaderMap;

use view::{CheckFinding, CheckRequest, CheckResponse};

pub(super) fn operations() -> Operations {
    operations![run]
}

/// Check an account or an address, with the active settings or with other values.
///
/// The check changes nothing.
#[utoipa::path(post, path = "/api/checks", tag = "system", operation_id = "run_check", request_body = CheckRequest,
    params(("Accept-Language" = Option<String>, Header, description = "The language of the findings: `he` or `en`")),
    responses((status = 200, body = CheckResponse),
        (status = 409, body = ErrorBody, description = "A value is set elsewhere: `setting_locked`."),
        (status = 429, body = ErrorBody)))]
pub(super) async fn run(
    State(state): State<AppState>,
    Owner(_actor): Owner,
    headers: HeaderMap,
    Json(body): Json<CheckRequest>,
) -> Result<axum::Json<CheckResponse>, ApiError> {
    state.checks.begin(clock::instant()).map_err(ApiError::too_often)?;
    let values: Vec<_> = body.values.into_iter().collect();
    let language = preferred(&headers).unwrap_or(Language::English);
    let proposed = state.config().as_ref().clone().with_values(&values).map_err(|error| refusal(error, language));
    let config = proposed?.config;
    let context = DoctorContext::of_daemon(config, state.identity.clone());
    let context = context.map_err(|_| ApiError::internal())?;
    let found = doctor::run_settings_check(body.check.0, context).await;
    let ok = found.iter().all(|finding| finding.state != domain::CheckStatus::Error);
    let findings = found.iter().map(|it| CheckFinding::new(it, language)).collect();
    Ok(axum::Json(CheckResponse { ok, findings }))
}
