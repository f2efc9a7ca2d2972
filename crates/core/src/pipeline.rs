//! A voice engine that combines a transcriber, a language model and a speech synthesiser, as a state machine without
//! I/O.
//!
//! The pipeline emits the same events to the call session as a speech-to-speech engine. Its driver reports the events
//! of the three parts, performs the actions of [`Pipeline::poll_action`], and returns the events of
//! [`Pipeline::poll_event`] to the session. The session decides when the agent replies and when the agent is
//! interrupted. The pipeline decides whether the caller's sentence is complete, stores the conversation, splits the
//! answer into clauses, and orders their audio.

mod action;
mod answer;
mod claims;
mod clause;
mod clauses;
mod conversation;
mod duplicates;
mod event;
mod listener;
mod log;
mod speculation;

use crate::call::{EngineCommand, EngineEvent, HistoryTurn, ItemId, ResponseOutcome, ResponseRequest, Usage};
pub use crate::promise::ClaimCheck;
pub use action::{Action, ClauseId};
use answer::Answer;
use claims::Checker;
use conversation::Conversation;
pub use conversation::{Entry, ToolRequest, UNINTELLIGIBLE};
use duplicates::Duplicates;
pub use event::{ModelEvent, SpeechEvent, TranscriberEvent};
use listener::{AudioChange, Listener};
pub use log::{PipelineInput, PipelineOutput, PipelineStep};
use serde::{Deserialize, Serialize};
use speculation::Speculation;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The parameters of a new pipeline.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// The prefix of the ids of utterances and answers. It must differ from the prefixes of the call's other engines.
    pub id: String,
    /// The conversation so far.
    pub history: Vec<HistoryTurn>,
    /// Messages to the model about the caller, before the conversation.
    pub notes: Vec<String>,
    /// The silence after which the pipeline requests the end of an utterance that the transcriber has not ended,
    /// whatever the words of the utterance are.
    pub max_pause: Duration,
    /// Whether answers are requested before the caller's turn has certainly ended.
    pub speculates: bool,
    /// Whether requests are sent twice when the caller already waits, so that the faster response is used.
    pub duplicates: bool,
    /// How the agent's words are checked before they are spoken; none if they are not checked.
    pub claims: Option<ClaimCheck>,
}

/// The pipeline engine of one call, without its connections to the three services.
#[derive(Debug)]
pub struct Pipeline {
    id: String,
    listener: Listener,
    conversation: Conversation,
    answer: Option<Answer>,
    claims: Option<ClaimCheck>,
    /// None if answers are not requested in advance.
    speculation: Option<Speculation>,
    duplicates: Duplicates,
    answers: u64,
    requests: u64,
    /// When the caller will have heard the audio that was passed on, if the playback is not stopped.
    audible_until: Option<Instant>,
    events: VecDeque<EngineEvent>,
    actions: VecDeque<Action>,
}

impl Pipeline {
    /// Creates a pipeline without an open turn.
    pub fn new(start: Start) -> Self {
        let Start { id, history, notes, max_pause, speculates, duplicates, claims } = start;
        let mut conversation = Conversation::default();
        for note in notes {
            conversation.note(note);
        }
        conversation.add_history(&history);
        Self {
            listener: Listener::new(&id, max_pause),
            id,
            conversation,
            answer: None,
            claims,
            speculation: speculates.then(Speculation::default),
            duplicates: Duplicates::new(duplicates),
            answers: 0,
            requests: 0,
            audible_until: None,
            events: VecDeque::new(),
            actions: VecDeque::new(),
        }
    }

    /// Returns the next event for the session.
    pub fn poll_event(&mut self) -> Option<EngineEvent> {
        self.events.pop_front()
    }

    /// Returns the next action for the driver.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Records that a piece of the caller's audio, with this length in milliseconds, was sent to the transcriber.
    pub fn handle_audio(&mut self, ms: u64, is_voice: bool, now: Instant) {
        match self.listener.audio(ms, is_voice) {
            Some(AudioChange::EndUtterance) => self.actions.push_back(Action::EndUtterance),
            Some(AudioChange::TurnOver) => self.listener.end(&mut self.conversation, &mut self.events),
            None => {}
        }
        if !self.is_agent_audible(now) {
            self.speculate();
        }
    }

    fn is_agent_audible(&self, now: Instant) -> bool {
        self.audible_until.is_some_and(|until| until > now) || self.answer.is_some()
    }

