//! Sends the requests of the tools that the owner defined, in calls and when the owner tries a tool.

use super::ActiveSettings;
use crate::agent::tool::OwnToolSender;
use crate::clock;
use crate::config::{PageSecrets, Secret};
use crate::domain::{AgentTool, AgentToolId, CallSid, PhoneNumber, ToolMethod, hex};
use crate::entropy::random_hex;
use crate::providers::safe_fetch::{FetchError, OwnRequest, OwnResponse, SendError};
use futures_util::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Sends the requests of tools for one tool call.
#[derive(Clone)]
pub struct OwnTools {
    settings: Arc<ActiveSettings>,
    caller: ToolCaller,
}

/// What a tool's server learns about the conversation. A GET request contains nothing of it but the idempotency key.
#[derive(Clone, Debug)]
pub struct ToolCaller {
    /// The call; `None` if the owner tries the tool.
    pub call: Option<CallSid>,
    /// The caller's number, if it identifies the caller.
    pub number: Option<PhoneNumber>,
}

#[derive(Clone, Debug)]
pub struct ToolOutcome {
    /// The status of the response, if there was one.
    pub status: Option<u16>,
    /// What the model receives.
    pub output: Value,
    pub took: Duration,
}

/// The reason why a tool has no result. The model receives the text.
#[derive(Debug, thiserror::Error)]
enum ToolFailure {
    #[error("the request was not sent: {0}")]
    NotSent(String),
    #[error("the server redirects to an address that is not allowed")]
    ForbiddenRedirect,
    #[error("the server did not answer within {0} seconds")]
    TimedOut(u32),
    #[error("the server could not be reached")]
    Unreachable,
    #[error("the server redirects too often")]
    TooManyRedirects,
    #[error(
        "the server redirects to {0}, which did not get the request; \
         if the tool is at that address, the owner must enter the address in the tool"
    )]
    PostRedirected(String),
    #[error("the server answered with status {0}")]
    Status(StatusCode),
    /// The failure of a request that may change something, and that a server may have received.
    #[error("{0}; it is not known whether it did what was asked, so do not use the tool again for the same purpose")]
    Uncertain(Box<ToolFailure>),
}

impl ToolCaller {
    /// Returns the key by which a server recognizes a repeated request: the same for each use of the tool with these
    /// arguments in a call, also if the model does not know that it has used the tool before. A trial of the owner gets
    /// another key each time.
    fn idempotency_key(&self, tool: AgentToolId, arguments: &Map<String, Value>) -> String {
        let Some(call) = &self.call else { return format!("try:{}", random_hex::<16>()) };
        // The names of the arguments are sorted, because their order has no meaning.
        let sorted: BTreeMap<_, _> = arguments.iter().collect();
        let digest = Sha256::digest(json!([call.as_str(), tool.0, sorted]).to_string());
        format!("{call}:{}", hex(&digest[..16]))
    }
}

impl OwnTools {
    pub fn new(settings: Arc<ActiveSettings>, caller: ToolCaller) -> Self {
        Self { settings, caller }
    }

    /// Returns within the tool's time limit.
    pub async fn run(&self, tool: &AgentTool, arguments: Map<String, Value>) -> ToolOutcome {
        let began = clock::instant();
        let limit = Duration::from_secs(tool.time_limit_s.into());
        let sent = tokio::time::timeout(limit, self.send_request(tool, arguments)).await;
        let (status, result) = match sent {
            Err(_) => (None, Err(ToolFailure::TimedOut(tool.time_limit_s).after_sending(tool.method))),
            Ok(Err(failure)) => (None, Err(failure)),
            Ok(Ok(response)) => (Some(response.status), read(&response, tool.method)),
        };
        let output = result.unwrap_or_else(|failure| json!({"error": failure.to_string()}));
        ToolOutcome { status, output, took: clock::instant() - began }
    }

    async fn send_request(&self, tool: &AgentTool, arguments: Map<String, Value>) -> Result<OwnResponse, ToolFailure> {
        let address = tool.address(&arguments).map_err(|error| ToolFailure::NotSent(error.to_string()))?;
        let (method, body) = match tool.method {
            ToolMethod::Get => (Method::GET, Value::Null),
            ToolMethod::Post => {
                let call = self.caller.call.as_ref().map(CallSid::as_str);
                let caller = self.caller.number.as_ref().map(PhoneNumber::as_str);
                (Method::POST, json!({"arguments": &arguments, "call_sid": call, "caller": caller}))
            }
        };
        let headers = self.headers(tool, &arguments).await?;
        let request = OwnRequest { method, address, headers, body };
        let sent = self.settings.own_tools.send(&request).await;
        sent.map_err(|failed| ToolFailure::of(&failed, tool.method))
    }

