//! An engine that records a voice message. It needs no API key and no network, so it is the last fallback of every
//! phone call.

use crate::audio::{EncodedAudio, SpeechDetector};
use crate::call::{EngineCommand, EngineEvent, ResponseOutcome, Usage};
use crate::clock;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

#[derive(Clone, Debug)]
pub struct VoicemailSetup {
    /// The request to leave a message, followed by a beep.
    pub prompt: EncodedAudio,
    pub prompt_text: String,
    /// What the caller hears after a message.
    pub thanks: EncodedAudio,
    pub thanks_text: String,
    /// What a caller hears who has left no message.
    pub goodbye: EncodedAudio,
    pub goodbye_text: String,
    /// The maximum time from the end of the prompt to the end of the message.
    pub longest: Duration,
    /// The silence that ends the message.
    pub silence: Duration,
}

/// Speech of this length interrupts the prompt, if it begins in the second half. Speech that begins earlier answers the
/// greeting: its caller does not know yet that no one will reply, and must hear the whole prompt.
const SKIP_PROMPT_MS: u64 = 400;
/// Speech of this length starts a message.
const SPEECH_MS: u64 = 200;
/// Silence of this length ends an utterance, but not the message.
const PAUSE_MS: u64 = 500;
/// If the caller does not speak for this long after the prompt, the recording ends without a message.
const NO_SPEECH_TIMEOUT: Duration = Duration::from_secs(8);

/// The logic receives the time as an argument; only [`Voicemail::next`] waits.
#[derive(Debug)]
pub struct Voicemail {
    setup: VoicemailSetup,
    phase: Phase,
    events: VecDeque<EngineEvent>,
    speech: SpeechDetector,
    is_speaking: bool,
    has_spoken: bool,
    /// The time at which the caller last stopped speaking. The line may send no audio during the following silence, so
    /// audio alone cannot measure the silence.
    quiet_since: Option<Instant>,
    utterances: u32,
    samples: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before the first response request.
    Waiting,
    /// The prompt is playing.
    Prompting { since: Instant, until: Instant },
    /// The caller can speak: the prompt and its beep have ended, or were skipped.
    Listening { since: Instant },
    /// The last words are playing. A caller who speaks then is recorded.
    Leaving { since: Instant, until: Instant },
    /// The call can end.
    Done,
}

impl Voicemail {
    pub fn new(setup: VoicemailSetup) -> Self {
        Self {
            setup,
            phase: Phase::Waiting,
            events: VecDeque::from([EngineEvent::Ready]),
            speech: SpeechDetector::default(),
            is_speaking: false,
            has_spoken: false,
            quiet_since: None,
            utterances: 0,
            samples: Vec::new(),
        }
    }

    /// Returns the next event. Cancel safe: no event is lost if the future is dropped.
    pub async fn next(&mut self) -> EngineEvent {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            match self.deadline() {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
            self.handle_timeout(clock::instant());
        }
    }

