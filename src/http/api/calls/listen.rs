//! Live audio of running calls.

use crate::audio::wav;
use crate::clock;
use crate::crm;
use crate::crm::call;
use crate::domain::CallId;
use crate::http::auth::{Credential, Member};
use crate::http::extract::Id;
use crate::http::stopping::Stopping;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::Store;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use std::convert::Infallible;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::{self, error::RecvError};

/// Listen to a running call.
///
/// The response is a WAV file (mu-law, 8 kHz; the caller left, the agent right) that grows while the call runs, with a
/// delay of about a quarter of a second. It ends with the call, when the login or token becomes invalid, or when the
/// service stops. A client that reads too slowly misses parts.
#[utoipa::path(get, path = "/api/calls/{id}/listen", tag = "calls", operation_id = "listen_to_call", params(("id" = i64, Path)),
    responses((status = 200, description = "The sound of the call", content_type = "audio/wav", body = Vec<u8>),
        (status = 403, body = ErrorBody, description = "Another site's page asks."),
        (status = 409, body = ErrorBody, description = "`call_over`, or `no_sound`: the sound of the call is not available, because the \
            greeting plays, or Twilio alone continues the call.")))]
pub(super) async fn listen(
    State(state): State<AppState>,
    Member(actor): Member,
    Extension(stopping): Extension<Stopping>,
    headers: HeaderMap,
    Id(id): Id,
) -> Result<Response, ApiError> {
    if !is_from_own_page(&headers) {
        return Err(ApiError::forbidden("only this server's own page may listen"));
    }
    let (id, by) = (CallId(id), actor.id);
    let sid = crm::read(&state.store, move |tx| call::find_running(tx, id)).await?.call_sid;
    let pieces = state.calls.listen(&sid).await.ok_or_else(no_sound)?;
    crm::transact(&state.store, move |tx| call::record_listener(tx, id, by, clock::now())).await?;
    tracing::info!(event = "CALL_LISTENER", call.sid = %sid, actor = %by, "{by} listens to call {sid}");
    let header = Some(Bytes::copy_from_slice(&wav::header(CHANNELS, u64::MAX)));
    let listener = Listener {
        header,
        pieces,
        stopping,
        store: state.store.clone(),
        credential: actor.credential,
        next_check: clock::instant() + CHECK_EVERY,
    };
    let body = stream::unfold(listener, |mut listener| async {
        let piece = listener.next().await?;
        Some((Ok::<_, Infallible>(piece), listener))
    });
    // Reverse proxies must not buffer the audio.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("audio/wav")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// Returns false if the browser reports that a page of another origin caused the request. A client that does not send
/// `Sec-Fetch-Site` is accepted.
fn is_from_own_page(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none")
}

fn no_sound() -> ApiError {
    let message = "the sound of this call is not available: the greeting plays, or Twilio alone continues the call";
    ApiError::new(StatusCode::CONFLICT, "no_sound", message)
}

struct Listener {
    header: Option<Bytes>,
    pieces: broadcast::Receiver<Bytes>,
    stopping: Stopping,
    store: Store,
    /// The credential that opened the stream. The stream ends when the credential is no longer accepted.
    credential: Credential,
    next_check: Instant,
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(header) = self.header.take() {
            return Some(header);
        }
        loop {
            if clock::instant() >= self.next_check {
                self.check_credential().await?;
            }
            tokio::select! {
                piece = self.pieces.recv() => match piece {
                    Ok(piece) => return Some(piece),
                    // A client that reads too slowly skips the dropped audio and continues with the newest.
                    Err(RecvError::Lagged(missed)) => {
                        metrics::counter!("agentlocator_call_listener_dropped_total").increment(missed);
                    }
                    Err(RecvError::Closed) => return None,
                },
                () = self.stopping.0.cancelled() => return None,
                () = tokio::time::sleep_until(self.next_check.into()) => {}
            }
        }
    }

    async fn check_credential(&mut self) -> Option<()> {
        self.next_check = clock::instant() + CHECK_EVERY;
        let credential = self.credential.clone();
        let accepted = self.store.read(move |tx| credential.is_accepted(tx, clock::now())).await;
        // If the database cannot be read, the credential counts as valid.
        accepted.unwrap_or(true).then_some(())
    }
}

/// The number of audio channels: one for the caller, one for the agent.
const CHANNELS: u16 = 2;

/// The interval at which the credential is checked again.
const CHECK_EVERY: Duration = Duration::from_secs(2);
