//! Runs the agent's tools in a call, and gives running tools access to the caller's latest words.

use super::{CallMessage, CallTask};
use crate::agent::tool::ToolContext;
use crate::call::{CallEvent, tool_item};
use crate::crm::call::{CallerIdentity, finish_tool};
use crate::domain::{CallSid, PhoneNumber};
use crate::runtime::own_tools::{OwnTools, ToolCaller};
use crate::store::Store;
use crate::telemetry::log;
use std::sync::Arc;
use tokio::sync::mpsc::error::SendError;

impl CallTask {
    /// Runs the tool in its own task, so that the call continues.
    pub(super) fn run_tool(&mut self, id: String, name: String, arguments: String) {
        tracing::info!(event = "TOOL_CALL", call.sid = %self.sid, tool = name, "The agent calls tool {name} in call {}", self.sid);
        let business = &self.settings.config.business;
        let (store, country) = (self.calls.services().store.clone(), business.country);
        self.words.send_replace(self.session.caller_words());
        let context = ToolContext::new(store, self.sid.clone(), business.time_zone.clone(), self.words.subscribe());
        let context = match &self.calls.services().rehearsal {
            Some(rehearsal) => rehearsal.equip(context),
            None => context
                .with_texts(Arc::new(self.calls.services().texts.clone()))
                .with_own_tools(Arc::new(OwnTools::new(self.settings.clone(), self.tool_caller()))),
        };
        let context = if self.is_trial() { context.for_trial(country) } else { context };
        let (tools, sender, jobs) = (self.tools.clone(), self.sender.clone(), self.calls.services().jobs.clone());
        let (store, sid) = (self.calls.services().store.clone(), self.sid.clone());
        log::spawn(async move {
            let output = tools.run(&context, &name, &arguments).await;
            jobs.wake();
            // The send fails if the call has ended.
            if let Err(SendError(CallMessage::ToolFinished { id, output })) =
                sender.send(CallMessage::ToolFinished { id, output })
            {
                store_late_output(&store, sid, &id, output);
            }
        });
    }

    /// For a tool that finished while the call ended.
    pub(super) fn store_late_output(&self, id: &str, output: String) {
        store_late_output(&self.calls.services().store, self.sid.clone(), id, output);
    }

    /// A number that may be forged is left out, because a server may return the data of the person who has that
    /// number.
    fn tool_caller(&self) -> ToolCaller {
        let call = &self.context.call;
        let is_known = call.identity() == CallerIdentity::Number;
        ToolCaller { call: Some(self.sid.clone()), number: call.caller_number().filter(|_: &PhoneNumber| is_known) }
    }

    pub(super) fn pass_words_on(&self, event: &CallEvent) {
        if matches!(event, CallEvent::CallerSpeech { .. }) && self.words.receiver_count() > 0 {
            self.words.send_replace(self.session.caller_words());
        }
    }
}

/// For an output that the session has not received, because the call is over.
fn store_late_output(store: &Store, sid: CallSid, id: &str, output: String) {
    let item = tool_item(id);
    store.write_soon(move |tx| finish_tool(tx, &sid, &item, &output));
}