    /// Handles a command of the session. The driver sends [`EngineCommand::AppendAudio`] to the transcriber itself.
    pub fn handle_command(&mut self, command: &EngineCommand, now: Instant) {
        match command {
            EngineCommand::AppendAudio(_) => {}
            EngineCommand::Commit => {
                self.actions.push_back(Action::EndUtterance);
                self.listener.commit(&mut self.conversation, &mut self.events);
            }
            EngineCommand::Keys(keys) => self.conversation.note(format!("[the caller pressed the keys {keys}]")),
            EngineCommand::Respond(request) => self.respond(request, now),
            EngineCommand::Cancel { response } => {
                if self.answer.as_ref().is_some_and(|answer| answer.response == *response) {
                    self.stop_answer();
                    self.end_answer(ResponseOutcome::Cancelled, Usage::default());
                }
            }
            EngineCommand::Truncate { item, heard_ms } => self.truncate(item, *heard_ms),
            EngineCommand::Delete { item } => self.truncate(item, 0),
            EngineCommand::Hint(text) => self.conversation.hint(text.clone()),
            EngineCommand::Note(text) => self.conversation.note(format!("[{text}]")),
            EngineCommand::ToolOutput { id, output } => self.conversation.tool_output(id.clone(), output.clone()),
        }
    }

    /// Handles a report of the transcriber.
    pub fn handle_transcriber_event(&mut self, event: TranscriberEvent, now: Instant) {
        let is_agent_audible = self.is_agent_audible(now);
        self.listener.transcriber_event(event, is_agent_audible, &mut self.conversation, &mut self.events);
        if !is_agent_audible {
            self.revise_guess();
            self.speculate();
        }
    }

    /// Handles an event of the model for this request.
    pub fn handle_model(&mut self, request: u64, event: ModelEvent, now: Instant) {
        if self.guess().is_some_and(|guess| guess.request == request) {
            return self.guess_model(event);
        }
        let is_open = |answer: &&mut Answer| answer.request == request && !answer.is_model_done();
        let Some(answer) = self.answer.as_mut().filter(is_open) else { return };
        match event {
            ModelEvent::Activity => self.events.push_back(EngineEvent::Activity),
            ModelEvent::Text(text) => {
                let is_first = !answer.has_text();
                answer.add_text(&text);
                let is_first = is_first && answer.has_text();
                self.events.push_back(if is_first { EngineEvent::FirstToken } else { EngineEvent::Activity });
            }
            ModelEvent::ToolCall { name, arguments, call } => answer.add_call(name, arguments, call),
            ModelEvent::Done { is_complete, is_filtered, usage } => {
                let outcome = match (is_complete, is_filtered) {
                    (true, _) => ResponseOutcome::Completed,
                    (false, true) => ResponseOutcome::Filtered,
                    (false, false) => ResponseOutcome::Incomplete,
                };
                answer.model_done(outcome, usage);
            }
            ModelEvent::Failed { retry: false, reason, .. } => return self.fail(false, reason),
            ModelEvent::Failed { retry_after, reason, .. } => {
                let outcome = ResponseOutcome::Failed { retry_after, reason: reason.into() };
                answer.model_done(outcome, Usage::default());
            }
        }
        self.advance(now);
    }

    /// Handles an event of the synthesiser for this clause.
    pub fn handle_speech(&mut self, clause: ClauseId, event: SpeechEvent, now: Instant) {
        if self.guess().is_some_and(|guess| guess.number == clause.answer) {
            return self.guess_speech(clause, event);
        }
        let Some(answer) = &mut self.answer else { return };
        match event {
            SpeechEvent::Audio(audio) => stop_speech(answer.add_audio(clause, audio), &mut self.actions),
            SpeechEvent::Done => answer.clause_done(clause),
            SpeechEvent::Failed { retry: false, reason, .. } if answer.is_last_copy(clause) => {
                return self.fail(false, reason);
            }
            SpeechEvent::Failed { retry_after, reason, .. } => {
                if answer.clause_failed(clause) {
                    self.stop_answer();
                    let outcome = ResponseOutcome::Failed { retry_after, reason: reason.into() };
                    return self.end_answer(outcome, Usage::default());
                }
            }
        }
        self.advance(now);
    }

