//! Chat completions, whole or streamed.

use super::options::{Faults, FunctionCall, OpenAiOptions, Turn};
use super::state::{Shared, error};
use crate::server::delay;
use crate::specs::{OpenAiRequest, check_openai_request};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use futures_util::stream;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use std::{io, iter};

/// The delay between two words of a streamed answer.
const WORD: Duration = Duration::from_millis(20);

/// `POST /v1/chat/completions`
pub(super) async fn complete(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(refusal) = shared.check_request(&headers, "/chat/completions", asked.clone()).await {
        return refusal;
    }
    let mut complaints = check_openai_request(OpenAiRequest::Chat, &asked);
    complaints.extend(unanswered_calls(&asked["messages"]));
    if !complaints.is_empty() {
        return shared.refuse(&format!("chat: {}", complaints.join("; ")));
    }
    let (options, number) = (shared.options(), shared.next_chat());
    let faults = &options.faults;
    if let Some(refusal) = planned_refusal(faults, number, ("reasoning_effort", &asked["reasoning_effort"])) {
        return refusal;
    }
    if let Some(field) = faults.unknown_fields.iter().find(|field| asked.get(**field).is_some()) {
        let detail =
            json!([{"type": "extra_forbidden", "loc": ["body", field], "msg": "Extra inputs are not permitted"}]);
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "detail": detail }))).into_response();
    }
    let messages = asked["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let said = messages.iter().filter(|message| message["role"] == "user").count();
    let mut turn = options.turns.get(said.saturating_sub(1) % options.turns.len().max(1)).cloned().unwrap_or_default();
    let system = messages.iter().filter(|message| message["role"] == "system");
    let instructions: String = system.filter_map(|message| message["content"].as_str()).collect();
    turn.answer = String::from(turn.answer_to(&instructions));
    if asked["stream"] == true {
        let has_output = messages.last().is_some_and(|message| message["role"] == "tool");
        let tools = asked["tools"].as_array().map_or(&[][..], Vec::as_slice);
        let call = turn
            .function
            .as_ref()
            .filter(|call| !has_output && tools.iter().any(|tool| tool["function"]["name"] == call.name.as_str()));
        return stream_answer(&shared, &asked, &turn, call, number);
    }
    let has_room = asked["max_completion_tokens"].as_u64().is_none_or(|tokens| tokens >= faults.reasoning_tokens);
    let format = &asked["response_format"];
    let answer = if format["type"] == "json_schema" {
        structured_answer(&options, &format["json_schema"]["schema"], &turn.answer)
    } else {
        turn.answer
    };
    let (content, reason) = if has_room { (json!(answer), "stop") } else { (json!(""), "length") };
    let message = json!({"role": "assistant", "content": content, "refusal": null});
    let mut completion = common("chat.completion", &asked["model"]);
    completion["choices"] = json!([{"index": 0, "message": message, "finish_reason": reason, "logprobs": null}]);
    completion["usage"] = json!({"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150});
    Json(completion).into_response()
}

/// Returns the error response that is planned for this request, if any. The last argument is the name and the value of
/// the field with the reasoning effort.
pub(super) fn planned_refusal(faults: &Faults, number: usize, (param, effort): (&str, &Value)) -> Option<Response> {
    if faults.rate_limited_chats.contains(&number) {
        let refusal = error(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", "Rate limit reached for requests.");
        return Some(([("retry-after", "1")], refusal).into_response());
    }
    if number <= faults.unnamed_effort_refusals && !effort.is_null() {
        let message = format!("Unrecognized request argument supplied: {param}");
        let refusal = json!({"message": message, "type": "invalid_request_error", "param": null, "code": null});
        return Some((StatusCode::BAD_REQUEST, Json(json!({ "error": refusal }))).into_response());
    }
    let effort = effort.as_str().filter(|effort| faults.refuse_efforts.contains(effort))?;
    let message = format!("Unsupported value: '{param}' does not support '{effort}' with this model.");
    let refusal =
        json!({"message": message, "type": "invalid_request_error", "param": param, "code": "unsupported_value"});
    Some((StatusCode::BAD_REQUEST, Json(json!({ "error": refusal }))).into_response())
}

/// Finds a tool call without an output. The API requires that the outputs of tool calls directly follow the assistant's
/// message.
fn unanswered_calls(messages: &Value) -> Option<String> {
    let messages = messages.as_array()?;
    for (at, message) in messages.iter().enumerate() {
        let calls = message["tool_calls"].as_array().map_or(&[][..], Vec::as_slice);
        let outputs = messages[at + 1..].iter().take_while(|message| message["role"] == "tool");
        let answered: Vec<_> = outputs.map(|output| &output["tool_call_id"]).collect();
        if let Some(call) = calls.iter().find(|call| !answered.contains(&&call["id"])) {
            return Some(format!("no tool message follows the call {}", call["id"]));
        }
    }
    None
}

fn common(object: &str, model: &Value) -> Value {
    json!({"id": "chatcmpl-1", "object": object, "created": 1_764_000_000, "model": model})
}

fn stream_answer(shared: &Shared, asked: &Value, turn: &Turn, call: Option<&FunctionCall>, number: usize) -> Response {
    let options = shared.options();
    let chunk = |delta: Value, reason: Value| {
        let mut chunk = common("chat.completion.chunk", &asked["model"]);
        chunk["choices"] = json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
        format!("data: {chunk}\n\n")
    };
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    if let Some(FunctionCall { name, arguments }) = call {
        let part = |part: Value| chunk(json!({ "tool_calls": [part] }), Value::Null);
        let id = format!("call_{number}");
        let start = json!({"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": ""}});
        events.push(part(start));
        let middle = arguments.char_indices().nth(arguments.chars().count() / 2).map_or(0, |(at, _)| at);
        for piece in [&arguments[..middle], &arguments[middle..]] {
            events.push(part(json!({"index": 0, "function": {"arguments": piece}})));
        }
        events.push(chunk(json!({}), json!("tool_calls")));
    } else {
        let words = turn.answer.split_inclusive(' ');
        events.extend(words.map(|word| chunk(json!({ "content": word }), Value::Null)));
        events.push(chunk(json!({}), json!("stop")));
    }
    if asked["stream_options"]["include_usage"] == true {
        let mut usage = common("chat.completion.chunk", &asked["model"]);
        usage["choices"] = json!([]);
        usage["usage"] = json!({"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150});
        events.push(format!("data: {usage}\n\n"));
    }
    events.push("data: [DONE]\n\n".to_owned());
    streamed(&options, events, 1, number)
}

/// Returns the delays before the events of an answer. The events before the first word arrive together with it, so that
/// `think` is the time to the first word.
pub(super) fn delays(think: Duration, first_word: usize) -> impl Iterator<Item = Duration> {
    iter::once(think).chain(iter::repeat_n(Duration::ZERO, first_word)).chain(iter::repeat(WORD))
}

/// Streams the events of an answer, with the planned faults.
/// `first_word` is the position of the first event with words.
pub(super) fn streamed(options: &OpenAiOptions, mut events: Vec<String>, first_word: usize, number: usize) -> Response {
    if options.faults.malformed_chats.contains(&number) {
        events.insert(1, "data: {\"choices\": [\n\n".to_owned());
    }
    let broken = options.faults.break_off_chats.iter().find(|(chat, _)| *chat == number).map(|(_, words)| *words);
    let mut pieces: Vec<Result<String, io::Error>> = events.into_iter().map(Ok).collect();
    if let Some(words) = broken {
        pieces.truncate(words + 1);
        pieces.push(Err(io::ErrorKind::ConnectionReset.into()));
    }
    let think = delay(options.think, options.spread, number);
    let waits = delays(think, first_word);
    let body = Body::from_stream(stream::unfold((pieces.into_iter(), waits), |(mut pieces, mut waits)| async move {
        tokio::time::sleep(waits.next()?).await;
        Some((pieces.next()?, (pieces, waits)))
    }));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// Returns the planned structured answer or, if none is planned, the simplest one that the schema allows.
pub(super) fn structured_answer(options: &OpenAiOptions, schema: &Value, text: &str) -> String {
    options.structured.clone().unwrap_or_else(|| by_schema(schema, text)).to_string()
}

/// Returns the simplest value that a schema allows, with `text` wherever any string is allowed.
fn by_schema(schema: &Value, text: &str) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.map(|(name, schema)| (name.clone(), by_schema(schema, text))).collect()
        }
        Some("array") => json!([]),
        Some("string") => json!(text),
        Some("boolean") => json!(false),
        Some("integer" | "number") => json!(0),
        _ => Value::Null,
    }
}
