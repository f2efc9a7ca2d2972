//! Derives the caller's utterances from the reports of the transcriber.

mod word_times;

use super::conversation::Conversation;
use super::event::TranscriberEvent;
use crate::call::{EngineEvent, ItemId};
use crate::completeness::{Completeness, estimate};
use crate::domain::WordTime;
use std::collections::VecDeque;
use std::time::Duration;
use word_times::{Part, Parts};

/// The amount of voice, in milliseconds, to which the session requires a reaction of the engine.
const SURE_SPEECH_MS: u64 = 600;
/// The length of the pause that ends the voice in the local detector.
const PAUSE_MS: u64 = 500;
/// How far the transcriber must be past the end of a voice before the voice counts as without words.
const MARGIN_MS: u64 = 400;
/// How much audio must be transcribed without a change of the words before the utterance is probably finished, if the
/// sentence may be incomplete.
const SETTLED_MS: u64 = 250;
/// Like [`SETTLED_MS`], but for a complete sentence.
const COMPLETE_SETTLED_MS: u64 = 150;
/// How much more audio must be transcribed without a change of the words if further words are likely, because the local
/// detector still finds voice, or has found voice that is not transcribed yet. But it can mistake a noise for a voice.
const MORE_WORDS_MS: u64 = 400;
/// The silence, in milliseconds of the local detector, after which the utterance is probably finished if the words
/// reach to the end of the voice and the sentence may be incomplete.
const QUIET_SETTLED_MS: u64 = 160;
/// Like [`QUIET_SETTLED_MS`], but for a complete sentence.
const QUIET_COMPLETE_SETTLED_MS: u64 = 40;
/// The amount of voice, in milliseconds, that may be a word, such as "כן".
const MIN_WORD_MS: u64 = 100;
/// The maximum difference between the end of a word at the transcriber and the end of the same voice at the local
/// detector.
const END_MARGIN_MS: u64 = 150;
/// How far the transcriber must be past the end of the voice before the words cover all of the voice.
const COVERED_MS: u64 = 100;

#[derive(Debug)]
pub(super) struct Listener {
    engine: String,
    /// The amount of audio that was sent to the transcriber, in milliseconds.
    received_ms: u64,
    /// The position in the caller's audio at which the local detector last found voice, in milliseconds.
    voiced_until_ms: u64,
    /// The silence after which an utterance is ended that the transcriber has not ended, whatever its words are.
    max_pause_ms: u64,
    current: Option<Utterance>,
    count: u64,
    /// The position at which the session ended the turn. Earlier words that the transcriber still reports belong to
    /// that turn.
    committed_ms: Option<u64>,
    voice: Voice,
    /// The amount of audio that was transcribed, in milliseconds.
    processed_ms: u64,
    /// Whether the transcriber reports its progress. If not, only the end of an utterance shows that a voice has no words.
    reports_progress: bool,
    parts: Parts,
}

#[derive(Debug)]
struct Utterance {
    item: ItemId,
    text: String,
    completeness: Completeness,
    /// The text of the parts that the transcriber has ended. Another part follows if the caller continues to speak in
    /// time.
    ended_parts: String,
    /// The parts that the transcriber has ended, with the times of their words.
    parts: Vec<Part>,
    /// The position at which the transcriber ended the utterance, while the caller may still continue.
    ended_ms: Option<u64>,
    until_ms: Option<u64>,
    /// The position at which the last word ends, if the transcriber reports positions.
    words_until_ms: Option<u64>,
    /// The part of the text that was reported to the session.
    passed_on: String,
    /// The amount of transcribed audio when the text last changed.
    changed_ms: u64,
    /// True if the transcriber was requested to end the utterance.
    is_overdue: bool,
}