    /// Handles a command of the call session. Only audio, keys and the first response request have an effect.
    pub fn command(&mut self, command: &EngineCommand, now: Instant) {
        match command {
            EngineCommand::AppendAudio(audio) => self.push_audio(audio, now),
            EngineCommand::Keys(keys) if keys.contains('#') => self.leave(now),
            EngineCommand::Keys(_) if matches!(self.phase, Phase::Prompting { .. }) => {
                // Any other key skips the prompt.
                self.phase = Phase::Listening { since: now };
            }
            EngineCommand::Respond(_) if self.phase == Phase::Waiting => self.prompt(now),
            EngineCommand::Respond(_)
            | EngineCommand::Keys(_)
            | EngineCommand::Commit
            | EngineCommand::Hint(_)
            | EngineCommand::Note(_)
            | EngineCommand::Cancel { .. }
            | EngineCommand::Truncate { .. }
            | EngineCommand::Delete { .. }
            | EngineCommand::ToolOutput { .. } => {}
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Prompting { until, .. } | Phase::Leaving { until, .. } => Some(until),
            Phase::Listening { since } if self.has_spoken => {
                let longest = since + self.setup.longest;
                Some(self.quiet_since.map_or(longest, |quiet| longest.min(quiet + self.setup.silence)))
            }
            Phase::Listening { since } => Some(since + NO_SPEECH_TIMEOUT),
            Phase::Waiting | Phase::Done => None,
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.deadline().is_none_or(|at| at > now) {
            return;
        }
        match self.phase {
            Phase::Prompting { until, .. } => self.phase = Phase::Listening { since: until },
            Phase::Listening { .. } => self.leave(now),
            Phase::Leaving { .. } => {
                self.phase = Phase::Done;
                self.events.push_back(EngineEvent::Finished { message_taken: self.has_spoken });
            }
            Phase::Waiting | Phase::Done => {}
        }
    }

    fn prompt(&mut self, now: Instant) {
        let (audio, text) = (self.setup.prompt.clone(), self.setup.prompt_text.clone());
        self.phase = Phase::Prompting { since: now, until: now + Duration::from_millis(audio.ms()) };
        self.say(audio, text);
    }

    fn push_audio(&mut self, audio: &EncodedAudio, now: Instant) {
        self.samples.clear();
        audio.decode_into(&mut self.samples);
        self.speech.push(&self.samples);
        let (speech, silence) = (self.speech.speech_ms(), self.speech.silence_ms());
        let began = now.checked_sub(Duration::from_millis(speech)).unwrap_or(now);
        let interrupts = match self.phase {
            Phase::Prompting { since, until } => speech >= SKIP_PROMPT_MS && began >= since + (until - since) / 2,
            Phase::Leaving { since, .. } => speech >= SPEECH_MS && began >= since,
            Phase::Waiting | Phase::Listening { .. } | Phase::Done => false,
        };
        if interrupts {
            self.phase = Phase::Listening { since: now };
            return self.speech_started();
        }
        match self.phase {
            Phase::Listening { .. } if !self.is_speaking && speech >= SPEECH_MS => self.speech_started(),
            Phase::Listening { .. } if self.is_speaking && silence >= PAUSE_MS => {
                self.quiet_since = now.checked_sub(Duration::from_millis(silence));
                self.speech_stopped();
            }
            Phase::Waiting
            | Phase::Prompting { .. }
            | Phase::Listening { .. }
            | Phase::Leaving { .. }
            | Phase::Done => {}
        }
    }

    fn speech_started(&mut self) {
        self.is_speaking = true;
        self.quiet_since = None;
        self.events.push_back(EngineEvent::SpeechStarted { item: MESSAGE.into(), at_ms: None });
        if !self.has_spoken {
            self.has_spoken = true;
            self.events.push_back(EngineEvent::MessageStarted);
        }
    }

    fn speech_stopped(&mut self) {
        self.is_speaking = false;
        self.events.push_back(EngineEvent::SpeechStopped { item: MESSAGE.into(), at_ms: None });
    }

    fn leave(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Leaving { .. } | Phase::Done) {
            return;
        }
        if self.is_speaking {
            self.speech_stopped();
        }
        let VoicemailSetup { thanks, thanks_text, goodbye, goodbye_text, .. } = &self.setup;
        let (audio, text) = if self.has_spoken { (thanks, thanks_text) } else { (goodbye, goodbye_text) };
        let (audio, text) = (audio.clone(), text.clone());
        self.phase = Phase::Leaving { since: now, until: now + Duration::from_millis(audio.ms()) };
        self.say(audio, text);
    }

    fn say(&mut self, audio: EncodedAudio, text: String) {
        self.utterances += 1;
        let (response, item) =
            (format!("answer.{}", self.utterances).into(), format!("prompt.{}", self.utterances).into());
        let say = [
            EngineEvent::ResponseStarted { response: std::sync::Arc::clone(&response) },
            EngineEvent::AgentText {
                response: std::sync::Arc::clone(&response),
                item: std::sync::Arc::clone(&item),
                text,
                is_final: true,
            },
            EngineEvent::AudioDelta {
                response: std::sync::Arc::clone(&response),
                item: std::sync::Arc::clone(&item),
                audio,
            },
            EngineEvent::AudioDone { item },
            EngineEvent::ResponseDone { response, outcome: ResponseOutcome::Completed, usage: Usage::default() },
        ];
        self.events.extend(say);
    }
}

/// The item id of the caller's turn. The whole message is one turn, regardless of the caller's pauses.
const MESSAGE: &str = "message";

#[cfg(test)]
mod tests;
