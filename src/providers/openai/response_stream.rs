//! The streamed Responses API with tools (API reference, "Responses", "Streaming"). OpenAI's newest models support tool
//! calls only in this API, not in chat completions.

use super::chat::{CONTENT_FILTER, ChatEvent, ChatRole};
use super::prices::TextUsage;
use super::sse::{Events, StreamError};
use serde::Deserialize;
use serde_json::{Value, json};

/// The maximum number of output tokens: an answer, and the model's reasoning before the answer.
const MAX_TOKENS: u32 = 4_000;

pub fn function(name: &str, description: &str, parameters: &Value) -> Value {
    json!({"type": "function", "name": name, "description": description, "parameters": parameters, "strict": false})
}

pub fn message(role: ChatRole, content: &str) -> Value {
    json!({"role": role, "content": content})
}

pub fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments})
}

pub fn output(id: &str, output: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": output})
}

/// The request asks the provider to store nothing. `effort` is the reasoning effort; `None` omits it.
pub fn body(model: &str, instructions: &str, input: &[Value], tools: &[Value], effort: Option<&str>) -> Value {
    let mut body = json!({
        "model": model,
        "instructions": instructions,
        "input": input,
        "stream": true,
        "max_output_tokens": MAX_TOKENS,
        "store": false,
    });
    if !tools.is_empty() {
        body["tools"] = tools.into();
    }
    if let Some(effort) = effort {
        body["reasoning"] = json!({ "effort": effort });
    }
    body
}

/// Returns the request as a message of a WebSocket, on which all answers are streams.
pub fn socket_message(mut body: Value) -> String {
    if let Some(fields) = body.as_object_mut() {
        fields.remove("stream");
        fields.insert("type".to_owned(), "response.create".into());
    }
    body.to_string()
}

