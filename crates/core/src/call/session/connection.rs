//! The connection of stream and engine, and the handling of their loss.

use super::reply_watch::READY_TIMEOUT;
use super::{CallSession, Phase};
use crate::call::timers::Timer;
use crate::call::{CallEvent, Clip, Output, ResponseRequest, StreamEndAction};
use crate::domain::EndReason;
use std::time::{Duration, Instant};

/// How long Twilio may take to open another stream after a loss.
const RESUME_LIMIT: Duration = Duration::from_secs(10);
/// A prompt to the model once the caller can hear it again.
const STREAM_WAS_LOST: &str = "The line to the caller was interrupted for a few seconds. Say so in a few words, repeat your last \
                             sentence if it was lost, and continue.";
/// How long Twilio's REST interface may take to redirect a call that has a stream. Closing the stream does the same.
const REDIRECT_LIMIT: Duration = Duration::from_secs(12);
/// The delay before a lost engine is reopened. An engine that is lost again is replaced at once.
const REOPEN_DELAY: Duration = Duration::from_millis(250);

impl CallSession {
    pub(super) fn stream_started(&mut self, now: Instant) {
        if self.stream.is_open() || self.is_transferring() {
            return;
        }
        let resume_with = self.stream.open(now);
        // The audio that was still queued on the previous stream is not heard on this one.
        self.reply_watch.cleared(now);
        if let Some(request) = resume_with {
            self.timers.cancel(Timer::Watchdog);
            self.caller.audio.restart_clock();
            self.responses.request(request);
        }
        self.go_live(now);
    }

    pub(super) fn engine_ready(&mut self, now: Instant) {
        if !self.engine.became_ready() {
            return;
        }
        if self.engine.capabilities().controls_hangup {
            // This engine leads the conversation.
            self.caller.audio.skip();
            self.caller.speech.excuse_missed();
            self.responses.request(ResponseRequest::Reply);
        } else if self.caller.audio.replay() && (self.responses.is_busy() || self.caller.speech.is_missed()) {
            // The engine receives the replayed question, and detects its end.
            self.responses.expect_turn();
        }
        self.go_live(now);
        if self.has_keys_for_engine() {
            self.send_keys(now);
        }
    }

