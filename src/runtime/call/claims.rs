//! What may confirm the agent's words in a call, for the check before the caller hears them.

use crate::clock;
use crate::config::Config;
use crate::crm::business_profile::BusinessProfile;
use crate::crm::call::{self, CallerIdentity};
use crate::domain::{CallEventKind, CallSid, Language, Timestamp};
use crate::messages::{self, Phrase};
use crate::promise::{ClaimCheck, Known, Promise, Replacements};
use crate::runtime::calls::{CallContext, CallServices, KnownAtStart};
use serde_json::json;

/// Returns the check for a call, with what is known before the first word.
pub(super) fn check(start: &KnownAtStart, context: &CallContext, config: &Config, now: Timestamp) -> ClaimCheck {
    with_replacements(known(start, context, config, now), expected_language(start, config))
}

/// Returns the check with this knowledge. `expected`: the language that the caller is expected to speak (ISO 639-1).
pub(in crate::runtime) fn with_replacements(known: Known, expected: &str) -> ClaimCheck {
    let is_hebrew = matches!(expected, "he" | "iw");
    let (own, other) =
        if is_hebrew { (Language::Hebrew, Language::English) } else { (Language::English, Language::Hebrew) };
    ClaimCheck { known, expected: replacements(expected, own), other: Some(replacements(other.as_str(), other)) }
}

/// Returns the sentences for claims in this language (ISO 639-1), written in `language`.
fn replacements(of: &str, language: Language) -> Replacements {
    let text = |phrase| messages::text(language, &phrase);
    Replacements { language: of.to_owned(), not_done: text(Phrase::SayNotDone), not_read: text(Phrase::SayNotRead) }
}

/// Returns the language that is stored for the caller's contact (ISO 639-1), or the configured language.
pub(super) fn expected_language<'a>(start: &'a KnownAtStart, config: &'a Config) -> &'a str {
    let known = start.memory.language.as_deref().and_then(|tag| tag.split('-').next());
    known.unwrap_or(&config.agent.language)
}

fn known(start: &KnownAtStart, context: &CallContext, config: &Config, now: Timestamp) -> Known {
    let KnownAtStart { profile, memory, is_complete } = start;
    let zone = &config.business.time_zone;
    // A caller who is not identified, or the purpose of an outbound call, can name an appointment that is not in the list.
    let is_identified = context.call.identity() == CallerIdentity::Number;
    let is_listed = *is_complete && is_identified && context.purpose.is_none();
    let starts = memory.appointments.iter().map(|appointment| appointment.starts_at.to_zoned(zone).datetime());
    let mut known = Known::new(now.to_zoned(zone).date(), is_listed.then(|| starts.collect()));
    known.own_tools = profile.tools.iter().map(|tool| tool.name.clone()).collect();
    known.has_confirmations = config.agent.confirm_appointments;
    add_texts(&mut known, profile, config);
    let written = memory.messages.iter().map(|message| &message.text);
    let calls = memory.calls.iter().filter_map(|call| call.about.as_ref());
    written.chain(calls).chain(&context.purpose).for_each(|text| known.add_text(text));
    known
}

/// Adds the times of day in what the owner wrote for the agent.
pub(in crate::runtime) fn add_texts(known: &mut Known, profile: &BusinessProfile, config: &Config) {
    let facts = profile.facts.iter().flat_map(|fact| [&fact.topic, &fact.text]);
    let services = profile.services.iter().map(|service| &service.description);
    facts.chain(services).chain([&config.agent.instructions]).for_each(|text| known.add_text(text));
}

/// Logs and stores that an answer with a false claim was stopped. `was_heard`: whether the caller heard a part of it.
pub(in crate::runtime) fn report_stopped(services: &CallServices, sid: &CallSid, promise: Promise, was_heard: bool) {
    let (promise, words) = (promise.as_str(), promise.words());
    let heard = if was_heard { "the caller heard a part of it" } else { "the caller did not hear it" };
    tracing::warn!(event = "CLAIM_STOPPED", call.sid = %sid, promise, was_heard, "In call {sid} the agent was about to say {words}, but nothing confirms it: the answer was stopped, {heard}, and the agent answers again");
    metrics::counter!("agentlocator_call_claims_stopped_total").increment(1);
    let (sid, at) = (sid.clone(), clock::now());
    let detail = json!({"promise": promise, "was_heard": was_heard}).to_string();
    services.store.write_soon(move |tx| call::record_event(tx, &sid, CallEventKind::ClaimStopped, Some(&detail), at));
}
