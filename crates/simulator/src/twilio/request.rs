//! Signed requests from Twilio to the daemon.

use super::signature::sign;
use crate::DaemonConnector;
use reqwest::Method;
use url::Url;

/// How webhooks are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignaturePlan {
    /// Signed correctly.
    #[default]
    Good,
    /// Sent without a signature.
    Missing,
    /// Signed with a wrong auth token.
    Wrong,
}

/// A response of the daemon to a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookResponse {
    /// The HTTP status.
    pub status: u16,
    /// The value of `Content-Type`; empty if it is missing or was not recorded.
    pub content_type: String,
    /// The body as text.
    pub body: String,
}

/// A request from Twilio to the daemon.
pub(crate) struct SignedRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a Url,
    pub(crate) fields: &'a [(String, String)],
    pub(crate) signature: SignaturePlan,
    pub(crate) auth_token: &'a str,
    /// Twilio's `I-Twilio-Idempotency-Token`, equal for all attempts of one request.
    pub(crate) idempotency_token: &'a str,
}

impl SignedRequest<'_> {
    pub(crate) async fn send(&self, connector: &DaemonConnector) -> Result<WebhookResponse, reqwest::Error> {
        let mut url = self.url.clone();
        let (method, form) = if self.method == "GET" {
            url.query_pairs_mut().extend_pairs(self.fields);
            (Method::GET, None)
        } else {
            let mut form = form_urlencoded::Serializer::new(String::new());
            (Method::POST, Some(form.extend_pairs(self.fields).finish()))
        };
        let signed = if form.is_some() { self.fields } else { &[] };
        let token = if self.signature == SignaturePlan::Wrong { "another token" } else { self.auth_token };
        let mut request = connector
            .request(method, &url)
            .header("User-Agent", "TwilioProxy/1.1")
            .header("Accept", "*/*")
            .header("I-Twilio-Idempotency-Token", self.idempotency_token);
        if let Some(form) = form {
            request = request.header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8").body(form);
        }
        if self.signature != SignaturePlan::Missing {
            request = request.header("X-Twilio-Signature", sign(token, url.as_str(), signed));
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let content_type = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        Ok(WebhookResponse { status, content_type, body: response.text().await? })
    }
}
