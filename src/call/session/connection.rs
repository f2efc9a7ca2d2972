//! Stream and engine: how they come together, and what happens when one of them is lost.

use super::{CallSession, Phase};
use crate::call::timers::Timer;
use crate::call::{After, CallEvent, Clip, Output, Wish};
use crate::domain::EndReason;
use std::time::{Duration, Instant};

/// How long Twilio may take to open another stream after one was lost.
const RESUME_LIMIT: Duration = Duration::from_secs(10);
/// To the model, when the caller can hear it again.
const LINE_WAS_LOST: &str = "The line to the caller was interrupted for a few seconds. Say so in a few words, repeat your last \
                             sentence if it was lost, and go on.";
/// How long Twilio's REST interface may take to redirect a call that has a stream. Closing the stream does the same.
const REDIRECT_LIMIT: Duration = Duration::from_secs(12);
/// The wait before an engine that is lost is opened again. One that is lost once more is replaced at once.
const REOPEN_AFTER: Duration = Duration::from_millis(250);

impl CallSession {
    pub(super) fn stream_started(&mut self, now: Instant) {
        if self.stream_began.is_some() || self.is_transferring() {
            return;
        }
        self.stream_began = Some(now);
        self.began.get_or_insert(now);
        // What the previous stream was still to play is not heard on this one.
        self.watch.cleared(now);
        if let Some(wish) = self.resume_with.take() {
            self.timers.cancel(Timer::Watchdog);
            self.caller_audio.restart_clock();
            self.responses.want(wish);
        }
        self.go_live(now);
    }

    pub(super) fn engine_ready(&mut self, now: Instant) {
        if std::mem::replace(&mut self.engine.is_ready, true) {
            return;
        }
        if self.engine().caps().ends_the_call {
            // It leads the conversation.
            self.caller_audio.skip();
            self.unheard_since = None;
            self.responses.want(Wish::Answer);
        } else if self.caller_audio.replay() && (self.responses.is_busy() || self.unheard_since.is_some()) {
            // It hears the question, and answers that by itself.
            self.responses.expect();
        }
        self.go_live(now);
        if self.has_keys_for_engine() {
            self.send_keys(now);
        }
    }

