//! Response types and helpers that several resources share.

use serde::Serialize;

/// Converts domain values into their views.
pub(crate) fn views<T, V: From<T>>(values: Vec<T>) -> Vec<V> {
    values.into_iter().map(Into::into).collect()
}

/// The confirmation that the operation was carried out.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OkResponse {
    /// Always true.
    ok: bool,
}

impl OkResponse {
    pub(crate) const OK: axum::Json<Self> = axum::Json(Self { ok: true });
}
