//! The Responses API as an event stream, with tools.

use super::chat::{planned_refusal, streamed};
use super::options::FunctionCall;
use super::state::Shared;
use axum::response::Response;
use serde_json::{Value, json};

/// Answers a streamed `POST /v1/responses`.
pub(super) fn stream_response(shared: &Shared, asked: &Value) -> Response {
    let items = asked["input"].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(complaint) = unanswered_call(items) {
        return shared.refuse(&format!("responses: {complaint}"));
    }
    let (options, number) = (shared.options(), shared.next_chat());
    let effort = ("reasoning.effort", &asked["reasoning"]["effort"]);
    if let Some(refusal) = planned_refusal(&options.faults, number, effort) {
        return refusal;
    }
    let said = items.iter().filter(|item| item["role"] == "user").count();
    let turn = options.turns.get(said.saturating_sub(1) % options.turns.len().max(1)).cloned().unwrap_or_default();
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
    streamed(&options, events.sent, number)
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
    sent: Vec<String>,
}

impl Events {
    fn add(&mut self, kind: &str, mut event: Value) {
        (event["type"], event["sequence_number"]) = (kind.into(), self.sent.len().into());
        self.sent.push(format!("event: {kind}\ndata: {event}\n\n"));
    }
}
