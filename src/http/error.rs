//! How a failure looks to the outside: `{"ok":false,"error":{"code","message"}}` with the right status.
//!
//! The message is for a person and says what to do. What went wrong inside is logged once, here, and never shown.

use crate::crm::{self, Refusal};
use crate::store;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// A failure of a request.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    params: BTreeMap<&'static str, String>,
    retry_after: Option<Duration>,
}

/// The body of every error response.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// Always false.
    ok: bool,
    /// The error.
    error: ErrorDetail,
}

/// The error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ErrorDetail {
    /// A stable code for programs.
    code: Cow<'static, str>,
    /// The message for people.
    message: Cow<'static, str>,
    /// The field of the body, or the parameter of the query, that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Cow<'static, str>>,
    /// The values in the message, for clients that show a message of their own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<&'static str, String>,
}

impl ApiError {
    /// A failure with its own word.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), field: None, params: BTreeMap::new(), retry_after: None }
    }

    /// 400: the request itself is wrong.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    /// 401: nobody is logged in.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "log in, or send a bearer token")
    }

    /// 403: whoever is logged in may not do this.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 404: there is no such thing.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 410: it was here, and has been deleted; `code` says what.
    pub fn expired(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::GONE, code, message)
    }

    /// 409: it is already so, or somebody else was first.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// 429: too often; `wait` goes into `Retry-After`.
    pub fn too_often(wait: Duration) -> Self {
        let mut error =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "too many attempts; wait a little");
        error.retry_after = Some(wait);
        error
    }

    /// 500: the daemon failed; the reason is in its log.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong here; the log says what")
    }

    /// 503: it cannot be done at the moment.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
        error.retry_after = Some(Duration::from_secs(5));
        error
    }

    /// Names the field of the body, or the parameter of the query, that was refused.
    #[must_use]
    pub(super) fn with_field(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// Names something of the message in `error.params`.
    #[must_use]
    pub(super) fn with_param(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.params.insert(name, value.into());
        self
    }

    /// Its code and message without the status.
    pub(super) fn into_detail(self) -> ErrorDetail {
        ErrorDetail { code: Cow::Borrowed(self.code), message: self.message, field: self.field, params: self.params }
    }

    /// The status that it answers with.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after);
        let mut response = (status, Json(ErrorBody { ok: false, error: self.into_detail() })).into_response();
        if let Some(wait) = retry_after {
            let seconds = wait.as_millis().div_ceil(1000).max(1);
            response.headers_mut().insert(
                header::RETRY_AFTER,
                HeaderValue::from_str(&seconds.to_string()).unwrap_or(HeaderValue::from_static("1")),
            );
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        match error {
            E::NotFound(what) => Self::not_found(format!("there is no such {what}")),
            E::NoSpace(_) | E::Busy(_) | E::Closed => {
                tracing::error!(event = "STORE_UNAVAILABLE", error = &error as &dyn std::error::Error, "Cannot store");
                Self::unavailable("nothing can be stored at the moment; the disk may be full")
            }
            E::Slow(limit_ms) => {
                tracing::warn!(event = "STORE_SLOW", limit_ms, "A read was interrupted: it took longer than its limit");
                Self::unavailable("the database did not answer in time; try again, or search for a longer text")
            }
            error => {
                tracing::error!(
                    event = "STORE_FAILED",
                    error = &error as &dyn std::error::Error,
                    "The database failed"
                );
                Self::internal()
            }
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::Invalid(_) => Self::invalid(message),
            Refusal::NotFound(_) => Self::not_found(message),
            Refusal::Conflict(_) => Self::conflict(message),
            Refusal::Forbidden(_) => Self::forbidden(message),
        }
    }
}

impl From<crm::Error> for ApiError {
    fn from(error: crm::Error) -> Self {
        match error {
            crm::Error::Refused(refusal) => refusal.into(),
            crm::Error::Store(error) => error.into(),
        }
    }
}
