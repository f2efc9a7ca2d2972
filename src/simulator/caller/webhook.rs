//! Twilio's requests to the box.

use super::plan::SignaturePlan;
use super::report::Webhook;
use crate::simulator::route::Route;
use crate::simulator::twilio::{random_sid, sign};
use crate::simulator::{EventLog, Party};
use reqwest::Method;
use std::time::Instant;
use url::Url;

/// Asks the box as Twilio does. Cheap to clone.
#[derive(Clone)]
pub(super) struct Hooks {
    pub(super) route: Route,
    pub(super) auth_token: String,
    pub(super) signature: SignaturePlan,
    /// Each request goes out a second time, as after a lost answer; the second answer counts.
    pub(super) twice: bool,
    pub(super) log: EventLog,
    pub(super) call_began: Instant,
}

/// An answer of the box.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: String,
}

impl Hooks {
    /// Sends `fields` to `url`. Gives what is to be reported, and the answer if there was one.
    pub(super) async fn ask(
        &self,
        method: &str,
        url: &Url,
        fields: Vec<(String, String)>,
    ) -> (Vec<Webhook>, Option<Answer>) {
        let token = random_sid("");
        let mut webhooks = Vec::new();
        let mut answer = None;
        for _ in 0..if self.twice { 2 } else { 1 } {
            let (webhook, this) = self.ask_once(method, url, &fields, &token).await;
            webhooks.push(webhook);
            answer = this;
        }
        (webhooks, answer)
    }

    async fn ask_once(
        &self,
        method: &str,
        url: &Url,
        fields: &[(String, String)],
        idempotency_token: &str,
    ) -> (Webhook, Option<Answer>) {
        let (method, url, body) = if method == "GET" {
            let mut url = url.clone();
            url.query_pairs_mut().extend_pairs(fields);
            (Method::GET, url, None)
        } else {
            (
                Method::POST,
                url.clone(),
                Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()),
            )
        };
        let signed: &[_] = if body.is_some() { fields } else { &[] };
        let mut request = self
            .route
            .request(method, &url)
            .header("User-Agent", "TwilioProxy/1.1")
            .header("Accept", "*/*")
            .header("I-Twilio-Idempotency-Token", idempotency_token);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8").body(body);
        }
        match self.signature {
            SignaturePlan::Good => request = request.header(SIGNATURE, sign(&self.auth_token, url.as_str(), signed)),
            SignaturePlan::Wrong => request = request.header(SIGNATURE, sign("another token", url.as_str(), signed)),
            SignaturePlan::Missing => {}
        }
        let asked = crate::clock::instant();
        let answer = match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
                let content_type = content_type.unwrap_or_default().to_owned();
                response.text().await.map(|body| Answer { status, content_type, body })
            }
            Err(error) => Err(error),
        };
        let took_ms = millis_since(asked);
        if let Err(error) = &answer {
            self.log.violation(Party::Twilio, format!("11200: no answer from {}: {}", url.path(), root_cause(error)));
        }
        let answer = answer.ok();
        let webhook = Webhook {
            at_ms: millis_since(self.call_began).saturating_sub(took_ms),
            took_ms,
            path: url.path().to_owned(),
            fields: fields.to_vec(),
            status: answer.as_ref().map(|answer| answer.status),
            body: answer.as_ref().map(|answer| answer.body.clone()).unwrap_or_default(),
        };
        if let Some(answer) = &answer {
            let text = format!("{} answered {} in {took_ms} ms", url.path(), answer.status);
            self.log.note(Party::Twilio, text);
            if answer.status >= 500 {
                self.log
                    .violation(Party::Twilio, format!("{} answered {}: {}", url.path(), answer.status, answer.body));
            }
        }
        (webhook, answer)
    }
}

pub(super) fn millis_since(earlier: Instant) -> u64 {
    let since = crate::clock::instant().saturating_duration_since(earlier);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

const SIGNATURE: &str = "X-Twilio-Signature";
