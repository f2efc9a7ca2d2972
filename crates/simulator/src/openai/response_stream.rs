//! The Responses API with tools, as an event stream or over a WebSocket.

use super::chat::{delays, planned_refusal, streamed};
use super::options::FunctionCall;
use super::state::{Shared, error};
use crate::Party;
use crate::server::delay;
use crate::specs::{OpenAiRequest, check_openai_request};
use crate::websocket::{self, Socket};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Message;

/// `GET /v1/responses` with a WebSocket upgrade (guide "WebSocket mode").
pub(super) async fn open(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    let options = shared.options();
    if let Some(status) = options.faults.refuse_response_sockets {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return error(status, "server_error", "refused as planned");
    }
    if let Some(refusal) = shared.check_key(request.headers()) {
        return refusal;
    }
    tokio::time::sleep(options.connect).await;
    let upgraded = websocket::upgrade(&mut request, move |socket| async move { serve(&shared, socket).await });
    upgraded.unwrap_or_else(|| error(StatusCode::BAD_REQUEST, "invalid_request_error", "expected a WebSocket upgrade"))
}

/// Answers one request after the other, until the client closes the socket.
async fn serve(shared: &Shared, mut socket: Socket) {
    shared.count_response_socket();
    loop {
        let message = tokio::select! {
            message = socket.next() => message,
            () = shared.stopping.cancelled() => return,
        };
        match message {
            Some(Ok(Message::Text(text))) => {
                let answered = answer(shared, &mut socket, text.as_str()).await;
                if answered.is_none() {
                    return;
                }
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => return,
        }
    }
}

/// Returns `None` if the socket is to be dropped.
async fn answer(shared: &Shared, socket: &mut Socket, message: &str) -> Option<()> {
    let mut asked: Value = serde_json::from_str(message).unwrap_or_default();
    let kind = asked.as_object_mut().and_then(|fields| fields.remove("type"));
    shared.log.note(Party::OpenAi, "is asked for /responses over a WebSocket");
    shared.record_request("/responses", asked.clone());
    let options = shared.options();
    let mut complaints = check_openai_request(OpenAiRequest::Responses, &asked);
    complaints.extend((kind != Some("response.create".into())).then(|| "it is no response.create".to_owned()));
    complaints.extend(asked.get("stream").map(|_| "a WebSocket takes no `stream`".to_owned()));
    let answered = if complaints.is_empty() {
        events(shared, &asked)
    } else {
        Err(shared.refuse(&format!("responses: {}", complaints.join("; "))))
    };
    match answered {
        Err(refusal) => {
            let status = refusal.status().as_u16();
            let body = axum::body::to_bytes(refusal.into_body(), 1 << 20).await.unwrap_or_default();
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let event = json!({"type": "error", "status": status, "error": body["error"]});
            socket.send(Message::text(event.to_string())).await.ok()
        }
        Ok((number, events)) => {
            let broken = options.faults.break_off_chats.iter().find(|(chat, _)| *chat == number);
            let think = delay(options.think, options.spread, number);
            for ((sent, (_, event)), wait) in events.iter().enumerate().zip(delays(think, first_word(&events))) {
                tokio::time::sleep(wait).await;
                if broken.is_some_and(|(_, words)| sent > *words) {
                    return None;
                }
                let malformed = sent == 1 && options.faults.malformed_chats.contains(&number);
                let text = if malformed { "{\"choices\": [".to_owned() } else { event.to_string() };
                socket.send(Message::text(text)).await.ok()?;
            }
            Some(())
        }
    }
}

/// Returns the position of the first event with words.
fn first_word(events: &[(&'static str, Value)]) -> usize {
    events.iter().position(|(kind, _)| kind.contains(".delta")).unwrap_or(0)
}

/// Answers a streamed `POST /v1/responses`.
pub(super) fn stream_response(shared: &Shared, asked: &Value) -> Response {
    match events(shared, asked) {
        Ok((number, events)) => {
            let framed = events.iter().map(|(kind, event)| format!("event: {kind}\ndata: {event}\n\n"));
            streamed(&shared.options(), framed.collect(), first_word(&events), number)
        }
        Err(refusal) => refusal,
    }
}

/// The number of the request, and the kind and the content of each event of its answer.
type Answer = (usize, Vec<(&'static str, Value)>);

/// Fails with the error response.
#[expect(clippy::result_large_err, reason = "a fake")]
fn events(shared: &Shared, asked: &Value) -> Result<Answer, Response> {
    let items = asked["input"].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(complaint) = unanswered_call(items) {
        return Err(shared.refuse(&format!("responses: {complaint}")));
    }
    let (options, number) = (shared.options(), shared.next_chat());
    let effort = ("reasoning.effort", &asked["reasoning"]["effort"]);
    if let Some(refusal) = planned_refusal(&options.faults, number, effort) {
        return Err(refusal);
    }
    let said = items.iter().filter(|item| item["role"] == "user").count();
    let mut turn = options.turns.get(said.saturating_sub(1) % options.turns.len().max(1)).cloned().unwrap_or_default();
    turn.answer = turn.answer_to(asked["instructions"].as_str().unwrap_or_default()).to_owned();
    let has_output = items.last().is_some_and(|item| item["type"] == "function_call_output");
    let tools = asked["tools"].as_array().map_or(&[][..], Vec::as_slice);
    let is_offered = |call: &&FunctionCall| tools.iter().any(|tool| tool["name"] == call.name.as_str());
    let call = turn.function.as_ref().filter(|call| !has_output && is_offered(call));

    let mut events = Events::default();
    let response = |status: &str, output: Value| {
        json!({"id": "resp_1", "object": "response", "created_at": 1_764_000_000,
        "status": status, "model": asked["model"], "output": output, "error": null, "incomplete_details": null,
        "instructions": asked["instructions"], "metadata": {}, "parallel_tool_calls": true, "temperature": 1.0,
        "tool_choice": "auto", "tools": [], "top_p": 1.0})
    };
    events.add("response.created", json!({"response": response("in_progress", json!([]))}));
    let item = if let Some(FunctionCall { name, arguments }) = call {
        let id = format!("fc_{number}");
        let call = |arguments: &str, status: &str| {
            json!({"id": id, "type": "function_call", "call_id": format!("call_{number}"),
            "name": name, "arguments": arguments, "status": status})
        };
        events.add("response.output_item.added", json!({"output_index": 0, "item": call("", "in_progress")}));
        let part = json!({"item_id": id, "output_index": 0, "delta": arguments});
        events.add("response.function_call_arguments.delta", part);
        let whole = json!({"item_id": id, "name": name, "output_index": 0, "arguments": arguments});
        events.add("response.function_call_arguments.done", whole);
        call(arguments, "completed")
    } else {
        let text = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
        let message = |status: &str, content: Value| {
            json!({"id": "msg_1", "type": "message", "role": "assistant",
            "status": status, "content": content})
        };
        let begun = message("in_progress", json!([]));
        events.add("response.output_item.added", json!({"output_index": 0, "item": begun}));
        for word in turn.answer.split_inclusive(' ') {
            let place =
                json!({"item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": word, "logprobs": []});
            events.add("response.output_text.delta", place);
        }
        message("completed", json!([text(&turn.answer)]))
    };
    events.add("response.output_item.done", json!({"output_index": 0, "item": item}));
    let mut completed = response("completed", json!([item]));
    completed["usage"] = json!({"input_tokens": 120, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 30,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 150});
    events.add("response.completed", json!({ "response": completed }));
    Ok((number, events.sent))
}

/// Finds a tool call without an output in the input. The API requires an output for each tool call.
fn unanswered_call(items: &[Value]) -> Option<String> {
    let is_answered = |call: &Value| {
        items.iter().any(|item| item["type"] == "function_call_output" && item["call_id"] == call["call_id"])
    };
    let calls = items.iter().filter(|item| item["type"] == "function_call");
    calls.into_iter().find(|call| !is_answered(call)).map(|call| format!("no output for the call {}", call["call_id"]))
}

#[derive(Default)]
struct Events {
    sent: Vec<(&'static str, Value)>,
}

impl Events {
    fn add(&mut self, kind: &'static str, mut event: Value) {
        (event["type"], event["sequence_number"]) = (kind.into(), self.sent.len().into());
        self.sent.push((kind, event));
    }
}
