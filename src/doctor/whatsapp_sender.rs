//! Checks the WhatsApp sender at Twilio and the webhook of its messages.

use super::DoctorContext;
use crate::config::Config;
use crate::domain::{CheckResult, Found, PhoneNumber, Remedy};
use crate::providers::twilio::messages::MESSAGE_PATH;
use crate::providers::twilio::senders::{WhatsAppSender, whatsapp_senders};
use std::time::Duration;

/// The findings belong to those of Twilio's account.
const CHECK: &str = "twilio";

/// Returns `None` if no sender is set.
pub(super) async fn check(context: &DoctorContext, config: &Config) -> Option<CheckResult> {
    let number = config.twilio.wa_from.as_ref().filter(|_| config.twilio_whatsapp_enabled())?;
    let webhook = format!("{}{MESSAGE_PATH}", config.http.base_url());
    if number.as_str() == SANDBOX {
        return Some(CheckResult::skipped(CHECK, Found::WhatsAppSandbox { url: webhook }));
    }
    Some(match whatsapp_senders(&context.client, &config.twilio, LIMIT).await {
        Ok(senders) => evaluate(&senders, number, &webhook),
        // The check of the account reports a wrong token and an outage. Some accounts may not list their senders.
        Err(_) => CheckResult::skipped(CHECK, Found::TwilioSenderUnknown { url: config.http.base_url().to_owned() }),
    })
}

fn evaluate(senders: &[WhatsAppSender], number: &PhoneNumber, webhook: &str) -> CheckResult {
    let name = || number.to_string();
    let error = |found| CheckResult::error(CHECK, found, Remedy::WhatsAppSenderWebhook { url: webhook.to_owned() });
    let Some(sender) = senders.iter().find(|sender| sender.number.as_ref() == Some(number)) else {
        return CheckResult::error(CHECK, Found::WhatsAppSenderMissing { number: name() }, Remedy::WhatsAppSenderAdd);
    };
    if !sender.is_online() {
        let status = sender.status.clone();
        let found = match sender.offline_reasons.join("; ") {
            reason if reason.is_empty() => Found::WhatsAppSenderStatus { number: name(), status },
            reason => Found::WhatsAppSenderOffline { number: name(), status, reason },
        };
        return CheckResult::error(CHECK, found, Remedy::WhatsAppSenderConsole);
    }
    match sender.callback_url.as_str() {
        "" => error(Found::WhatsAppSenderNowhere { number: name() }),
        url if url != webhook => error(Found::WhatsAppSenderElsewhere { number: name(), url: url.to_owned() }),
        _ if !["", "POST"].contains(&sender.callback_method.as_str()) => {
            error(Found::WhatsAppSenderMethod { number: name(), method: sender.callback_method.clone() })
        }
        _ => CheckResult::ok(CHECK, Found::WhatsAppSenderHere { number: name() }),
    }
}

const LIMIT: Duration = Duration::from_secs(10);
/// The number of Twilio's sandbox, which all accounts share. It is not in an account's list of senders
/// (<https://www.twilio.com/docs/whatsapp/sandbox>).
const SANDBOX: &str = "+14155238886";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CheckStatus;

    const WEBHOOK: &str = "https://shop.example/webhook/whatsapp/twilio";

    fn status_of(change: impl FnOnce(&mut WhatsAppSender)) -> (CheckStatus, &'static str) {
        let number = PhoneNumber::parse_international("+97235551234").expect("a number");
        let mut sender = WhatsAppSender {
            number: Some(number.clone()),
            status: "ONLINE".into(),
            offline_reasons: Vec::new(),
            callback_url: WEBHOOK.into(),
            callback_method: "POST".into(),
        };
        change(&mut sender);
        let result = evaluate(&[sender], &number, WEBHOOK);
        (result.state, result.found.code().expect("a code").0)
    }

    #[test]
    fn only_an_online_sender_whose_messages_come_here_is_right() {
        use CheckStatus::{Error, Ok};
        assert_eq!(status_of(|_| {}), (Ok, "found-whatsapp-sender-here"));
        assert_eq!(status_of(|sender| sender.status = "ONLINE:UPDATING".into()), (Ok, "found-whatsapp-sender-here"));
        assert_eq!(status_of(|sender| sender.number = None), (Error, "found-whatsapp-sender-missing"));
        assert_eq!(status_of(|sender| sender.status = "VERIFYING".into()), (Error, "found-whatsapp-sender-status"));
        let offline = |sender: &mut WhatsAppSender| {
            (sender.status, sender.offline_reasons) = ("OFFLINE".into(), vec!["Rejected".into()]);
        };
        assert_eq!(status_of(offline), (Error, "found-whatsapp-sender-offline"));
        assert_eq!(status_of(|sender| sender.callback_url.clear()), (Error, "found-whatsapp-sender-nowhere"));
        let elsewhere = |sender: &mut WhatsAppSender| sender.callback_url = "https://other.example/".into();
        assert_eq!(status_of(elsewhere), (Error, "found-whatsapp-sender-elsewhere"));
        assert_eq!(status_of(|sender| sender.callback_method = "GET".into()), (Error, "found-whatsapp-sender-method"));
    }
}
