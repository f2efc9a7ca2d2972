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

/// Half a second of audio.
const CONFIRMED: u32 = 25;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EmployeeEnd {
    ConnectionLost,
    /// The employee is no longer logged in.
    LoggedOut,
    HandedBack,
    /// The takeover reached its maximum duration.
    TimeLimit,
    Call(EndReason),
}

impl EmployeeEnd {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionLost => "connection_lost",
            Self::LoggedOut => "logged_out",
            Self::HandedBack => "handed_back",
            Self::TimeLimit => "time_limit",
            Self::Call(reason) => reason.as_str(),
        }
    }
}

pub(super) struct Employee {
    stream: Stream,
    sid: StreamSid,
    began: Instant,
    reported: Option<TakeoverState>,
    end: EmployeeEnd,
    /// Audio messages since the last receipt.
    unconfirmed: u32,
    /// Dropped with the connection; the checks of the employee's login stop when this channel is closed.
    _connected: oneshot::Sender<()>,
}

impl Employee {
    /// `connected` is closed when the connection ends.
    pub(super) fn new(socket: MediaSocket, start: Start, connected: oneshot::Sender<()>, now: Instant) -> Self {
        let stream = Stream::new(socket, &start);
        let (sid, end) = (start.stream_sid, EmployeeEnd::ConnectionLost);
        Self { stream, sid, began: now, reported: None, end, unconfirmed: 0, _connected: connected }
    }

    pub(super) fn is(&self, sid: &StreamSid) -> bool {
        self.sid == *sid
    }

    pub(super) fn set_end(&mut self, reason: EmployeeEnd) {
        self.end = reason;
    }

    pub(super) fn admit(&mut self, timestamp_ms: u64, audio: &EncodedAudio, now: Instant) -> Admission {
        self.confirm();
        self.stream.admit(timestamp_ms, audio, now - self.began)
    }

    /// Sends a receipt for every [`CONFIRMED`] audio messages. A browser whose network fails silently gets no error, and
    /// the caller may be silent, so the browser takes missing receipts for a lost connection.
    fn confirm(&mut self) {
        self.unconfirmed += 1;
        if self.unconfirmed >= CONFIRMED {
            self.unconfirmed = 0;
            // The reader of the socket reports an error.
            let _ = self.stream.report(json!({"event": "alive"}).to_string());
        }
    }

    /// Audio that the browser does not read in time is dropped, because it would only be heard late.
    pub(super) fn play(&mut self, audio: &EncodedAudio) -> Result<(), Error> {
        if self.stream.is_behind() { Ok(()) } else { self.stream.play(audio) }
    }

    /// Reports a changed state of the takeover to the browser; `None` reports that the takeover is over. Also sends
    /// the queued messages.
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

/// Waits forever without an employee.
pub(super) async fn receive(employee: &mut Option<Employee>) -> Received {
    match employee {
        Some(employee) => employee.stream.receive().await,
        None => std::future::pending().await,
    }
}
