//! Streamed chat completions (API reference, "Chat Completions", "Streaming"), from OpenAI or from a compatible server
//! such as Ollama, vLLM or llama.cpp.

use super::prices::TextUsage;
use super::sse::{Events, StreamError};
use crate::domain::text_enum;
use serde::Deserialize;
use serde_json::{Value, json};

text_enum! {
    /// The author of a message, as the APIs name it.
    ChatRole {
        /// The instructions.
        System = "system",
        /// The caller.
        User = "user",
        /// The agent.
        Assistant = "assistant",
    }
}

/// The maximum number of output tokens: an answer, and the model's reasoning before the answer.
const MAX_TOKENS: u32 = 4_000;

pub fn function(name: &str, description: &str, parameters: &Value) -> Value {
    json!({"type": "function", "function": {"name": name, "description": description, "parameters": parameters}})
}

pub fn message(role: ChatRole, content: &str) -> Value {
    json!({"role": role, "content": content})
}

/// Each call has an id, a name and arguments.
pub fn calling_message(content: &str, calls: &[(&str, &str, &str)]) -> Value {
    let call = |(id, name, arguments): &(&str, &str, &str)| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    let calls: Vec<_> = calls.iter().map(call).collect();
    let content = if content.is_empty() { Value::Null } else { content.into() };
    json!({"role": "assistant", "content": content, "tool_calls": calls})
}

pub fn tool_message(id: &str, output: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": output})
}

/// The forms of fields that not every server knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatFields {
    /// Whether the limit is in `max_tokens`, the older name of `max_completion_tokens`.
    pub uses_max_tokens: bool,
    /// Whether the numbers of tokens are not requested.
    pub omits_usage: bool,
}

/// The newer name of the field with the limit of output tokens.
pub const TOKEN_LIMIT: &str = "max_completion_tokens";
/// The older name of the field with the limit of output tokens.
pub const OLD_TOKEN_LIMIT: &str = "max_tokens";

impl ChatFields {
    /// Returns the fields for another attempt after a rejection whose text is `error`; none if the rejection does not
    /// concern them. `is_unnamed` states that the server does not name the rejected field.
    pub fn after(self, error: &str, is_unnamed: bool) -> Option<Self> {
        let rejects = |field| is_unnamed || error.contains(field);
        if !self.uses_max_tokens && rejects(TOKEN_LIMIT) {
            return Some(Self { uses_max_tokens: true, ..self });
        }
        (!self.omits_usage && rejects("stream_options")).then_some(Self { omits_usage: true, ..self })
    }
}

/// `effort` is the reasoning effort; `None` omits it.
pub fn body(model: &str, messages: &[Value], tools: &[Value], effort: Option<&str>, fields: ChatFields) -> Value {
    let mut body = json!({"model": model, "messages": messages, "stream": true});
    body[if fields.uses_max_tokens { OLD_TOKEN_LIMIT } else { TOKEN_LIMIT }] = MAX_TOKENS.into();
    if !fields.omits_usage {
        body["stream_options"] = json!({"include_usage": true});
    }
    if !tools.is_empty() {
        body["tools"] = tools.into();
    }
    if let Some(effort) = effort {
        body["reasoning_effort"] = effort.into();
    }
    body
}

/// The reason of an answer, or of a Realtime response, that a content filter stopped.
pub(super) const CONTENT_FILTER: &str = "content_filter";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
    Text(String),
    /// A complete tool call.
    ToolCall {
        name: String,
        /// The arguments, as JSON.
        arguments: String,
    },
    /// The answer has ended. No more events follow.
    Done {
        /// Whether the model ended the answer itself, and the answer was not cut off.
        is_complete: bool,
        /// Whether a content filter cut the answer off.
        is_filtered: bool,
        /// The numbers of input and output tokens; zero if the server does not report them.
        tokens: (i64, i64),
    },
}

/// The input may be split at any byte.
#[derive(Debug, Default)]
pub struct ChatStream {
    data: Events,
    calls: Vec<PartialCall>,
    finish: Option<String>,
    tokens: (i64, i64),
    is_done: bool,
}

#[derive(Debug, Default)]
struct PartialCall {
    index: Option<u64>,
    id: Option<String>,
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<TextUsage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<u64>,
    id: Option<String>,
    #[serde(default)]
    function: FunctionDelta,
}

#[derive(Default, Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

