//! Checks the webhooks of the business's phone numbers at Twilio.

use super::fix::NumberFix;
use super::{DoctorContext, Finding, Fix, twilio};
use crate::config::Config;
use crate::domain::{CheckResult, Found, Remedy};
use crate::providers::twilio::account::{self, AccountNumber, NumberWebhooks};
use std::sync::Arc;
use std::time::Duration;

const CHECK: &str = "numbers";

type Fixable = (CheckResult, Option<Fix>);

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let with_fix = |(result, fix): Fixable| Finding { fix, ..Finding::from(result) };
    find(&context).await.into_iter().map(with_fix).collect()
}

pub(super) async fn results(context: Arc<DoctorContext>) -> Vec<CheckResult> {
    find(&context).await.into_iter().map(|(result, _)| result).collect()
}

async fn find(context: &DoctorContext) -> Vec<Fixable> {
    let Some(config) = context.config() else { return Vec::new() };
    if config.twilio.credentials().is_none() || config.http.public_address().is_none() {
        return vec![(CheckResult::skipped(CHECK, Found::NumbersUnset), None)];
    }
    match account::numbers(&context.client, &config.twilio, LIMIT).await {
        Ok(numbers) => evaluate(&numbers, &wanted(context, config), config.http.base_url()),
        // Skip this check, because the check of the account reports the same error.
        Err(error) => {
            vec![(CheckResult::skipped(CHECK, twilio::failed_request(&error, &config.twilio.api_base_url).found), None)]
        }
    }
}

fn wanted(context: &DoctorContext, config: &Config) -> Vec<String> {
    let named = context.named_numbers.iter().chain(&config.twilio.phone_number);
    named.map(ToString::to_string).collect()
}

fn evaluate(numbers: &[AccountNumber], named: &[String], base: &str) -> Vec<Fixable> {
    let missing = named.iter().filter(|named| !numbers.iter().any(|number| number.phone_number == **named));
    let missing = missing.map(|named| Found::NumberMissing { number: named.clone() });
    let mut findings: Vec<Fixable> =
        missing.map(|found| (CheckResult::error(CHECK, found, Remedy::NumberCheck), None)).collect();
    let relevant_numbers = relevant_numbers(numbers, named, base);
    if relevant_numbers.is_empty() && findings.is_empty() {
        let finding = match numbers.len() {
            0 => CheckResult::warning(CHECK, Found::NumbersNone, Remedy::NumberBuy),
            count => CheckResult::warning(CHECK, Found::NumbersElsewhere { count: count as u64 }, Remedy::NumberName),
        };
        findings.push((finding, None));
    }
    findings.extend(relevant_numbers.into_iter().flat_map(|number| evaluate_one(number, !named.is_empty(), base)));
    findings
}

/// Selects the numbers to check: the named numbers. Without names, selects the numbers whose webhooks point to this
/// daemon. If no number does, selects the account's only number.
fn relevant_numbers<'a>(numbers: &'a [AccountNumber], named: &[String], base: &str) -> Vec<&'a AccountNumber> {
    if !named.is_empty() {
        return numbers.iter().filter(|number| named.contains(&number.phone_number)).collect();
    }
    let calls_come_here: Vec<_> = numbers.iter().filter(|number| is_at(&number.webhooks.voice_url, base)).collect();
    match numbers {
        [only] if calls_come_here.is_empty() => vec![only],
        _ => calls_come_here,
    }
}

fn evaluate_one(number: &AccountNumber, is_named: bool, base: &str) -> Vec<Fixable> {
    let name = || number.phone_number.clone();
    let overriding = match (number.trunk_sid.as_str(), number.voice_application_sid.as_str()) {
        ("", "") => None,
        ("", sid) => Some(Found::NumberApp { number: name(), sid: sid.to_owned() }),
        (sid, _) => Some(Found::NumberTrunk { number: name(), sid: sid.to_owned() }),
    };
    if let Some(found) = overriding {
        return vec![(CheckResult::error(CHECK, found, Remedy::NumberWebhook), None)];
    }
    let after = webhooks_at(base);
    let (before, mut findings) = (&number.webhooks, Vec::new());
    let fix = || {
        Fix::Number(Box::new(NumberFix {
            sid: number.sid.clone(),
            phone_number: name(),
            before: before.clone(),
            after: after.clone(),
            is_elsewhere: is_used_elsewhere(&before.voice_url, base),
            is_named,
        }))
    };
    if before.voice_url != after.voice_url {
        let found = match before.voice_url.clone() {
            url if url.is_empty() => Found::NumberNowhere { number: name() },
            url => Found::NumberElsewhere { number: name(), url },
        };
        let remedy = Remedy::NumberVoiceUrl { url: after.voice_url.clone() };
        findings.push((CheckResult::error(CHECK, found, remedy), Some(fix())));
    } else if before.status_callback != after.status_callback || before.status_callback_method != "POST" {
        let found = match before.status_callback.clone() {
            url if url.is_empty() => Found::NumberStatusNowhere { number: name() },
            url => Found::NumberStatusElsewhere { number: name(), url },
        };
        let remedy = Remedy::NumberStatusUrl { url: after.status_callback.clone() };
        findings.push((CheckResult::warning(CHECK, found, remedy), Some(fix())));
    } else {
        findings.push((CheckResult::ok(CHECK, Found::NumberHere { number: name() }), None));
    }
    findings.extend(fallback(number, base).map(|finding| (finding, None)));
    findings
}

