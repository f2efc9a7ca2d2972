//! Checks Twilio's credentials and the state of the account.

use super::{DoctorContext, whatsapp_sender};
use crate::config::{BaseUrl, TwilioConfig};
use crate::domain::{Cause, CheckResult, Found, Remedy};
use crate::providers::http_client;
use crate::providers::twilio::account::{self, Account};
use crate::providers::twilio::rest::Error;
use std::sync::Arc;
use std::time::Duration;

const CHECK: &str = "twilio";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<CheckResult> {
    let Some(config) = context.config() else { return Vec::new() };
    if config.twilio.credentials().is_none() {
        return vec![CheckResult::skipped(CHECK, Found::TwilioUnset)];
    }
    match account::account(&context.client, &config.twilio, LIMIT).await {
        Ok(account) => {
            let sender = whatsapp_sender::check(&context, config).await;
            [evaluate(&account)].into_iter().chain(sender).collect()
        }
        Err(error) => vec![failed_request(&error, &config.twilio.api_base_url)],
    }
}

fn evaluate(account: &Account) -> CheckResult {
    match (account.status.as_str(), account.kind.as_str()) {
        ("active", "Trial") => CheckResult::warning(CHECK, Found::TwilioTrial, Remedy::TwilioUpgrade),
        ("active", _) => CheckResult::ok(CHECK, Found::TwilioAccepted),
        (status, _) => {
            CheckResult::error(CHECK, Found::TwilioStatus { status: status.to_owned() }, Remedy::TwilioConsole)
        }
    }
}

/// `base_url` is the address of the API.
pub(super) fn failed_request(error: &Error, base_url: &BaseUrl) -> CheckResult {
    let is_twilio = *base_url == TwilioConfig::default().api_base_url;
    let remedy = if is_twilio {
        Remedy::Internet
    } else {
        Remedy::PipelineAddress { setting: "twilio.api_base_url".to_owned() }
    };
    match error {
        Error::Refused { status: 401 | 403 | 404, .. } => {
            CheckResult::error(CHECK, Found::TwilioRefused, Remedy::TwilioCredentials)
        }
        Error::Refused { status, message, .. } => {
            let found =
                Found::TwilioAnswer { status: u64::from(*status), reason: Cause::other(message.as_str()).into() };
            CheckResult::warning(CHECK, found, Remedy::TwilioLater)
        }
        Error::Unreachable(source) => {
            let reason = http_client::causes(source);
            CheckResult::error(CHECK, Found::TwilioUnreachable { reason }, remedy)
        }
        Error::NotConfigured | Error::Malformed | Error::TooLarge(_) | Error::Redirected(_) => {
            let cause = match error {
                Error::NotConfigured => Cause::TwilioNoAccount,
                Error::Malformed => Cause::TwilioMalformed,
                // Only the download of a file returns the other errors.
                _ => Cause::other(error.to_string()),
            };
            CheckResult::warning(CHECK, Found::TwilioError { reason: cause.into() }, Remedy::Settings)
        }
    }
}

const LIMIT: Duration = Duration::from_secs(10);
