//! The agent's tools. Each runs as its own task and reports to the call's task by message, so the call continues
//! meanwhile.

use super::CallMessage;
use crate::agent::tools::{TAKE_MESSAGE, TakeMessage};
use crate::domain::CallSid;
use crate::runtime::calls::Calls;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

/// Runs a tool.
pub(super) fn run(
    calls: &Calls,
    sid: &CallSid,
    sender: &UnboundedSender<CallMessage>,
    id: &str,
    name: &str,
    arguments: &str,
) {
    tracing::info!(event = "TOOL_CALL", call.sid = %sid, tool = name, "The agent calls tool {name} in call {sid}");
    let answer =
        |output: serde_json::Value| CallMessage::ToolFinished { id: id.to_owned(), output: output.to_string() };
    let refuse = |reason: &str| drop(sender.send(answer(json!({"error": reason}))));
    if name != TAKE_MESSAGE {
        return refuse("there is no such tool");
    }
    let Ok(message) = serde_json::from_str::<TakeMessage>(arguments) else {
        return refuse("the arguments are not as described");
    };
    if message.message.trim().is_empty() {
        return refuse("the message is empty");
    }
    let (done, failed) = (answer(json!({"ok": true})), answer(json!({"error": "it could not be written down"})));
    let (store, sid, sender) = (calls.services().store.clone(), sid.clone(), sender.clone());
    tokio::spawn(async move {
        let written = store.write(move |tx| tx.add_call_message(&sid, &message.text())).await;
        let _ = sender.send(if written.is_ok() { done } else { failed });
    });
}
