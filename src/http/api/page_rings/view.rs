//! API types of calls that ring in the page.

use crate::domain::{CallId, Timestamp};
use crate::runtime::calls;
use serde::Serialize;

/// The calls that ring in the page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PageRings {
    /// The calls, the longest-ringing first.
    pub(super) rings: Vec<PageRing>,
}

/// A call that rings in the page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PageRing {
    /// The id of the call.
    call_id: i64,
    /// The caller's request, as the agent describes it; may be empty.
    reason: String,
    /// When the page stops ringing.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

impl PageRing {
    pub(super) fn new(call: CallId, calls::PageRing { reason, until, .. }: calls::PageRing) -> Self {
        Self { call_id: call.0, reason, until }
    }
}