impl Utterance {
    fn new(item: ItemId, until_ms: Option<u64>) -> Self {
        Self {
            item,
            text: String::new(),
            completeness: Completeness::Unknown,
            ended_parts: String::new(),
            parts: Vec::new(),
            ended_ms: None,
            until_ms,
            words_until_ms: None,
            passed_on: String::new(),
            changed_ms: 0,
            is_overdue: false,
        }
    }

    /// Returns the silence after the words that ends the turn, in milliseconds; none if only the transcriber can decide
    /// when the turn ends.
    fn wait_ms(&self) -> Option<u64> {
        self.completeness.wait().map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
    }

    /// Returns true if the words reach to the end of the voice.
    fn reaches(&self, voiced_until_ms: u64) -> bool {
        self.words_until_ms.is_some_and(|until| until + END_MARGIN_MS >= voiced_until_ms)
    }

    /// Returns the position at which the turn is over although more words could follow; none while the transcriber has
    /// not ended the utterance.
    fn over_ms(&self, voiced_until_ms: u64) -> Option<u64> {
        let (ended, wait) = (self.ended_ms?, self.wait_ms().unwrap_or(0));
        // The transcriber reports further words soon after the caller speaks them. So voice without such a report
        // delays the end of the turn no further than `ended + wait`.
        Some((voiced_until_ms.max(self.until_ms.unwrap_or(0)) + wait).min(ended + wait))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AudioChange {
    /// The transcriber must end the utterance, because no further words are expected.
    EndUtterance,
    /// The turn is over: the caller has not continued after the transcriber ended the utterance.
    TurnOver,
}

/// The voice that the local detector has found since the transcriber last reported words.
#[derive(Debug, Default)]
struct Voice {
    from_ms: u64,
    until_ms: u64,
    voiced_ms: u64,
    /// True if the transcriber was requested to end an utterance after this voice.
    is_ended: bool,
}

impl Listener {
    pub(super) fn new(engine: &str, max_pause: Duration) -> Self {
        Self {
            engine: engine.to_owned(),
            received_ms: 0,
            voiced_until_ms: 0,
            max_pause_ms: u64::try_from(max_pause.as_millis()).unwrap_or(u64::MAX),
            current: None,
            count: 0,
            committed_ms: None,
            voice: Voice::default(),
            processed_ms: 0,
            reports_progress: true,
            parts: Parts::default(),
        }
    }

    pub(super) fn audio(&mut self, ms: u64, is_voice: bool) -> Option<AudioChange> {
        if is_voice {
            if self.received_ms > self.voice.until_ms + PAUSE_MS && self.voice.voiced_ms < SURE_SPEECH_MS {
                self.voice = Voice { from_ms: self.received_ms, ..Voice::default() };
            }
            self.voice.is_ended = false;
            self.voice.voiced_ms += ms;
            self.voice.until_ms = self.received_ms + ms;
            self.voiced_until_ms = self.voice.until_ms;
        }
        self.received_ms += ms;
        let (received_ms, voiced_until_ms) = (self.received_ms, self.voiced_until_ms);
        let Some(current) = self.current.as_mut() else { return self.end_voice() };
        let is_covered = self.processed_ms >= voiced_until_ms + COVERED_MS || current.reaches(voiced_until_ms);
        if current.ended_ms.is_some() {
            let is_over = current.over_ms(voiced_until_ms).is_some_and(|over| received_ms >= over);
            return is_over.then_some(AudioChange::TurnOver);
        }
        if current.is_overdue {
            return None;
        }
        let wait_ms = current.wait_ms().filter(|_| is_covered).unwrap_or(u64::MAX).min(self.max_pause_ms);
        let quiet_from = voiced_until_ms.max(current.until_ms.unwrap_or(0));
        current.is_overdue = received_ms >= quiet_from.saturating_add(wait_ms);
        current.is_overdue.then_some(AudioChange::EndUtterance)
    }

    /// Ends a voice whose words are not known yet. Some transcribers report words only when the utterance is ended.
    fn end_voice(&mut self) -> Option<AudioChange> {
        let quiet_ms = self.received_ms.saturating_sub(self.voice.until_ms);
        let is_over = self.voice.voiced_ms >= MIN_WORD_MS && quiet_ms >= self.max_pause_ms;
        if !is_over || std::mem::replace(&mut self.voice.is_ended, true) {
            return None;
        }
        Some(AudioChange::EndUtterance)
    }

    pub(super) fn transcriber_event(
        &mut self,
        event: TranscriberEvent,
        is_agent_audible: bool,
        conversation: &mut Conversation,
        events: &mut VecDeque<EngineEvent>,
    ) {
        match event {
            TranscriberEvent::Words { text, from_ms, until_ms } => self.words(text, from_ms, until_ms, events),
            TranscriberEvent::NoWords { until_ms } => self.no_words(until_ms, is_agent_audible, conversation, events),
            TranscriberEvent::WordTimes { utterance, times } => self.word_times(utterance, times, events),
            TranscriberEvent::End => {
                self.end_part(events);
                if self.committed_ms.take().is_none() {
                    match self.current {
                        Some(_) => self.part_ended(conversation, events),
                        None if self.voice.is_ended && !self.reports_progress => {
                            self.voice_without_words(is_agent_audible, conversation, events);
                        }
                        // A transcriber may report the end of a voice in which it has found no words.
                        None => {}
                    }
                }
            }
            TranscriberEvent::Progress(ms) => self.progress(ms, is_agent_audible, conversation, events),
            TranscriberEvent::ExpectedProgress(ms) => {
                self.reports_progress = false;
                self.processed_ms = self.processed_ms.max(ms);
            }
        }
    }

    /// Returns the words of an utterance that the caller has probably finished: at least two words, which have not
    /// changed for some time or reach to the end of the voice. The last word must not require another word.
    pub(super) fn settled_words(&self) -> Option<&str> {
        let current = self.current.as_ref()?;
        let (settled_ms, quiet_ms) = match current.completeness {
            Completeness::Complete => (COMPLETE_SETTLED_MS, QUIET_COMPLETE_SETTLED_MS),
            Completeness::Unclear | Completeness::Described | Completeness::Unknown => (SETTLED_MS, QUIET_SETTLED_MS),
            Completeness::Open => return None,
        };
        let silent_ms = self.silent_ms();
        let is_quiet = silent_ms.is_some_and(|silent_ms| silent_ms >= quiet_ms);
        let is_speaking = silent_ms.is_some_and(|silent_ms| silent_ms < QUIET_COMPLETE_SETTLED_MS);
        let is_covered = silent_ms.is_none() || self.is_covered(current);
        let settled_ms = if is_speaking || !is_covered { settled_ms + MORE_WORDS_MS } else { settled_ms };
        let is_settled =
            self.processed_ms >= current.changed_ms + settled_ms || (is_quiet && current.reaches(self.voiced_until_ms));
        (is_settled && current.text.split_whitespace().nth(1).is_some()).then_some(current.text.as_str())
    }

    /// Returns true if no further words of the voice so far are expected.
    fn is_covered(&self, current: &Utterance) -> bool {
        self.processed_ms >= self.voiced_until_ms + COVERED_MS || current.reaches(self.voiced_until_ms)
    }

    /// Returns the silence since the local detector last found voice, in milliseconds; none if it has found none.
    pub(super) fn silent_ms(&self) -> Option<u64> {
        (self.voiced_until_ms > 0).then(|| self.received_ms.saturating_sub(self.voiced_until_ms))
    }

    pub(super) fn words_so_far(&self) -> Option<&str> {
        self.current.as_ref().map(|current| current.text.as_str())
    }

    pub(super) fn commit(&mut self, conversation: &mut Conversation, events: &mut VecDeque<EngineEvent>) {
        self.committed_ms = Some(self.received_ms);
        self.voice = Voice::default();
        if let Some(Utterance { item, text, mut parts, .. }) = self.current.take() {
            // The end of this utterance is still to come.
            self.parts.add_next(&mut parts, &text);
            self.parts.keep(item.clone(), parts);
            conversation.caller_said(item.clone(), &text);
            events.push_back(EngineEvent::CallerText { item, text: text.trim().to_owned(), is_final: true });
        }
    }

    fn words(&mut self, text: String, from_ms: Option<u64>, until_ms: Option<u64>, events: &mut VecDeque<EngineEvent>) {
        let words_until_ms = until_ms;
        // Not every transcriber reports positions, so the positions of the local detector are used instead.
        let from_ms = from_ms.or((self.voice.voiced_ms > 0).then_some(self.voice.from_ms));
        let until_ms = until_ms.or((self.voiced_until_ms > 0).then_some(self.voiced_until_ms));
        let is_committed = self.committed_ms.is_some_and(|until| from_ms.is_none_or(|from| from < until));
        if is_committed || text.trim().is_empty() {
            return;
        }
        self.committed_ms = None;
        self.voice = Voice::default();
        if self.current.is_none() {
            let item = self.next_item();
            events.push_back(EngineEvent::SpeechStarted { item: item.clone(), at_ms: from_ms });
            self.current = Some(Utterance::new(item, until_ms));
        }
        let Some(current) = &mut self.current else { return };
        current.ended_ms = None;
        let text = if current.ended_parts.is_empty() {
            text
        } else {
            format!("{} {}", current.ended_parts, text.trim_start())
        };
        // Report only words on which two reports agree, because the last word of a report often changes in the next
        // report.
        let agreed = common_words(&current.text, &text);
        match agreed.strip_prefix(current.passed_on.as_str()) {
            Some(new) if !new.trim().is_empty() => {
                let (item, text) = (current.item.clone(), new.to_owned());
                events.push_back(EngineEvent::CallerText { item, text, is_final: false });
                current.passed_on = agreed.to_owned();
            }
            _ => events.push_back(EngineEvent::Activity),
        }
        if text != current.text {
            current.is_overdue = false;
            current.completeness = estimate(&text);
            current.changed_ms = self.processed_ms.max(until_ms.unwrap_or(0));
        }
        (current.text, current.until_ms, current.words_until_ms) = (text, until_ms, words_until_ms);
    }

    /// Passes on the words on which no second report has agreed, because no further report is expected. Otherwise they
    /// would be missing in the transcript if no other engine hears the caller's speech again.
    pub(super) fn pass_on_rest(&mut self, events: &mut VecDeque<EngineEvent>) {
        let Some(current) = &mut self.current else { return };
        // The last report may also have changed words that were passed on.
        let rest = after_words(&current.text, current.passed_on.split_whitespace().count());
        if !rest.trim().is_empty() {
            let (item, text) = (current.item.clone(), rest.to_owned());
            events.push_back(EngineEvent::CallerText { item, text, is_final: false });
            current.passed_on.clone_from(&current.text);
        }
    }

    fn end_part(&mut self, events: &mut VecDeque<EngineEvent>) {
        match &mut self.current {
            Some(current) if self.committed_ms.is_none() => self.parts.end(&mut current.parts, &current.text),
            _ => events.extend(self.parts.end_without_utterance()),
        }
    }

    fn word_times(&mut self, utterance: u64, times: Vec<WordTime>, events: &mut VecDeque<EngineEvent>) {
        let current = self.current.as_mut().map(|current| &mut current.parts);
        events.extend(self.parts.found(utterance, times, current));
    }

    /// The turn is over, unless the caller still has time to continue the sentence.
    fn part_ended(&mut self, conversation: &mut Conversation, events: &mut VecDeque<EngineEvent>) {
        let (received_ms, voiced_until_ms) = (self.received_ms, self.voiced_until_ms);
        let Some(current) = &mut self.current else { return };
        current.ended_ms.get_or_insert(received_ms);
        if current.over_ms(voiced_until_ms).is_some_and(|over| received_ms < over) {
            current.text.trim().clone_into(&mut current.ended_parts);
        } else {
            self.end(conversation, events);
        }
    }

    pub(super) fn end(&mut self, conversation: &mut Conversation, events: &mut VecDeque<EngineEvent>) {
        self.voice = Voice::default();
        let Some(Utterance { item, text, until_ms, parts, .. }) = self.current.take() else { return };
        let times = word_times::of(&parts, &text);
        self.parts.keep(item.clone(), parts);
        conversation.caller_said(item.clone(), &text);
        // At the end of the speech, the session requests a reply. If the agent is speaking, the session decides by the
        // words.
        events.push_back(EngineEvent::SpeechStopped { item: item.clone(), at_ms: until_ms });
        events.extend(times.map(|times| EngineEvent::CallerWordTimes { item: item.clone(), times }));
        events.push_back(EngineEvent::CallerText { item, text: text.trim().to_owned(), is_final: true });
    }

    fn progress(
        &mut self,
        ms: u64,
        is_agent_audible: bool,
        conversation: &mut Conversation,
        events: &mut VecDeque<EngineEvent>,
    ) {
        self.processed_ms = self.processed_ms.max(ms);
        let Voice { until_ms, voiced_ms, .. } = self.voice;
        let is_over = voiced_ms > 0 && ms.min(self.received_ms) >= until_ms + PAUSE_MS + MARGIN_MS;
        if is_over && self.current.is_none() {
            self.voice_without_words(is_agent_audible, conversation, events);
        }
    }

    /// The session may have stopped the agent because of the sound.
    fn no_words(
        &mut self,
        until_ms: u64,
        is_agent_audible: bool,
        conversation: &mut Conversation,
        events: &mut VecDeque<EngineEvent>,
    ) {
        if self.current.is_some() || self.committed_ms.is_some() {
            return;
        }
        if self.voice.from_ms < until_ms {
            self.voice_without_words(is_agent_audible, conversation, events);
        }
        events.push_back(EngineEvent::NoWords { until_ms });
    }

    /// Makes a turn of a voice in which the transcriber has found no words, because the session would otherwise wait for
    /// them. A voice during the agent's speech does not become a turn, because it may be an echo.
    fn voice_without_words(
        &mut self,
        is_agent_audible: bool,
        conversation: &mut Conversation,
        events: &mut VecDeque<EngineEvent>,
    ) {
        let Voice { from_ms, until_ms, voiced_ms, .. } = std::mem::take(&mut self.voice);
        if voiced_ms < SURE_SPEECH_MS || is_agent_audible {
            return;
        }
        let item = self.next_item();
        events.push_back(EngineEvent::SpeechStarted { item: item.clone(), at_ms: Some(from_ms) });
        self.current = Some(Utterance::new(item, Some(until_ms)));
        self.end(conversation, events);
    }

    fn next_item(&mut self) -> ItemId {
        self.count += 1;
        format!("{}.caller.{}", self.engine, self.count).into()
    }
}

/// Returns the text after its first `count` words, with the space before it.
fn after_words(text: &str, count: usize) -> &str {
    (0..count).fold(text, |rest, _| {
        let words = rest.trim_start();
        &words[words.find(char::is_whitespace).unwrap_or(words.len())..]
    })
}

/// Returns the words at the beginning that both texts have in common.
fn common_words<'t>(one: &str, other: &'t str) -> &'t str {
    let same = one.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b);
    let end = same.last().map_or(0, |((at, c), _)| at + c.len_utf8());
    let ends_word = |text: &str| text[end..].chars().next().is_none_or(char::is_whitespace);
    if ends_word(one) && ends_word(other) {
        return &other[..end];
    }
    &other[..other[..end].rfind(char::is_whitespace).unwrap_or(0)]
}
