//! The part of Twilio's REST interface (version 2010-04-01) that the daemon uses: calls, messages, media, recordings,
//! and the account with its phone numbers.

mod calls;
mod faults;
mod lists;
mod messages;
mod numbers;
mod recordings;
mod status;

pub use faults::{Fault, Operation};

use super::state::TwilioState;
use crate::server::{Parameters, Server};
use crate::specs::check_twilio_request;
use crate::{DaemonConnector, EventLog, Party};
use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use faults::Faults;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The behaviour of the REST interface for messages and media.
#[derive(Clone, Debug)]
pub struct TwilioOptions {
    /// The statuses that Twilio reports for each message, in this order. (A real network may reorder them.)
    pub statuses: Vec<&'static str>,
    /// The delay before each status.
    pub status_gap: Duration,
    /// Whether each status is reported twice.
    pub statuses_twice: bool,
    /// Whether a text to a contact who has not written to this number within 24 hours fails with error 63016.
    pub enforce_window: bool,
    /// Whether the first request for a media file is answered with 404, as Twilio can do immediately after the webhook.
    pub media_late: bool,
}

impl Default for TwilioOptions {
    fn default() -> Self {
        Self {
            statuses: vec!["sent", "delivered", "read"],
            status_gap: Duration::from_millis(100),
            statuses_twice: false,
            enforce_window: false,
            media_late: false,
        }
    }
}

/// A running REST interface. Dropping it stops it.
pub struct TwilioRest {
    server: Server,
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    twilio_state: TwilioState,
    connector: DaemonConnector,
    log: EventLog,
    options: Mutex<TwilioOptions>,
    faults: Faults,
    requests: Mutex<Vec<RecordedRequest>>,
    stopping: CancellationToken,
}

/// A request to the REST interface.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// The method and the path as in Twilio's document, with placeholders such as `{AccountSid}`.
    pub what: String,
    /// The form fields, or the query parameters.
    pub fields: Vec<(String, String)>,
}