    /// Reports to the session that one of the parts has failed, or that its connection is lost.
    pub fn fail(&mut self, retry: bool, reason: String) {
        self.drop_guess();
        self.stop_answer();
        self.answer = None;
        self.listener.pass_on_rest(&mut self.events);
        self.events.push_back(EngineEvent::Failed { retry, reason });
    }

    fn respond(&mut self, request: &ResponseRequest, now: Instant) {
        if self.answer.is_some() {
            return self.events.push_back(EngineEvent::Warning { code: ALREADY_ACTIVE.into() });
        }
        let (guess, instructions) = match request {
            ResponseRequest::Reply => (self.take_guess(), None),
            ResponseRequest::Instructed(what) => {
                self.drop_guess();
                (None, Some(what.clone()))
            }
        };
        let answer = guess.unwrap_or_else(|| self.ask(instructions, self.conversation.entries()));
        self.events.push_back(EngineEvent::ResponseStarted { response: answer.response.clone() });
        // The model may have begun to answer before the turn had ended.
        self.events.extend(answer.has_text().then_some(EngineEvent::FirstToken));
        self.events.extend(answer.has_spoken().then_some(EngineEvent::SpeechRequested));
        self.answer = Some(answer);
        self.advance(now);
    }

    fn ask(&mut self, instructions: Option<String>, conversation: Vec<Entry>) -> Answer {
        self.answers += 1;
        self.requests += 1;
        let answer = Answer::new(&self.id, self.answers, self.requests, instructions.clone());
        // The caller does not wait for an answer that the session requests with instructions.
        let waited_ms = self.listener.silent_ms().filter(|_| instructions.is_none());
        let is_twice = self.duplicates.asks_twice(waited_ms);
        self.actions.push_back(Action::Ask { request: self.requests, instructions, conversation, is_twice });
        answer
    }

    /// Requests an answer in advance (speculatively) if the caller has probably finished the turn.
    fn speculate(&mut self) {
        let Some(speculation) = &self.speculation else { return };
        let Some(words) = self.listener.settled_words().filter(|_| speculation.may_ask()) else { return };
        let (words, revision) = (words.to_owned(), self.conversation.revision());
        let conversation = self.conversation.entries_with(&words);
        let answer = self.ask(None, conversation);
        if let Some(speculation) = &mut self.speculation {
            speculation.asked(answer, &words, revision);
        }
    }

    fn revise_guess(&mut self) {
        let Some(speculation) = &mut self.speculation else { return };
        if let Some(guess) = self.listener.words_so_far().and_then(|words| speculation.revise(words)) {
            self.discard(&guess);
        }
    }

    fn guess(&mut self) -> Option<&mut Answer> {
        self.speculation.as_mut()?.answer()
    }

    /// A failure is not reported, because the answer is requested again when the turn has ended.
    fn guess_model(&mut self, event: ModelEvent) {
        let Some(guess) = self.speculation.as_mut().and_then(Speculation::answer) else { return };
        match event {
            ModelEvent::Activity => {}
            ModelEvent::Text(text) => guess.add_text(&text),
            ModelEvent::ToolCall { name, arguments, call } => guess.add_call(name, arguments, call),
            ModelEvent::Done { is_complete: true, usage, .. } => guess.model_done(ResponseOutcome::Completed, usage),
            ModelEvent::Done { is_complete: false, .. } | ModelEvent::Failed { .. } => {
                guess.model_done(ResponseOutcome::Incomplete, Usage::default());
                return self.drop_guess();
            }
        }
        let checker = Checker { check: self.claims.as_ref(), conversation: &self.conversation };
        let is_twice = self.duplicates.speaks_twice(self.listener.silent_ms());
        self.actions.extend(std::iter::from_fn(|| guess.poll_speak_first(checker, is_twice)));
    }

    fn guess_speech(&mut self, clause: ClauseId, event: SpeechEvent) {
        let Some(guess) = self.speculation.as_mut().and_then(Speculation::answer) else { return };
        match event {
            SpeechEvent::Audio(audio) => stop_speech(guess.add_audio(clause, audio), &mut self.actions),
            SpeechEvent::Done => guess.clause_done(clause),
            SpeechEvent::Failed { .. } => {
                if guess.clause_failed(clause) {
                    self.drop_guess();
                }
            }
        }
    }

    fn drop_guess(&mut self) {
        if let Some(guess) = self.speculation.as_mut().and_then(Speculation::discard) {
            self.discard(&guess);
        }
    }

