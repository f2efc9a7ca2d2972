//! Confirmation of a session with the password, before operations that must not be possible in an unattended browser.

mod view;

use super::account::check_password;
use super::operation::{Operations, operations};
use crate::clock;
use crate::http::auth::LoggedIn;
use crate::http::extract::ShortJson;
use crate::http::{ApiError, AppState, Confidential, ErrorBody};
use axum::Json;
use axum::extract::State;
use view::{ConfirmPasswordRequest, ConfirmPasswordResponse};

pub(super) fn operations() -> Operations {
    operations![confirm]
}

/// Confirm the session with the password.
///
/// Operations that answered `confirmation_required` are then accepted in this session until `valid_until`.
#[utoipa::path(post, path = "/api/session/confirm", tag = "account", operation_id = "confirm_password",
    request_body = ConfirmPasswordRequest, responses(
    (status = 200, body = ConfirmPasswordResponse),
    (status = 403, description = "The password is wrong (`wrong_password`), passwords are not accepted on this connection \
        (`https_required`), a token was sent (`forbidden`), or X-CSRF-Token is wrong (`csrf`)", body = ErrorBody),
    (status = 429, body = ErrorBody)))]
pub(super) async fn confirm(
    State(state): State<AppState>,
    _: Confidential,
    LoggedIn(_, login): LoggedIn,
    ShortJson(ConfirmPasswordRequest { password }): ShortJson<ConfirmPasswordRequest>,
) -> Result<Json<ConfirmPasswordResponse>, ApiError> {
    check_password(&state, &login, password).await?;
    let validity = state.auth.confirmations.add(&login);
    Ok(Json(ConfirmPasswordResponse { valid_until: clock::now().plus(validity) }))
}
