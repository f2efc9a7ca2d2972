//! The conversation that is sent to the model: what each side said and heard, tool calls and their outputs.

use crate::audio::BYTES_PER_MS;
use crate::call::{HistoryTurn, ItemId, LateOutput, STILL_RUNNING};
use crate::domain::{Speaker, ToolUse};
use crate::promise::{Conduct, Known};
use serde::Serialize;

/// The maximum number of messages that are kept. Beyond this number, the oldest message is dropped.
const MAX_MESSAGES: usize = 400;
/// The text for the model in place of words that could not be transcribed.
pub const UNINTELLIGIBLE: &str = "[the caller said something that could not be understood]";
/// The text for the model in place of the output of a tool that is still running.
const PENDING: &str = r#"{"error":"it has not answered yet"}"#;

/// A message for the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Information from the business's staff for the agent. These entries precede the conversation, because the
    /// templates of some models reject system messages between the messages of the two sides.
    Staff(String),
    /// The caller's words, or a note about the caller.
    Caller(String),
    /// The agent's words and its tool calls.
    Agent {
        /// The part of the agent's words that the caller heard.
        text: String,
        /// The tool calls. Their outputs follow as separate entries.
        calls: Vec<ToolRequest>,
    },
    /// A tool's output.
    ToolOutput {
        /// The id of the tool call.
        id: String,
        /// The output, as JSON.
        output: String,
    },
}

/// A tool call of the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolRequest {
    /// The id, unique within the conversation.
    pub id: String,
    /// The name of the tool.
    pub name: String,
    /// The arguments, as JSON.
    pub arguments: String,
}

/// An answer that was completed or stopped.
#[derive(Debug, Default)]
pub(super) struct AnswerMessage {
    pub(super) item: Option<ItemId>,
    pub(super) clauses: Vec<SaidClause>,
    pub(super) calls: Vec<ToolRequest>,
}

/// The part of a clause whose audio was passed on.
#[derive(Debug)]
pub(super) struct SaidClause {
    pub(super) text: String,
    /// The length of the clause's audio, in bytes of mu-law.
    pub(super) audio: u64,
}

#[derive(Debug)]
enum Message {
    Caller { item: Option<ItemId>, text: String },
    Agent(AnswerMessage),
    ToolOutput { id: String, output: String },
}

#[derive(Debug, Default)]
pub(super) struct Conversation {
    messages: Vec<Message>,
    hints: Vec<String>,
    revision: u64,
}

impl Conversation {
    pub(super) fn add_history(&mut self, history: &[HistoryTurn]) {
        for (number, turn) in history.iter().enumerate() {
            match turn.speaker {
                Speaker::Caller => self.note(turn.text.clone()),
                Speaker::Agent => self.add_answer(AnswerMessage {
                    clauses: vec![SaidClause { text: turn.text.clone(), audio: 0 }],
                    ..AnswerMessage::default()
                }),
                Speaker::Tool => {
                    if let Some(tool) = ToolUse::from_text(&turn.text) {
                        self.add_earlier_tool(number, &tool);
                    }
                }
                Speaker::System => self.hint(turn.text.clone()),
                Speaker::Employee => self.hint(turn.employee_note()),
            }
        }
    }

    /// Adds a tool call from before this engine was opened, so that the agent neither repeats nor denies it.
    fn add_earlier_tool(&mut self, number: usize, tool: &ToolUse) {
        let (id, arguments) = (format!("earlier.{number}"), tool.arguments.to_string());
        let call = ToolRequest { id: id.clone(), name: tool.name.clone(), arguments };
        self.add_answer(AnswerMessage { calls: vec![call], ..AnswerMessage::default() });
        self.tool_output(id, tool.output_for_model());
    }

    pub(super) fn hint(&mut self, text: String) {
        self.revision += 1;
        self.hints.push(text);
    }

    /// Adds a message in the caller's role that this engine did not hear: a note about the caller, pressed keys, or an
    /// earlier turn.
    pub(super) fn note(&mut self, text: String) {
        self.push(Message::Caller { item: None, text });
    }

    pub(super) fn caller_said(&mut self, item: ItemId, text: &str) {
        let text = if text.chars().any(char::is_alphanumeric) { text.trim() } else { UNINTELLIGIBLE };
        self.push(Message::Caller { item: Some(item), text: text.to_owned() });
    }

    pub(super) fn add_answer(&mut self, answer: AnswerMessage) {
        if !answer.clauses.is_empty() || !answer.calls.is_empty() {
            self.push(Message::Agent(answer));
        }
    }

    pub(super) fn tool_output(&mut self, id: String, output: String) {
        self.push(Message::ToolOutput { id, output });
    }