/// The input may be split at any byte.
#[derive(Debug, Default)]
pub struct ResponseStream {
    data: Events,
    is_done: bool,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Event {
    #[serde(rename = "response.output_text.delta", alias = "response.refusal.delta")]
    Text { delta: String },
    #[serde(rename = "response.output_item.done")]
    Item { item: Item },
    #[serde(rename = "response.completed")]
    Completed { response: Response },
    #[serde(rename = "response.incomplete")]
    Incomplete { response: Response },
    #[serde(rename = "response.failed")]
    Failed {
        #[serde(default)]
        response: FailedResponse,
    },
    #[serde(rename = "error")]
    Error {
        #[serde(default)]
        status: Value,
        #[serde(default)]
        error: Value,
        /// The code of an error in a stream over HTTP, which has no `error`.
        #[serde(default)]
        code: Value,
        #[serde(default)]
        message: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Item {
    #[serde(rename = "function_call")]
    Call { name: String, arguments: String, status: Option<String> },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Response {
    usage: Option<TextUsage>,
    incomplete_details: Option<IncompleteDetails>,
}

#[derive(Default, Deserialize)]
struct FailedResponse {
    #[serde(default)]
    error: Value,
}

#[derive(Deserialize)]
struct IncompleteDetails {
    #[serde(default)]
    reason: String,
}

/// The first message on a WebSocket after a request.
#[derive(Debug, PartialEq)]
pub enum Opening {
    Answer(Option<ChatEvent>),
    /// The server rejects the request, or ends the connection.
    Rejected {
        /// The HTTP status of the same error.
        status: u16,
        error: Value,
    },
}

impl ResponseStream {
    /// Fails if the piece is not part of a response stream, or contains an error of the server.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<ChatEvent>, StreamError> {
        let mut events = Vec::new();
        for data in self.data.push(bytes)? {
            // The Responses API does not use `[DONE]`, but some compatible servers send it.
            if data != "[DONE]" {
                events.extend(self.read(&data)?);
            }
        }
        Ok(events)
    }

    /// Handles the end of the connection. Returns no events, because the stream itself announces its end.
    ///
    /// # Errors
    /// If the connection ended before the server reported the end of the answer.
    pub fn finish(&mut self) -> Result<Vec<ChatEvent>, StreamError> {
        if self.is_done { Ok(Vec::new()) } else { Err(StreamError::Malformed) }
    }

    /// Reads the first event of a WebSocket after a request.
    ///
    /// # Errors
    /// If the message is not an event of a response.
    pub fn open(&mut self, data: &str) -> Result<Opening, StreamError> {
        match parse(data)? {
            Event::Error { status, error, .. } if error.is_object() => {
                let status = status.as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
                Ok(Opening::Rejected { status, error })
            }
            event => self.take(event).map(Opening::Answer),
        }
    }

    /// Reads one event, which a WebSocket sends without the framing of the stream. Fails as [`Self::push`] does.
    pub fn read(&mut self, data: &str) -> Result<Option<ChatEvent>, StreamError> {
        self.take(parse(data)?)
    }

    fn take(&mut self, event: Event) -> Result<Option<ChatEvent>, StreamError> {
        let done = |is_complete, response: Response| {
            let TextUsage { input_tokens, output_tokens, .. } = response.usage.unwrap_or_default();
            let is_filtered = response.incomplete_details.is_some_and(|details| details.reason == CONTENT_FILTER);
            Some(ChatEvent::Done { is_complete, is_filtered, tokens: (input_tokens, output_tokens) })
        };
        let event = match event {
            Event::Text { delta } => Some(ChatEvent::Text(delta)),
            // An incomplete call is ignored: its arguments may differ from the arguments that the model intended.
            Event::Item { item: Item::Call { status, .. } } if status.as_deref() == Some("incomplete") => None,
            Event::Item { item: Item::Call { name, arguments, .. } } => Some(ChatEvent::ToolCall { name, arguments }),
            Event::Completed { response } => done(true, response),
            Event::Incomplete { response } => done(false, response),
            Event::Failed { response: FailedResponse { error } } => return Err(StreamError::Reported(error)),
            Event::Error { error, code, message, .. } => {
                let error = if error.is_object() { error } else { json!({"code": code, "message": message}) };
                return Err(StreamError::Reported(error));
            }
            Event::Item { item: Item::Other } | Event::Other => None,
        };
        self.is_done |= matches!(event, Some(ChatEvent::Done { .. }));
        Ok(event)
    }
}

fn parse(data: &str) -> Result<Event, StreamError> {
    serde_json::from_str(data).map_err(|_| StreamError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(kind: &str, mut fields: Value) -> String {
        fields["type"] = kind.into();
        format!("event: {kind}\ndata: {fields}\n\n")
    }

    fn read(stream: &str, piece: usize) -> Result<Vec<ChatEvent>, StreamError> {
        let mut response = ResponseStream::default();
        let mut events = Vec::new();
        for piece in stream.as_bytes().chunks(piece) {
            events.extend(response.push(piece)?);
        }
        events.extend(response.finish()?);
        Ok(events)
    }

    fn answer() -> String {
        let call =
            json!({"type": "function_call", "call_id": "c", "name": "end", "arguments": "{}", "status": "completed"});
        let usage = json!({"input_tokens": 7, "output_tokens": 3, "total_tokens": 10});
        [
            event("response.created", json!({"response": {"id": "r"}})),
            event("response.output_item.added", json!({"item": {"type": "message"}})),
            event("response.output_text.delta", json!({"delta": "רגע, "})),
            event("response.output_text.delta", json!({"delta": "אני בודקת."})),
            event("response.output_item.done", json!({"item": {"type": "message", "content": []}})),
            event("response.output_item.done", json!({ "item": call })),
            event("response.completed", json!({"response": {"usage": usage}})),
        ]
        .concat()
    }

    proptest! {
        #[test]
        fn text_calls_and_usage_are_read_in_any_pieces(piece in 1usize..400) {
            let expected = [
                ChatEvent::Text("רגע, ".into()),
                ChatEvent::Text("אני בודקת.".into()),
                ChatEvent::ToolCall { name: "end".into(), arguments: "{}".into() },
                ChatEvent::Done { is_complete: true, is_filtered: false, tokens: (7, 3) },
            ];
            prop_assert_eq!(read(&answer(), piece), Ok(expected.to_vec()));
        }
    }

    #[test]
    fn an_answer_is_complete_although_its_usage_cannot_be_read() {
        let completed = event("response.completed", json!({"response": {"usage": {"input_tokens": null}}}));
        assert_eq!(
            read(&completed, 9),
            Ok(vec![ChatEvent::Done { is_complete: true, is_filtered: false, tokens: (0, 0) }])
        );
    }

    #[test]
    fn an_answer_that_breaks_off_fails_or_is_not_complete() {
        let text = event("response.output_text.delta", json!({"delta": "א"}));
        assert_eq!(read(&text, 9), Err(StreamError::Malformed), "the connection ended");
        let failed = event("response.failed", json!({"response": {"error": {"code": "server_error", "message": ""}}}));
        let error = json!({"code": "server_error", "message": ""});
        assert_eq!(read(&(text.clone() + &failed), 9), Err(StreamError::Reported(error)));
        let error = json!({"code": "rate_limit_exceeded", "message": "wait"});
        let flat = event("error", json!({"code": "rate_limit_exceeded", "message": "wait", "param": null}));
        assert_eq!(read(&flat, 9), Err(StreamError::Reported(error.clone())), "over HTTP");
        let nested = json!({"type": "error", "status": 429, "error": error}).to_string();
        assert_eq!(ResponseStream::default().read(&nested), Err(StreamError::Reported(error)), "over a WebSocket");
        let cut = json!({"item": {"type": "function_call", "name": "end", "arguments": "{", "status": "incomplete"}});
        let cut = event("response.output_item.done", cut);
        let incomplete = event("response.incomplete", json!({"response": {}}));
        assert_eq!(
            read(&(text + &cut + &incomplete), 9),
            Ok(vec![
                ChatEvent::Text("א".into()),
                ChatEvent::Done { is_complete: false, is_filtered: false, tokens: (0, 0) }
            ])
        );
        let filtered = json!({"response": {"incomplete_details": {"reason": "content_filter"}}});
        let stopped = ChatEvent::Done { is_complete: false, is_filtered: true, tokens: (0, 0) };
        assert_eq!(read(&event("response.incomplete", filtered), 9), Ok(vec![stopped]));
    }
}
