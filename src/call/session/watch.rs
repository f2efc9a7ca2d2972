//! The caller waits for an answer: sentences of our own cover the wait, and an engine that does not answer is replaced.
//!
//! Everything here follows from the state after each input, so no path can forget to set a timer or to stop one.

use super::{CallSession, Phase};
use crate::call::playback::LINE_DELAY;
use crate::call::timers::Timer;
use crate::call::{Clip, Wish};
use std::time::{Duration, Instant};

/// The first sentence comes so long after an answer is due.
const FILLER_AFTER: Duration = Duration::from_millis(1200);
/// The next one comes so long after the end of the one before.
const NEXT_FILLER_AFTER: Duration = Duration::from_millis(1700);
/// So many for each attempt of an engine to answer.
const FILLERS: u32 = 2;
/// The end of the caller's voice is told so much later, and counts in the first silence.
const NOTICED_AFTER: Duration = Duration::from_millis(700);
/// Who waits hears nothing for at most so long.
const MOST_SILENCE: Duration = Duration::from_millis(1900);
/// An engine that is to answer and sends nothing at all for so long is lost.
const NO_SIGN: Duration = Duration::from_secs(3);
/// An engine that sends something, but nothing to be heard, has so long.
const NO_ANSWER: Duration = Duration::from_secs(8);
/// An engine that has not noticed speech so long after we have noticed its end, half a second after it, is deaf.
const NO_REACTION: Duration = Duration::from_millis(2500);
/// The waits before a failed request is sent again.
const RETRY_AFTER: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// Who must be waited for longer is not waited for.
const LONGEST_RETRY: Duration = Duration::from_secs(6);

/// What is waited for, and since when.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Since when the caller waits for an answer.
    waits_since: Option<Instant>,
    /// What the engine owes: the engine's number and its request tell one debt from the next.
    debt: Option<Debt>,
    /// When the engine last sent anything.
    last_sign: Option<Instant>,
    /// When the last sound that we have sent will have been heard.
    audible_until: Option<Instant>,
    /// The same for sound of the engine.
    answer_until: Option<Instant>,
    /// Sentences of our own within the present attempt.
    fillers: u32,
    /// Whether such a sentence was the last to be heard.
    is_filler_last: bool,
    /// Sentences of our own in this call: no two in a row are the same.
    all_fillers: u32,
    /// Requests that have failed since the last answer.
    retries: usize,
}

#[derive(Clone, Copy, Debug)]
struct Debt {
    engine: u32,
    request: u32,
    is_ready: bool,
    since: Instant,
}

impl Watch {
    /// The engine has sent something.
    pub(super) fn sign(&mut self, now: Instant) {
        self.last_sign = Some(now);
    }

    /// Sound was sent. The echo of a mark may be late, so the time of sending tells how long the caller hears it.
    pub(super) fn sent(&mut self, length: Duration, now: Instant) {
        let begins = self.audible_until.filter(|until| *until > now).unwrap_or(now + LINE_DELAY);
        self.audible_until = Some(begins + length);
    }

    /// The caller's silence began then; the wait for an answer is counted from about there.
    pub(super) fn silent_since(&mut self, silent: Instant, now: Instant) {
        let since = now.min(silent + NOTICED_AFTER);
        self.waits_since = Some(self.waits_since.map_or(since, |known| known.min(since)));
    }

    /// Sound of the engine was taken in, and will have been heard by then.
    pub(super) fn answer_sounds_until(&mut self, at: Instant) {
        (self.answer_until, self.is_filler_last) = (Some(at), false);
    }

    /// What was to be heard is not.
    pub(super) fn cleared(&mut self, now: Instant) {
        let cut = |until: &mut Option<Instant>| *until = until.map(|at| at.min(now));
        cut(&mut self.audible_until);
        cut(&mut self.answer_until);
    }

    /// The engine has answered.
    pub(super) fn answered(&mut self) {
        self.retries = 0;
    }

    /// Until when something was heard, or the engine went on.
    pub(super) fn last_words_until(&self, now: Instant) -> Instant {
        self.audible_until.max(self.last_sign).unwrap_or(now)
    }

    /// When the caller's silence becomes too long, if nothing comes.
    fn filler_at(&self) -> Option<Instant> {
        let due = self.waits_since? + FILLER_AFTER;
        let pause = if self.is_filler_last { NEXT_FILLER_AFTER } else { FILLER_AFTER };
        Some(self.audible_until.map_or(due, |until| due.max(until + pause)))
    }

