//! Supervises the caller's wait for a reply: built-in sentences (fillers) interrupt the silence, and an engine that
//! does not reply is reopened or replaced.
//!
//! The timers are derived from the whole state after each input, so they are always consistent with the state.

use super::{CallSession, Phase};
use crate::call::playback::LINE_DELAY;
use crate::call::policy::{AUDIO_TIMEOUT, MESSAGE_TIMEOUT};
use crate::call::timers::Timer;
use crate::call::{Clip, EngineKind, ResponseRequest};
use crate::domain::{AiFailure, AiPart};
use std::time::{Duration, Instant};

/// The delay of the first filler after the start of the wait for a reply.
const FILLER_AFTER: Duration = Duration::from_millis(1200);
/// The delay of the next filler after the end of the previous filler.
const NEXT_FILLER_AFTER: Duration = Duration::from_millis(1700);
/// The maximum number of fillers for each attempt of an engine to reply.
const FILLERS: u32 = 2;
/// The wait for a reply starts when the end of the caller's voice is reported, but at most this long after that end. An
/// engine usually reports the end about this late.
const NOTICED_AFTER: Duration = Duration::from_millis(700);
/// The time within which it is decided whether a sound of the caller needs a reply. A wait for a reply that begins
/// later does not count from the sound.
const DECIDED_WITHIN: Duration = Duration::from_secs(3);
/// The maximum silence for a waiting caller.
const MAX_SILENCE: Duration = Duration::from_millis(1900);
/// The time after which an engine that was opened and is not ready counts as lost.
pub(super) const READY_TIMEOUT: Duration = Duration::from_secs(3);
/// The time after which an engine counts as lost if it has not detected speech that the local detector found. The
/// time counts from the report of the local detector, half a second after the end of the speech.
const DETECTION_TIMEOUT: Duration = Duration::from_millis(2500);
/// The delays before a failed request is retried.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// The maximum delay before a retry. If the engine requests a longer delay, the request is not retried.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(6);

/// The state of the caller's wait and of the expected reply.
#[derive(Debug, Default)]
pub(super) struct ReplyWatch {
    /// The start of the caller's wait for a reply.
    waiting_since: Option<Instant>,
    /// From when a wait for a reply counts if the caller starts to wait now: up to `NOTICED_AFTER` after the end of the
    /// caller's voice.
    silent_since: Option<Instant>,
    /// The reaction that is expected from the engine, and since when.
    expected: Option<(Reaction, Instant)>,
    /// Whether the synthesiser of a pipeline was asked for the expected reply.
    is_speech_requested: bool,
    /// When the engine last sent a message.
    last_message: Option<Instant>,
    /// When the caller will have heard all audio that was sent.
    audible_until: Option<Instant>,
    /// Since when the caller hears audio of the engine without a gap.
    response_since: Option<Instant>,
    /// When the caller will have heard all audio of the engine.
    response_until: Option<Instant>,
    /// The number of fillers in the current attempt.
    fillers: u32,
    /// True if the last audio was a filler.
    is_filler_last: bool,
    /// The number of fillers in this call. This number selects the next filler, so that two successive fillers differ.
    total_fillers: u32,
    /// The number of failed requests since the last reply.
    retries: usize,
}

/// A reaction that is expected from the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reaction {
    /// The generation of the engine.
    engine: u32,
    /// The number of the request.
    request: u32,
    /// Whether the engine is ready. If false, the expected reaction is that the engine becomes ready.
    is_ready: bool,
}

impl ReplyWatch {
    pub(super) fn engine_message(&mut self, now: Instant) {
        self.last_message = Some(now);
    }

    pub(super) fn speech_requested(&mut self) {
        self.is_speech_requested = true;
    }

    pub(super) fn is_speech_requested(&self) -> bool {
        self.is_speech_requested
    }

    /// The end of the audible time is calculated from the time of sending, because Twilio may return marks late.
    pub(super) fn sent(&mut self, length: Duration, now: Instant) {
        let begins = self.audible_until.filter(|until| *until > now).unwrap_or(now + LINE_DELAY);
        self.audible_until = Some(begins + length);
    }

    /// Records that the caller has been silent since `silent`. The wait for a reply starts up to `NOTICED_AFTER` later,
    /// also if it is decided later that the caller waits for a reply.
    pub(super) fn record_silence(&mut self, silent: Instant, now: Instant) {
        let since = now.min(silent + NOTICED_AFTER);
        self.silent_since = Some(self.silent_since.map_or(since, |known| known.min(since)));
    }

    pub(super) fn forget_silence(&mut self) {
        self.silent_since = None;
    }

