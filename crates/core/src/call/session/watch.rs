//! Supervision of the caller's wait for a reply: built-in sentences fill the wait, and an engine that does not reply is
//! replaced.
//!
//! All timers here are derived from the state after each input, so no code path can forget to set or to stop one.

use super::{CallSession, Phase};
use crate::call::playback::LINE_DELAY;
use crate::call::timers::Timer;
use crate::call::{Clip, ResponseRequest};
use std::time::{Duration, Instant};

/// The first filler sentence plays this long after a reply is due.
const FILLER_AFTER: Duration = Duration::from_millis(1200);
/// The next filler plays this long after the end of the previous one.
const NEXT_FILLER_AFTER: Duration = Duration::from_millis(1700);
/// The number of fillers for each attempt of an engine to reply.
const FILLERS: u32 = 2;
/// The end of the caller's voice is reported this much later, and counts as part of the first silence.
const NOTICED_AFTER: Duration = Duration::from_millis(700);
/// A waiting caller hears nothing for at most this long.
const MAX_SILENCE: Duration = Duration::from_millis(1900);
/// An engine whose reply is expected and that sends no message for this long is lost.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(3);
/// An engine that sends messages but no audio is lost after this long.
const AUDIO_TIMEOUT: Duration = Duration::from_secs(8);
/// An engine is lost if it has not detected speech this long after the local detector found its end, which is half a
/// second after the speech.
const DETECTION_TIMEOUT: Duration = Duration::from_millis(2500);
/// The delays before a failed request is repeated.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// If the engine asks for a longer delay, the request is not repeated.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(6);

/// What is being waited for, and since when.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Since when the caller waits for a reply.
    waiting_since: Option<Instant>,
    /// The reaction that the engine must give; generation and request number identify it.
    expected: Option<ExpectedReaction>,
    /// When the engine last sent any message.
    last_message: Option<Instant>,
    /// When the last sent audio will have been heard.
    audible_until: Option<Instant>,
    /// The same for audio of the engine.
    response_until: Option<Instant>,
    /// Fillers within the current attempt.
    fillers: u32,
    /// Whether a filler was the last audio to be heard.
    is_filler_last: bool,
    /// Fillers in this call: two in a row are never the same.
    total_fillers: u32,
    /// Failed requests since the last reply.
    retries: usize,
}

#[derive(Clone, Copy, Debug)]
struct ExpectedReaction {
    engine: u32,
    request: u32,
    is_ready: bool,
    since: Instant,
}

impl Watch {
    /// The engine has sent a message.
    pub(super) fn engine_message(&mut self, now: Instant) {
        self.last_message = Some(now);
    }

    /// Audio was sent. The echo of a mark may be late, so the audible time is derived from the time of sending.
    pub(super) fn sent(&mut self, length: Duration, now: Instant) {
        let begins = self.audible_until.filter(|until| *until > now).unwrap_or(now + LINE_DELAY);
        self.audible_until = Some(begins + length);
    }

    /// The caller has been silent since `silent`; the wait for a reply is counted from about there.
    pub(super) fn silent_since(&mut self, silent: Instant, now: Instant) {
        let since = now.min(silent + NOTICED_AFTER);
        self.waiting_since = Some(self.waiting_since.map_or(since, |known| known.min(since)));
    }

    /// Audio of the engine was queued, and will have been heard by `at`.
    pub(super) fn response_audible_until(&mut self, at: Instant) {
        (self.response_until, self.is_filler_last) = (Some(at), false);
    }

    /// The queued audio was dropped.
    pub(super) fn cleared(&mut self, now: Instant) {
        let shorten = |until: &mut Option<Instant>| *until = until.map(|at| at.min(now));
        shorten(&mut self.audible_until);
        shorten(&mut self.response_until);
    }

    /// The engine has replied.
    pub(super) fn answered(&mut self) {
        self.retries = 0;
    }

    /// Until when audio was heard, or the engine continued.
    pub(super) fn last_words_until(&self, now: Instant) -> Instant {
        self.audible_until.max(self.last_message).unwrap_or(now)
    }

    /// When the caller's silence becomes too long if no audio comes.
    fn filler_at(&self) -> Option<Instant> {
        let due = self.waiting_since? + FILLER_AFTER;
        let pause = if self.is_filler_last { NEXT_FILLER_AFTER } else { FILLER_AFTER };
        Some(self.audible_until.map_or(due, |until| due.max(until + pause)))
    }

    /// When the engine is given up, if its reaction is expected.
    fn response_deadline(&self, has_missed_speech: bool) -> Option<Instant> {
        let expected = self.expected?;
        if !expected.is_ready {
            return Some(expected.since + MESSAGE_TIMEOUT);
        }
        if has_missed_speech {
            return Some(expected.since + DETECTION_TIMEOUT);
        }
        let since = self.response_until.map_or(expected.since, |until| expected.since.max(until));
        let message = self.last_message.map_or(since, |message| message.max(since));
        let at = (message + MESSAGE_TIMEOUT).min(since + AUDIO_TIMEOUT);
        // Without a filler left, the wait is over.
        let covered = self
            .waiting_since
            .filter(|_| self.fillers >= FILLERS)
            .map(|waiting| self.audible_until.map_or(waiting, |until| until.max(waiting)) + MAX_SILENCE);
        Some(covered.map_or(at, |covered| at.min(covered)))
    }
}

