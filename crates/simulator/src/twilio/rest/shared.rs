//! The state that the endpoints share, and the checks of every request.

use super::faults::{Faults, Operation};
use super::format::error;
use crate::server::Parameters;
use crate::specs::check_twilio_request;
use crate::twilio::state::TwilioState;
use crate::{DaemonConnector, EventLog, Party};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
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
    /// Whether a message without a template fails with error 63016 if the contact has not written to this number within
    /// 24 hours.
    pub enforce_window: bool,
    /// Whether the first request for each media file is answered with 404, as Twilio can do immediately after the
    /// webhook.
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

pub(super) struct Shared {
    pub(super) twilio_state: TwilioState,
    pub(super) connector: DaemonConnector,
    pub(super) log: EventLog,
    pub(super) options: Mutex<TwilioOptions>,
    pub(super) faults: Faults,
    pub(super) requests: Mutex<Vec<RecordedRequest>>,
    pub(super) stopping: CancellationToken,
}

/// A request to the REST interface.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// The method and the path as in Twilio's document, with placeholders such as `{AccountSid}`.
    pub what: String,
    /// The form fields, or the query parameters.
    pub fields: Vec<(String, String)>,
}

impl Shared {
    /// Records a request, checks it, and applies the faults that precede its execution. `operation` is the method and
    /// path in Twilio's document. Returns the error response as `Err`.
    pub(super) async fn check_request(
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

    pub(super) async fn check_form(
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
    pub(super) fn check_credentials(
        &self,
        operation: &str,
        fields: &[(String, String)],
        headers: &HeaderMap,
    ) -> Option<Response> {
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

    pub(super) fn options(&self) -> TwilioOptions {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
