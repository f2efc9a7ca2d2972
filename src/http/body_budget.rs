//! Limits for the bodies of requests: length and pauses; for unauthenticated requests also total memory.

use super::{ApiError, webhooks};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The memory that the bodies of all unauthenticated requests share; cheap to clone.
#[derive(Clone)]
pub struct BodyBudget {
    free: Arc<Semaphore>,
}

/// A complete body. When it is dropped, its share returns to the budget.
pub(super) struct UnauthenticatedBody {
    pub(super) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// The body is longer than the route allows, or has too many short frames.
    TooLarge,
    /// The budget that all unauthenticated bodies share does not suffice.
    NoMemory,
    Stalled,
    /// The connection or the transfer encoding failed.
    Broken,
}

impl Default for BodyBudget {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(BUDGET)) }
    }
}

impl BodyBudget {
    /// Reads a body of at most `max_bytes`. The first [`FREE`] bytes are not charged, so that webhooks of the usual
    /// size are read even if the budget is used up. The connection limit bounds the sum of these bytes.
    pub(super) async fn read(&self, mut body: Body, max_bytes: usize) -> Result<UnauthenticatedBody, BodyError> {
        if body.size_hint().lower() > max_bytes as u64 {
            return Err(BodyError::TooLarge);
        }
        let (mut bytes, mut share, mut frames) = (Vec::new(), None, 0);
        while let Some(frame) = next_frame(&mut body, SILENCE).await? {
            frames += 1;
            // The number of frames is limited too, because many one-byte frames cost more CPU time than a large body.
            if bytes.len() + frame.len() > max_bytes || frames > FRAMES + max_bytes / SHORT_FRAME {
                return Err(BodyError::TooLarge);
            }
            bytes.reserve(frame.len());
            self.charge(&mut share, bytes.capacity())?;
            bytes.extend_from_slice(&frame);
        }
        Ok(UnauthenticatedBody { bytes: bytes.into(), _share: share })
    }

    /// Charges the share for a body that occupies this many bytes.
    fn charge(&self, share: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), BodyError> {
        let held = share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(bytes.saturating_sub(FREE + held)).map_err(|_| BodyError::TooLarge)?;
        if missing == 0 {
            return Ok(());
        }
        let more = self.free.clone().try_acquire_many_owned(missing).map_err(|_| BodyError::NoMemory)?;
        match share {
            Some(share) => share.merge(more),
            None => *share = Some(more),
        }
        Ok(())
    }
}

/// Reads the body of an authenticated request, which has no budget.
pub(super) async fn read_body(mut body: Body, max_bytes: usize, max_pause: Duration) -> Result<Bytes, BodyError> {
    let mut bytes = Vec::new();
    // A body that announces too many bytes is read up to the limit too: a client that is refused while it still sends much
    // loses the connection before it has read why.
    while let Some(frame) = next_frame(&mut body, max_pause).await? {
        if bytes.len() + frame.len() > max_bytes {
            return Err(BodyError::TooLarge);
        }
        bytes.extend_from_slice(&frame);
    }
    Ok(bytes.into())
}

/// Returns the data of the next frame; none at the end of the body.
async fn next_frame(body: &mut Body, max_pause: Duration) -> Result<Option<Bytes>, BodyError> {
    match tokio::time::timeout(max_pause, body.frame()).await {
        Err(_elapsed) => Err(BodyError::Stalled),
        Ok(None) => Ok(None),
        Ok(Some(Err(_))) => Err(BodyError::Broken),
        // Trailers are ignored.
        Ok(Some(Ok(frame))) => Ok(Some(frame.into_data().unwrap_or_default())),
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let (status, code, message) = error.details();
        Self::new(status, code, message)
    }
}

impl BodyError {
    /// Returns the status, code and message of the error.
    fn details(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large"),
            Self::NoMemory => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "too many requests at once; try again in a few seconds",
            ),
            Self::Stalled => (StatusCode::REQUEST_TIMEOUT, "timeout", "the body did not arrive in time"),
            Self::Broken => (StatusCode::BAD_REQUEST, "invalid", "the body cannot be read"),
        }
    }

    /// A stalled body gets the same response as a webhook whose handler timed out.
    pub(super) fn into_webhook_response(self, path: &str) -> Response {
        let (status, _, message) = self.details();
        match self {
            Self::Stalled => webhooks::failure_response(path).unwrap_or_else(|| status.into_response()),
            Self::NoMemory => (status, [(header::RETRY_AFTER, RETRY_AFTER_S)]).into_response(),
            Self::TooLarge | Self::Broken => (status, format!("{message}\n")).into_response(),
        }
    }
}

/// The total memory of all bodies beyond [`FREE`] bytes each.
const BUDGET: usize = 16 << 20;

/// The part of each body that is not charged. Twilio's webhooks have 1 to 2 KiB.
const FREE: usize = 8 << 10;

/// The maximum pause within the body of an unauthenticated request.
const SILENCE: Duration = Duration::from_secs(5);

/// The number of frames that every body may have, in addition to one for each [`SHORT_FRAME`] bytes of its maximum
/// length.
const FRAMES: usize = 64;
const SHORT_FRAME: usize = 256;

/// The `Retry-After` header in seconds when the budget is used up.
const RETRY_AFTER_S: &str = "5";

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::convert::Infallible;

    fn chunks(size: usize, count: usize) -> Body {
        Body::from_stream(stream::iter((0..count).map(move |_| Ok::<_, Infallible>(Bytes::from(vec![b'a'; size])))))
    }

    #[tokio::test]
    async fn a_body_has_its_limits() {
        let budget = BodyBudget::default();
        let read = async |body| budget.read(body, 1000).await.map(|body| body.bytes.len());
        assert_eq!(read(Body::from("abc")).await, Ok(3));
        assert_eq!(read(chunks(100, 10)).await, Ok(1000));
        assert_eq!(read(chunks(100, 11)).await, Err(BodyError::TooLarge));
        assert_eq!(read(Body::from(vec![0; 1001])).await, Err(BodyError::TooLarge));
        assert_eq!(read(chunks(1, 500)).await, Err(BodyError::TooLarge), "a frame for each byte");
    }

    #[tokio::test]
    async fn all_bodies_together_have_a_budget_and_short_ones_are_free() {
        let budget = BodyBudget::default();
        let mut held = Vec::new();
        let refused = loop {
            match budget.read(chunks(64 << 10, 1), 64 << 10).await {
                Ok(body) => held.push(body),
                Err(error) => break error,
            }
        };
        assert_eq!(refused, BodyError::NoMemory);
        assert!((256..=300).contains(&held.len()), "{}", held.len());
        let rest = budget.free.clone().try_acquire_many_owned(u32::try_from(budget.free.available_permits()).unwrap());
        assert!(budget.read(chunks(FREE, 1), 64 << 10).await.is_ok());
        assert_eq!(budget.read(chunks(FREE + 1, 1), 64 << 10).await.err(), Some(BodyError::NoMemory));
        drop(rest);
        held.clear();
        assert_eq!(budget.free.available_permits(), BUDGET);
    }
}
