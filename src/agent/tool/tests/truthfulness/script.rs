//! The messages of the scripted model, the sender that queues them, and helpers for the times in texts.

use super::super::super::CallerTextSender;
use crate::clock;
use crate::crm;
use crate::crm::caller_text::{self, CallerText};
use crate::crm::outbox::NewChatLimits;
use crate::crm::scheduled_message::SendContext;
use crate::domain::{CallSid, Provider};
use crate::inbox::policy::RoutingRules;
use crate::store::Store;
use futures_util::future::BoxFuture;
use jiff::civil::DateTime;
use phonenumber::country;
use serde_json::Value;

/// The messages that the agent can send, each with a Hebrew and an English sentence that claims that it was sent.
pub(super) const TOPICS: [(&str, &str, &str); 3] = [
    ("הכתובת שלנו: הרצל 5, תל אביב", "שלחתי לך את הכתובת.", "I've sent you the address."),
    ("המחירון: תספורת 100 ₪", "שלחתי לך את המחירון.", "I've sent you the prices."),
    ("https://shop.example/book", "שלחתי לך את הקישור.", "I've sent you the link."),
];
/// An announcement, which says that something will be done.
pub(super) const CALL_BACK: &str = "We'll call you back today.";

/// Queues messages in the same way as the daemon, but never sends them.
pub(super) struct Texts {
    pub(super) store: Store,
}

impl CallerTextSender for Texts {
    fn send(&self, call: CallSid, text: String) -> BoxFuture<'static, Result<CallerText, crm::Error>> {
        let store = self.store.clone();
        Box::pin(async move {
            crm::transact(&store, move |tx| {
                let rules = RoutingRules { only: None, priority: vec![Provider::Baileys], template: false };
                let new_chats = NewChatLimits {
                    prefixes: vec!["+".into()],
                    country: country::IL,
                    per_author: u32::MAX,
                    in_all: u32::MAX,
                };
                let context = SendContext { rules: &rules, down: &[], new_chats, written_at: clock::now() };
                caller_text::send_from_agent(tx, &call, &text, &context, clock::now())
            })
            .await
        })
    }
}

pub(super) fn iso(start: DateTime) -> String {
    start.strftime("%Y-%m-%dT%H:%M").to_string()
}

pub(super) fn day(start: DateTime) -> String {
    start.strftime("%-d.%-m").to_string()
}

pub(super) fn time(start: DateTime) -> String {
    start.strftime("%H:%M").to_string()
}

/// Appends all starts of appointments in a tool's output to `starts`.
pub(super) fn collect(output: &Value, starts: &mut Vec<DateTime>) {
    match output {
        Value::String(text) => {
            let words = text.split_whitespace().filter(|word| word.contains('T'));
            starts.extend(words.filter_map(|word| word.trim_end_matches('.').parse::<DateTime>().ok()));
        }
        Value::Object(members) => members.values().for_each(|value| collect(value, starts)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, starts)),
        _ => {}
    }
}
