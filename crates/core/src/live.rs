//! Turns of a full-duplex engine, without I/O: a model that listens and speaks at the same time, such as OpenAI's
//! GPT-Live. It sends audio all the time, mostly silence, and decides by itself when to speak. This module finds the
//! utterances of both sides in the audio, and reports them as the events of an engine with turns, on which the call
//! session relies.

mod agent;
mod caller;

use crate::audio::EncodedAudio;
use crate::call::{EngineCommand, EngineEvent, ItemId, ResponseId, ResponseOutcome, ResponseRequest, ToolCall, Usage};
use agent::Utterance;
use caller::Caller;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The silence after which an utterance of the model is over.
const UTTERANCE_END: Duration = Duration::from_millis(700);
/// The maximum time for which the model may speak during the caller's speech until its utterance is dropped. The model
/// often begins before the silence after the caller's words is long enough to be the end of the turn.
const MAX_EARLY: Duration = Duration::from_secs(2);
/// How long the result of the backend may take to be spoken.
const RESULT_LIMIT: Duration = Duration::from_secs(4);

/// What the driver sends to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveAction {
    /// Instructions that the model follows now.
    Instruct(String),
    /// Information that the model knows from now on, and does not speak about by itself.
    Inform(String),
    /// The output of a function that the backend has called.
    FunctionOutput {
        /// The backend's id of the function call.
        id: String,
        /// The result, for the model.
        output: String,
    },
    /// The backend continues with the outputs of its function calls.
    Continue,
}

/// A step of the backend, the text model to which the voice model delegates work.
#[derive(Clone, Debug, PartialEq)]
pub enum BackendEvent {
    /// The voice model has delegated work.
    Began,
    /// The backend calls a function.
    Call {
        /// The backend's id of the function call.
        id: String,
        /// The requested action.
        call: ToolCall,
    },
    /// A response of the backend has ended.
    Done {
        /// Whether the response is complete. Function calls of other responses do not run.
        is_completed: bool,
        /// The tokens and the cost of the response.
        usage: Usage,
    },
}

/// The turns of one session.
#[derive(Debug)]
pub struct LiveTurns {
    caller: Caller,
    /// The utterance that the model speaks.
    utterance: Option<Utterance>,
    /// The words of the model for its next utterance, because they arrived before its audio.
    early_words: String,
    /// The response to which the utterances of the model belong now.
    response: Option<ResponseId>,
    /// The function calls of the backend's response in progress.
    calls: Vec<(String, ToolCall)>,
    /// The function calls that wait until the utterance has ended.
    waiting_calls: Vec<(String, ToolCall)>,
    backend: Backend,
    /// True from the end of the caller's speech until the model speaks: the model answers by itself.
    is_answer_due: bool,
    /// True if outputs of functions were sent after which the backend has not continued yet.
    has_outputs: bool,
    usage: Usage,
    numbers: u64,
    /// The length of the model's audio so far, which is the time in the session.
    position_ms: u64,
    /// The end of the model's last utterance.
    ended_ms: u64,
    events: VecDeque<EngineEvent>,
    actions: VecDeque<LiveAction>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    Idle,
    /// It works on delegated work, or waits for the outputs of functions.
    Works,
    /// It has ended; the model will speak about the result.
    HasResult {
        until: Instant,
    },
}

impl Default for LiveTurns {
    fn default() -> Self {
        Self {
            caller: Caller::default(),
            utterance: None,
            early_words: String::new(),
            response: None,
            calls: Vec::new(),
            waiting_calls: Vec::new(),
            backend: Backend::Idle,
            is_answer_due: false,
            has_outputs: false,
            usage: Usage::default(),
            numbers: 0,
            position_ms: 0,
            ended_ms: 0,
            events: VecDeque::new(),
            actions: VecDeque::new(),
        }
    }
}

impl LiveTurns {
    /// Returns the next event for the call session.
    pub fn poll_event(&mut self) -> Option<EngineEvent> {
        self.events.pop_front()
    }

    /// Returns the next message for the server.
    pub fn poll_action(&mut self) -> Option<LiveAction> {
        self.actions.pop_front()
    }

