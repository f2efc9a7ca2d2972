//! The connection of an employee who has answered the call with the browser.

use super::audio_rate_limit::Admission;
use super::stream::Stream;
use crate::audio::EncodedAudio;
use crate::call::TakeoverState;
use crate::domain::{EndReason, StreamSid};
use crate::providers::twilio::media_stream::Start;
use crate::providers::websocket::Received;
use crate::runtime::calls::MediaSocket;
use serde_json::json;
use std::time::Instant;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Error;

/// Why an employee's conversation with the caller ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EmployeeEnd {
    ConnectionLost,
    /// The employee is no longer logged in.
    LoggedOut,
    HandedBack,
    /// The call ended.
    Call(EndReason),
}

impl EmployeeEnd {
    /// Returns the reason code for the browser.
    const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionLost => "connection_lost",
            Self::LoggedOut => "logged_out",
            Self::HandedBack => "handed_back",
            Self::Call(reason) => reason.as_str(),
        }
    }
}

/// The employee who talks with the caller.
pub(super) struct Employee {
    stream: Stream,
    sid: StreamSid,
    began: Instant,
    /// The state that was reported to the browser last.
    reported: Option<TakeoverState>,
    /// The reason that is reported to the browser at the end.
    end: EmployeeEnd,
    /// Dropped with the connection; the checks of the employee's login stop when this channel is closed.
    _connected: oneshot::Sender<()>,
}

impl Employee {
    /// Creates the connection. `connected` is closed when the connection ends.
    pub(super) fn new(socket: MediaSocket, start: Start, connected: oneshot::Sender<()>, now: Instant) -> Self {
        let stream = Stream::new(socket, &start);
        let (sid, end) = (start.stream_sid, EmployeeEnd::ConnectionLost);
        Self { stream, sid, began: now, reported: None, end, _connected: connected }
    }

    /// Returns true if this is the connection with this id.
    pub(super) fn is(&self, sid: &StreamSid) -> bool {
        self.sid == *sid
    }

    /// Sets the reason that is reported to the browser at the end.
    pub(super) fn set_end(&mut self, reason: EmployeeEnd) {
        self.end = reason;
    }

    /// Decides whether to accept a piece of the employee's audio.
    pub(super) fn admit(&mut self, timestamp_ms: u64, audio: &EncodedAudio, now: Instant) -> Admission {
        self.stream.admit(timestamp_ms, audio, now - self.began)
    }

    /// Queues the caller's audio. Audio that the browser does not read in time is dropped, because it would only be
    /// heard late.
    pub(super) fn play(&mut self, audio: &EncodedAudio) -> Result<(), Error> {
        if self.stream.is_behind() { Ok(()) } else { self.stream.play(audio) }
    }

    /// Reports the state of the takeover to the browser, if it has changed; `None` reports that the takeover is over.
    /// Sends the queued messages.
    pub(super) fn report(&mut self, state: Option<TakeoverState>) {
        let report = match state {
            Some(_) if state == self.reported => None,
            Some(TakeoverState::Announcing) => Some(json!({"event": "state", "state": "announcing"})),
            Some(TakeoverState::Talking) => Some(json!({"event": "state", "state": "talking"})),
            None => Some(json!({"event": "ended", "reason": self.end.as_str()})),
        };
        self.reported = state;
        // An error is ignored. The session disconnects a browser that does not read, because such a browser sends no
        // audio either.
        let _ = report.map(|report| self.stream.report(report.to_string()));
        self.stream.flush();
    }

    pub(super) async fn close(self) {
        self.stream.close().await;
    }
}

/// Receives the next message of the employee's browser; waits forever without an employee.
pub(super) async fn receive(employee: &mut Option<Employee>) -> Received {
    match employee {
        Some(employee) => employee.stream.receive().await,
        None => std::future::pending().await,
    }
}
