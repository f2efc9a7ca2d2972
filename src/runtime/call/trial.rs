//! What is special about a trial call, which a user of the web page makes with the browser. When the stream ends, the
//! call ends.

use super::CallTask;
use super::trial_log::TrialEnd;
use crate::call::{Input, Operator};
use crate::clock;
use crate::providers::twilio::media_stream::{self, Incoming};
use crate::runtime::calls::Transport;
use serde_json::json;
use std::time::{Duration, Instant};

/// The name of the mark with which the browser reports that it has played the greeting.
const GREETING_MARK: &str = "greeting";
/// How long a trial call may continue when the daemon shuts down. The time is short, because a trial call must not
/// delay a restart.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

impl CallTask {
    pub(super) fn is_trial(&self) -> bool {
        self.context.transport == Transport::Browser
    }

    /// Returns false for a trial call and for a rehearsal, which Twilio does not know.
    pub(super) fn is_by_phone(&self) -> bool {
        !self.is_trial() && self.rehearsed.is_none()
    }

    /// Twilio continues a call without its stream; a browser does not.
    pub(super) fn stream_lost(&self) -> Input {
        if self.is_by_phone() { Input::StreamLost } else { Input::StreamStopped }
    }

    /// Tells the browser to play the greeting, as Twilio does before it opens the stream.
    pub(super) fn play_greeting(&mut self) {
        let length_ms = u64::try_from(self.settings.prompts.greeting.length.as_millis()).unwrap_or(u64::MAX);
        let message = json!({
            "event": "greeting", "url": self.settings.prompts.greeting_path(), "length_ms": length_ms, "mark": GREETING_MARK,
        });
        if let Some(stream) = &mut self.stream {
            stream.awaits_greeting = true;
        }
        self.send(|stream| stream.report(message.to_string()));
    }

    /// The caller cannot interrupt the greeting: the session starts once the browser has played it.
    pub(super) fn handle_stream_during_greeting(&mut self, text: &str, now: Instant) {
        match media_stream::parse(text) {
            Ok(Incoming::Mark(name)) if name == GREETING_MARK => {
                self.began = Some(now);
                if let Some(stream) = &mut self.stream {
                    stream.awaits_greeting = false;
                }
                self.session.handle_input(Input::StreamStarted, now);
            }
            Ok(Incoming::Stop) => self.session.handle_input(Input::StreamStopped, now),
            _ => {}
        }
    }

    pub(super) fn send_reports(&mut self) {
        if self.stream.is_none() {
            return;
        }
        let reports = self.log.take_reports(self.session.unlogged(), clock::instant());
        for report in reports {
            self.send(|stream| stream.report(report));
        }
    }

    /// The agent may finish its sentence.
    pub(super) fn end_trial_soon(&mut self, deadline: Instant, now: Instant) {
        self.log.set_end(TrialEnd::Shutdown);
        let within = deadline.saturating_duration_since(now).min(SHUTDOWN_LIMIT);
        self.session.handle_input(Input::Shutdown { within }, now);
        self.session.handle_input(Input::Operator(Operator::HangUp), now);
    }
}