impl ChatStream {
    /// Parses the next piece of the stream.
    ///
    /// # Errors
    /// If the piece is not part of a chat stream, or contains an error of the server.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<ChatEvent>, StreamError> {
        let mut events = Vec::new();
        for data in self.data.push(bytes)? {
            self.read(&data, &mut events)?;
        }
        Ok(events)
    }

    /// Handles the end of the connection. Returns the remaining events.
    ///
    /// # Errors
    /// If the connection ended before the server reported the end of the answer.
    pub fn finish(&mut self) -> Result<Vec<ChatEvent>, StreamError> {
        let mut events = Vec::new();
        // Some servers do not send `[DONE]` at the end.
        if !self.is_done && self.finish.is_none() {
            return Err(StreamError::Malformed);
        }
        self.end(&mut events);
        Ok(events)
    }

    fn read(&mut self, data: &str, events: &mut Vec<ChatEvent>) -> Result<(), StreamError> {
        if data == "[DONE]" {
            self.end(events);
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|_| StreamError::Malformed)?;
        if let Some(error) = chunk.error {
            return Err(StreamError::Reported(error));
        }
        if let Some(usage) = chunk.usage {
            self.tokens = (usage.input_tokens, usage.output_tokens);
        }
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(()) };
        events.extend(choice.delta.content.filter(|text| !text.is_empty()).map(ChatEvent::Text));
        for delta in choice.delta.tool_calls.into_iter().flatten() {
            self.add(&delta);
        }
        self.finish = choice.finish_reason.or(self.finish.take());
        Ok(())
    }

    fn add(&mut self, delta: &CallDelta) {
        // Servers that send a tool call in one piece may omit the index.
        let is_next = |call: &PartialCall| match (call.index, delta.index) {
            (Some(known), Some(index)) => known == index,
            _ => delta.id.is_none() || call.id == delta.id,
        };
        let at = self.calls.iter().rposition(is_next).unwrap_or_else(|| {
            self.calls.push(PartialCall { index: delta.index, id: delta.id.clone(), ..PartialCall::default() });
            self.calls.len() - 1
        });
        let call = &mut self.calls[at];
        call.name.push_str(delta.function.name.as_deref().unwrap_or_default());
        call.arguments.push_str(delta.function.arguments.as_deref().unwrap_or_default());
    }

    fn end(&mut self, events: &mut Vec<ChatEvent>) {
        if std::mem::replace(&mut self.is_done, true) {
            return;
        }
        let is_complete = matches!(self.finish.as_deref(), Some("stop" | "tool_calls" | "function_call"));
        if is_complete {
            let calls = self.calls.drain(..).filter(|call| !call.name.is_empty());
            events.extend(calls.map(|call| ChatEvent::ToolCall { name: call.name, arguments: call.arguments }));
        }
        let is_filtered = self.finish.as_deref() == Some(CONTENT_FILTER);
        events.push(ChatEvent::Done { is_complete, is_filtered, tokens: self.tokens });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[expect(clippy::needless_pass_by_value, reason = "shorter where it is called")]
    fn chunk(delta: Value, finish: Value) -> String {
        format!(
            "data: {}\r\n\r\n",
            json!({"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
        )
    }

    fn read(stream: &str, piece: usize) -> Result<Vec<ChatEvent>, StreamError> {
        let mut chat = ChatStream::default();
        let mut events = Vec::new();
        for piece in stream.as_bytes().chunks(piece) {
            events.extend(chat.push(piece)?);
        }
        events.extend(chat.finish()?);
        Ok(events)
    }

    fn conversation() -> (String, Vec<ChatEvent>) {
        let call = |value: Value| json!({ "tool_calls": [value] });
        let stream = [
            ": ping\n\n".to_owned(),
            chunk(json!({"role": "assistant", "content": ""}), Value::Null),
            chunk(json!({"content": "רגע, "}), Value::Null),
            chunk(json!({"content": "אני בודקת."}), Value::Null),
            chunk(
                call(json!({"index": 0, "id": "a", "function": {"name": "find", "arguments": "{\"day\""}})),
                Value::Null,
            ),
            chunk(call(json!({"index": 0, "function": {"arguments": ":1}"}})), Value::Null),
            chunk(call(json!({"index": 1, "id": "b", "function": {"name": "end", "arguments": "{}"}})), Value::Null),
            chunk(json!({}), json!("tool_calls")),
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":9}}\n\n".to_owned(),
            "data: [DONE]\n\n".to_owned(),
        ];
        let text = |text: &str| ChatEvent::Text(text.into());
        let call = |name: &str, arguments: &str| ChatEvent::ToolCall { name: name.into(), arguments: arguments.into() };
        let events = vec![
            text("רגע, "),
            text("אני בודקת."),
            call("find", "{\"day\":1}"),
            call("end", "{}"),
            ChatEvent::Done { is_complete: true, is_filtered: false, tokens: (120, 9) },
        ];
        (stream.concat(), events)
    }

    #[test]
    fn calls_without_an_index_are_distinguished_by_their_ids() {
        let calls = json!([{"id": "1", "function": {"name": "a", "arguments": "{}"}}, {"id": "2", "function": {"name": "b", "arguments": "{}"}}]);
        let events = read(&(chunk(json!({ "tool_calls": calls }), json!("tool_calls"))), 1000).unwrap();
        assert_eq!(events.len(), 3, "{events:?}");
    }

    #[test]
    fn an_answer_that_breaks_off_is_malformed_or_incomplete() {
        let (stream, _) = conversation();
        let broken = &stream[..stream.find("tool_calls").unwrap()];
        assert_eq!(read(broken, 50), Err(StreamError::Malformed));
        let error = json!({"message": "overloaded", "code": "server_error"});
        let reported = format!("data: {}\n\n", json!({ "error": error }));
        assert_eq!(read(&reported, 50), Err(StreamError::Reported(error)));
        assert_eq!(read("data: {\n", 50), Err(StreamError::Malformed));
        let cut = read(&(chunk(json!({"content": "א"}), json!("length")) + "data: [DONE]\n"), 7).unwrap();
        assert_eq!(cut.last(), Some(&ChatEvent::Done { is_complete: false, is_filtered: false, tokens: (0, 0) }));
        let filtered = read(&(chunk(json!({"content": "א"}), json!("content_filter")) + "data: [DONE]\n"), 7).unwrap();
        let stopped = ChatEvent::Done { is_complete: false, is_filtered: true, tokens: (0, 0) };
        assert_eq!(filtered.last(), Some(&stopped));
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":null,\"completion_tokens\":9}}\n\n";
        let lenient = read(&(chunk(json!({"content": "א"}), json!("stop")) + usage + "data: [DONE]\n"), 7).unwrap();
        assert_eq!(lenient.last(), Some(&ChatEvent::Done { is_complete: true, is_filtered: false, tokens: (0, 9) }));
    }

    #[test]
    fn the_body_of_a_request() {
        let tools = [function("end_call", "Hang up", &json!({"type": "object"}))];
        let messages = [
            message(ChatRole::System, "be brief"),
            message(ChatRole::User, "when?"),
            calling_message("", &[("call.1", "find", "{}")]),
            tool_message("call.1", "{\"ok\":true}"),
        ];
        let fields = ChatFields::default();
        let bodies = [
            body("gpt-5.6-terra", &messages, &tools, Some("none"), fields),
            body("llama", &messages[..1], &[], None, fields),
        ];
        insta::assert_snapshot!(serde_json::to_string_pretty(&bodies).unwrap());
    }

    #[test]
    fn a_rejected_field_is_replaced_or_omitted() {
        let fields = ChatFields::default();
        let old_limit = ChatFields { uses_max_tokens: true, ..fields };
        let both = ChatFields { omits_usage: true, ..old_limit };
        assert_eq!(fields.after("Unsupported parameter: 'max_completion_tokens'", false), Some(old_limit));
        assert_eq!(fields.after("no stream_options", false), Some(ChatFields { omits_usage: true, ..fields }));
        assert_eq!(fields.after("the model does not support tools", false), None);
        assert_eq!(
            (fields.after("", true), old_limit.after("", true), both.after("", true)),
            (Some(old_limit), Some(both), None)
        );
        let body = body("llama", &[], &[], None, both);
        assert_eq!((&body["max_tokens"], body.get("stream_options")), (&json!(MAX_TOKENS), None));
        assert_eq!(body.get("max_completion_tokens"), None);
    }

    proptest! {
        #[test]
        fn the_events_do_not_depend_on_the_pieces_of_the_stream(piece in 1usize..200) {
            let (stream, events) = conversation();
            prop_assert_eq!(read(&stream, piece), Ok(events));
        }
    }
}
