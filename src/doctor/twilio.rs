//! Checks Twilio's credentials and the state of the account.

use super::{DoctorContext, Finding};
use crate::providers::http_client;
use crate::providers::twilio::account::{self, Account};
use crate::providers::twilio::rest::Error;
use std::sync::Arc;
use std::time::Duration;

const CHECK: &str = "twilio";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config() else { return Vec::new() };
    if config.twilio.credentials().is_none() {
        let why = "no Twilio account is set (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN): no calls, no WhatsApp by Twilio";
        return vec![Finding::skipped(CHECK, why)];
    }
    let mut findings = vec![match account::account(&context.client, &config.twilio, LIMIT).await {
        Ok(account) => evaluate(&account),
        Err(error) => failed_request(&error),
    }];
    if config.twilio_whatsapp_enabled() {
        let url = config.http.base_url();
        findings.push(Finding::skipped(
            CHECK,
            format!(
                "the webhooks of Twilio's WhatsApp sender cannot be queried; check them in the console, Messaging → Senders: \
                 {url}/webhook/whatsapp/twilio, status {url}/webhook/whatsapp/twilio/status"
            ),
        ));
    }
    findings
}

fn evaluate(account: &Account) -> Finding {
    match (account.status.as_str(), account.kind.as_str()) {
        ("active", "Trial") => Finding::warning(
            CHECK,
            "the account is a trial: only verified numbers can call and be reached, callers hear Twilio's announcement first, \
             and some of what calls need may be blocked",
            "upgrade it in Twilio's console before the first call",
        ),
        ("active", _) => Finding::ok(CHECK, "Twilio accepts the account and its token"),
        (status, _) => Finding::error(
            CHECK,
            format!("Twilio reports the account as {status}: no calls come in"),
            "see Twilio's console; the usual reason is a payment",
        ),
    }
}

/// The finding for a failed request to Twilio.
pub(super) fn failed_request(error: &Error) -> Finding {
    match error {
        Error::Refused { status: 401 | 403 | 404, .. } => Finding::error(
            CHECK,
            "Twilio does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN",
            "copy both from the front page of Twilio's console; a token that was regenerated there must be set here too",
        ),
        Error::Refused { status, message, .. } => Finding::warning(
            CHECK,
            format!("Twilio answers {status}: {message}"),
            "try again later; status.twilio.com reports incidents",
        ),
        Error::Unreachable(source) => Finding::error(
            CHECK,
            format!("Twilio cannot be reached ({})", http_client::root_cause(source)),
            "check that this machine reaches the internet: name server, firewall, clock",
        ),
        Error::NotConfigured | Error::Malformed | Error::TooLarge(_) | Error::Redirected(_) => {
            Finding::warning(CHECK, error.to_string(), "see the settings")
        }
    }
}

const LIMIT: Duration = Duration::from_secs(10);
