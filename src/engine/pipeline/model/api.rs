//! The two APIs of language models: the Responses API and chat completions.

use crate::agent::tool::ToolRegistry;
use crate::pipeline::Entry;
use crate::providers::openai::ChatRole;
use crate::providers::openai::chat::{self, ChatEvent, ChatFields, ChatStream};
use crate::providers::openai::response_stream::{self as responses, ResponseStream};
use crate::providers::openai::sse::StreamError;
use serde_json::Value;
use std::sync::Arc;

#[derive(Clone, Copy, Debug)]
pub(super) enum Api {
    Chat,
    Responses,
}

pub(super) enum AnswerStream {
    Chat(ChatStream),
    Responses(ResponseStream),
}

impl Api {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Responses => "responses",
        }
    }

    pub(super) fn functions(self, tools: &ToolRegistry) -> Arc<[Value]> {
        let definitions = tools.definitions();
        definitions.iter().map(|tool| self.function(&tool.name, &tool.description, &tool.parameters)).collect()
    }

    fn function(self, name: &str, description: &str, parameters: &Value) -> Value {
        match self {
            Self::Chat => chat::function(name, description, parameters),
            Self::Responses => responses::function(name, description, parameters),
        }
    }

    /// Leaves out hints from staff, which are part of the instructions.
    pub(super) fn messages(self, conversation: &[Entry]) -> Vec<Value> {
        conversation.iter().flat_map(|entry| self.entry(entry)).collect()
    }

    fn entry(self, entry: &Entry) -> Vec<Value> {
        match (self, entry) {
            (_, Entry::Staff(_)) => Vec::new(),
            (Self::Chat, Entry::Caller(text)) => vec![chat::message(ChatRole::User, text)],
            (Self::Responses, Entry::Caller(text)) => vec![responses::message(ChatRole::User, text)],
            (Self::Chat, Entry::Agent { text, calls }) if calls.is_empty() => {
                vec![chat::message(ChatRole::Assistant, text)]
            }
            (Self::Chat, Entry::Agent { text, calls }) => {
                let calls: Vec<_> =
                    calls.iter().map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str())).collect();
                vec![chat::calling_message(text, &calls)]
            }
            (Self::Responses, Entry::Agent { text, calls }) => {
                let said = Some(text)
                    .filter(|text| !text.is_empty())
                    .map(|text| responses::message(ChatRole::Assistant, text));
                let calls = calls.iter().map(|call| responses::call(&call.id, &call.name, &call.arguments));
                said.into_iter().chain(calls).collect()
            }
            (Self::Chat, Entry::ToolOutput { id, output }) => vec![chat::tool_message(id, output)],
            (Self::Responses, Entry::ToolOutput { id, output }) => vec![responses::output(id, output)],
        }
    }

    pub(super) fn body(
        self,
        model: &str,
        instructions: &str,
        messages: &[Value],
        tools: &[Value],
        (effort, fields): (Option<&str>, ChatFields),
    ) -> Value {
        match self {
            Self::Chat => {
                let system = chat::message(ChatRole::System, instructions);
                let messages: Vec<_> = std::iter::once(system).chain(messages.iter().cloned()).collect();
                chat::body(model, &messages, tools, effort, fields)
            }
            Self::Responses => responses::body(model, instructions, messages, tools, effort),
        }
    }

    pub(super) fn stream(self) -> AnswerStream {
        match self {
            Self::Chat => AnswerStream::Chat(ChatStream::default()),
            Self::Responses => AnswerStream::Responses(ResponseStream::default()),
        }
    }
}

impl AnswerStream {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<ChatEvent>, StreamError> {
        match self {
            Self::Chat(stream) => stream.push(bytes),
            Self::Responses(stream) => stream.push(bytes),
        }
    }

    pub(super) fn finish(&mut self) -> Result<Vec<ChatEvent>, StreamError> {
        match self {
            Self::Chat(stream) => stream.finish(),
            Self::Responses(stream) => stream.finish(),
        }
    }
}
