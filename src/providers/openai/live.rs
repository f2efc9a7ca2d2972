//! Events of GPT-Live over a WebSocket (OpenAI, API reference, "Live"; guides "Managing GPT-Live sessions" and "Delegation
//! and tools", November 2026). The model listens and speaks at the same time. It has no turns: its audio is continuous,
//! and advances only while audio of the caller arrives. A text model, the backend, calls the functions.

use super::prices::TextUsage;
use crate::config::OpenAiConfig;
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The price of GPT-Live, in millionths of a dollar for a second of a session, also of silence.
pub const MICROS_PER_SECOND: f64 = 50_000.0 / 60.0;
/// The maximum length of appended text, in characters. The limit is 500 tokens, and a Hebrew character is rarely more
/// than one.
const MAX_APPENDED: usize = 500;
/// The maximum number of messages of the history.
const MAX_HISTORY: usize = 128;

/// The server events that the daemon uses.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerEvent<'a> {
    /// The session accepts audio.
    Started,
    /// A piece of the model's audio, in base64.
    Audio(Cow<'a, str>),
    /// Words of the model.
    AgentText { text: Cow<'a, str>, start_ms: Option<u64> },
    /// Words of the caller.
    CallerText { text: Cow<'a, str>, times_ms: Option<(u64, u64)> },
    /// The voice model has delegated work to the backend.
    Delegated,
    /// The backend calls a function.
    FunctionCall {
        /// The id, which is sent back with the output.
        id: String,
        name: String,
        /// The arguments, as JSON.
        arguments: String,
    },
    /// A response of the backend has ended.
    BackendDone { is_completed: bool, usage: TextUsage },
    /// The duration of the session so far, in seconds.
    Seconds(f64),
    /// The server has ended the session.
    Closed { reason: String },
    /// The server rejected a client event, or had an internal error.
    Error {
        /// The error code, or the type of the error if it has none.
        code: String,
        message: String,
    },
    /// An event without an effect.
    Other,
}

/// Parses one event. Returns `None` if the text is not JSON of the documented form.
pub fn parse(text: &str) -> Option<ServerEvent<'_>> {
    let wire: Wire<'_> = serde_json::from_str(text).ok()?;
    let times_ms = wire.start_ms.zip(wire.end_ms).map(|(start, end)| (whole(start), whole(end)));
    Some(match &*wire.kind {
        "session.output_audio.delta" => ServerEvent::Audio(wire.delta?),
        "session.output_transcript.delta" => {
            ServerEvent::AgentText { text: wire.delta?, start_ms: wire.start_ms.map(whole) }
        }
        "session.input_transcript.delta" => ServerEvent::CallerText { text: wire.delta?, times_ms },
        "session.started" => ServerEvent::Started,
        "session.delegation.created" => ServerEvent::Delegated,
        "response.event" => backend_event(wire.event?),
        "session.usage.updated" => ServerEvent::Seconds(wire.usage?.seconds),
        "session.closed" => ServerEvent::Closed { reason: wire.reason.unwrap_or_default() },
        "error" => {
            let error = wire.error?;
            ServerEvent::Error { code: error.code.unwrap_or(error.kind), message: error.message }
        }
        _ => ServerEvent::Other,
    })
}

fn backend_event(event: BackendWire) -> ServerEvent<'static> {
    match (event.kind.as_str(), event.item, event.response) {
        ("response.output_item.done", Some(item), _) if item.kind == "function_call" => {
            let is_complete = item.status.is_none_or(|status| status == "completed");
            match item.call_id.zip(item.name).filter(|_| is_complete) {
                Some((id, name)) => {
                    ServerEvent::FunctionCall { id, name, arguments: item.arguments.unwrap_or_default() }
                }
                None => ServerEvent::Other,
            }
        }
        ("response.completed", _, response) => {
            let usage = response.and_then(|response| response.usage).unwrap_or_default();
            ServerEvent::BackendDone { is_completed: true, usage }
        }
        ("response.failed" | "response.incomplete", _, response) => {
            let usage = response.and_then(|response| response.usage).unwrap_or_default();
            ServerEvent::BackendDone { is_completed: false, usage }
        }
        _ => ServerEvent::Other,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time in milliseconds")]
fn whole(ms: f64) -> u64 {
    ms.max(0.0) as u64
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    delta: Option<Cow<'a, str>>,
    start_ms: Option<f64>,
    end_ms: Option<f64>,
    event: Option<BackendWire>,
    usage: Option<SecondsWire>,
    reason: Option<String>,
    error: Option<ErrorWire>,
}

#[derive(Deserialize)]
struct BackendWire {
    #[serde(rename = "type")]
    kind: String,
    item: Option<ItemWire>,
    response: Option<ResponseWire>,
}

#[derive(Deserialize)]
struct ItemWire {
    #[serde(rename = "type", default)]
    kind: String,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct ResponseWire {
    usage: Option<TextUsage>,
}

#[derive(Deserialize)]
struct SecondsWire {
    #[serde(default)]
    seconds: f64,
}

#[derive(Deserialize)]
struct ErrorWire {
    #[serde(rename = "type", default)]
    kind: String,
    code: Option<String>,
    #[serde(default)]
    message: String,
}

/// The parts of a session that differ between calls.
#[derive(Clone, Copy, Debug)]
pub struct SessionParts<'a> {
    pub instructions: &'a str,
    /// Functions, as in the Responses API.
    pub tools: &'a [Value],
    /// The earlier conversation: whether the agent spoke, and the text.
    pub history: &'a [(Role, String)],
}

/// The author of a message of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Agent,
    /// The caller, or data, which are no instructions.
    User,
    /// The daemon.
    Developer,
}

/// Builds the first message. The server rejects unknown fields.
pub fn session_start(config: &OpenAiConfig, parts: SessionParts<'_>) -> String {
    let newest = parts.history.len().saturating_sub(MAX_HISTORY);
    let input: Vec<_> = parts.history[newest..].iter().map(|(role, text)| message(*role, text)).collect();
    let mut session = json!({
        "model": config.live_model,
        // Otherwise the words and the sound of callers could be kept for later sessions.
        "store": false,
        "instructions": format!("{}\n\n{DELEGATION}", parts.instructions),
        "audio": {"format": {"type": "audio/pcmu", "rate": 8000}, "output": {"voice": config.voice}},
        "delegation": {
            "type": "responses",
            "responses": {
                "model": config.chat_model,
                "instructions": format!("{BACKEND}\n\n{}", parts.instructions),
                "tools": parts.tools,
                "tool_choice": "auto",
            },
        },
    });
    if !input.is_empty() {
        session["input"] = input.into();
    }
    json!({"type": "session.start", "session": session}).to_string()
}

fn message(role: Role, text: &str) -> Value {
    let (role, kind) = match role {
        Role::Agent => ("assistant", "output_text"),
        Role::User => ("user", "input_text"),
        Role::Developer => ("developer", "input_text"),
    };
    json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]})
}

