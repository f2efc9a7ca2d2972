//! API types of trial calls.

use crate::http::media_stream::TRIAL_PATH;
use crate::runtime::calls::TrialTicket;
use serde::Serialize;

/// The permission for one trial call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TrialCall {
    /// The id of the call, which the first message on the WebSocket contains.
    #[schema(example = "CA00000000000000000000000000000001")]
    id: String,
    /// The secret that the first message on the WebSocket contains; valid for one connection, and for a minute.
    token: String,
    /// The path of the WebSocket.
    #[schema(example = "/ws/trial")]
    socket_path: &'static str,
}

impl From<TrialTicket> for TrialCall {
    fn from(ticket: TrialTicket) -> Self {
        Self { id: ticket.id.as_str().to_owned(), token: ticket.token, socket_path: TRIAL_PATH }
    }
}