    /// Records that the caller hears audio of the engine for this time from now on.
    pub(super) fn response_audible(&mut self, remaining: Duration, now: Instant) {
        if self.response_until.is_none_or(|until| until < now) {
            self.response_since = Some(now);
        }
        (self.response_until, self.is_filler_last) = (Some(now + remaining), false);
    }

    /// Returns true if the caller hears audio of the engine, and not a filler, and has heard it for at least this time.
    pub(super) fn hears_response(&self, time: Duration, now: Instant) -> bool {
        self.response_until.is_some_and(|until| until > now)
            && self.response_since.is_some_and(|since| since + time <= now)
    }

    pub(super) fn cleared(&mut self, now: Instant) {
        let shorten = |until: &mut Option<Instant>| *until = until.map(|at| at.min(now));
        shorten(&mut self.audible_until);
        shorten(&mut self.response_until);
    }

    /// Records that audio of the engine was dropped before it was sent, so that its audio ends at `until`.
    pub(super) fn dropped(&mut self, until: Instant) {
        self.response_until = self.response_until.map(|at| at.min(until));
    }

    pub(super) fn reset_retries(&mut self) {
        self.retries = 0;
    }

    /// Returns when the caller has heard, or will have heard, all audio; `since` if no audio was sent.
    pub(super) fn heard_until(&self, since: Instant) -> Instant {
        self.audible_until.unwrap_or(since)
    }

    /// `is_undecided`: whether a sound of the caller may still turn out to need a reply.
    fn update(&mut self, is_caller_waiting: bool, is_undecided: bool, expected: Option<Reaction>, now: Instant) {
        if is_caller_waiting {
            // The caller does not wait while the agent is heard, even if the sound that is answered was before.
            let heard = self.audible_until.map(|until| until + NOTICED_AFTER);
            let silent = self.silent_since.take().map_or(now, |silent| silent.max(heard.unwrap_or(silent)));
            self.waiting_since = Some(silent.min(self.waiting_since.unwrap_or(now)));
        } else {
            (self.waiting_since, self.fillers) = (None, 0);
            self.silent_since = self.silent_since.filter(|at| is_undecided && now < *at + DECIDED_WITHIN);
        }
        let known = self.expected.filter(|(reaction, _)| Some(*reaction) == expected);
        self.expected = expected.map(|reaction| known.unwrap_or((reaction, now)));
        if self.expected.is_some() && known.is_none() {
            (self.fillers, self.is_speech_requested) = (0, false);
        }
    }

    /// While a reaction is expected, the number of fillers is limited. Tools and the delays before a retry have their
    /// own limits.
    fn next_filler_at(&self) -> Option<Instant> {
        self.filler_at().filter(|_| self.fillers < FILLERS || self.expected.is_none())
    }

    fn take_filler(&mut self, now: Instant) -> Option<Clip> {
        self.filler_at().filter(|at| *at <= now)?;
        let clip = if self.total_fillers.is_multiple_of(2) { Clip::OneMoment } else { Clip::MoreTime };
        self.total_fillers += 1;
        self.fillers += 1;
        self.is_filler_last = true;
        self.audible_until = Some(now);
        Some(clip)
    }

    /// Returns the delay before a failed request is retried; none if it must not be retried. `retry_after` is the delay
    /// that the engine requested.
    fn next_retry(&mut self, retry_after: Option<Duration>) -> Option<Duration> {
        let delay = *RETRY_DELAYS.get(self.retries)?;
        let delay = retry_after.map_or(delay, |asked| asked.max(delay));
        if delay > MAX_RETRY_DELAY {
            return None;
        }
        self.retries += 1;
        Some(delay)
    }

    fn has_retries(&self) -> bool {
        self.retries < RETRY_DELAYS.len()
    }

    /// Returns when a filler is due if no audio plays before.
    fn filler_at(&self) -> Option<Instant> {
        let due = self.waiting_since? + FILLER_AFTER;
        let pause = if self.is_filler_last { NEXT_FILLER_AFTER } else { FILLER_AFTER };
        Some(self.audible_until.map_or(due, |until| due.max(until + pause)))
    }

    /// `detection`: how long the engine may take to detect speech, if it has not detected the last speech.
    fn response_deadline(&self, detection: Option<Duration>, message: Duration) -> Option<Instant> {
        let (expected, since) = self.expected?;
        if !expected.is_ready {
            return Some(since + READY_TIMEOUT);
        }
        let at = detection.map_or_else(
            || {
                let since = self.response_until.map_or(since, |until| since.max(until));
                let last_message = self.last_message.map_or(since, |message| message.max(since));
                (last_message + message).min(since + AUDIO_TIMEOUT)
            },
            |detection| since + detection,
        );
        // If no filler is left, the engine counts as lost at most `MAX_SILENCE` after the last audio.
        let covered = self
            .waiting_since
            .filter(|_| self.fillers >= FILLERS)
            .map(|waiting| self.audible_until.map_or(waiting, |until| until.max(waiting)) + MAX_SILENCE);
        Some(covered.map_or(at, |covered| at.min(covered)))
    }
}