/// Checks that a number has a fallback URL on another server. Twilio requests it while this machine is off, so this
/// machine must not host it.
fn fallback(number: &AccountNumber, base: &str) -> Option<CheckResult> {
    let name = number.phone_number.clone();
    let found = match number.voice_fallback_url.as_str() {
        "" => Found::NumberFallbackMissing { number: name },
        url if is_at(url, base) => Found::NumberFallbackHere { number: name, url: url.to_owned() },
        _ => return None,
    };
    Some(CheckResult::warning(CHECK, found, Remedy::NumberFallback))
}

/// Returns the webhooks that a number needs so that Twilio sends its calls to the daemon at this base URL.
pub fn webhooks_at(base: &str) -> NumberWebhooks {
    NumberWebhooks {
        voice_url: format!("{base}/webhook/incoming_call"),
        voice_method: "POST".into(),
        status_callback: format!("{base}/webhook/call_status"),
        status_callback_method: "POST".into(),
    }
}

fn is_at(url: &str, base: &str) -> bool {
    url.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// An empty URL and Twilio's demo URL do not count.
fn is_used_elsewhere(url: &str, base: &str) -> bool {
    !url.is_empty() && !url.starts_with("https://demo.twilio.com/") && !is_at(url, base)
}

const LIMIT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    const BASE: &str = "https://shop.example";

    fn number(phone_number: &str, voice_url: &str) -> AccountNumber {
        AccountNumber {
            sid: "PN1".into(),
            phone_number: phone_number.into(),
            webhooks: NumberWebhooks {
                voice_url: voice_url.into(),
                voice_method: "POST".into(),
                status_callback: format!("{BASE}/webhook/call_status"),
                status_callback_method: "POST".into(),
            },
            voice_fallback_url: "https://handler.twilio.com/twiml/EH1".into(),
            voice_application_sid: String::new(),
            trunk_sid: String::new(),
            friendly_name: String::new(),
            capabilities: Vec::new(),
        }
    }

    fn states(numbers: &[AccountNumber], named: &[&str]) -> Vec<State> {
        let named: Vec<_> = named.iter().map(ToString::to_string).collect();
        evaluate(numbers, &named, BASE).iter().map(|(finding, _)| finding.state).collect()
    }

    #[test]
    fn only_our_numbers_are_evaluated() {
        let here = number("+97231", &format!("{BASE}/webhook/incoming_call"));
        let there = number("+97232", "https://other.example/voice");
        assert_eq!(states(&[here.clone(), there.clone()], &[]), [State::Ok]);
        assert_eq!(states(&[there.clone(), number("+97233", "")], &[]), [State::Warning], "whose are they?");
        assert_eq!(states(std::slice::from_ref(&there), &[]), [State::Error], "the only one is ours");
        assert_eq!(states(&[here, there], &["+97232"]), [State::Error]);
        assert_eq!(states(&[], &["+97239"]), [State::Error]);
        assert_eq!(states(&[], &[]), [State::Warning]);
    }

    #[test]
    fn numbers_in_use_elsewhere_are_marked() {
        let elsewhere = |url: &str| match &evaluate(&[number("+97231", url)], &[], BASE)[0].1 {
            Some(Fix::Number(number)) => number.is_elsewhere,
            other => panic!("{other:?}"),
        };
        assert!(elsewhere("https://other.example/voice"));
        assert!(elsewhere("https://shop.example.evil.example/"));
        assert!(!elsewhere("https://demo.twilio.com/welcome/voice/"));
        assert!(!elsewhere("") && !elsewhere("https://shop.example/old"));
    }

    #[test]
    fn apps_trunks_and_fallbacks_are_reported() {
        let good = format!("{BASE}/webhook/incoming_call");
        let mut trunk = number("+97231", &good);
        trunk.trunk_sid = "TK1".into();
        assert_eq!(states(&[trunk], &[]), [State::Error]);
        let mut own_fallback = number("+97231", &good);
        own_fallback.voice_fallback_url = format!("{BASE}/webhook/handle_recording");
        assert_eq!(states(&[own_fallback], &[]), [State::Ok, State::Warning]);
        let mut silent = number("+97231", &good);
        (silent.voice_fallback_url, silent.webhooks.status_callback) = (String::new(), String::new());
        assert_eq!(states(&[silent], &[]), [State::Warning, State::Warning]);
    }
}
