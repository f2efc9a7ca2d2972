//! An employee answers a running call with the browser: the agent stops, and the employee talks with the caller.

use super::browser_ticket::{BrowserSocket, BrowserTicket, CHECK_LOGIN_EVERY, LoginCheck};
use super::{CallMessage, Calls, MediaSocket};
use crate::clock;
use crate::domain::CallSid;
use crate::providers::twilio::media_stream::Start;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

/// What a ticket to answer a call permits.
pub(super) struct Answer {
    call: CallSid,
    /// The employee's name, for the transcript.
    name: String,
}

/// Why an employee cannot answer a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerRefusal {
    /// The caller does not talk with the agent.
    NoAgent,
    /// Another employee talks with the caller.
    AlreadyAnswered,
}

impl AnswerRefusal {
    /// Returns the reason code for the browser.
    pub(in crate::runtime) const fn reason(self) -> &'static str {
        match self {
            Self::NoAgent => "no_agent",
            Self::AlreadyAnswered => "already_answered",
        }
    }
}

/// The authenticated socket of an employee who answers a call.
#[derive(Debug)]
pub(in crate::runtime) struct EmployeeSocket {
    pub(in crate::runtime) socket: MediaSocket,
    pub(in crate::runtime) start: Start,
    pub(in crate::runtime) name: String,
    /// Receives, if the call's task accepts the employee, a receiver that is closed when the employee is disconnected.
    pub(in crate::runtime) accepted: oneshot::Sender<oneshot::Receiver<()>>,
}

impl EmployeeSocket {
    /// Tells the browser why the employee cannot answer the call, and closes the socket.
    pub(in crate::runtime) async fn reject(mut self, reason: &'static str) {
        let _ = self.socket.socket.queue(json!({"event": "ended", "reason": reason}).to_string());
        self.socket.close().await;
    }
}

impl Calls {
    /// Creates the ticket with which the employee `name` can answer a call. The employee is disconnected when `login`
    /// reports that the login is no longer valid.
    pub async fn create_answer(
        &self,
        call: &CallSid,
        name: String,
        login: LoginCheck,
    ) -> Result<BrowserTicket, AnswerRefusal> {
        self.ask(call, CallMessage::MayAnswer).await.unwrap_or(Err(AnswerRefusal::NoAgent))?;
        Ok(self.inner.answer_tickets.issue(Answer { call: call.clone(), name }, login, clock::instant()))
    }

    /// Authenticates the socket of an employee. Then connects the employee with the caller, and returns when the
    /// employee is disconnected.
    pub async fn authenticate_employee(&self, socket: MediaSocket) {
        let Some(browser) = self.authenticate_browser(socket, &self.inner.answer_tickets).await else { return };
        let BrowserSocket { socket, start, login, permits: Answer { call, name } } = browser;
        let stream = start.stream_sid.clone();
        let (accepted, is_accepted) = oneshot::channel();
        let employee = Box::new(EmployeeSocket { socket, start, name, accepted });
        if let Some(employee) = self.connect_employee(&call, employee) {
            return employee.reject("call_over").await;
        }
        // A call that does not accept the employee has reported the reason to the browser.
        let Ok(mut connected) = is_accepted.await else { return };
        loop {
            tokio::select! {
                _ = &mut connected => return,
                () = tokio::time::sleep(CHECK_LOGIN_EVERY) => {}
            }
            if !login().await {
                return self.send(&call, CallMessage::EmployeeRevoked(stream));
            }
        }
    }

    /// Passes an employee's socket to the task of a call. Returns the socket if the call is over.
    fn connect_employee(&self, call: &CallSid, employee: Box<EmployeeSocket>) -> Option<Box<EmployeeSocket>> {
        let registry = self.registry();
        let Some(live) = registry.live.get(call) else { return Some(employee) };
        match live.sender.send(CallMessage::Answer(employee)) {
            Err(mpsc::error::SendError(CallMessage::Answer(employee))) => Some(employee),
            Ok(()) | Err(_) => None,
        }
    }
}
