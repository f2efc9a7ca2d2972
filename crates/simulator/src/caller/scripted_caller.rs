//! The caller while a media stream is open: executes the script, listens, speaks.

use super::script::{Script, Step};
use super::speech_monitor::SpeechMonitor;
use crate::sound::{SILENCE, millis};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// The caller's actions besides speech.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallerAction {
    /// Drops the socket without a close.
    Drop,
    HangUp,
    /// The agent did not answer in time. The caller continues with the next step.
    AnswerTimeout,
    Press(char),
    SecondSocket,
    /// Sends `start` again.
    StartAgain,
    /// Sends `stop` and leaves the socket open.
    StopWithoutClose,
}

/// An utterance of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Speech {
    /// Milliseconds since the stream started.
    pub began_ms: u64,
    /// Milliseconds since the stream started; `None` if the speech has not ended.
    pub ended_ms: Option<u64>,
}

#[derive(Debug)]
pub(super) struct ScriptedCaller {
    steps: VecDeque<Step>,
    activity: Activity,
    sound: Arc<[u8]>,
    sound_at: usize,
    speeches: Vec<Speech>,
    said_bytes: usize,
}

#[derive(Debug)]
enum Activity {
    Nothing,
    Speaking,
    Listening { utterance: usize, hears_us: Option<u64>, since_us: u64 },
    Waiting { until_us: u64 },
    Staying,
    Finished,
}

impl ScriptedCaller {
    pub(super) fn new(script: Script) -> Self {
        Self {
            steps: script.0.into(),
            activity: Activity::Nothing,
            sound: Arc::new([]),
            sound_at: 0,
            speeches: Vec::new(),
            said_bytes: 0,
        }
    }

    /// Returns the caller's actions at `now_us`, based on the audio that `monitor` has received.
    pub(super) fn advance(&mut self, now_us: u64, monitor: &SpeechMonitor) -> Vec<CallerAction> {
        let mut actions = Vec::new();
        while self.step_is_done(now_us, monitor, &mut actions) {
            let step = self.steps.pop_front().unwrap_or(Step::HangUp);
            self.activity = self.start_step(step, now_us, monitor, &mut actions);
        }
        actions
    }

    /// Fills `frame` with the caller's next audio, speech or silence. Returns true if the frame contains speech.
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

    pub(super) fn speeches(&self) -> &[Speech] {
        &self.speeches
    }

    /// Returns the time of the next action that depends on the time alone, in microseconds since the stream started;
    /// `None` if there is none.
    pub(super) fn next_us(&self) -> Option<u64> {
        match self.activity {
            Activity::Waiting { until_us } => Some(until_us),
            Activity::Listening { since_us, .. } => Some(since_us + ANSWER_TIMEOUT_US),
            Activity::Nothing | Activity::Speaking | Activity::Staying | Activity::Finished => None,
        }
    }

    fn step_is_done(&self, now_us: u64, monitor: &SpeechMonitor, actions: &mut Vec<CallerAction>) -> bool {
        match self.activity {
            Activity::Nothing => true,
            Activity::Speaking => self.sound_at == self.sound.len(),
            Activity::Waiting { until_us } => now_us >= until_us,
            Activity::Staying | Activity::Finished => false,
            Activity::Listening { utterance, hears_us, since_us } => {
                match (monitor.utterances().get(utterance), hears_us) {
                    (Some(heard), Some(enough_us)) => now_us >= heard.began_ms * 1_000 + enough_us,
                    (Some(_), None) => !monitor.speaking() || monitor.utterances().len() > utterance + 1,
                    (None, _) if now_us >= since_us + ANSWER_TIMEOUT_US => {
                        actions.push(CallerAction::AnswerTimeout);
                        true
                    }
                    (None, _) => false,
                }
            }
        }
    }

    fn start_step(
        &mut self,
        step: Step,
        now_us: u64,
        monitor: &SpeechMonitor,
        actions: &mut Vec<CallerAction>,
    ) -> Activity {
        match step {
            Step::Say(clip) => {
                self.sound = clip.sound(self.speeches.len() as u64 + 1);
                self.sound_at = 0;
                self.speeches.push(Speech { began_ms: millis(self.said_bytes), ended_ms: None });
                return Activity::Speaking;
            }
            Step::Listen => return listening(now_us, None, monitor),
            Step::ListenFor(time) => return listening(now_us, Some(time), monitor),
            Step::Wait(time) => return Activity::Waiting { until_us: now_us + micros(time) },
            Step::Stay => return Activity::Staying,
            Step::Press(keys) => actions.extend(keys.chars().map(CallerAction::Press)),
            Step::HangUp => {
                actions.push(CallerAction::HangUp);
                return Activity::Finished;
            }
            Step::Drop => {
                actions.push(CallerAction::Drop);
                return Activity::Finished;
            }
            Step::StopWithoutClose => {
                actions.push(CallerAction::StopWithoutClose);
                return Activity::Finished;
            }
            Step::SecondSocket => actions.push(CallerAction::SecondSocket),
            Step::StartAgain => actions.push(CallerAction::StartAgain),
        }
        Activity::Nothing
    }
}

/// Returns the activity of listening to the agent's current utterance, or to the next one if the agent is silent. The
/// activity ends with the utterance; with `time`, once this much time has passed since the utterance began.
fn listening(now_us: u64, time: Option<Duration>, monitor: &SpeechMonitor) -> Activity {
    let utterance = monitor.utterances().len() - usize::from(monitor.speaking());
    Activity::Listening { utterance, hears_us: time.map(micros), since_us: now_us }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The longest time that a caller waits for an answer before the next step.
const ANSWER_TIMEOUT_US: u64 = 30_000_000;