    async fn headers(&self, tool: &AgentTool, arguments: &Map<String, Value>) -> Result<HeaderMap, ToolFailure> {
        let mut headers = HeaderMap::new();
        if let Ok(key) = HeaderValue::from_str(&self.caller.idempotency_key(tool.id, arguments)) {
            headers.insert("idempotency-key", key);
        }
        let not_sent = |name: &str| ToolFailure::NotSent(format!("the owner must enter the value of {name} again"));
        if tool.headers.is_empty() {
            return Ok(headers);
        }
        let file = PageSecrets::of(&self.settings.config.store);
        let read = tokio::task::spawn_blocking(move || file.tool_secrets()).await;
        let secrets = read.ok().and_then(Result::ok).unwrap_or_default();
        for header in &tool.headers {
            let value = secrets.get(&header.secret).and_then(header_value);
            let name = HeaderName::from_bytes(header.name.as_bytes()).ok();
            let (Some(name), Some(value)) = (name, value) else { return Err(not_sent(&header.name)) };
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

/// Returns a secret as the value of a header; `None` if it is empty or has characters that a header cannot have.
pub fn header_value(secret: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose()).ok().filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

impl OwnToolSender for OwnTools {
    fn send(&self, tool: Arc<AgentTool>, arguments: Map<String, Value>) -> BoxFuture<'static, Value> {
        let sender = self.clone();
        Box::pin(async move {
            let ToolOutcome { status, output, took } = sender.run(&tool, arguments).await;
            let (name, status, duration_ms) = (&tool.name, status.unwrap_or_default(), took.as_millis());
            let call = sender.caller.call.as_ref().map_or("", CallSid::as_str);
            // Only a request that belongs to a call has a call id.
            let in_call = if call.is_empty() { String::new() } else { format!(" in call {call}") };
            match output["error"].as_str() {
                None => {
                    tracing::info!(
                        event = "OWN_TOOL_ANSWERED",
                        call.sid = call,
                        tool = name,
                        status,
                        duration_ms,
                        "The server of tool {name} answered{in_call} in {duration_ms} ms"
                    );
                }
                Some(error) => {
                    tracing::warn!(
                        event = "OWN_TOOL_FAILED",
                        call.sid = call,
                        tool = name,
                        status,
                        duration_ms,
                        error,
                        "Tool {name} failed{in_call} and returns this error: {error}"
                    );
                }
            }
            output
        })
    }
}

/// A server may fail after it has done what was asked, and a proxy may stop to wait for the server. Other statuses that
/// are not 2xx reject the request.
fn read(response: &OwnResponse, method: ToolMethod) -> Result<Value, ToolFailure> {
    let status = StatusCode::from_u16(response.status).unwrap_or_default();
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        return Err(ToolFailure::Status(status).after_sending(method));
    }
    if !status.is_success() {
        return Err(ToolFailure::Status(status));
    }
    let Ok(body) = &response.body else {
        return Ok(json!({"status": response.status, "note": "the answer is too long, or was cut off"}));
    };
    let text = body.trim();
    let content = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let output = json!({"status": response.status, "body": content});
    if output.to_string().len() <= MAX_OUTPUT_BYTES {
        return Ok(output);
    }
    let beginning: String = text.chars().take(MAX_CUT_CHARS).collect();
    Ok(json!({"status": response.status, "body": beginning, "note": "only the beginning of the answer"}))
}

/// The maximum length of an output in bytes: a little less than the longest output that a transcript stores as JSON.
const MAX_OUTPUT_BYTES: usize = 15 << 10;
/// The length of the beginning of a longer answer. Each character takes at most six bytes in JSON.
const MAX_CUT_CHARS: usize = 2_000;

impl ToolFailure {
    fn of(failed: &SendError, method: ToolMethod) -> Self {
        let failure = match &failed.error {
            FetchError::Forbidden(_) if failed.may_be_received => Self::ForbiddenRedirect,
            FetchError::Forbidden(reason) => return Self::NotSent(reason.to_string()),
            FetchError::TooManyRedirects => Self::TooManyRedirects,
            FetchError::PostRedirected(address) => Self::PostRedirected(address.clone()),
            // A response of any status and length is an `OwnResponse`.
            FetchError::Unreachable | FetchError::Status(_) | FetchError::Unauthorized(_) | FetchError::TooLarge(_) => {
                Self::Unreachable
            }
        };
        if failed.may_be_received { failure.after_sending(method) } else { failure }
    }

    /// Returns the failure of a request that a server may have received.
    fn after_sending(self, method: ToolMethod) -> Self {
        match method {
            ToolMethod::Get => self,
            ToolMethod::Post => Self::Uncertain(Box::new(self)),
        }
    }
}
