//! The person at the phone while a media stream is open: goes through the script, hears, speaks.

use super::ear::Ear;
use super::script::{Script, Step};
use crate::simulator::sound::{SILENCE, millis};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What the person does besides speaking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Drops the socket without a word.
    Drop,
    /// Hangs up.
    HangUp,
    /// Finds that nobody answers.
    Impatience,
    /// Presses a key.
    Press(char),
    /// Opens a second socket.
    SecondSocket,
    /// Sends `start` once more.
    StartAgain,
    /// Sends `stop` and leaves the socket open.
    StopWithoutClose,
}

/// Something that the person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Speech {
    /// Milliseconds since the stream began.
    pub began_ms: u64,
    /// Milliseconds since the stream began; none while it goes on.
    pub ended_ms: Option<u64>,
}

/// The person.
#[derive(Debug)]
pub(super) struct Person {
    steps: VecDeque<Step>,
    doing: Doing,
    sound: Arc<[u8]>,
    sound_at: usize,
    speeches: Vec<Speech>,
    said_bytes: usize,
}

#[derive(Debug)]
enum Doing {
    Nothing,
    Speaking,
    Listening { utterance: usize, hears_us: Option<u64>, since_us: u64 },
    Waiting { until_us: u64 },
    Staying,
    Gone,
}

impl Person {
    /// Someone who will do as `script` says.
    pub(super) fn new(script: Script) -> Self {
        Self {
            steps: script.0.into(),
            doing: Doing::Nothing,
            sound: Arc::new([]),
            sound_at: 0,
            speeches: Vec::new(),
            said_bytes: 0,
        }
    }

    /// What the person does at `now_us`, having heard what `ear` has heard.
    pub(super) fn live(&mut self, now_us: u64, ear: &Ear) -> Vec<Act> {
        let mut acts = Vec::new();
        while self.is_done(now_us, ear, &mut acts) {
            let step = self.steps.pop_front().unwrap_or(Step::HangUp);
            self.doing = self.begin(step, now_us, ear, &mut acts);
        }
        acts
    }

    /// The next sound from the person's side, speech or silence, to fill `frame`. Gives whether it holds speech.
    pub(super) fn fill(&mut self, frame: &mut [u8]) -> bool {
        let speech = &self.sound[self.sound_at..];
        let length = speech.len().min(frame.len());
        frame[..length].copy_from_slice(&speech[..length]);
        frame[length..].fill(SILENCE);
        self.sound_at += length;
        if length > 0
            && self.sound_at == self.sound.len()
            && let Some(speech) = self.speeches.last_mut()
        {
            speech.ended_ms = Some(millis(self.said_bytes + length));
        }
        self.said_bytes += frame.len();
        length > 0
    }

    /// All that was said.
    pub(super) fn speeches(&self) -> &[Speech] {
        &self.speeches
    }

    /// When the person will do something without having heard anything, in microseconds since the stream began.
    pub(super) fn next_us(&self) -> Option<u64> {
        match self.doing {
            Doing::Waiting { until_us } => Some(until_us),
            Doing::Listening { since_us, .. } => Some(since_us + PATIENCE_US),
            Doing::Nothing | Doing::Speaking | Doing::Staying | Doing::Gone => None,
        }
    }

    fn is_done(&self, now_us: u64, ear: &Ear, acts: &mut Vec<Act>) -> bool {
        match self.doing {
            Doing::Nothing => true,
            Doing::Speaking => self.sound_at == self.sound.len(),
            Doing::Waiting { until_us } => now_us >= until_us,
            Doing::Staying | Doing::Gone => false,
            Doing::Listening { utterance, hears_us, since_us } => match (ear.utterances().get(utterance), hears_us) {
                (Some(heard), Some(enough_us)) => now_us >= heard.began_ms * 1_000 + enough_us,
                (Some(_), None) => !ear.speaking() || ear.utterances().len() > utterance + 1,
                (None, _) if now_us >= since_us + PATIENCE_US => {
                    acts.push(Act::Impatience);
                    true
                }
                (None, _) => false,
            },
        }
    }

    fn begin(&mut self, step: Step, now_us: u64, ear: &Ear, acts: &mut Vec<Act>) -> Doing {
        match step {
            Step::Say(clip) => {
                self.sound = clip.sound(self.speeches.len() as u64 + 1);
                self.sound_at = 0;
                self.speeches.push(Speech { began_ms: millis(self.said_bytes), ended_ms: None });
                return Doing::Speaking;
            }
            Step::Listen => return listening(now_us, None, ear),
            Step::ListenFor(time) => return listening(now_us, Some(time), ear),
            Step::Wait(time) => return Doing::Waiting { until_us: now_us + micros(time) },
            Step::Stay => return Doing::Staying,
            Step::Press(keys) => acts.extend(keys.chars().map(Act::Press)),
            Step::HangUp => {
                acts.push(Act::HangUp);
                return Doing::Gone;
            }
            Step::Drop => {
                acts.push(Act::Drop);
                return Doing::Gone;
            }
            Step::StopWithoutClose => {
                acts.push(Act::StopWithoutClose);
                return Doing::Gone;
            }
            Step::SecondSocket => acts.push(Act::SecondSocket),
            Step::StartAgain => acts.push(Act::StartAgain),
        }
        Doing::Nothing
    }
}

/// Waits for what is being said now, else for what is said next.
fn listening(now_us: u64, time: Option<Duration>, ear: &Ear) -> Doing {
    let utterance = ear.utterances().len() - usize::from(ear.speaking());
    Doing::Listening { utterance, hears_us: time.map(micros), since_us: now_us }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Nobody waits longer in silence.
const PATIENCE_US: u64 = 30_000_000;