/// Without it, the voice model would invent the results of tools that only the backend has.
const DELEGATION: &str = "You have no tools yourself. Delegate whatever needs a tool: looking up times or facts, booking, moving or \
    cancelling, sending a message, transferring or ending the call. Until its result arrives, never say that it is done. Speak in \
    short sentences, as on the phone, and stop when the caller speaks.";
const BACKEND: &str = "You work for a voice agent that talks with a caller on the phone. You get the conversation as it was heard; words \
    may be wrong. Use the tools for what the caller wants; say in a sentence or two what the result is, as text to be spoken. \
    These are the agent's instructions:";

/// `base64` is mu-law audio.
pub fn append(base64: &str) -> String {
    const HEAD: &str = r#"{"type":"session.input_audio.append","audio":""#;
    let mut text = String::with_capacity(HEAD.len() + base64.len() + 2);
    text.push_str(HEAD);
    text.push_str(base64);
    text.push_str("\"}");
    text
}

/// Instructions that the model follows at once.
pub fn instruct(text: &str) -> Vec<String> {
    appended("session.instructions.append", text)
}

/// Information about which the model does not speak by itself.
pub fn inform(text: &str) -> Vec<String> {
    appended("session.thinking.append", text)
}

fn appended(kind: &str, text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let parts = characters.chunks(MAX_APPENDED).map(|part| part.iter().collect::<String>());
    parts.map(|content| json!({"type": kind, "delegation_id": null, "content": content}).to_string()).collect()
}

pub fn function_output(id: &str, output: &str) -> String {
    let item = json!({"type": "function_call_output", "call_id": id, "output": output});
    json!({"type": "response.item.create", "item": item}).to_string()
}

/// The backend continues with the outputs.
pub fn continue_backend() -> String {
    json!({"type": "response.create"}).to_string()
}

pub fn close() -> String {
    json!({"type": "session.close"}).to_string()
}

pub fn url(config: &OpenAiConfig) -> String {
    format!("{}/live/sessions", config.base_url.websocket_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_the_server_are_read() {
        let call = r#"{"type":"response.event","delegation_id":"d","event":{"type":"response.output_item.done",
            "item":{"type":"function_call","call_id":"c","name":"book","arguments":"{}"}}}"#;
        let expected = ServerEvent::FunctionCall { id: "c".into(), name: "book".into(), arguments: "{}".into() };
        assert_eq!(parse(call), Some(expected));
        let done = r#"{"type":"response.event","event":{"type":"response.completed","response":{"usage":{"input_tokens":7,
            "output_tokens":2}}}}"#;
        let Some(ServerEvent::BackendDone { is_completed: true, usage }) = parse(done) else { panic!("{done}") };
        assert_eq!((usage.input_tokens, usage.output_tokens), (7, 2));
        let heard = r#"{"type":"session.input_transcript.delta","delta":"שלום","start_ms":120,"end_ms":480.5}"#;
        let expected = ServerEvent::CallerText { text: "שלום".into(), times_ms: Some((120, 480)) };
        assert_eq!(parse(heard), Some(expected));
        let closed = r#"{"type":"session.closed","reason":"expired","usage":{"seconds":7200}}"#;
        assert_eq!(parse(closed), Some(ServerEvent::Closed { reason: "expired".into() }));
        assert_eq!(parse(r#"{"type":"session.triggers.fired"}"#), Some(ServerEvent::Other));
        assert_eq!(parse("{"), None);
    }

    #[test]
    fn long_text_is_appended_in_parts() {
        let parts = instruct(&"א".repeat(1_200));
        let lengths = parts.iter().map(|part| {
            let part: Value = serde_json::from_str(part).unwrap();
            part["content"].as_str().unwrap().chars().count()
        });
        assert_eq!(lengths.collect::<Vec<_>>(), [500, 500, 200]);
    }
}
