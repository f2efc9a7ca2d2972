//! An answer of the agent: the model's text, divided into clauses, and the audio of the clauses in order.

use super::action::{Action, ClauseId};
use super::claims::Checker;
use super::clause::{Clause, ClauseState};
use super::clauses::{ClauseSplitter, ends_sentence};
use super::conversation::{AnswerMessage, SaidClause, ToolRequest};
use crate::audio::{BYTES_PER_MS, EncodedAudio};
use crate::call::{EngineEvent, ItemId, ResponseId, ResponseOutcome, ToolCall, Usage};
use crate::promise::{CheckResult, FalseClaim, Words};
use std::collections::VecDeque;
use std::time::Duration;

/// The maximum number of syntheses at the same time, because services limit them. With two, the next clause is ready when
/// the current clause ends.
const MAX_OPEN: usize = 2;

#[derive(Debug)]
pub(super) struct Answer {
    /// The number of the answer in the pipeline, from 1.
    pub(super) number: u64,
    pub(super) response: ResponseId,
    pub(super) item: ItemId,
    /// The number of the newest request to the model.
    pub(super) request: u64,
    /// The instructions for this answer alone.
    pub(super) instructions: Option<String>,
    /// How many milliseconds of the answer the caller heard; none if the answer was not truncated.
    pub(super) heard_ms: Option<u64>,
    splitter: ClauseSplitter,
    /// Whether the model has sent text.
    has_text: bool,
    clauses: Vec<Clause>,
    /// The number of clauses that contain no false claim. Only these may be spoken.
    checked: usize,
    /// The false claim of the clause after them, if any.
    stopped: Option<FalseClaim>,
    /// True once the model was asked again because of a false claim.
    is_corrected: bool,
    /// The index of the clause whose audio is being passed on. Earlier clauses are complete.
    current: usize,
    calls: Vec<(ToolRequest, ToolCall)>,
    model: Option<(ResponseOutcome, Usage)>,
    /// The usage of the requests before the newest request.
    usage: Usage,
    /// The number of audio bytes that were passed on since `take_passed_on` was last used.
    passed_on: u64,
}

impl Answer {
    pub(super) fn new(engine: &str, number: u64, request: u64, instructions: Option<String>) -> Self {
        Self {
            number,
            response: format!("{engine}.answer.{number}").into(),
            item: format!("{engine}.agent.{number}").into(),
            request,
            instructions,
            heard_ms: None,
            splitter: ClauseSplitter::default(),
            has_text: false,
            clauses: Vec::new(),
            checked: 0,
            stopped: None,
            is_corrected: false,
            current: 0,
            calls: Vec::new(),
            model: None,
            usage: Usage::default(),
            passed_on: 0,
        }
    }

    pub(super) fn has_text(&self) -> bool {
        self.has_text
    }

    /// Returns true if a clause was sent to the synthesiser.
    pub(super) fn has_spoken(&self) -> bool {
        self.clauses.iter().any(Clause::was_opened)
    }

    pub(super) fn add_text(&mut self, text: &str) {
        self.has_text |= !text.is_empty();
        let complete = self.splitter.push(text);
        self.add_clauses(complete);
    }

