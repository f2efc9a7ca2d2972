//! The conversation as the model sees it: what was said and heard, tool calls and their outputs.

use crate::audio::BYTES_PER_MS;
use crate::call::{HistoryTurn, ItemId};
use crate::domain::{Speaker, ToolUse};

/// The most messages that are kept; the oldest ones are dropped.
const MAX_MESSAGES: usize = 400;
/// For the model, in place of words that were not understood.
pub(super) const UNINTELLIGIBLE: &str = "[the caller said something that could not be understood]";
/// The output of a tool that has not returned.
const PENDING: &str = r#"{"error":"it has not answered yet"}"#;

/// One message for the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// What the business's staff tell the agent. These come first, because the templates of some models take no other
    /// messages of the system between those of the two sides.
    Staff(String),
    /// The caller's words, or a note about the caller.
    Caller(String),
    /// The agent's words and its tool calls.
    Agent {
        /// What the caller heard of them.
        text: String,
        /// The tool calls; their outputs follow.
        calls: Vec<ToolRequest>,
    },
    /// A tool's output.
    ToolOutput {
        /// The tool call.
        id: String,
        /// JSON.
        output: String,
    },
}

/// A tool call of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRequest {
    /// Unique in the conversation.
    pub id: String,
    /// The tool.
    pub name: String,
    /// JSON.
    pub arguments: String,
}

/// An answer that is complete or was stopped.
#[derive(Debug, Default)]
pub(super) struct AnswerMessage {
    pub(super) item: Option<ItemId>,
    pub(super) clauses: Vec<SaidClause>,
    pub(super) calls: Vec<ToolRequest>,
}

/// A clause as far as its audio was passed on.
#[derive(Debug)]
pub(super) struct SaidClause {
    pub(super) text: String,
    /// The length of its audio, in bytes of mu-law.
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
    /// What the business's staff have said to the agent.
    hints: Vec<String>,
    /// Counts the changes.
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
            }
        }
    }

    /// What the agent has done is part of the conversation: it is not done again, and not denied.
    fn add_earlier_tool(&mut self, number: usize, tool: &ToolUse) {
        let Some(output) = &tool.output else { return };
        let (id, arguments) = (format!("earlier.{number}"), tool.arguments.to_string());
        let call = ToolRequest { id: id.clone(), name: tool.name.clone(), arguments };
        self.add_answer(AnswerMessage { calls: vec![call], ..AnswerMessage::default() });
        self.tool_output(id, output.to_string());
    }

    /// Adds what the business's staff tell the agent.
    pub(super) fn hint(&mut self, text: String) {
        self.revision += 1;
        self.hints.push(text);
    }

    /// Adds a text about the caller.
    pub(super) fn note(&mut self, text: String) {
        self.push(Message::Caller { item: None, text });
    }

    /// Adds an utterance of the caller.
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

    /// The caller has heard only the beginning of an utterance. With 0, an utterance of either side is removed.
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

    /// Counts the changes.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// What the caller said last, if nothing followed it.
    pub(super) fn last_words(&self) -> Option<&str> {
        match self.messages.last()? {
            Message::Caller { item: Some(_), text } => Some(text),
            Message::Caller { .. } | Message::Agent(_) | Message::ToolOutput { .. } => None,
        }
    }

    /// The messages for the model as they would be if the caller had said this.
    pub(super) fn entries_with(&mut self, words: &str) -> Vec<Entry> {
        self.messages.push(Message::Caller { item: None, text: words.trim().to_owned() });
        let entries = self.entries();
        self.messages.pop();
        entries
    }

    /// The messages for the model. Neighbouring messages of one side are one, because the templates of some models
    /// require that the sides alternate; the output of a tool follows its call directly.
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
        let text: String = answer.clauses.iter().map(|clause| clause.text.as_str()).collect();
        let text = text.trim().to_owned();
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

impl AnswerMessage {
    /// Keeps the words whose audio was heard.
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

/// The part of a text in proportion to `part` of `whole`: whole words, rounded down.
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

/// A conversation that the agent begins; the templates of some models require that the user does.
const CALL_BEGAN: &str = "[the call has begun]";