    /// Starts the conversation once both are connected.
    fn go_live(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Connecting) || !self.stream.is_open() || !self.engine.is_ready() {
            return;
        }
        self.phase = Phase::Live;
        self.timers.cancel(Timer::Watchdog);
        self.event(CallEvent::Live { engine: self.engine.kind() });
        let wrap_up = self.policy.max_call.saturating_sub(super::WRAP_UP);
        if wrap_up > Duration::ZERO {
            self.timers.set(Timer::WrapUp, now + wrap_up);
        }
        self.timers.set(Timer::MaxCall, now + self.policy.max_call);
        if self.policy.speaks_first && self.engine.capabilities().can_follow_instructions {
            self.responses.request(ResponseRequest::Instructed(self.policy.prompts.speak_first.clone()));
        }
    }

    /// The connection timed out: Twilio's recorder takes the call. The redirect is requested at most once; no answer
    /// counts as a rejection.
    pub(super) fn watchdog(&mut self, now: Instant) {
        match self.phase {
            Phase::Connecting => {
                self.phase = Phase::Redirecting;
                self.event(CallEvent::WatchdogFired);
                if self.stream.is_open() {
                    // The recorder takes the call, so a response that has started ends here.
                    self.stop_speaking(false, now);
                    if !self.caller.speech.is_in_progress(now) {
                        self.play_clip(Clip::OneMoment);
                    }
                }
                self.outputs.push_back(Output::RedirectToFallback);
                // Without a stream, only the redirect brings the caller to the recorder: it is retried as long as the call may last.
                let limit = if self.stream.is_open() { REDIRECT_LIMIT } else { self.policy.max_call };
                self.timers.set(Timer::Watchdog, now + limit);
            }
            Phase::Redirecting => self.redirect_done(now),
            // The outcome of the transfer was not reported in time.
            Phase::Transferring => self.end(EndReason::Dropped, StreamEndAction::Record, now),
            // The new stream was not opened in time.
            Phase::Live if !self.stream.is_open() => self.end(EndReason::Dropped, StreamEndAction::Record, now),
            Phase::Live | Phase::Ending { .. } | Phase::Done => {}
        }
    }

    /// A call with a stream need not wait for Twilio's REST API to recover: closing the stream has the same effect.
    pub(super) fn redirect_failed(&mut self, now: Instant) {
        if self.stream.is_open() {
            self.redirect_done(now);
        }
    }

    /// A redirected call is left to Twilio. If the redirect failed, closing the stream sends the call to the recorder;
    /// without a stream, the TwiML itself continues to the recorder once Twilio gives up on the stream.
    pub(super) fn redirect_done(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Redirecting) {
            self.end(EndReason::Fallback, StreamEndAction::Record, now);
        }
    }

    /// Twilio ended the stream.
    pub(super) fn stream_stopped(&mut self, now: Instant) {
        let (reason, action) = match self.phase {
            Phase::Redirecting => (EndReason::Fallback, StreamEndAction::Record),
            Phase::Ending { reason, action, .. } if action != StreamEndAction::Transfer => (reason, action),
            _ if self.caller.has_left_message => (EndReason::MessageTaken, StreamEndAction::HangUp),
            _ => (EndReason::CallerHungUp, StreamEndAction::CallerGone),
        };
        self.end(reason, action, now);
    }

    /// Twilio continues the call without the stream. During a conversation, another stream is requested, once.
    pub(super) fn stream_lost(&mut self, now: Instant) {
        if self.is_live() && !self.engine.capabilities().controls_hangup && self.stream.may_replace() {
            return self.request_stream(now);
        }
        let (reason, action) = match self.phase {
            // The caller is still on the line, and is transferred as announced.
            Phase::Ending { action: StreamEndAction::Transfer, .. } => return self.start_transfer(now),
            Phase::Ending { reason, action, .. } => (reason, action),
            Phase::Connecting | Phase::Redirecting => (EndReason::Fallback, StreamEndAction::Record),
            // This side closed the stream.
            Phase::Transferring => return,
            Phase::Live | Phase::Done => (EndReason::Dropped, StreamEndAction::Record),
        };
        self.end(reason, action, now);
    }

    fn request_stream(&mut self, now: Instant) {
        self.stream.close();
        self.wait_for_stream(ResponseRequest::Instructed(STREAM_WAS_LOST.into()), now);
        self.stop_speaking(false, now);
        self.caller.speech.end_local();
    }

    /// Twilio will be instructed to open another stream; `request` is what the agent says first on it.
    pub(super) fn wait_for_stream(&mut self, request: ResponseRequest, now: Instant) {
        self.stream.resume_with(request);
        self.outputs.push_back(Output::AwaitStream);
        self.timers.set(Timer::Watchdog, now + RESUME_LIMIT);
    }

    /// The engine is lost: reopens it if that makes sense, otherwise opens the next one, with the conversation so far.
    pub(super) fn engine_failed(&mut self, retry: bool, reason: String, now: Instant) {
        let was_ready = self.engine.became_lost();
        self.engine_lost_in_pause(now);
        self.interruptions.replied();
        self.event(CallEvent::EngineLost { engine: self.engine.kind(), reason });
        self.responses.reset();
        self.tools.engine_lost();
        if let Some(silent) = self.caller.speech.engine_lost(now) {
            self.reply_watch.silent_since(silent, now);
        }
        self.reply_watch.reset_retries();
        if was_ready {
            // The utterances that the engine started will not continue.
            self.playback.finish_all();
            if matches!(self.phase, Phase::Ending { .. }) && !self.playback.is_busy() && self.stream.is_open() {
                self.play_clip(Clip::Goodbye);
            }
        }
        let may_reopen = self.engine.failed();
        if retry && may_reopen && self.has_time_to_reopen(now) {
            self.open_engine(REOPEN_DELAY);
        } else {
            self.next_engine(now);
        }
    }

    /// Returns true if a second attempt with the same engine delays nothing that is better. While the call connects,
    /// another AI is, and voicemail must be reached before the watchdog.
    fn has_time_to_reopen(&self, now: Instant) -> bool {
        let is_in_time = self.timers.at(Timer::Watchdog).is_none_or(|watchdog| now + READY_TIMEOUT < watchdog);
        !matches!(self.phase, Phase::Connecting) || (self.engine.has_one_ai() && is_in_time)
    }

    fn next_engine(&mut self, now: Instant) {
        if !self.engine.switch() {
            // No engine is left: Twilio's recorder takes over.
            return match self.phase {
                Phase::Connecting => self.watchdog(now),
                Phase::Live | Phase::Ending { .. } => self.end(EndReason::Fallback, StreamEndAction::Record, now),
                Phase::Redirecting | Phase::Transferring | Phase::Done => {}
            };
        }
        self.event(CallEvent::EngineFailover { to: self.engine.kind() });
        self.open_engine(Duration::ZERO);
    }

    pub(super) fn open_engine(&mut self, delay: Duration) {
        let replays = !self.engine.capabilities().controls_hangup && self.caller.audio.is_unanswered();
        let history = self.transcript.history(replays);
        if replays {
            self.transcript.replay_unanswered();
        }
        self.engine.opening();
        self.outputs.push_back(Output::OpenEngine { kind: self.engine.kind(), delay, history });
    }
}
