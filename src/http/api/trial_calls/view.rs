//! API types of trial calls.

use crate::http::media_stream::TRIAL_PATH;
use crate::runtime::calls::BrowserTicket;
use serde::Serialize;

/// The id and secret with which a client opens the WebSocket of one trial call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TrialCall {
    /// The id of the trial call, to send in the first message on the WebSocket.
    #[schema(example = "CA00000000000000000000000000000001")]
    id: String,
    /// The secret to send in the first message on the WebSocket. It is valid for one connection and one minute.
    token: String,
    /// The path of the WebSocket on this server.
    #[schema(example = "/ws/trial")]
    socket_path: &'static str,
}

impl From<BrowserTicket> for TrialCall {
    fn from(ticket: BrowserTicket) -> Self {
        Self { id: ticket.id.as_str().to_owned(), token: ticket.token, socket_path: TRIAL_PATH }
    }
}
