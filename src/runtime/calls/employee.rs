//! An employee who answers a running call with the browser.

use super::MediaSocket;
use crate::domain::CallSid;
use crate::providers::twilio::media_stream::Start;
use serde_json::json;
use tokio::sync::oneshot;

pub(super) struct Answer {
    pub(super) call: CallSid,
    /// The employee's name, for the transcript.
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerRefusal {
    /// The caller does not talk with the agent.
    NoAgent,
    /// Another employee talks with the caller.
    AlreadyAnswered,
}

impl AnswerRefusal {
    pub(in crate::runtime) const fn reason(self) -> &'static str {
        match self {
            Self::NoAgent => "no_agent",
            Self::AlreadyAnswered => "already_answered",
        }
    }
}

#[derive(Debug)]
pub(in crate::runtime) struct EmployeeSocket {
    pub(in crate::runtime) socket: MediaSocket,
    pub(in crate::runtime) start: Start,
    pub(in crate::runtime) name: String,
    /// Receives, if the call's task accepts the employee, a receiver that is closed when the employee is disconnected.
    pub(in crate::runtime) accepted: oneshot::Sender<oneshot::Receiver<()>>,
}

impl EmployeeSocket {
    pub(in crate::runtime) async fn reject(mut self, reason: &'static str) {
        let _ = self.socket.socket.queue(json!({"event": "ended", "reason": reason}).to_string());
        self.socket.close().await;
    }
}
