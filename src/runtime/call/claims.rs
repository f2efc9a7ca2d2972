//! What may confirm the agent's words in a call, for the check before the caller hears them.

use crate::config::Config;
use crate::crm::call::CallerIdentity;
use crate::domain::{Language, Timestamp};
use crate::engine::ClaimCheck;
use crate::messages::{self, Phrase};
use crate::promise::Known;
use crate::runtime::calls::{CallContext, KnownAtStart};

/// Returns what is known before the first word.
pub(super) fn known(start: &KnownAtStart, context: &CallContext, config: &Config, now: Timestamp) -> Known {
    let KnownAtStart { profile, memory, is_complete } = start;
    let zone = &config.business.time_zone;
    // A caller who is not identified, or the purpose of an outbound call, can name an appointment that is not in the list.
    let is_identified = context.call.identity() == CallerIdentity::Number;
    let is_listed = *is_complete && is_identified && context.purpose.is_none();
    let starts = memory.appointments.iter().map(|appointment| appointment.starts_at.to_zoned(zone).datetime());
    let mut known = Known::new(now.to_zoned(zone).date(), is_listed.then(|| starts.collect()));
    known.own_tools = profile.tools.iter().map(|tool| tool.name.clone()).collect();
    known.has_confirmations = config.agent.confirm_appointments;
    let facts = profile.facts.iter().flat_map(|fact| [&fact.topic, &fact.text]);
    let services = profile.services.iter().map(|service| &service.description);
    let written = memory.messages.iter().map(|message| &message.text);
    let calls = memory.calls.iter().filter_map(|call| call.about.as_ref());
    let other = context.purpose.iter().chain([&config.agent.instructions]);
    facts.chain(services).chain(written).chain(calls).chain(other).for_each(|text| known.add_text(text));
    known
}

/// `language` is the language of the conversation (ISO 639-1).
pub(super) fn check(known: Known, language: &str) -> ClaimCheck {
    let language = if matches!(language, "he" | "iw") { Language::Hebrew } else { Language::English };
    let text = |phrase| messages::text(language, &phrase);
    ClaimCheck { known, not_done: text(Phrase::SayNotDone), not_read: text(Phrase::SayNotRead) }
}
