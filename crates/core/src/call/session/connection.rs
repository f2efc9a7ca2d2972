//! Connects the stream and the engine, and handles their loss.

use super::reply_watch::READY_TIMEOUT;
use super::{CallSession, Phase};
use crate::call::timers::Timer;
use crate::call::{CallEvent, Clip, Output, ResponseRequest, StreamEndAction};
use crate::domain::{EndReason, TransferFailure};
use std::time::{Duration, Instant};

/// How long Twilio may take to open another stream after a loss or a failed transfer.
const RESUME_LIMIT: Duration = Duration::from_secs(10);
/// The prompt to the model for its first response on a replacement stream.
const STREAM_WAS_LOST: &str = "The line to the caller was interrupted for a few seconds. Say so in a few words, repeat your last \
                             sentence if it was lost, and continue.";
/// How long Twilio's REST API may take to redirect a call that has a stream. Then the stream is closed, which has the
/// same effect. Meanwhile the caller hears a request to wait, which takes about 1.8 s, and then silence.
const REDIRECT_LIMIT: Duration = Duration::from_secs(3);
/// The delay before a lost engine is reopened.
const REOPEN_DELAY: Duration = Duration::from_millis(250);

impl CallSession {
    pub(super) fn stream_started(&mut self, now: Instant) {
        if self.stream.is_open() || self.is_transferring() {
            return;
        }
        let is_replacement = self.stream.was_requested();
        let resume_with = self.stream.open(now);
        self.caller.audio.stream_started(self.stream.call_ms(now));
        // The audio that was still queued on the previous stream is not played on the new stream.
        self.reply_watch.cleared(now);
        if is_replacement {
            self.timers.cancel(Timer::Watchdog);
            self.caller.audio.restart_clock();
        }
        if let Some(request) = resume_with {
            self.responses.request(request);
        }
        self.go_live(now);
    }

    pub(super) fn engine_ready(&mut self, now: Instant) {
        if !self.engine.became_ready(now) {
            return;
        }
        if self.engine.capabilities().controls_hangup {
            // The voicemail engine leads the conversation and does not need the earlier audio. Earlier keys were for
            // the agent; voicemail would take a "#" for the end of the message.
            self.caller.audio.skip();
            self.forget_keys();
            self.caller.speech.excuse_missed();
            self.responses.request(ResponseRequest::Reply);
        } else if self.caller.audio.replay() && (self.responses.is_busy() || self.caller.speech.is_missed()) {
            // The engine receives the replayed question and detects its end. The reply is requested then.
            self.responses.expect_turn();
        }
        self.go_live(now);
        if self.has_keys_for_engine() {
            self.send_keys(now);
        }
    }

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

    pub(super) fn watchdog(&mut self, now: Instant) {
        match self.phase {
            Phase::Connecting => {
                self.phase = Phase::Redirecting;
                self.event(CallEvent::WatchdogFired);
                if self.stream.is_open() {
                    // Stop a response that has started, because the recorder takes over the call.
                    self.stop_speaking(false, now);
                    if !self.caller.speech.is_in_progress(now) {
                        self.play_clip(Clip::OneMoment);
                    }
                }
                self.outputs.push_back(Output::RedirectToFallback);
                // Without a stream, only the redirect brings the caller to the recorder, so the driver may retry the
                // redirect as long as the call may last.
                let limit = if self.stream.is_open() { REDIRECT_LIMIT } else { self.policy.max_call };
                self.timers.set(Timer::Watchdog, now + limit);
            }
            Phase::Redirecting => self.redirect_done(now),
            // The outcome of the transfer was not reported in time.
            Phase::Transferring => self.end(EndReason::Dropped, StreamEndAction::Record, now),
            // The replacement stream was not opened in time.
            Phase::Live | Phase::TakenOver(_) if !self.stream.is_open() => {
                self.end(EndReason::Dropped, StreamEndAction::Record, now);
            }
            Phase::Live | Phase::TakenOver(_) | Phase::Ringing { .. } | Phase::Ending { .. } | Phase::Done => {}
        }
    }

    /// A call with a stream does not wait for Twilio's REST API to recover: closing the stream has the same effect.
    pub(super) fn redirect_failed(&mut self, now: Instant) {
        if self.stream.is_open() {
            self.redirect_done(now);
        }
    }