    /// When the engine is given up, if it owes something.
    fn life_at(&self, is_deaf: bool) -> Option<Instant> {
        let debt = self.debt?;
        if !debt.is_ready {
            return Some(debt.since + NO_SIGN);
        }
        if is_deaf {
            return Some(debt.since + NO_REACTION);
        }
        let since = self.answer_until.map_or(debt.since, |until| debt.since.max(until));
        let sign = self.last_sign.map_or(since, |sign| sign.max(since));
        let at = (sign + NO_SIGN).min(since + NO_ANSWER);
        // With no sentence left to cover it, the wait is over.
        let covered = self
            .waits_since
            .filter(|_| self.fillers >= FILLERS)
            .map(|waits| self.audible_until.map_or(waits, |until| until.max(waits)) + MOST_SILENCE);
        Some(covered.map_or(at, |covered| at.min(covered)))
    }
}

impl CallSession {
    /// Follows the state of the call: who waits for whom, and until when.
    pub(super) fn watch(&mut self, now: Instant) {
        if self.caller_waits(now) {
            self.watch.waits_since.get_or_insert(now);
        } else {
            (self.watch.waits_since, self.watch.fillers) = (None, 0);
        }
        let (engine, request) = (self.engine.number, self.responses.requests());
        let is_ready = self.engine.is_ready;
        let same = |debt: &Debt| (debt.engine, debt.request, debt.is_ready) == (engine, request, is_ready);
        let known = self.watch.debt.filter(same);
        self.watch.debt =
            self.engine_owes(now).then(|| known.unwrap_or(Debt { engine, request, is_ready, since: now }));
        if self.watch.debt.is_some() && known.is_none() {
            self.watch.fillers = 0;
        }
        // Tools and pauses before a retry have limits of their own.
        let has_filler = self.watch.fillers < FILLERS || self.watch.debt.is_none();
        self.timers.set_or_cancel(Timer::Filler, self.watch.filler_at().filter(|_| has_filler));
        self.timers.set_or_cancel(Timer::Life, self.watch.life_at(self.unheard_since.is_some()));
        self.timers.set_or_cancel(Timer::Retry, self.responses.retry_at().filter(|at| *at > now));
    }

    /// Whether the caller has done what calls for an answer, and has not had it.
    fn caller_waits(&self, now: Instant) -> bool {
        let is_on = matches!(self.phase, Phase::Live | Phase::Connecting) && self.stream_began.is_some();
        if !is_on || self.is_led_by_engine() || self.is_spoken_over(now) || self.timers.is_set(Timer::Keys) {
            return false;
        }
        let is_unheard = !self.engine.is_ready && (self.caller_audio.is_unanswered() || self.has_keys_for_engine());
        self.responses.is_busy() || self.tools.is_running() || self.unheard_since.is_some() || is_unheard
    }

    /// Whether the engine must do something.
    fn engine_owes(&self, now: Instant) -> bool {
        if !matches!(self.phase, Phase::Live | Phase::Connecting) || self.engine().caps().ends_the_call {
            return false;
        }
        let is_asked = self.responses.is_owed() || self.unheard_since.is_some();
        !self.engine.is_ready || (is_asked && !self.is_spoken_over(now))
    }

    /// An engine that keeps its own watch over the call is there.
    fn is_led_by_engine(&self) -> bool {
        self.engine.is_ready && self.engine().caps().ends_the_call
    }

    /// The wait has been silent for long enough.
    pub(super) fn filler(&mut self, now: Instant) {
        if self.watch.filler_at().is_some_and(|at| at <= now) {
            let clip = if self.watch.all_fillers.is_multiple_of(2) { Clip::OneMoment } else { Clip::MoreTime };
            self.watch.all_fillers += 1;
            self.watch.fillers += 1;
            self.watch.is_filler_last = true;
            self.watch.audible_until = Some(now);
            self.play_clip(clip);
        }
    }

    /// The engine has not answered in time.
    pub(super) fn no_life(&mut self, now: Instant) {
        if self.watch.life_at(self.unheard_since.is_some()).is_some_and(|at| at <= now) {
            let reason = match (self.engine.is_ready, self.unheard_since) {
                (false, _) => "it is not ready in time",
                (true, Some(_)) => "it does not hear the caller",
                (true, None) => "no answer came",
            };
            self.engine_failed(true, reason.into(), now);
        }
    }

    /// A request has come to nothing: it is sent again after a pause, and not for ever.
    pub(super) fn request_failed(&mut self, wish: Wish, retry_after: Option<Duration>, reason: &str, now: Instant) {
        let pause =
            RETRY_AFTER.get(self.watch.retries).map(|pause| retry_after.map_or(*pause, |asked| asked.max(*pause)));
        if let Some(pause) = pause.filter(|pause| *pause <= LONGEST_RETRY) {
            self.watch.retries += 1;
            self.responses.retry(wish, now + pause);
        } else {
            self.responses.want(wish);
            self.engine_failed(retry_after.is_none() && self.watch.retries < RETRY_AFTER.len(), reason.into(), now);
        }
    }

    /// Another engine, or the same one anew, begins with a clean slate.
    pub(super) fn watch_new_engine(&mut self) {
        self.watch.retries = 0;
    }
}
