//! The error responses: `{"ok":false,"error":{"code","message"}}` with a matching status.
//!
//! The message is for users. The cause of an internal error is only logged.

mod codes;

use crate::crm::{self, RequestError};
use crate::store;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// Returns true if a path belongs to the API, whose errors are JSON.
pub(super) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    params: BTreeMap<&'static str, String>,
    retry_after: Option<Duration>,
    current: Option<Box<Current>>,
}

/// The current state of the item whose change was rejected.
#[derive(Debug)]
struct Current {
    item: Value,
    etag: Option<HeaderValue>,
}

/// The body of every error response.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// Always false.
    ok: bool,
    /// The error's code and message.
    error: ErrorDetail,
    /// The current item, in the form in which the operation returns it; for settings, an object whose `items` are the
    /// settings that have changed. Only with the code `changed`.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Value>,
}

/// The code, message and parameters of an error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ErrorDetail {
    #[schema(schema_with = codes::schema)]
    code: Cow<'static, str>,
    /// A message that users can read.
    message: Cow<'static, str>,
    /// The name of the rejected field of the body, or of the rejected query parameter; absent if the error is not about
    /// one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Cow<'static, str>>,
    /// The values in the message, for clients that show a translated message.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    params: BTreeMap<&'static str, String>,
}

impl ApiError {
    /// Creates an error with this code, which must be in `codes::CODES`.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        debug_assert!(codes::CODES.contains(&code), "the code {code} is not in error/codes.rs");
        Self {
            status,
            code,
            message: message.into(),
            field: None,
            params: BTreeMap::new(),
            retry_after: None,
            current: None,
        }
    }

    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "log in, or send a bearer token")
    }

    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// The resource existed, and has been deleted.
    pub fn expired(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::GONE, code, message)
    }

    /// The request does not fit the state of the resource, which another request may have changed.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// `wait` becomes `Retry-After`.
    pub fn too_often(wait: Duration) -> Self {
        let mut error =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "too many attempts; wait and try again");
        error.retry_after = Some(wait);
        error
    }

    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal error; see the daemon's log")
    }

    /// The client may retry.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
        error.retry_after = Some(Duration::from_secs(5));
        error
    }

    #[must_use]
    pub(super) fn with_field(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(name.into());
        self
    }

    #[must_use]
    pub(super) fn with_param(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.params.insert(name, value.into());
        self
    }

    #[must_use]
    pub(super) fn with_current(mut self, item: Value, etag: Option<HeaderValue>) -> Self {
        self.current = Some(Box::new(Current { item, etag }));
        self
    }

    /// Returns the error without the HTTP status, for use inside another response.
    pub(super) fn into_detail(self) -> ErrorDetail {
        ErrorDetail { code: Cow::Borrowed(self.code), message: self.message, field: self.field, params: self.params }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for ApiError {
    fn into_response(mut self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after);
        let (current, etag) = self.current.take().map_or((None, None), |it| (Some(it.item), it.etag));
        let mut response = (status, Json(ErrorBody { ok: false, error: self.into_detail(), current })).into_response();
        if let Some(wait) = retry_after {
            let seconds = wait.as_millis().div_ceil(1000).max(1);
            response.headers_mut().insert(
                header::RETRY_AFTER,
                HeaderValue::from_str(&seconds.to_string()).unwrap_or(HeaderValue::from_static("1")),
            );
        }
        if let Some(etag) = etag {
            response.headers_mut().insert(header::ETAG, etag);
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
            E::NotWritable(_) | E::Busy(_) | E::Closed => {
                tracing::error!(
                    event = "STORE_UNAVAILABLE",
                    error = &error as &dyn std::error::Error,
                    "Request failed: the database is unavailable"
                );
                Self::unavailable("nothing can be stored at the moment; the disk may be full")
            }
            E::Slow(limit_ms) => {
                tracing::warn!(
                    event = "STORE_SLOW",
                    limit_ms,
                    "Request failed: a database read was not complete within {limit_ms} ms, including the wait for a free connection"
                );
                Self::unavailable("the database did not answer in time; try again, or search for a longer text")
            }
            error => {
                tracing::error!(
                    event = "STORE_FAILED",
                    error = &error as &dyn std::error::Error,
                    "Request failed: database error"
                );
                Self::internal()
            }
        }
    }
}

impl From<RequestError> for ApiError {
    fn from(refusal: RequestError) -> Self {
        let message = refusal.to_string();
        match refusal {
            RequestError::Invalid(_) => Self::invalid(message),
            RequestError::InvalidField { field, .. } => Self::invalid(message).with_field(field),
            RequestError::NotFound(_) => Self::not_found(message),
            RequestError::Conflict(_) => Self::conflict(message),
            RequestError::CodedConflict { code, params, .. } => {
                let error = Self::new(StatusCode::CONFLICT, code, message);
                params.into_iter().fold(error, |error, (name, value)| error.with_param(name, value))
            }
            RequestError::NotSendable { code, .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message),
            RequestError::KeyReused(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "key_reused", message),
            RequestError::Forbidden(_) => Self::forbidden(message),
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
