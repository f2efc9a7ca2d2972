//! Error responses for snapshots that cannot be created or read.

use crate::backup;
use crate::http::ApiError;
use axum::http::StatusCode;

/// Converts a backup error into its error response: 409 with `backup_running` or `no_space`, 404, or 503 for all other
/// errors.
pub(super) fn refusal(error: backup::Error) -> ApiError {
    let message = error.to_string();
    let conflict = |code| ApiError::new(StatusCode::CONFLICT, code, message.clone());
    match error {
        backup::Error::Busy => conflict("backup_running"),
        backup::Error::NoSpace { needed_mb, free_mb, .. } => conflict("no_space")
            .with_param("needed_mb", needed_mb.to_string())
            .with_param("free_mb", free_mb.to_string()),
        backup::Error::NotFound(_) => ApiError::not_found("there is no such snapshot"),
        error => {
            tracing::error!(event = "SNAPSHOT_FAILED", %error, "A request for a snapshot failed: {error}");
            ApiError::unavailable(message)
        }
    }
}
