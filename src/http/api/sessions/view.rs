//! What the API shows of sessions.

use crate::domain::Timestamp;
use crate::http::pagination::Page;
use serde::Serialize;

pub(crate) type SessionItemPage = Page<SessionItem>;

/// A session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SessionItem {
    /// The id for `DELETE /api/sessions/{id}`.
    pub(super) id: String,
    /// The User-Agent of the browser.
    pub(super) user_agent: String,
    #[schema(value_type = String, format = DateTime)]
    pub(super) created_at: Timestamp,
    /// When it was last used, to within a few minutes.
    #[schema(value_type = String, format = DateTime)]
    pub(super) last_seen_at: Timestamp,
    /// When it expires if it is not used.
    #[schema(value_type = String, format = DateTime)]
    pub(super) expires_at: Timestamp,
    /// Whether it is the session of this request.
    pub(super) is_current: bool,
}