    fn add_clauses(&mut self, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            let is_spoken = text.chars().any(char::is_alphanumeric);
            match self.clauses.last_mut().filter(|_| !is_spoken) {
                Some(last) => last.text.push_str(&text),
                None => self.clauses.push(Clause::new(text, is_spoken)),
            }
        }
    }

    pub(super) fn add_call(&mut self, name: String, arguments: String, call: ToolCall) {
        // The ids of some servers are missing or duplicated, so the pipeline assigns its own ids.
        let id = format!("{}.call.{}", self.response, self.calls.len() + 1);
        self.calls.push((ToolRequest { id, name, arguments }, call));
    }

    pub(super) fn model_done(&mut self, outcome: ResponseOutcome, usage: Usage) {
        let rest = self.splitter.finish();
        // An incomplete text may end in the middle of a word, so its last part is not spoken.
        if outcome == ResponseOutcome::Completed {
            self.add_clauses(rest);
        } else {
            self.calls.clear();
        }
        self.model.get_or_insert((outcome, usage));
    }

    /// Returns true if the model has finished the answer by itself.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.model, Some((ResponseOutcome::Completed, _)))
    }

    pub(super) fn is_model_done(&self) -> bool {
        self.model.is_some()
    }

    /// Returns another synthesis of the clause, which must be stopped because its audio is not needed.
    pub(super) fn add_audio(&mut self, clause: ClauseId, audio: EncodedAudio) -> Option<ClauseId> {
        let other = self.open(clause)?.add_audio(clause.copy, audio)?;
        Some(clause.with_copy(other))
    }

    pub(super) fn clause_done(&mut self, clause: ClauseId) {
        if let Some(open) = self.open(clause) {
            open.done(clause.copy);
        }
    }

    /// Returns true if no other synthesis of the clause is running.
    pub(super) fn is_last_copy(&mut self, clause: ClauseId) -> bool {
        self.open(clause).is_some_and(|open| open.syntheses() == 1)
    }

    /// Returns true if the answer has failed; otherwise the clause may be synthesised again.
    pub(super) fn clause_failed(&mut self, clause: ClauseId) -> bool {
        self.open(clause).is_some_and(|open| open.failed(clause.copy))
    }

    fn open(&mut self, id: ClauseId) -> Option<&mut Clause> {
        let index = usize::try_from(id.index).ok().filter(|_| id.answer == self.number)?;
        self.clauses.get_mut(index).filter(|clause| clause.is_running(id.copy))
    }

    /// Returns the next synthesis to start, of a clause that contains no false claim. With `is_twice`, the first clause
    /// is synthesised twice, and the audio that arrives first is used.
    pub(super) fn poll_speak(&mut self, checker: Checker<'_>, is_twice: bool) -> Option<Action> {
        self.check(checker);
        let mut clauses = self.clauses.iter_mut().enumerate();
        let copy = clauses.find_map(|(index, clause)| Some((index, clause.next_copy()?)));
        let (index, copy) = copy.or_else(|| self.open_next(is_twice))?;
        let id = ClauseId { answer: self.number, index: index as u64, copy };
        let (before, text) = (self.sentence_before(index), self.clauses[index].text.trim().to_owned());
        Some(Action::Speak { clause: id, before, text })
    }

    /// Returns the text of the sentence of a clause up to the clause.
    fn sentence_before(&self, clause: usize) -> String {
        let last = self.clauses[..clause].iter().rposition(|clause| ends_sentence(&clause.text));
        self.text_of(last.map_or(0, |last| last + 1)..clause).trim().to_owned()
    }

    fn open_next(&mut self, is_twice: bool) -> Option<(usize, u8)> {
        let open: usize = self.clauses.iter().map(Clause::syntheses).sum();
        if open >= MAX_OPEN {
            return None;
        }
        let index = self.clauses[..self.checked].iter().position(|clause| clause.state == ClauseState::Waiting)?;
        let is_first = !self.has_spoken();
        Some((index, self.clauses[index].open(is_twice && is_first)))
    }

    /// A speculative answer uses this function, so that only its first clause is synthesised.
    pub(super) fn poll_speak_first(&mut self, checker: Checker<'_>, is_twice: bool) -> Option<Action> {
        let is_next = !self.has_spoken() || self.clauses.iter().any(Clause::needs_copy);
        if is_next { self.poll_speak(checker, is_twice) } else { None }
    }

    /// Checks the new clauses. A clause whose sentence is not complete may have to wait for the next one.
    fn check(&mut self, checker: Checker<'_>) {
        while self.stopped.is_none() && self.checked < self.clauses.len() {
            let before = self.text_of(0..self.checked);
            let mut results = (self.checked + 1..=self.clauses.len()).map(|end| {
                let is_end = self.is_model_done() && end == self.clauses.len();
                checker.result(Words { before: &before, text: &self.text_of(self.checked..end), is_end })
            });
            match results.find(|result| *result != CheckResult::Undecided) {
                Some(CheckResult::Clean) => self.checked += 1,
                Some(CheckResult::False(claim)) => self.stopped = Some(claim),
                Some(CheckResult::Undecided) | None => return,
            }
        }
    }

    fn text_of(&self, clauses: std::ops::Range<usize>) -> String {
        self.clauses[clauses].iter().map(|clause| clause.text.as_str()).collect()
    }

    /// Once the model is done, drops the clause with a false claim and all after it, and returns the claim and this text.
    pub(super) fn take_stopped(&mut self) -> Option<(FalseClaim, String)> {
        self.model.as_ref()?;
        let claim = self.stopped.take()?;
        let dropped = self.clauses.drain(self.checked..).map(|clause| clause.text).collect();
        Some((claim, dropped))
    }

    /// Returns true if the answer calls a tool whose output another answer follows. The call must not end before.
    pub(super) fn runs_tool(&mut self) -> bool {
        let is_run = |(_, call): &(ToolRequest, ToolCall)| matches!(call, ToolCall::Run { .. });
        let runs = self.calls.iter().any(is_run);
        self.calls.retain(is_run);
        runs
    }

    /// Continues the answer with that of another request. Returns what it has said so far; none if the model was asked
    /// again before, or has failed.
    pub(super) fn continue_with(&mut self, request: u64) -> Option<String> {
        let Some((ResponseOutcome::Completed, usage)) = self.model else { return None };
        if std::mem::replace(&mut self.is_corrected, true) {
            return None;
        }
        self.usage = total(self.usage, usage);
        (self.model, self.request) = (None, request);
        self.calls.clear();
        let said = self.text_of(0..self.clauses.len());
        self.splitter = ClauseSplitter::default();
        if !said.is_empty() && !said.ends_with(char::is_whitespace) {
            self.add_text(" ");
        }
        Some(said)
    }

    /// Ends the answer with a built-in sentence, which is not checked.
    pub(super) fn end_with(&mut self, sentence: &str) {
        let space = if self.clauses.is_empty() { "" } else { " " };
        self.add_clauses([format!("{space}{sentence}")]);
        self.checked = self.clauses.len();
    }

    /// Returns all syntheses that are running.
    pub(super) fn open_clauses(&self) -> impl Iterator<Item = ClauseId> {
        let (answer, clauses) = (self.number, (0..).zip(&self.clauses));
        clauses.flat_map(move |(index, clause)| clause.running().map(move |copy| ClauseId { answer, index, copy }))
    }

    /// Emits the audio in the order of the clauses, each clause with its text.
    pub(super) fn poll_events(&mut self, events: &mut VecDeque<EngineEvent>) {
        while let Some(clause) = self.clauses.get_mut(self.current) {
            for audio in clause.waiting.drain(..) {
                self.passed_on += audio.len() as u64;
                let (response, item) = (self.response.clone(), self.item.clone());
                events.push_back(EngineEvent::AudioDelta { response, item, audio });
            }
            let is_done = clause.state == ClauseState::Done;
            if let Some(text) = clause.take_text() {
                let (response, item) = (self.response.clone(), self.item.clone());
                events.push_back(EngineEvent::AgentText { response, item, text, is_final: false });
            }
            if !is_done {
                return;
            }
            self.current += 1;
        }
    }

    pub(super) fn take_passed_on(&mut self) -> Duration {
        Duration::from_millis(std::mem::take(&mut self.passed_on) / BYTES_PER_MS)
    }

    pub(super) fn outcome(&self) -> Option<(ResponseOutcome, Usage)> {
        let is_done = self.stopped.is_none() && self.clauses.iter().all(|clause| clause.state == ClauseState::Done);
        let (outcome, usage) = self.model.as_ref().filter(|_| is_done)?;
        Some((outcome.clone(), total(self.usage, *usage)))
    }

    pub(super) fn finish_events(&self, events: &mut VecDeque<EngineEvent>) {
        let (response, item) = (&self.response, &self.item);
        let text = self.text_of(0..self.clauses.len());
        if self.clauses.iter().any(|clause| clause.audio > 0) {
            events.push_back(EngineEvent::AudioDone { item: item.clone() });
            let (response, text) = (response.clone(), text.trim().to_owned());
            events.push_back(EngineEvent::AgentText { response, item: item.clone(), text, is_final: true });
        }
        for (request, call) in &self.calls {
            let (response, call) = (response.clone(), call.clone());
            events.push_back(EngineEvent::ToolCall { response, id: request.id.clone(), call });
        }
    }

    /// The tool calls of an incomplete answer are dropped, because they were not run.
    pub(super) fn into_message(self, is_complete: bool) -> AnswerMessage {
        let said = self.clauses.into_iter().take(self.current + 1).filter_map(|mut clause| {
            clause.text.truncate(clause.passed_on);
            (clause.passed_on > 0).then_some(SaidClause { text: clause.text, audio: clause.audio })
        });
        let calls = if is_complete { self.calls.into_iter().map(|(call, _)| call).collect() } else { Vec::new() };
        let mut message = AnswerMessage { item: Some(self.item), clauses: said.collect(), calls };
        if let Some(heard_ms) = self.heard_ms {
            message.truncate(heard_ms);
        }
        message
    }
}

fn total(one: Usage, other: Usage) -> Usage {
    Usage {
        tokens_in: one.tokens_in + other.tokens_in,
        tokens_out: one.tokens_out + other.tokens_out,
        cost_micros: one.cost_micros + other.cost_micros,
    }
}
