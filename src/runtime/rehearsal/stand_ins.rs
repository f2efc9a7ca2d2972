//! What a rehearsal uses in place of the services that reach other people.

use crate::agent::tool::{CallerTextSender, OwnToolSender};
use crate::config::Config;
use crate::crm;
use crate::crm::caller_text::{self, CallerText};
use crate::crm::scheduled_message::SendContext;
use crate::domain::{AgentTool, CallSid, Timestamp};
use crate::runtime::active_settings;
use crate::store::Store;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Queues messages as in a call, in the database of the rehearsal, from which nothing is sent.
pub(super) struct QueuedTexts {
    pub(super) config: Arc<Config>,
    pub(super) store: Store,
    pub(super) now: Timestamp,
}

impl CallerTextSender for QueuedTexts {
    fn send(&self, call: CallSid, text: String) -> BoxFuture<'static, Result<CallerText, crm::Error>> {
        let (config, store, now) = (self.config.clone(), self.store.clone(), self.now);
        Box::pin(async move {
            crm::transact(&store, move |tx| {
                let (rules, new_chats) = (active_settings::rules(&config), active_settings::new_chats(&config));
                let context = SendContext { rules: &rules, down: &[], new_chats, written_at: now };
                caller_text::send_from_agent(tx, &call, &text, &context, now)
            })
            .await
        })
    }
}

/// Returns the answers that the scene contains, instead of those of the owner's servers.
pub(super) struct WrittenAnswers(pub(super) BTreeMap<String, Value>);

impl OwnToolSender for WrittenAnswers {
    fn send(&self, tool: Arc<AgentTool>, _arguments: Map<String, Value>) -> BoxFuture<'static, Value> {
        let missing = || json!({"error": "this is a rehearsal, and the scenario has no answer for this tool"});
        let answer = self.0.get(&tool.name).cloned().unwrap_or_else(missing);
        Box::pin(std::future::ready(answer))
    }
}