    /// Once both are there.
    fn go_live(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Connecting) || self.stream_began.is_none() || !self.engine.is_ready {
            return;
        }
        self.phase = Phase::Live;
        self.timers.cancel(Timer::Watchdog);
        self.event(CallEvent::Live { engine: self.engine() });
        let wrap_up = self.policy.max_call.saturating_sub(super::WRAP_UP);
        if wrap_up > Duration::ZERO {
            self.timers.set(Timer::WrapUp, now + wrap_up);
        }
        self.timers.set(Timer::MaxCall, now + self.policy.max_call);
        if self.policy.speaks_first && self.engine().caps().can_improvise {
            self.responses.want(Wish::Say(self.policy.prompts.speak_first.clone()));
        }
    }

    /// Not both in time: Twilio's recorder takes the call. Asked at most once; no answer is a no.
    pub(super) fn watchdog(&mut self, now: Instant) {
        match self.phase {
            Phase::Connecting => {
                self.phase = Phase::Redirecting;
                self.event(CallEvent::WatchdogFired);
                if self.stream_began.is_some() {
                    // The recorder takes the call: an answer that has begun ends here.
                    self.barge_in(false, now);
                    if !self.is_spoken_over(now) {
                        self.play_clip(Clip::OneMoment);
                    }
                }
                self.outputs.push_back(Output::RedirectToFallback);
                // Without a stream, only the redirect brings the caller to the recorder: it is retried as long as the call may last.
                let limit = if self.stream_began.is_some() { REDIRECT_LIMIT } else { self.policy.max_call };
                self.timers.set(Timer::Watchdog, now + limit);
            }
            Phase::Redirecting => self.redirect_done(now),
            // Nobody has told what became of it.
            Phase::Transferring => self.end(EndReason::Dropped, After::Record, now),
            // The other stream has not come.
            Phase::Live if self.stream_began.is_none() => self.end(EndReason::Dropped, After::Record, now),
            Phase::Live | Phase::Ending { .. } | Phase::Done => {}
        }
    }

    /// A call that has a stream need not wait for Twilio's REST interface to come back: closing the stream does the same.
    pub(super) fn redirect_failed(&mut self, now: Instant) {
        if self.stream_began.is_some() {
            self.redirect_done(now);
        }
    }

    /// A redirected call is Twilio's. One that could not be redirected is sent on by closing its stream; if it has none,
    /// the TwiML itself goes on to the recorder when Twilio gives the stream up.
    pub(super) fn redirect_done(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Redirecting) {
            self.end(EndReason::Fallback, After::Record, now);
        }
    }

    /// Twilio ended the stream.
    pub(super) fn stream_stopped(&mut self, now: Instant) {
        let (reason, after) = match self.phase {
            Phase::Redirecting => (EndReason::Fallback, After::Record),
            Phase::Ending { reason, after, .. } if after != After::Transfer => (reason, after),
            _ if self.message_taken => (EndReason::MessageTaken, After::HangUp),
            _ => (EndReason::CallerHungUp, After::CallerGone),
        };
        self.end(reason, after, now);
    }

    /// Twilio goes on without the stream. In the middle of a conversation it is asked for another one, once.
    pub(super) fn stream_lost(&mut self, now: Instant) {
        if self.is_live() && !self.has_lost_stream && !self.engine().caps().ends_the_call {
            return self.ask_for_stream(now);
        }
        let (reason, after) = match self.phase {
            // The caller is still there, and is put through as they were told.
            Phase::Ending { after: After::Transfer, .. } => return self.put_through(now),
            Phase::Ending { reason, after, .. } => (reason, after),
            Phase::Connecting | Phase::Redirecting => (EndReason::Fallback, After::Record),
            // It was closed by us.
            Phase::Transferring => return,
            Phase::Live | Phase::Done => (EndReason::Dropped, After::Record),
        };
        self.end(reason, after, now);
    }

    fn ask_for_stream(&mut self, now: Instant) {
        self.has_lost_stream = true;
        self.stream_began = None;
        self.wait_for_stream(Wish::Say(LINE_WAS_LOST.into()), now);
        self.barge_in(false, now);
        self.local_speech.end();
    }

    /// Twilio is told to open another stream; `wish` is what the agent says first on it.
    pub(super) fn wait_for_stream(&mut self, wish: Wish, now: Instant) {
        self.resume_with = Some(wish);
        self.outputs.push_back(Output::AwaitStream);
        self.timers.set(Timer::Watchdog, now + RESUME_LIMIT);
    }

    /// The engine is lost: the same one again where that makes sense, else the next one, with the conversation so far.
    pub(super) fn engine_failed(&mut self, retry: bool, reason: String, now: Instant) {
        let was_ready = std::mem::replace(&mut self.engine.is_ready, false);
        self.event(CallEvent::EngineLost { engine: self.engine(), reason });
        self.responses.reset();
        self.forget_pending_calls();
        self.forget_engine_speech(now);
        self.watch_new_engine();
        if was_ready {
            // What it began to say will not go on.
            self.playback.finish_all();
            if matches!(self.phase, Phase::Ending { .. }) && !self.playback.is_busy() && self.stream_began.is_some() {
                self.play_clip(Clip::Goodbye);
            }
        }
        self.engine.failures += 1;
        if retry && self.engine.failures == 1 {
            self.open_engine(REOPEN_AFTER);
        } else {
            self.next_engine(now);
        }
    }

    fn next_engine(&mut self, now: Instant) {
        if self.engine.place + 1 >= self.policy.engines.len() {
            // Nothing left that could speak: Twilio's recorder can.
            return match self.phase {
                Phase::Connecting => self.watchdog(now),
                Phase::Live | Phase::Ending { .. } => self.end(EndReason::Fallback, After::Record, now),
                Phase::Redirecting | Phase::Transferring | Phase::Done => {}
            };
        }
        self.engine = super::Engine { place: self.engine.place + 1, is_ready: false, failures: 0, ..self.engine };
        self.event(CallEvent::EngineFailover { to: self.engine() });
        self.open_engine(Duration::ZERO);
    }

    pub(super) fn open_engine(&mut self, delay: Duration) {
        let replays = !self.engine().caps().ends_the_call && self.caller_audio.is_unanswered();
        let history = self.transcript.history(replays);
        if replays {
            self.transcript.replay_unanswered();
        }
        self.engine.number += 1;
        self.outputs.push_back(Output::OpenEngine { kind: self.engine(), delay, history });
    }
}
