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
/// An engine that is not ready this long after it was opened is lost.
pub(super) const READY_TIMEOUT: Duration = Duration::from_secs(3);
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
pub(super) struct ReplyWatch {
    /// Since when the caller waits for a reply.
    waiting_since: Option<Instant>,
    /// The reaction that the engine must give, and since when.
    expected: Option<(Reaction, Instant)>,
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

/// A reaction of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reaction {
    /// The engine's generation.
    engine: u32,
    /// The number of the request.
    request: u32,
    /// Whether the engine is ready; otherwise the reaction is to become ready.
    is_ready: bool,
}

impl ReplyWatch {
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

    /// No request has failed since the last reply, or since the engine was opened.
    pub(super) fn reset_retries(&mut self) {
        self.retries = 0;
    }

    /// When the last audio will have been heard, or was; now if there was none.
    pub(super) fn heard_until(&self, now: Instant) -> Instant {
        self.audible_until.unwrap_or(now)
    }

    /// Until when audio was heard, or the engine continued.
    pub(super) fn last_words_until(&self, now: Instant) -> Instant {
        self.audible_until.max(self.last_message).unwrap_or(now)
    }

    /// Follows whether the caller waits, and which reaction of the engine is expected.
    fn update(&mut self, is_caller_waiting: bool, expected: Option<Reaction>, now: Instant) {
        if is_caller_waiting {
            self.waiting_since.get_or_insert(now);
        } else {
            (self.waiting_since, self.fillers) = (None, 0);
        }
        let known = self.expected.filter(|(reaction, _)| Some(*reaction) == expected);
        self.expected = expected.map(|reaction| known.unwrap_or((reaction, now)));
        if self.expected.is_some() && known.is_none() {
            self.fillers = 0;
        }
    }

    /// When the next filler is due, if the attempt has one left. Tools and pauses before a retry have limits of their
    /// own.
    fn next_filler_at(&self) -> Option<Instant> {
        self.filler_at().filter(|_| self.fillers < FILLERS || self.expected.is_none())
    }

    /// The filler to play now, if the wait has been silent for too long.
    fn take_filler(&mut self, now: Instant) -> Option<Clip> {
        self.filler_at().filter(|at| *at <= now)?;
        let clip = if self.total_fillers.is_multiple_of(2) { Clip::OneMoment } else { Clip::MoreTime };
        self.total_fillers += 1;
        self.fillers += 1;
        self.is_filler_last = true;
        self.audible_until = Some(now);
        Some(clip)
    }

    /// The delay before a failed request is repeated; none if it is not repeated. `retry_after`: the delay for which the
    /// engine asks.
    fn next_retry(&mut self, retry_after: Option<Duration>) -> Option<Duration> {
        let delay = *RETRY_DELAYS.get(self.retries)?;
        let delay = retry_after.map_or(delay, |asked| asked.max(delay));
        if delay > MAX_RETRY_DELAY {
            return None;
        }
        self.retries += 1;
        Some(delay)
    }

    /// Returns true if fewer requests have failed than may be repeated.
    fn has_retries(&self) -> bool {
        self.retries < RETRY_DELAYS.len()
    }

    /// When the caller's silence becomes too long if no audio comes.
    fn filler_at(&self) -> Option<Instant> {
        let due = self.waiting_since? + FILLER_AFTER;
        let pause = if self.is_filler_last { NEXT_FILLER_AFTER } else { FILLER_AFTER };
        Some(self.audible_until.map_or(due, |until| due.max(until + pause)))
    }

    /// When the engine is given up, if its reaction is expected.
    fn response_deadline(&self, has_missed_speech: bool) -> Option<Instant> {
        let (expected, since) = self.expected?;
        if !expected.is_ready {
            return Some(since + READY_TIMEOUT);
        }
        if has_missed_speech {
            return Some(since + DETECTION_TIMEOUT);
        }
        let since = self.response_until.map_or(since, |until| since.max(until));
        let message = self.last_message.map_or(since, |message| message.max(since));
        let at = (message + MESSAGE_TIMEOUT).min(since + AUDIO_TIMEOUT);
        // If no filler is left, the engine is given up at the latest `MAX_SILENCE` after the last audio.
        let covered = self
            .waiting_since
            .filter(|_| self.fillers >= FILLERS)
            .map(|waiting| self.audible_until.map_or(waiting, |until| until.max(waiting)) + MAX_SILENCE);
        Some(covered.map_or(at, |covered| at.min(covered)))
    }
}

impl CallSession {
    /// Follows the state of the call: who waits for whom, and until when.
    pub(super) fn watch_reply(&mut self, now: Instant) {
        let expected = self.must_engine_react(now).then(|| Reaction {
            engine: self.engine.generation(),
            request: self.responses.request_count(),
            is_ready: self.engine.is_ready(),
        });
        let is_caller_waiting = self.is_caller_waiting(now);
        self.reply_watch.update(is_caller_waiting, expected, now);
        let deadline = self.reply_watch.response_deadline(self.caller.speech.is_missed());
        self.timers.set_or_cancel(Timer::Filler, self.reply_watch.next_filler_at());
        self.timers.set_or_cancel(Timer::ResponseTimeout, deadline);
        self.timers.set_or_cancel(Timer::Retry, self.responses.retry_at().filter(|at| *at > now));
    }

    /// Returns true if the caller has spoken or pressed keys and has no reply yet.
    pub(super) fn is_caller_waiting(&self, now: Instant) -> bool {
        let is_on = matches!(self.phase, Phase::Live | Phase::Connecting) && self.stream.is_open();
        if !is_on
            || self.engine.is_leading()
            || self.interruptions.is_pausing()
            || self.is_caller_speaking(now)
            || self.timers.is_set(Timer::Keys)
        {
            return false;
        }
        let is_unsent = !self.engine.is_ready() && (self.caller.audio.is_unanswered() || self.has_keys_for_engine());
        self.responses.is_busy() || self.tools.is_running() || self.caller.speech.is_missed() || is_unsent
    }

    /// Returns true while the caller speaks. A sound that is no interruption counts only while it has a voice: behind a
    /// street's noise, the caller waits.
    fn is_caller_speaking(&self, now: Instant) -> bool {
        self.caller.speech.has_local_speech(now) || self.is_spoken_over()
    }

    /// Returns true if the engine must react: become ready, or respond.
    fn must_engine_react(&self, now: Instant) -> bool {
        if !matches!(self.phase, Phase::Live | Phase::Connecting) || self.engine.capabilities().controls_hangup {
            return false;
        }
        let is_asked = self.responses.is_awaited() || self.caller.speech.is_missed();
        !self.engine.is_ready() || (is_asked && !self.is_caller_speaking(now))
    }

    /// Plays a filler: the wait has been silent for too long.
    pub(super) fn filler(&mut self, now: Instant) {
        if let Some(clip) = self.reply_watch.take_filler(now) {
            self.play_clip(clip);
        }
    }

    /// The engine has not replied in time.
    pub(super) fn response_timed_out(&mut self, now: Instant) {
        if self.reply_watch.response_deadline(self.caller.speech.is_missed()).is_some_and(|at| at <= now) {
            let reason = match (self.engine.is_ready(), self.caller.speech.is_missed()) {
                (false, _) => "the engine was not ready in time",
                (true, true) => "the engine did not detect the caller's speech",
                (true, false) => "the engine did not answer",
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
        if let Some(delay) = self.reply_watch.next_retry(retry_after) {
            self.responses.retry(request, now + delay);
        } else {
            self.responses.request(request);
            self.engine_failed(retry_after.is_none() && self.reply_watch.has_retries(), reason.into(), now);
        }
    }
}