    /// Shortens an utterance of the agent to the part that the caller has heard. With 0, removes an utterance of the
    /// agent or of the caller.
    pub(super) fn truncate(&mut self, item: &ItemId, heard_ms: u64) {
        self.revision += 1;
        self.messages.retain(
            |message| !matches!(message, Message::Caller { item: Some(known), .. } if known == item && heard_ms == 0),
        );
        for message in &mut self.messages {
            if let Message::Agent(answer) = message
                && answer.item.as_ref() == Some(item)
            {
                answer.truncate(heard_ms);
            }
        }
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Returns the caller's last utterance, if no message follows it.
    pub(super) fn last_words(&self) -> Option<&str> {
        match self.messages.last()? {
            Message::Caller { item: Some(_), text } => Some(text),
            Message::Caller { .. } | Message::Agent(_) | Message::ToolOutput { .. } => None,
        }
    }

    /// Returns the messages for the model as if the caller had also said these words.
    pub(super) fn entries_with(&mut self, words: &str) -> Vec<Entry> {
        self.messages.push(Message::Caller { item: None, text: words.trim().to_owned() });
        let entries = self.entries();
        self.messages.pop();
        entries
    }

    /// Returns the messages for the model as if the agent had also said these words.
    pub(super) fn entries_after(&mut self, said: String) -> Vec<Entry> {
        let is_silent = said.trim().is_empty();
        let clauses = vec![SaidClause { text: said, audio: 0 }];
        self.messages.push(Message::Agent(AnswerMessage { clauses, ..AnswerMessage::default() }));
        let entries = self.entries();
        self.messages.pop();
        if is_silent { self.entries() } else { entries }
    }

    /// Returns what the agent has said and done. None if it is not known, because the staff have taken part in the call
    /// or messages were dropped.
    pub(super) fn conduct(&self, known: &Known) -> Option<Conduct> {
        if !self.hints.is_empty() || self.messages.len() == MAX_MESSAGES {
            return None;
        }
        let (mut conduct, mut running) = (known.conduct(), Vec::new());
        for (message, at) in self.messages.iter().zip(0..) {
            match message {
                Message::Agent(answer) => {
                    conduct.add(Speaker::Agent, &answer.text(), (at, Some(at)));
                    running.extend(&answer.calls);
                }
                Message::ToolOutput { output, .. } if output == STILL_RUNNING || ToolUse::is_running(output) => {}
                Message::ToolOutput { id, output } => {
                    for call in running.extract_if(.., |call| call.id == *id) {
                        conduct.add_tool(call.used(output), at);
                    }
                }
                Message::Caller { item: None, text } => {
                    let note = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or_default();
                    let Some(late) = LateOutput::from_note(note) else { continue };
                    for call in running.extract_if(.., |call| late.tool.is_none_or(|name| call.name == name)) {
                        conduct.add_tool(call.used(late.output), at);
                    }
                }
                Message::Caller { item: Some(_), .. } => {}
            }
        }
        Some(conduct)
    }

    /// Returns the messages for the model. Successive messages of one side are merged, because the templates of some
    /// models require that the sides alternate. The output of a tool directly follows its tool call.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for message in &self.messages {
            match message {
                Message::Caller { text, .. } => match entries.last_mut() {
                    Some(Entry::Caller(before)) => {
                        before.push('\n');
                        before.push_str(text);
                    }
                    _ => entries.push(Entry::Caller(text.clone())),
                },
                Message::Agent(answer) => self.add_agent(answer, &mut entries),
                Message::ToolOutput { .. } => {}
            }
        }
        if !matches!(entries.first(), Some(Entry::Caller(_))) {
            entries.insert(0, Entry::Caller(CALL_BEGAN.to_owned()));
        }
        let staff = self.hints.iter().cloned().map(Entry::Staff);
        staff.chain(entries).collect()
    }

    fn add_agent(&self, answer: &AnswerMessage, entries: &mut Vec<Entry>) {
        let text = answer.text();
        if text.is_empty() && answer.calls.is_empty() {
            return;
        }
        if let Some(Entry::Agent { text: before, calls }) = entries.last_mut()
            && calls.is_empty()
        {
            before.push(' ');
            before.push_str(&text);
            calls.clone_from(&answer.calls);
        } else {
            entries.push(Entry::Agent { text, calls: answer.calls.clone() });
        }
        let output = |id: &str| {
            let output = self.messages.iter().find_map(|message| match message {
                Message::ToolOutput { id: known, output } if known == id => Some(output.clone()),
                _ => None,
            });
            output.unwrap_or_else(|| PENDING.to_owned())
        };
        let outputs =
            answer.calls.iter().map(|call| Entry::ToolOutput { id: call.id.clone(), output: output(&call.id) });
        entries.extend(outputs);
    }

    fn push(&mut self, message: Message) {
        self.revision += 1;
        if self.messages.len() == MAX_MESSAGES {
            self.messages.remove(0);
        }
        self.messages.push(message);
    }
}

impl ToolRequest {
    fn used(&self, output: &str) -> ToolUse {
        ToolUse::new(&self.name, &self.arguments).with_output(output)
    }
}

impl AnswerMessage {
    fn text(&self) -> String {
        let text: String = self.clauses.iter().map(|clause| clause.text.as_str()).collect();
        text.trim().to_owned()
    }

    /// Keeps only the words whose audio was heard.
    pub(super) fn truncate(&mut self, heard_ms: u64) {
        let mut heard = heard_ms.saturating_mul(BYTES_PER_MS);
        for clause in &mut self.clauses {
            if heard < clause.audio {
                clause.text = first_words(&clause.text, heard, clause.audio).to_owned();
                clause.audio = heard;
            }
            heard -= clause.audio;
        }
        self.clauses.retain(|clause| !clause.text.trim().is_empty());
    }
}

/// Returns the part of a text in the proportion of `part` to `whole`, rounded down to whole words.
pub(super) fn first_words(text: &str, part: u64, whole: u64) -> &str {
    if part >= whole {
        return text;
    }
    let letters = text.chars().count() as u64;
    let keep = usize::try_from(letters.saturating_mul(part) / whole).unwrap_or(0);
    let end = text.char_indices().nth(keep).map_or(text.len(), |(at, _)| at);
    let is_word_end = text[end..].chars().next().is_none_or(char::is_whitespace);
    if is_word_end { &text[..end] } else { &text[..text[..end].rfind(char::is_whitespace).unwrap_or(0)] }
}

/// The first message if the agent starts the conversation: the templates of some models require a message of the user
/// first.
const CALL_BEGAN: &str = "[the call has begun]";
