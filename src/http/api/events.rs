//! The event stream. The stream reports a change once the commit of the change is on disk and in the published file; if
//! the publication is late, the stream does not wait for the publication (`store::tables::change::Announcement`).

mod recent;
mod view;

pub use recent::RecentChanges;

use super::operation::{Operations, operations};
use crate::clock;
use crate::domain::{ActorId, Role};
use crate::http::auth::{Credential, Member};
use crate::http::extract::Query;
use crate::http::stopping::Stopping;
use crate::http::{ApiError, AppState};
use crate::runtime::typing::TypingNotice;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use recent::ReadResult;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};
use view::EventData;

pub(super) fn operations() -> Operations {
    operations![stream_events]
}

/// The position at which a stream begins.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// The `seq` of the last change that the client has received. Without `after` and `Last-Event-ID`, only new changes
    /// are sent.
    after: Option<i64>,
}

/// Follow changes as server-sent events, in the order of commits.
///
/// Only changes that the user or token may see are sent. The `id` of an event is the `seq` of the change, and
/// `Last-Event-ID` resumes the stream after this change. Browsers do not set this header in a first request, which
/// therefore begins after `after`.
///
/// `event: typing` reports that a user is typing in a thread. `event: reset` reports that changes were missed and are
/// no longer stored: fetch the displayed data again. `event: alive` is sent after 15 s without another event: consider
/// a stream that is silent for longer as disconnected. The server ends the stream from time to time; reconnect.
#[utoipa::path(get, path = "/api/events", tag = "system", operation_id = "follow_events",
    params(EventsQuery, ("Last-Event-ID" = Option<i64>, Header, description = "The last `id` that was received")), responses(
        (status = 200, description = "A stream of events; the schema is that of their `data`", body = EventData, content_type = "text/event-stream")))]
pub(super) async fn stream_events(
    State(state): State<AppState>,
    Member(actor): Member,
    Extension(stopping): Extension<Stopping>,
    Query(EventsQuery { after }): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut changes = state.store.watch_changes()?;
    let newest = *changes.borrow_and_update();
    // A browser reconnects with the original URL, so the header has the later position.
    let last = headers
        .get(LAST_EVENT_ID)
        .map(|id| id.to_str().ok().and_then(|id| id.trim().parse().ok()).unwrap_or(-1))
        .or(after);
    // Without data, the browser dispatches no event, and only stores the position.
    let begin = format!("retry: {}\nid: {}\n\n", RETRY.as_millis(), last.unwrap_or(newest));
    let now = clock::instant();
    let follower = Follower {
        changes,
        typing: state.typing.follow(),
        stopping,
        reader: (actor.id, actor.role),
        credential: actor.credential,
        next_check: now + CHECK_EVERY,
        next_alive: now + ALIVE_EVERY,
        ends: now + LIFETIME,
        seq: last.unwrap_or(newest),
        must_read: last.is_some(),
        state,
    };
    let events = stream::unfold((Some(Bytes::from(begin)), follower), |(begin, mut follower)| async {
        let events = match begin {
            Some(begin) => begin,
            None => follower.next().await?,
        };
        Some((Ok::<_, Infallible>(events), (None, follower)))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        // Reverse proxies must not buffer events.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

struct Follower {
    state: AppState,
    changes: watch::Receiver<i64>,
    typing: broadcast::Receiver<TypingNotice>,
    stopping: Stopping,
    /// The user or token that reads the stream, by which changes are filtered.
    reader: (ActorId, Role),
    /// The credential that opened the stream. The stream ends when the credential is no longer accepted.
    credential: Credential,
    next_check: Instant,
    next_alive: Instant,
    ends: Instant,
    /// The last change that was sent.
    seq: i64,
    /// Whether stored changes must be read before the first wait, because the client sent a position.
    must_read: bool,
}

impl Follower {
    /// Returns the next events as text, or none to end the stream.
    async fn next(&mut self) -> Option<Bytes> {
        let events = loop {
            let newest = *self.changes.borrow_and_update();
            if self.must_read || newest > self.seq {
                self.must_read = false;
                match self.read(newest).await? {
                    events if events.is_empty() => continue,
                    events => break events,
                }
            }
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                typing = self.typing.recv() => {
                    // A slow client may have missed notices, which expire soon anyway.
                    if let Ok(notice) = typing {
                        let data = serde_json::to_string(&EventData::from(notice)).ok()?;
                        break format!("event: typing\ndata: {data}\n\n").into();
                    }
                }
                () = self.stopping.0.cancelled() => return None,
                () = tokio::time::sleep_until(self.next_check.min(self.next_alive).min(self.ends).into()) => {}
            }
            let now = clock::instant();
            if now >= self.ends {
                return None;
            }
            if now >= self.next_check {
                self.check_credential().await?;
            }
            if now >= self.next_alive {
                break Bytes::from_static(b"event: alive\ndata: {}\n\n");
            }
        };
        self.next_alive = clock::instant() + ALIVE_EVERY;
        Some(events)
    }

    /// Returns none, which ends the stream, if the session has ended, or the token was revoked or has expired.
    async fn check_credential(&mut self) -> Option<()> {
        self.next_check = clock::instant() + CHECK_EVERY;
        let credential = self.credential.clone();
        let accepted = self.state.store.read(move |tx| credential.is_accepted(tx, clock::now())).await;
        // If the database cannot be read, the credential counts as valid; no change can be sent then either.
        accepted.unwrap_or(true).then_some(())
    }

    /// Returns the next changes up to `newest` that the reader may see, as text; later commits are not published yet.
    /// The text is empty if the reader may see none of them. Returns none, which ends the stream, if the credential is
    /// no longer accepted or the changes cannot be read.
    async fn read(&mut self, newest: i64) -> Option<Bytes> {
        let reader = self.reader.0;
        if clock::instant() >= self.next_check {
            self.check_credential().await?;
        }
        let found = self.state.recent_changes.since(&self.state.store, self.seq, newest).await;
        let found = found.inspect_err(|error| {
            tracing::warn!(event = "EVENTS_ENDED", actor = %reader, %error, "Event stream of {reader} closed, because the changes cannot be read from the database; the client has to reconnect");
        });
        match found.ok()? {
            ReadResult::Gap => {
                self.seq = newest;
                let data = serde_json::to_string(&EventData::Empty {}).ok()?;
                Some(format!("event: reset\nid: {newest}\ndata: {data}\n\n").into())
            }
            ReadResult::Changes { events, to } => {
                self.seq = to;
                let mut text = Vec::new();
                for event in &events {
                    if event.change.is_for(self.reader.0, self.reader.1) {
                        text.extend_from_slice(&event.text);
                    }
                }
                Some(text.into())
            }
        }
    }
}

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The delay after which a browser reconnects.
const RETRY: Duration = Duration::from_millis(300);

/// The interval at which the credential is checked again.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// The time without another event after which `alive` is sent.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// The maximum duration of a stream. A client that has disconnected without notice is detected by then.
const LIFETIME: Duration = Duration::from_mins(15);