impl CallSession {
    pub(super) fn watch_reply(&mut self, now: Instant) {
        let expected = self.must_engine_react(now).then(|| Reaction {
            engine: self.engine.generation(),
            request: self.responses.request_count(),
            is_ready: self.engine.is_ready(),
        });
        let is_caller_waiting = self.is_caller_waiting(now);
        let is_undecided = self.interruptions.is_undecided() && !self.caller.speech.has_local_speech(now);
        self.reply_watch.update(is_caller_waiting, is_undecided, expected, now);
        let deadline = self.response_deadline();
        self.timers.set_or_cancel(Timer::Filler, self.reply_watch.next_filler_at());
        self.timers.set_or_cancel(Timer::ResponseTimeout, deadline);
        self.timers.set_or_cancel(Timer::Retry, self.responses.retry_at().filter(|at| *at > now));
    }

    fn response_deadline(&self) -> Option<Instant> {
        let is_patient = self.detects_late() && self.engine.is_last_ai();
        let (detection, message) =
            if is_patient { (AUDIO_TIMEOUT, AUDIO_TIMEOUT) } else { (DETECTION_TIMEOUT, MESSAGE_TIMEOUT) };
        self.reply_watch.response_deadline(self.caller.speech.is_missed().then_some(detection), message)
    }

    pub(super) fn is_caller_waiting(&self, now: Instant) -> bool {
        let is_on = matches!(self.phase, Phase::Live | Phase::Connecting) && self.stream.is_open();
        if !is_on
            || self.engine.is_leading()
            || self.interruptions.is_pausing()
            || self.caller.speech.has_local_speech(now)
            // While an engine detects what the caller has said to an earlier engine, the caller waits.
            || (self.is_spoken_over() && !self.caller.speech.is_replay())
            || self.timers.is_set(Timer::Keys)
        {
            return false;
        }
        let is_unsent = !self.engine.is_ready() && (self.caller.audio.is_unanswered() || self.has_keys_for_engine());
        self.responses.is_busy()
            || self.tools.is_running()
            || self.is_reply_held()
            || self.caller.speech.is_missed()
            || is_unsent
    }

    /// A sound that does not interrupt the agent counts only while the local detector finds voice in it, so that street
    /// noise does not hide the caller's wait.
    fn is_caller_speaking(&self, now: Instant) -> bool {
        self.caller.speech.has_local_speech(now) || self.is_spoken_over()
    }

    fn must_engine_react(&self, now: Instant) -> bool {
        if !matches!(self.phase, Phase::Live | Phase::Connecting) || self.engine.capabilities().controls_hangup {
            return false;
        }
        let is_asked = self.responses.is_awaited() || self.caller.speech.is_missed();
        !self.engine.is_ready() || (is_asked && !self.is_caller_speaking(now))
    }

    /// If audio of a held reply has arrived, the caller hears the reply instead.
    pub(super) fn filler(&mut self, now: Instant) {
        if self.is_reply_held() && self.playback.has_unsent() {
            return self.release_reply(now);
        }
        self.release_reply(now);
        if let Some(clip) = self.reply_watch.take_filler(now) {
            self.play_clip(clip);
        }
    }

    pub(super) fn response_timed_out(&mut self, now: Instant) {
        if self.response_deadline().is_some_and(|at| at <= now) {
            self.engine_failed(true, self.timeout_reason(), now);
        }
    }

    /// Names the part of a pipeline whose reaction is missing. The pipeline itself reports a part that is not ready.
    fn timeout_reason(&self) -> String {
        let (part, reason) = match (self.engine.is_ready(), self.caller.speech.is_missed()) {
            (false, _) => (AiPart::Realtime, AiFailure::NOT_READY),
            (true, true) => (AiPart::Transcriber, AiFailure::NOT_DETECTED),
            (true, false) if self.reply_watch.is_speech_requested => (AiPart::Synthesiser, AiFailure::NO_ANSWER),
            (true, false) => (AiPart::Model, AiFailure::NO_ANSWER),
        };
        self.named_reason(part, reason)
    }

    /// Returns an engine's error text with the name of the part of a pipeline.
    pub(super) fn named_reason(&self, part: AiPart, reason: &str) -> String {
        match (self.engine.kind(), part) {
            (EngineKind::Pipeline, AiPart::Model | AiPart::Synthesiser | AiPart::Transcriber) => {
                format!("{}: {reason}", part.as_str())
            }
            _ => reason.to_owned(),
        }
    }

    /// After too many failures, or if the engine requests too long a delay, the engine counts as lost.
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
