//! API types of sessions.

use crate::domain::Timestamp;
use crate::http::pagination::Page;
use serde::Serialize;

pub(crate) type SessionItemPage = Page<SessionItem>;

/// A login session of a user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SessionItem {
    /// The id of the session, for `DELETE /api/sessions/{id}`.
    pub(super) id: String,
    /// The User-Agent of the browser.
    pub(super) user_agent: String,
    #[schema(value_type = String, format = DateTime)]
    pub(super) created_at: Timestamp,
    /// When the session was last used, to within a few minutes.
    #[schema(value_type = String, format = DateTime)]
    pub(super) last_seen_at: Timestamp,
    /// When the session expires if it is not used again.
    #[schema(value_type = String, format = DateTime)]
    pub(super) expires_at: Timestamp,
    /// Whether the request was made with this session.
    pub(super) is_current: bool,
}