    /// Ends the session after the redirect. If the redirect failed, closing the stream sends the call to the recorder.
    /// If no stream is open, Twilio continues the TwiML with the recorder once Twilio stops waiting for the stream.
    pub(super) fn redirect_done(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Redirecting) {
            self.end(EndReason::Fallback, StreamEndAction::Record, now);
        }
    }

    pub(super) fn stream_stopped(&mut self, now: Instant) {
        let (reason, action) = match self.phase {
            Phase::Redirecting => (EndReason::Fallback, StreamEndAction::Record),
            Phase::Ending { reason, action, .. } if action != StreamEndAction::Transfer => (reason, action),
            _ if self.caller.has_left_message => (EndReason::MessageTaken, StreamEndAction::HangUp),
            _ => (EndReason::CallerHungUp, StreamEndAction::CallerGone),
        };
        self.end(reason, action, now);
    }

    /// Handles the loss of the stream while Twilio continues the call. A conversation with the agent or an employee
    /// gets another stream, once per call.
    pub(super) fn stream_lost(&mut self, now: Instant) {
        if self.is_ringing() || matches!(self.phase, Phase::Ending { action: StreamEndAction::Transfer, .. }) {
            // The caller is still on the line, so the announced transfer takes place.
            if self.rings_phone() {
                return self.start_transfer(now);
            }
            self.return_to_agent(TransferFailure::NoAnswer, now);
        }
        let is_conversation = self.is_live() && !self.engine.capabilities().controls_hangup;
        if (is_conversation || self.is_taken_over()) && self.stream.may_replace() {
            return self.request_stream(now);
        }
        let (reason, action) = match self.phase {
            Phase::Ending { reason, action, .. } => (reason, action),
            Phase::Connecting | Phase::Redirecting => (EndReason::Fallback, StreamEndAction::Record),
            // The session closed the stream itself for the transfer.
            Phase::Transferring => return,
            Phase::Live | Phase::TakenOver(_) | Phase::Ringing { .. } | Phase::Done => {
                (EndReason::Dropped, StreamEndAction::Record)
            }
        };
        self.end(reason, action, now);
    }

    fn request_stream(&mut self, now: Instant) {
        self.stream.close();
        // The agent is silent while an employee talks with the caller.
        let request = self.is_live().then(|| ResponseRequest::Instructed(STREAM_WAS_LOST.into()));
        self.wait_for_stream(request, now);
        self.stop_speaking(false, now);
        self.caller.speech.end_local();
    }

    /// `request` is the agent's first response on the new stream.
    pub(super) fn wait_for_stream(&mut self, request: Option<ResponseRequest>, now: Instant) {
        self.stream.request(request);
        self.outputs.push_back(Output::AwaitStream);
        self.timers.set(Timer::Watchdog, now + RESUME_LIMIT);
    }

    /// Reopens the same engine or opens the next engine. If no engine is left, Twilio's recorder takes over.
    pub(super) fn engine_failed(&mut self, retry: bool, reason: String, now: Instant) {
        let was_ready = self.engine.became_lost();
        self.end_text(now);
        self.engine_lost_in_pause(now);
        self.release_reply(now);
        // The released words can be the last ones of the call.
        if self.is_over() {
            return;
        }
        self.event(CallEvent::EngineLost { engine: self.engine.kind(), reason });
        self.leave_engine(now);
        if was_ready {
            // The engine was lost, so the utterances that it started will not continue.
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

    /// Opens a new session of the engine before the provider ends the current one. This happens between two turns, so
    /// that neither the caller nor the agent is interrupted; the new session receives the conversation so far.
    pub(super) fn watch_renewal(&mut self, now: Instant) {
        let renew_at = self.engine.renew_at().filter(|_| self.is_live());
        if renew_at.is_some_and(|at| at <= now) && self.is_between_turns(now) {
            self.engine.became_lost();
            self.event(CallEvent::EngineRenewed { engine: self.engine.kind() });
            self.leave_engine(now);
            self.open_engine(Duration::ZERO);
        }
        self.timers.set_or_cancel(Timer::Renewal, renew_at.filter(|at| *at > now));
    }

    /// Resets what belongs to the session of the engine, and keeps what the next engine has to do.
    fn leave_engine(&mut self, now: Instant) {
        self.early_replies.engine_lost();
        self.interruptions.replied();
        self.responses.reset();
        self.tools.engine_lost();
        if self.is_live() {
            self.caller.keys.engine_lost();
            self.notes.engine_lost();
        }
        if let Some(silent) = self.caller.speech.engine_lost(now) {
            self.reply_watch.record_silence(silent, now);
        }
        self.reply_watch.reset_retries();
    }

    /// Returns true if a second attempt with the same engine does not delay a better alternative. While the call
    /// connects, another AI is a better alternative, and voicemail must be reached before the watchdog expires.
    fn has_time_to_reopen(&self, now: Instant) -> bool {
        let is_in_time = self.timers.at(Timer::Watchdog).is_none_or(|watchdog| now + READY_TIMEOUT < watchdog);
        !matches!(self.phase, Phase::Connecting) || (self.engine.has_one_ai() && is_in_time)
    }

    fn next_engine(&mut self, now: Instant) {
        if !self.engine.switch() {
            return match self.phase {
                Phase::Connecting => self.watchdog(now),
                Phase::Live | Phase::Ending { .. } => self.end(EndReason::Fallback, StreamEndAction::Record, now),
                Phase::Redirecting
                | Phase::Ringing { .. }
                | Phase::Transferring
                | Phase::TakenOver(_)
                | Phase::Done => {}
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
