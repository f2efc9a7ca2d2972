//! Response types and helpers that several resources share.

use crate::domain::Language;
use serde::Serialize;

pub(crate) fn views<T, V: From<T>>(values: Vec<T>) -> Vec<V> {
    values.into_iter().map(Into::into).collect()
}

/// A text in Hebrew and English.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LocalizedText {
    he: String,
    en: String,
}

impl LocalizedText {
    pub(crate) fn of(text: impl Fn(Language) -> String) -> Self {
        Self { he: text(Language::Hebrew), en: text(Language::English) }
    }
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