impl CallSession {
    /// Follows the state of the call: who waits for whom, and until when.
    pub(super) fn watch(&mut self, now: Instant) {
        if self.is_caller_waiting(now) {
            self.watch.waiting_since.get_or_insert(now);
        } else {
            (self.watch.waiting_since, self.watch.fillers) = (None, 0);
        }
        let (engine, request) = (self.engine.generation, self.responses.request_count());
        let is_ready = self.engine.is_ready;
        let same = |expected: &ExpectedReaction| {
            (expected.engine, expected.request, expected.is_ready) == (engine, request, is_ready)
        };
        let known = self.watch.expected.filter(same);
        self.watch.expected = self
            .must_engine_react(now)
            .then(|| known.unwrap_or(ExpectedReaction { engine, request, is_ready, since: now }));
        if self.watch.expected.is_some() && known.is_none() {
            self.watch.fillers = 0;
        }
        // Tools and pauses before a retry have limits of their own.
        let has_filler = self.watch.fillers < FILLERS || self.watch.expected.is_none();
        self.timers.set_or_cancel(Timer::Filler, self.watch.filler_at().filter(|_| has_filler));
        self.timers
            .set_or_cancel(Timer::ResponseTimeout, self.watch.response_deadline(self.undetected_since.is_some()));
        self.timers.set_or_cancel(Timer::Retry, self.responses.retry_at().filter(|at| *at > now));
    }

    /// Returns true if the caller has spoken or pressed keys and has no reply yet.
    fn is_caller_waiting(&self, now: Instant) -> bool {
        let is_on = matches!(self.phase, Phase::Live | Phase::Connecting) && self.stream_began.is_some();
        if !is_on || self.is_led_by_engine() || self.is_spoken_over(now) || self.timers.is_set(Timer::Keys) {
            return false;
        }
        let is_unsent = !self.engine.is_ready && (self.caller_audio.is_unanswered() || self.has_keys_for_engine());
        self.responses.is_busy() || self.tools.is_running() || self.undetected_since.is_some() || is_unsent
    }

    /// Returns true if the engine must react: become ready, or respond.
    fn must_engine_react(&self, now: Instant) -> bool {
        if !matches!(self.phase, Phase::Live | Phase::Connecting) || self.engine().capabilities().controls_hangup {
            return false;
        }
        let is_asked = self.responses.is_awaited() || self.undetected_since.is_some();
        !self.engine.is_ready || (is_asked && !self.is_spoken_over(now))
    }

    /// Returns true if the engine itself handles silence and the end of the call.
    fn is_led_by_engine(&self) -> bool {
        self.engine.is_ready && self.engine().capabilities().controls_hangup
    }

    /// Plays a filler: the wait has been silent for too long.
    pub(super) fn filler(&mut self, now: Instant) {
        if self.watch.filler_at().is_some_and(|at| at <= now) {
            let clip = if self.watch.total_fillers.is_multiple_of(2) { Clip::OneMoment } else { Clip::MoreTime };
            self.watch.total_fillers += 1;
            self.watch.fillers += 1;
            self.watch.is_filler_last = true;
            self.watch.audible_until = Some(now);
            self.play_clip(clip);
        }
    }

    /// The engine has not replied in time.
    pub(super) fn response_timed_out(&mut self, now: Instant) {
        if self.watch.response_deadline(self.undetected_since.is_some()).is_some_and(|at| at <= now) {
            let reason = match (self.engine.is_ready, self.undetected_since) {
                (false, _) => "the engine was not ready in time",
                (true, Some(_)) => "the engine did not detect the caller's speech",
                (true, None) => "the engine did not answer",
            };
            self.engine_failed(true, reason.into(), now);
        }
    }

    /// A request failed: it is repeated after a pause, a limited number of times.
    pub(super) fn request_failed(
        &mut self,
        request: ResponseRequest,
        retry_after: Option<Duration>,
        reason: &str,
        now: Instant,
    ) {
        let pause =
            RETRY_DELAYS.get(self.watch.retries).map(|pause| retry_after.map_or(*pause, |asked| asked.max(*pause)));
        if let Some(pause) = pause.filter(|pause| *pause <= MAX_RETRY_DELAY) {
            self.watch.retries += 1;
            self.responses.retry(request, now + pause);
        } else {
            self.responses.request(request);
            self.engine_failed(retry_after.is_none() && self.watch.retries < RETRY_DELAYS.len(), reason.into(), now);
        }
    }

    /// Another engine, or the same one reopened, starts without counters.
    pub(super) fn reset_retries(&mut self) {
        self.watch.retries = 0;
    }
}
