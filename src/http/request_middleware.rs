//! The middleware of every request: request id, timeout, panic handling, and a log line.

use super::error::is_api;
use super::{ApiError, webhooks};
use crate::config::HttpConfig;
use crate::telemetry::log::with_subject;
use crate::{clock, entropy};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub(super) struct MiddlewareState {
    limits: Box<dyn Fn() -> Limits + Send + Sync>,
    /// A random prefix, by which the request ids differ from those of other routers and of earlier processes.
    run: String,
    next_id: AtomicU32,
}

impl MiddlewareState {
    /// Creates the state; `limits` returns the limits of the next request.
    pub(super) fn new(limits: impl Fn() -> Limits + Send + Sync + 'static) -> Arc<Self> {
        let limits = Box::new(limits);
        Arc::new(Self { limits, run: entropy::random_hex::<4>(), next_id: AtomicU32::new(1) })
    }

    fn id(&self) -> RequestId {
        RequestId(format!("{}{:08x}", self.run, self.next_id.fetch_add(1, Ordering::Relaxed)))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The maximum duration of the handler, see [`Limits::time_of`] for that of an upload.
    pub(super) time: Duration,
    pub(super) body_bytes: usize,
}

impl Limits {
    pub(super) fn of(config: &HttpConfig) -> Self {
        Self { time: Duration::from_secs(config.request_timeout_s), body_bytes: config.max_body_bytes }
    }

    /// Returns the maximum duration of the handler of a request. That of an upload is longer, because the handler reads
    /// a long body from a line that may be slow.
    fn time_of(self, method: &Method, path: &str) -> Duration {
        if method == Method::POST && path == UPLOAD_PATH { self.time.max(MAX_UPLOAD_TIME) } else { self.time }
    }
}

/// The path of uploads. Their handler itself ends a body that pauses.
const UPLOAD_PATH: &str = "/api/media";

/// Enough for the largest file that the default settings allow, 16 MiB, at 250 kbit/s.
const MAX_UPLOAD_TIME: Duration = Duration::from_mins(10);

pub(super) async fn handle_request(
    State(middleware): State<Arc<MiddlewareState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = middleware.id();
    request.extensions_mut().insert(id.clone());
    let started = clock::instant();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();

    let limits = (middleware.limits)();
    let time = limits.time_of(&method, &path);
    DefaultBodyLimit::max(limits.body_bytes).apply(&mut request);
    let name = format!("{method} {path}, request {}", id.0);
    let handled = with_subject(name, id.0.clone(), tokio::time::timeout(time, next.run(request)));
    let result = AssertUnwindSafe(handled).catch_unwind().await;
    let mut response = match result {
        Ok(Ok(response)) => response,
        Ok(Err(_elapsed)) => {
            let error =
                ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", "the request took too long; try again");
            let response = failure_response(&path, error);
            let status = response.status().as_u16();
            tracing::warn!(event = "REQUEST_TIMEOUT", request_id = id.0, %method, path, status, "Request timed out and was answered with HTTP {status}: {method} {path}, request {}", id.0);
            response
        }
        Err(panic) => {
            let reason = panic_message(panic.as_ref());
            let response = failure_response(&path, ApiError::internal());
            let status = response.status().as_u16();
            tracing::error!(event = "REQUEST_PANIC", request_id = id.0, %method, path, status, reason, "The handler of a request panicked, and the request was answered with HTTP {status}: {method} {path}, request {}", id.0);
            response
        }
    };

    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert("x-request-id", value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    if is_api(&path) {
        // Responses contain private data, so they are not cached unless the handler sets the header.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    let status = response.status().as_u16();
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    record_metrics(&method, route, status, started.elapsed());
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(event = "REQUEST", request_id = id.0, %method, route, status, duration_ms = ms, "{method} {route} was answered with HTTP {status} in {ms} ms, request {}", id.0);
    response
}

/// Prevents pages of other origins from loading the responses of this server.
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Records the metrics of a request by its route. Metrics by path would grow without bound, because paths contain ids.
fn record_metrics(method: &Method, route: &str, status: u16, took: Duration) {
    let method = match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    };
    let route = route.to_owned();
    metrics::histogram!("agentlocator_http_request_duration_seconds", "route" => route.clone()).record(took);
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.to_string())];
    metrics::counter!("agentlocator_http_requests_total", &labels).increment(1);
}

/// The id of a request, which is also returned in the header `X-Request-Id`; a request extension.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

fn failure_response(path: &str, error: ApiError) -> Response {
    match webhooks::failure_response(path) {
        Some(response) => response,
        None if is_api(path) => error.into_response(),
        None => (error.status(), "something went wrong\n").into_response(),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("unknown")
}

#[cfg(test)]
mod tests;
