//! What the API shows of trial calls.

use crate::http::media_stream::TRIAL_PATH;
use crate::runtime::calls::TrialTicket;
use serde::Serialize;

/// The right to one trial call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TrialCall {
    /// The id, which the first message on the socket names.
    #[schema(example = "CA00000000000000000000000000000001")]
    id: String,
    /// The secret that the first message on the socket carries; for one socket, within a minute.
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
