//! An employee answers a running call with the browser: the agent stops, and the employee talks with the caller.

use super::browser_socket::{BrowserSocket, CHECK_LOGIN_EVERY};
use super::browser_ticket::{BrowserTicket, LoginCheck};
use super::employee::{Answer, AnswerRefusal, EmployeeSocket};
use super::{CallMessage, Calls, MediaSocket};
use crate::clock;
use crate::domain::CallSid;
use tokio::sync::{mpsc, oneshot};

impl Calls {
    /// The employee is disconnected when `login` reports that the login is no longer valid.
    pub async fn create_answer(
        &self,
        call: &CallSid,
        name: String,
        login: LoginCheck,
    ) -> Result<BrowserTicket, AnswerRefusal> {
        self.ask(call, CallMessage::MayAnswer).await.unwrap_or(Err(AnswerRefusal::NoAgent))?;
        Ok(self.inner.answer_tickets.issue(Answer { call: call.clone(), name }, login, clock::instant()))
    }

    /// Returns when the employee is disconnected.
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

    /// Returns the socket if the call is over.
    fn connect_employee(&self, call: &CallSid, employee: Box<EmployeeSocket>) -> Option<Box<EmployeeSocket>> {
        let registry = self.registry();
        let Some(live) = registry.live.get(call) else { return Some(employee) };
        match live.sender.send(CallMessage::Answer(employee)) {
            Err(mpsc::error::SendError(CallMessage::Answer(employee))) => Some(employee),
            Ok(()) | Err(_) => None,
        }
    }
}
