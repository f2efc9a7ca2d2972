//! What remains of a request's body after a response that did not need the body, such as the refusal of a role.
//!
//! hyper closes such a connection without an announcement. A client that uses the connection again then loses its next
//! request, and a client that is still sending the body may lose the response. A short rest is therefore read before the
//! response is sent; after a longer one, the response announces that the connection closes.

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;

/// The body of a request. When it is dropped before its end, it sends the rest to its [`UnreadBody`].
pub(super) struct TrackedBody {
    /// None after the end of the body.
    body: Option<Incoming>,
    unread: Option<oneshot::Sender<Incoming>>,
}

pub(super) struct UnreadBody {
    /// None if the request has no body, as most have.
    rest: Option<oneshot::Receiver<Incoming>>,
    /// Whether the client sends the body only after it was asked to.
    expects_continue: bool,
}

impl UnreadBody {
    pub(super) fn track(request: Request<Incoming>) -> (Request<TrackedBody>, Self) {
        let (unread, rest) = (!request.body().is_end_stream()).then(oneshot::channel).unzip();
        let expects_continue = request.headers().contains_key(header::EXPECT);
        let request = request.map(|body| TrackedBody { body: Some(body), unread });
        (request, Self { rest, expects_continue })
    }

    /// Reads the rest of the body if it is short and arrives soon; else announces in the response that the connection
    /// closes.
    pub(super) async fn settle(self, response: &mut Response) {
        let Some(rest) = self.rest.and_then(|mut rest| rest.try_recv().ok()) else { return };
        let is_read = !self.expects_continue && tokio::time::timeout(MAX_TIME, discard(rest)).await == Ok(true);
        if !is_read {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// Returns true if the body has ended.
async fn discard(mut body: Incoming) -> bool {
    let mut left = MAX_BYTES;
    if body.size_hint().lower() > left {
        return false;
    }
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        match left.checked_sub(frame.data_ref().map_or(0, |data| data.len() as u64)) {
            Some(rest) => left = rest,
            None => return false,
        }
    }
    true
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) {
            self.body = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|body| !body.is_end_stream());
        if let Some((rest, unread)) = rest.zip(self.unread.take()) {
            let _ = unread.send(rest);
        }
    }
}

const MAX_BYTES: u64 = 64 << 10;
const MAX_TIME: Duration = Duration::from_secs(1);