    fn discard(&mut self, guess: &Answer) {
        stop(guess, &mut self.actions);
        self.duplicates.discarded();
    }

    fn take_guess(&mut self) -> Option<Answer> {
        let (words, revision) = (self.conversation.last_words(), self.conversation.revision());
        let (guess, fits) = self.speculation.as_mut()?.take(words, revision)?;
        if !fits {
            self.discard(&guess);
        }
        fits.then_some(guess)
    }

    fn truncate(&mut self, item: &ItemId, heard_ms: u64) {
        self.audible_until = None;
        match &mut self.answer {
            Some(answer) if answer.item == *item => answer.heard_ms = Some(heard_ms),
            _ => self.conversation.truncate(item, heard_ms),
        }
    }

    fn advance(&mut self, now: Instant) {
        self.speak();
        self.correct();
        let Some(answer) = &mut self.answer else { return };
        answer.poll_events(&mut self.events);
        let new = answer.take_passed_on();
        if new > Duration::ZERO {
            self.audible_until = Some(self.audible_until.filter(|until| *until > now).unwrap_or(now) + new);
        }
        if let Some((outcome, usage)) = answer.outcome() {
            self.end_answer(outcome, usage);
        }
    }

    fn speak(&mut self) {
        let Some(answer) = &mut self.answer else { return };
        let checker = Checker { check: self.claims.as_ref(), conversation: &self.conversation };
        let waited_ms = self.listener.silent_ms().filter(|_| answer.instructions.is_none());
        let is_twice = self.duplicates.speaks_twice(waited_ms);
        let had_spoken = answer.has_spoken();
        while let Some(action) = answer.poll_speak(checker, is_twice) {
            self.actions.push_back(action);
        }
        self.events.extend((!had_spoken && answer.has_spoken()).then_some(EngineEvent::SpeechRequested));
    }

    /// Replaces the part of an answer that begins with a false claim. If the answer also calls a tool, the reply to the
    /// tool's output says what was done. Otherwise the model is asked again once, and then a built-in sentence is spoken.
    fn correct(&mut self) {
        let (Some(answer), Some(check)) = (&mut self.answer, &self.claims) else { return };
        let Some((claim, said)) = answer.take_stopped() else { return };
        self.events.push_back(EngineEvent::ClaimStopped { promise: claim.promise });
        if answer.runs_tool() {
            return;
        }
        if let Some(before) = answer.continue_with(self.requests + 1) {
            self.requests += 1;
            let correction = claim.correction(false);
            let instructions = match &answer.instructions {
                Some(instructions) => format!("{instructions}\n\n{correction}"),
                None => correction,
            };
            let conversation = self.conversation.entries_after(before);
            let is_twice = self.duplicates.asks_twice(None);
            let (request, instructions) = (self.requests, Some(instructions));
            return self.actions.push_back(Action::Ask { request, instructions, conversation, is_twice });
        }
        if answer.is_complete() {
            answer.end_with(check.sentence(claim, &said));
        }
        self.speak();
    }

    fn stop_answer(&mut self) {
        if let Some(answer) = &self.answer {
            stop(answer, &mut self.actions);
        }
    }

    fn end_answer(&mut self, outcome: ResponseOutcome, usage: Usage) {
        let Some(answer) = self.answer.take() else { return };
        let response = answer.response.clone();
        let is_completed = outcome == ResponseOutcome::Completed;
        if is_completed {
            answer.finish_events(&mut self.events);
        }
        self.conversation.add_answer(answer.into_message(is_completed));
        let usage = Usage { tokens_in: self.duplicates.tokens_in(usage.tokens_in), ..usage };
        self.events.push_back(EngineEvent::ResponseDone { response, outcome, usage });
    }
}

/// Stops the model and the synthesiser as far as they still work for an answer.
fn stop(answer: &Answer, actions: &mut VecDeque<Action>) {
    if !answer.is_model_done() {
        actions.push_back(Action::StopModel);
    }
    stop_speech(answer.open_clauses(), actions);
}

fn stop_speech(clauses: impl IntoIterator<Item = ClauseId>, actions: &mut VecDeque<Action>) {
    actions.extend(clauses.into_iter().map(|clause| Action::StopSpeech { clause }));
}

/// The error code for a second concurrent response. It is OpenAI's code, which the session handles for all engines.
const ALREADY_ACTIVE: &str = "conversation_already_has_active_response";

#[cfg(test)]
mod tests;