    /// Returns when [`Self::handle_timeout`] must be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let utterance = self.utterance.as_ref().map(|utterance| utterance.last_voice + UTTERANCE_END);
        let result = match self.backend {
            Backend::HasResult { until } => Some(until),
            Backend::Idle | Backend::Works => None,
        };
        utterance.into_iter().chain(result).chain(self.caller.next_timeout()).min()
    }

    /// Processes what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.utterance.as_ref().is_some_and(|utterance| utterance.last_voice + UTTERANCE_END <= now) {
            self.end_utterance();
        }
        if let Backend::HasResult { until } = self.backend
            && until <= now
        {
            self.backend = Backend::Idle;
            self.end_response();
        }
        self.events.extend(self.caller.handle_timeout(now));
    }

    /// Processes audio of the caller that is sent to the server. `is_voice`: whether it contains a voice.
    pub fn caller_audio(&mut self, audio: &EncodedAudio, is_voice: bool, now: Instant) {
        let was_speaking = self.caller.is_speaking();
        self.events.extend(self.caller.heard(Duration::from_millis(audio.ms()), is_voice, now));
        if was_speaking && !self.caller.is_speaking() {
            self.caller_stopped(now);
        }
    }

    /// Processes words of the caller. `start_ms` and `end_ms` are the times of the words, in milliseconds of the session.
    pub fn caller_words(&mut self, words: &str, times_ms: Option<(u64, u64)>, now: Instant) {
        let was_known = self.caller.has_utterance();
        self.events.extend(self.caller.words(words, times_ms, now));
        if !was_known && self.utterance.is_none() {
            self.is_answer_due = true;
        }
    }

    fn caller_stopped(&mut self, now: Instant) {
        self.is_answer_due = true;
        match self.utterance.take() {
            // What follows is an answer to the caller's words.
            Some(utterance) if utterance.is_dropped => self.end_response(),
            Some(mut utterance) if utterance.is_held() => {
                let held = utterance.take_held();
                self.begin_response();
                self.utterance = Some(utterance);
                self.say_early_words();
                for audio in held {
                    self.forward(audio);
                }
            }
            other => self.utterance = other,
        }
        self.handle_timeout(now);
    }

    /// Processes audio of the model, of any length.
    pub fn agent_audio(&mut self, audio: EncodedAudio, now: Instant) {
        let is_voice = agent::is_voice(&audio);
        if self.utterance.is_none() && is_voice {
            self.begin_utterance(now);
        }
        self.position_ms += audio.ms();
        self.events.push_back(EngineEvent::Activity);
        let is_caller_speaking = self.caller.is_speaking();
        let Some(utterance) = &mut self.utterance else { return };
        if !utterance.admit(is_voice, &audio, now) {
            return self.handle_timeout(now);
        }
        if utterance.is_held() {
            let is_late = now.saturating_duration_since(utterance.began) > MAX_EARLY;
            if is_late && is_caller_speaking {
                utterance.drop_held();
            } else {
                utterance.hold(audio);
            }
            return;
        }
        self.forward(audio);
    }

    /// Processes words of the model. `start_ms` is the time of the first one, in milliseconds of the session. Words that
    /// arrive after the end of their utterance are dropped.
    pub fn agent_words(&mut self, words: &str, start_ms: Option<u64>) {
        if self.utterance.is_none() && start_ms.is_some_and(|start| start < self.ended_ms) {
            return;
        }
        match &mut self.utterance {
            Some(utterance) if utterance.is_dropped => {}
            Some(utterance) if !utterance.is_held() => {
                utterance.text.push_str(words);
                let item = utterance.item.clone();
                self.push_text(item, words.to_owned(), false);
            }
            _ => self.early_words.push_str(words),
        }
    }

    /// Processes a step of the backend.
    pub fn backend(&mut self, event: BackendEvent, now: Instant) {
        match event {
            BackendEvent::Began => self.backend = Backend::Works,
            BackendEvent::Call { id, call } => {
                self.backend = Backend::Works;
                self.calls.push((id, call));
            }
            BackendEvent::Done { is_completed, usage } => {
                self.add_usage(usage);
                let calls = std::mem::take(&mut self.calls);
                if !is_completed {
                    self.backend = Backend::Idle;
                    self.events.push_back(EngineEvent::Warning { code: "response_failed".to_owned() });
                    return self.end_silent_response();
                }
                if calls.is_empty() {
                    self.backend = Backend::HasResult { until: now + RESULT_LIMIT };
                    return;
                }
                self.waiting_calls.extend(calls);
                self.end_silent_response();
            }
        }
    }

    /// Adds to the cost, which the next response reports.
    pub fn add_usage(&mut self, usage: Usage) {
        self.usage.tokens_in += usage.tokens_in;
        self.usage.tokens_out += usage.tokens_out;
        self.usage.cost_micros += usage.cost_micros;
    }

    /// Processes a command of the session, except audio.
    pub fn command(&mut self, command: &EngineCommand, now: Instant) {
        match command {
            EngineCommand::Respond(ResponseRequest::Reply) => self.reply(),
            EngineCommand::Respond(ResponseRequest::Instructed(what)) => {
                self.actions.push_back(LiveAction::Instruct(what.clone()));
            }
            EngineCommand::Cancel { response } => self.cancel(response, now),
            EngineCommand::ToolOutput { id, output } => {
                self.has_outputs = true;
                self.actions.push_back(LiveAction::FunctionOutput { id: id.clone(), output: output.clone() });
            }
            EngineCommand::Keys(keys) => {
                self.is_answer_due = false;
                self.actions.push_back(LiveAction::Inform(format!("[the caller pressed the keys {keys}]")));
            }
            EngineCommand::Note(text) | EngineCommand::Hint(text) => {
                self.actions.push_back(LiveAction::Inform(text.clone()));
            }
            // The model ends the turns itself, and its conversation cannot be changed.
            EngineCommand::AppendAudio(_)
            | EngineCommand::Commit
            | EngineCommand::Truncate { .. }
            | EngineCommand::Delete { .. } => {}
        }
    }

    fn reply(&mut self) {
        if std::mem::take(&mut self.has_outputs) {
            self.backend = Backend::Works;
            self.actions.push_back(LiveAction::Continue);
        } else if !self.is_answer_due && self.backend == Backend::Idle {
            self.actions.push_back(LiveAction::Instruct(ANSWER_NOW.to_owned()));
        }
    }

    /// The model cannot be stopped, so the rest of its utterance is not forwarded.
    fn cancel(&mut self, response: &ResponseId, now: Instant) {
        if self.response.as_ref() != Some(response) {
            return;
        }
        if let Some(utterance) = &mut self.utterance {
            utterance.is_dropped = true;
            utterance.last_voice = utterance.last_voice.max(now);
        }
        self.finish_response(ResponseOutcome::Cancelled);
    }

    fn begin_utterance(&mut self, now: Instant) {
        let item = self.id("item");
        let is_held = self.caller.is_speaking();
        self.utterance = Some(Utterance::new(item, is_held, now));
        if !is_held {
            self.begin_response();
            self.say_early_words();
        }
    }

    fn begin_response(&mut self) {
        self.is_answer_due = false;
        if matches!(self.backend, Backend::HasResult { .. }) {
            self.backend = Backend::Idle;
        }
        if self.response.is_none() {
            let response = self.id("response");
            self.response = Some(response.clone());
            self.events.push_back(EngineEvent::ResponseStarted { response });
        }
    }

    fn say_early_words(&mut self) {
        let words = std::mem::take(&mut self.early_words);
        if !words.is_empty() {
            self.agent_words(&words, None);
        }
    }

    fn forward(&mut self, audio: EncodedAudio) {
        let (Some(utterance), Some(response)) = (&self.utterance, &self.response) else { return };
        let (response, item) = (response.clone(), utterance.item.clone());
        self.events.push_back(EngineEvent::AudioDelta { response, item, audio });
    }

    fn push_text(&mut self, item: ItemId, text: String, is_final: bool) {
        let Some(response) = self.response.clone() else { return };
        self.events.push_back(EngineEvent::AgentText { response, item, text, is_final });
    }

    fn end_utterance(&mut self) {
        let Some(utterance) = self.utterance.take() else { return };
        self.ended_ms = self.position_ms.saturating_sub(utterance.silence_ms());
        if utterance.is_dropped || utterance.is_held() {
            self.early_words.clear();
            return self.end_response();
        }
        self.events.push_back(EngineEvent::AudioDone { item: utterance.item.clone() });
        self.push_text(utterance.item, utterance.text, true);
        self.end_response();
    }

    /// Ends the response unless the backend still works for it.
    fn end_response(&mut self) {
        let is_speaking =
            self.utterance.as_ref().is_some_and(|utterance| !utterance.is_dropped && !utterance.is_held());
        if is_speaking || self.response.is_none() {
            return;
        }
        if self.waiting_calls.is_empty() && self.backend != Backend::Idle {
            return;
        }
        self.finish_response(ResponseOutcome::Completed);
    }

    /// Ends the response of which the backend has a part. The model may have said nothing in it.
    fn end_silent_response(&mut self) {
        if self.response.is_none() && !self.waiting_calls.is_empty() {
            self.begin_response();
        }
        self.end_response();
    }

    fn finish_response(&mut self, outcome: ResponseOutcome) {
        let Some(response) = self.response.take() else { return };
        for (id, call) in std::mem::take(&mut self.waiting_calls) {
            let response = response.clone();
            self.events.push_back(EngineEvent::ToolCall { response, id, call });
        }
        let usage = std::mem::take(&mut self.usage);
        self.events.push_back(EngineEvent::ResponseDone { response, outcome, usage });
    }

    fn id(&mut self, kind: &str) -> Arc<str> {
        self.numbers += 1;
        Arc::from(format!("live_{kind}_{}", self.numbers))
    }
}

const ANSWER_NOW: &str = "The caller waits for you. Answer now, to the conversation so far.";

#[cfg(test)]
mod tests;
