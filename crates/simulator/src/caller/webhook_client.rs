//! Sends Twilio's webhooks about a call to the daemon.

use super::report::Webhook;
use crate::daemon_connector::root_cause;
use crate::twilio::{SignaturePlan, SignedRequest, WebhookResponse, random_sid};
use crate::{DaemonConnector, EventLog, Party};
use std::time::Instant;
use url::Url;

/// Sends requests to the daemon as Twilio does. Cheap to clone.
#[derive(Clone)]
pub(super) struct WebhookClient {
    pub(super) connector: DaemonConnector,
    pub(super) auth_token: String,
    pub(super) signature: SignaturePlan,
    /// Whether each request is sent a second time, as after a lost response. The second response is used.
    pub(super) twice: bool,
    pub(super) log: EventLog,
    pub(super) call_began: Instant,
}

impl WebhookClient {
    /// Sends `fields` to `url`. Returns the records of the requests, and the response to the last request; `None` if
    /// the daemon did not answer that request. No answer and a status of 500 or more are violations.
    pub(super) async fn send(
        &self,
        method: &str,
        url: &Url,
        fields: Vec<(String, String)>,
    ) -> (Vec<Webhook>, Option<WebhookResponse>) {
        let idempotency_token = random_sid("");
        let request = SignedRequest {
            method,
            url,
            fields: &fields,
            signature: self.signature,
            auth_token: &self.auth_token,
            idempotency_token: &idempotency_token,
        };
        let (mut webhooks, mut answer) = (Vec::new(), None);
        for _ in 0..if self.twice { 2 } else { 1 } {
            let (webhook, this) = self.send_once(&request).await;
            webhooks.push(webhook);
            answer = this;
        }
        (webhooks, answer)
    }

    async fn send_once(&self, request: &SignedRequest<'_>) -> (Webhook, Option<WebhookResponse>) {
        let at_ms = millis_since(self.call_began);
        let answer = request.send(&self.connector).await;
        let took_ms = millis_since(self.call_began) - at_ms;
        let path = request.url.path().to_owned();
        match &answer {
            Err(error) => {
                self.log.violation(Party::Twilio, format!("11200: no answer from {path}: {}", root_cause(error)));
            }
            Ok(answer) if answer.status >= 500 => {
                self.log.violation(Party::Twilio, format!("{path} answered {}: {}", answer.status, answer.body));
            }
            Ok(answer) => self.log.note(Party::Twilio, format!("{path} answered {} in {took_ms} ms", answer.status)),
        }
        let answer = answer.ok();
        let webhook = Webhook {
            at_ms,
            took_ms,
            path,
            fields: request.fields.to_vec(),
            status: answer.as_ref().map(|answer| answer.status),
            body: answer.as_ref().map(|answer| answer.body.clone()).unwrap_or_default(),
        };
        (webhook, answer)
    }
}

pub(super) fn millis_since(earlier: Instant) -> u64 {
    let since = crate::clock::instant().saturating_duration_since(earlier);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
