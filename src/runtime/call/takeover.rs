//! An employee answers the call with the browser: connects the browser with the caller, both ways.

use super::CallTask;
use super::audio_rate_limit::Admission;
use super::employee::{Employee, EmployeeEnd};
use crate::audio::EncodedAudio;
use crate::call::{CallEvent, HandBackCause, Input, Operator};
use crate::clock;
use crate::domain::StreamSid;
use crate::providers::twilio::media_stream::{self, Incoming};
use crate::providers::websocket::Received;
use crate::runtime::calls::{AnswerRefusal, EmployeeSocket};
use crate::telemetry::log;
use bytes::Bytes;
use std::time::Instant;
use tokio::sync::oneshot;

impl CallTask {
    /// Replies whether an employee can answer. A call that rings in the web page rings on for the employee.
    pub(super) fn begin_answer(&mut self, reply: oneshot::Sender<Result<(), AnswerRefusal>>, now: Instant) {
        let answer = self.may_answer();
        // The send fails if the employee's request has ended.
        _ = reply.send(answer);
        if answer.is_ok() {
            self.session.handle_input(Input::PageAnswering, now);
        }
    }

    fn may_answer(&self) -> Result<(), AnswerRefusal> {
        if self.session.is_taken_over() {
            Err(AnswerRefusal::AlreadyAnswered)
        } else if self.is_trial() || !self.session.may_be_taken_over() {
            Err(AnswerRefusal::NoAgent)
        } else {
            Ok(())
        }
    }

    pub(super) fn connect_employee(&mut self, employee: EmployeeSocket, now: Instant) {
        if let Err(refusal) = self.may_answer() {
            log::spawn(employee.reject(refusal.reason()));
            return;
        }
        let EmployeeSocket { socket, start, name, accepted } = employee;
        let (connected, is_connected) = oneshot::channel();
        // The send fails if the employee has disconnected meanwhile; the socket then reports the disconnection.
        let _ = accepted.send(is_connected);
        tracing::info!(event = "CALL_TAKEN_OVER", call.sid = %self.sid, "An employee takes over call {} in the browser", self.sid);
        self.employee = Some(Employee::new(socket, start, connected, now));
        self.session.handle_input(Input::Operator(Operator::TakeOver { name }), now);
    }

    pub(super) fn revoke_employee(&mut self, sid: &StreamSid, now: Instant) {
        if let Some(employee) = self.employee.as_mut().filter(|employee| employee.is(sid)) {
            employee.set_end(EmployeeEnd::LoggedOut);
            self.session.handle_input(Input::EmployeeLost, now);
        }
    }

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
                match employee.admit(timestamp_ms, &audio, now) {
                    Admission::Accept => Input::EmployeeAudio(audio),
                    Admission::Drop => return,
                    Admission::Close => return self.employee_lost(now),
                }
            }
            Ok(Incoming::Stop) => {
                if let Some(employee) = &mut self.employee {
                    employee.set_end(EmployeeEnd::HandedBack);
                }
                Input::Operator(Operator::HandBack)
            }
            Ok(_) => return,
            Err(error) => {
                return tracing::debug!(event = "STREAM_MALFORMED", call.sid = %self.sid, %error, "Malformed message of an employee's browser ignored in call {}", self.sid);
            }
        };
        self.session.handle_input(input, now);
    }

    pub(super) fn note_time_limit(&mut self, event: &CallEvent) {
        if let (CallEvent::HandedBack { cause: HandBackCause::TimeLimit }, Some(employee)) = (event, &mut self.employee)
        {
            employee.set_end(EmployeeEnd::TimeLimit);
        }
    }

    fn employee_lost(&mut self, now: Instant) {
        self.employee = None;
        self.session.handle_input(Input::EmployeeLost, now);
    }

    pub(super) fn play_to_employee(&mut self, audio: &EncodedAudio) {
        if self.employee.as_mut().is_some_and(|employee| employee.play(audio).is_err()) {
            self.employee_lost(clock::instant());
        }
    }

    pub(super) fn report_to_employee(&mut self, now: Instant) {
        let Some(employee) = &mut self.employee else { return };
        let state = self.session.takeover(now);
        employee.report(state);
        if state.is_none()
            && let Some(employee) = self.employee.take()
        {
            log::spawn(employee.close());
        }
    }
}
