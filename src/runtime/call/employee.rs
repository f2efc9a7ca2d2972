//! The connection of an employee who has answered the call with the browser.

use super::CallTask;
use super::audio_rate_limit::Admission;
use super::stream::Stream;
use crate::audio::EncodedAudio;
use crate::call::{Input, Operator, TakeoverState};
use crate::clock;
use crate::domain::StreamSid;
use crate::providers::twilio::media_stream::{self, Incoming};
use crate::providers::websocket::Received;
use crate::runtime::calls::{AnswerRefusal, EmployeeSocket};
use bytes::Bytes;
use serde_json::json;
use std::time::Instant;
use tokio::sync::oneshot;

/// The employee who talks with the caller.
pub(super) struct Employee {
    stream: Stream,
    sid: StreamSid,
    began: Instant,
    /// The state that was reported to the browser last.
    reported: Option<TakeoverState>,
    /// Why the takeover ends, unless the call is over.
    end: &'static str,
    /// Closed with the connection, which ends the checks of the employee's login.
    _connected: oneshot::Sender<()>,
}

impl Employee {
    pub(super) async fn receive(&mut self) -> Received {
        self.stream.receive().await
    }

    pub(super) fn flush(&mut self) {
        self.stream.flush();
    }

    /// Sets the reason that is reported to the browser at the end.
    pub(super) fn set_end(&mut self, reason: &'static str) {
        self.end = reason;
    }
}

impl CallTask {
    /// Returns whether an employee may answer the call now.
    pub(super) fn may_answer(&self) -> Result<(), AnswerRefusal> {
        if self.session.takeover().is_some() {
            Err(AnswerRefusal::AlreadyAnswered)
        } else if self.is_trial() || !self.session.may_be_taken_over() {
            Err(AnswerRefusal::NoAgent)
        } else {
            Ok(())
        }
    }

    /// Connects an employee with the caller, or tells the employee's browser why this is not possible.
    pub(super) fn connect_employee(&mut self, employee: EmployeeSocket, now: Instant) {
        if let Err(refusal) = self.may_answer() {
            tokio::spawn(employee.reject(refusal.reason()));
            return;
        }
        let EmployeeSocket { socket, start, name, accepted } = employee;
        let (connected, is_connected) = oneshot::channel();
        // The send fails if the employee has disconnected meanwhile; the socket then reports it.
        let _ = accepted.send(is_connected);
        tracing::info!(event = "CALL_TAKEN_OVER", call.sid = %self.sid, "An employee has answered call {} with the browser", self.sid);
        self.employee = Some(Employee {
            stream: Stream::new(socket, &start),
            sid: start.stream_sid,
            began: now,
            reported: None,
            end: "connection_lost",
            _connected: connected,
        });
        self.session.handle_input(Input::Operator(Operator::TakeOver { name }), now);
    }

    /// Disconnects an employee whose login is no longer valid.
    pub(super) fn revoke_employee(&mut self, sid: &StreamSid, now: Instant) {
        if let Some(employee) = self.employee.as_mut().filter(|employee| employee.sid == *sid) {
            employee.set_end("logged_out");
            self.session.handle_input(Input::EmployeeLost, now);
        }
    }

    /// Handles a message of the employee's browser.
    pub(super) fn handle_employee(&mut self, received: Received) {
        let now = clock::instant();
        let text = match received {
            Received::Text(text) => text,
            Received::Binary(_) | Received::Activity => return,
            Received::Closed(_) | Received::Lost(_) => return self.employee_lost(now),
        };
        let input = match media_stream::parse(&text) {
            Ok(Incoming::Media { timestamp_ms, payload }) => {
                let Some(audio) = EncodedAudio::parse(Bytes::copy_from_slice(payload.as_bytes())) else { return };
                let Some(employee) = &mut self.employee else { return };
                match employee.stream.admit(timestamp_ms, &audio, now - employee.began) {
                    Admission::Accept => Input::EmployeeAudio(audio),
                    Admission::Drop => return,
                    Admission::Close => return self.employee_lost(now),
                }
            }
            Ok(Incoming::Stop) => {
                if let Some(employee) = &mut self.employee {
                    employee.set_end("handed_back");
                }
                Input::Operator(Operator::HandBack)
            }
            Ok(_) => return,
            Err(error) => {
                return tracing::debug!(event = "STREAM_MALFORMED", call.sid = %self.sid, %error, "Malformed message of an employee's browser ignored");
            }
        };
        self.session.handle_input(input, now);
    }

    fn employee_lost(&mut self, now: Instant) {
        self.employee = None;
        self.session.handle_input(Input::EmployeeLost, now);
    }

    /// Sends the caller's audio to the employee. Audio that the browser does not read in time is dropped, because it
    /// would only be heard late.
    pub(super) fn play_to_employee(&mut self, audio: &EncodedAudio) {
        let Some(employee) = &mut self.employee else { return };
        if employee.stream.is_behind() {
            return;
        }
        if employee.stream.play(audio).is_err() {
            self.employee_lost(clock::instant());
        }
    }

    /// Reports the state of the takeover to the browser, and closes the connection once the takeover is over.
    pub(super) fn report_to_employee(&mut self) {
        let Some(employee) = &mut self.employee else { return };
        let state = self.session.takeover();
        let report = match state {
            Some(_) if state == employee.reported => None,
            Some(TakeoverState::Announcing) => Some(json!({"event": "state", "state": "announcing"})),
            Some(TakeoverState::Talking) => Some(json!({"event": "state", "state": "talking"})),
            None => Some(json!({"event": "ended", "reason": employee.end})),
        };
        employee.reported = state;
        // A browser that does not read is disconnected by the session, because it sends no audio either.
        let _ = report.map(|report| employee.stream.report(report.to_string()));
        employee.flush();
        if state.is_none()
            && let Some(employee) = self.employee.take()
        {
            tokio::spawn(employee.stream.close());
        }
    }
}

/// Receives the next message of the employee's browser; waits forever without an employee.
pub(super) async fn receive(employee: &mut Option<Employee>) -> Received {
    match employee {
        Some(employee) => employee.receive().await,
        None => std::future::pending().await,
    }
}