impl TwilioRest {
    /// Serves `twilio_state` on `listener`, and sends message statuses to the daemon by `connector`. A request that
    /// breaks Twilio's rules is recorded as a violation in `log`.
    pub fn start(
        listener: TcpListener,
        twilio_state: TwilioState,
        connector: DaemonConnector,
        options: TwilioOptions,
        log: EventLog,
    ) -> std::io::Result<Self> {
        let state = |address, stopping| {
            twilio_state.set_api_base_url(format!("http://{address}"));
            Shared {
                twilio_state,
                connector,
                log,
                options: Mutex::new(options),
                faults: Faults::default(),
                requests: Mutex::default(),
                stopping,
            }
        };
        let (server, shared) = Server::start(listener, state, |shared| routes().with_state(shared))?;
        Ok(Self { server, shared })
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `TWILIO_API_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Applies `fault` to the next `times` requests of this kind.
    pub fn fail_next(&self, operation: Operation, fault: Fault, times: usize) {
        self.shared.faults.plan(operation, fault, times);
    }

    /// Removes the planned faults that have not happened yet.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Changes the options of the running interface.
    pub fn change(&self, change: impl FnOnce(&mut TwilioOptions)) {
        change(&mut self.shared.options.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns the requests to known endpoints, in order. Downloads by a signed URL are not included.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops the interface. The port is free when this function returns.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn routes() -> Router<Arc<Shared>> {
    let account = "/2010-04-01/Accounts/{account}";
    Router::new()
        .route(&format!("{account}/Calls/{{call}}"), get(calls::read).post(calls::update))
        .route(&format!("{account}/Calls.json"), get(calls::list).post(calls::create))
        .route(&format!("{account}/Recordings.json"), get(recordings::list))
        .route(&format!("{account}/Messages.json"), get(messages::list).post(messages::create))
        .route(&format!("{account}/Messages/{{message}}"), get(messages::read))
        .route(&format!("{account}/Messages/{{message}}/Media.json"), get(messages::list_media))
        .route(&format!("{account}/Messages/{{message}}/Media/{{media}}"), get(messages::media))
        .route("/2010-04-01/Accounts/{account}", get(numbers::account))
        .route(&format!("{account}/IncomingPhoneNumbers.json"), get(numbers::list))
        .route(&format!("{account}/IncomingPhoneNumbers/{{number}}"), axum::routing::post(numbers::update))
        .route("/media-content/{media}", get(messages::media_content))
        .route(&format!("{account}/Recordings/{{recording}}"), get(recordings::read).delete(recordings::delete))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
}

async fn unknown(
    axum::extract::State(shared): axum::extract::State<Arc<Shared>>,
    method: axum::http::Method,
    uri: Uri,
) -> Response {
    // The daemon sends a HEAD request only to check that the server is reachable.
    if method != axum::http::Method::HEAD {
        shared.log.violation(Party::Twilio, format!("REST has no {}", uri.path()));
    }
    error(StatusCode::NOT_FOUND, 20404, &format!("The requested resource {} was not found", uri.path()))
}

impl Shared {
    /// Records a request, checks its credentials and its parameters, and applies the faults that precede its execution.
    /// `operation` is the method and path in Twilio's document. Returns the error response as `Err`.
    async fn check_request(
        &self,
        kind: Operation,
        operation: &str,
        path: &[(&str, &str)],
        query: &[(String, String)],
        form: &[(String, String)],
        headers: &HeaderMap,
    ) -> Result<(), Response> {
        let path: Vec<_> = path.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let fields = if query.is_empty() { form } else { query };
        if let Some(answer) = self.check_credentials(operation, fields, headers) {
            return Err(answer);
        }
        let complaints = check_twilio_request(operation, &path, query, form);
        if !complaints.is_empty() {
            let complaint = format!("{operation}: {}", complaints.join("; "));
            self.log.violation(Party::Twilio, &complaint);
            return Err(error(StatusCode::BAD_REQUEST, 20001, &complaint));
        }
        self.faults.before(kind).await
    }

    /// Parses the form of a request, and checks the request as [`Self::check_request`] does.
    async fn check_form(
        &self,
        kind: Operation,
        operation: &str,
        path: &[(&str, &str)],
        body: &str,
        headers: &HeaderMap,
    ) -> Result<Parameters, Response> {
        let form = Parameters::parse(body);
        self.check_request(kind, operation, path, &[], &form.0, headers).await?;
        Ok(form)
    }

    /// Records a request and checks its credentials. Returns the error response for wrong credentials. Called directly
    /// for a path that is missing in Twilio's document.
    fn check_credentials(&self, operation: &str, fields: &[(String, String)], headers: &HeaderMap) -> Option<Response> {
        let request = RecordedRequest { what: operation.to_owned(), fields: fields.to_vec() };
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        self.log.note(Party::Twilio, format!("REST request: {operation}"));
        let account = self.twilio_state.account();
        let expected = BASE64_STANDARD.encode(format!("{}:{}", account.sid, account.auth_token));
        let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if given.strip_prefix("Basic ") != Some(&expected) {
            self.log.violation(Party::Twilio, format!("REST request with wrong credentials: {operation}"));
            return Some(error(StatusCode::UNAUTHORIZED, 20003, "Authenticate"));
        }
        None
    }

    fn options(&self) -> TwilioOptions {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Creates an error response in Twilio's form.
fn error(status: StatusCode, code: u32, message: &str) -> Response {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    let body = json!({"code": code, "message": message, "more_info": more_info, "status": status.as_u16()});
    (status, Json(body)).into_response()
}

/// Removes `.json` from the end of a path.
fn without_json(name: &str) -> &str {
    name.strip_suffix(".json").unwrap_or(name)
}

/// Formats a time as RFC 2822, as Twilio does.
fn rfc2822(at: Option<agentlocator_core::domain::Timestamp>) -> Option<String> {
    let at = jiff::Timestamp::from_second(at?.as_secs()).ok()?;
    jiff::fmt::rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).ok()
}

#[cfg(test)]
mod tests;
