//! The event stream. The stream reports a change once the commit of the change is on disk and in the published file; if
//! the publication is late, the stream does not wait for the publication (`store::tables::change::Announcement`).

mod feed;
mod view;

use super::operation::{Operations, operations};
use crate::clock;
use crate::domain::{ActorId, Role};
use crate::http::auth::{Credential, Member};
use crate::http::extract::Query;
use crate::http::stopping::Stopping;
use crate::http::{ApiError, AppState};
use crate::runtime::calls::OpenPage;
use crate::runtime::typing::TypingNotice;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
pub use feed::ChangeFeed;
use feed::{MAX_CHANGES, event_text};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};
use tokio::time::sleep_until;
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
    let typing = state.typing.follow();
    let newest = *changes.borrow_and_update();
    // A browser reconnects with the original URL, so the header has the later position.
    let last = headers
        .get(LAST_EVENT_ID)
        .map(|id| id.to_str().ok().and_then(|id| id.trim().parse().ok()).unwrap_or(-1))
        .or(after);
    let seq = last.unwrap_or(newest);
    // Without data, the browser dispatches no event, and only stores the position.
    let begin = Bytes::from(format!("retry: {}\nid: {seq}\n\n", RETRY.as_millis()));
    let now = clock::instant();
    let page = actor.login.as_ref().map(|login| state.calls.open_page(login.user.id));
    let follower = Follower {
        state,
        changes,
        typing,
        stopping,
        _page: page,
        reader: (actor.id, actor.role),
        credential: actor.credential,
        next_check: now + CHECK_EVERY,
        next_read: now,
        next_alive: now + ALIVE_EVERY,
        ends: now + LIFETIME,
        seq,
        must_read: last.is_some(),
    };
    let events = stream::unfold(follower, |mut follower| async {
        let text = follower.next().await?;
        Some((Ok::<_, Infallible>(text), follower))
    });
    let events = stream::once(async { Ok(begin) }).chain(events);
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-cache"),
        // Reverse proxies must not buffer events.
        (ACCEL_BUFFERING, "no"),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

struct Follower {
    state: AppState,
    changes: watch::Receiver<i64>,
    typing: broadcast::Receiver<TypingNotice>,
    stopping: Stopping,
    /// None for a token.
    _page: Option<OpenPage>,
    /// The user or token that reads the stream, by which changes are filtered.
    reader: (ActorId, Role),
    /// The credential that opened the stream. The stream ends when the credential is no longer accepted.
    credential: Credential,
    next_check: Instant,
    /// Changes are not sent before this time, so that one write sends many.
    next_read: Instant,
    next_alive: Instant,
    ends: Instant,
    /// The `seq` of the last change that was sent, or that was left out because the reader may not see it; at first the
    /// position at which the stream begins.
    seq: i64,
    /// Whether stored changes must be read before the first wait, because the client sent a position.
    must_read: bool,
}

impl Follower {
    /// Returns the next events as text, or none to end the stream.
    async fn next(&mut self) -> Option<Bytes> {
        let text = loop {
            let now = clock::instant();
            // Also while there are always more changes.
            if now >= self.next_check {
                self.check_credential().await?;
                continue;
            }
            if now >= self.ends {
                return None;
            }
            let newest = *self.changes.borrow_and_update();
            if self.must_read || (newest > self.seq && now >= self.next_read) {
                self.must_read = false;
                let text = self.read(newest).await?;
                if !text.is_empty() {
                    break text;
                }
                continue;
            }
            if now >= self.next_alive {
                break event_text(Some("alive"), None, &EventData::Empty {}).into();
            }
            let is_pause = now < self.next_read;
            let timers = self.next_check.min(self.next_alive).min(self.ends);
            let timer = if is_pause { timers.min(self.next_read) } else { timers };
            tokio::select! {
                // A change within the pause must not wake the stream, because it cannot be sent yet.
                changed = self.changes.changed(), if !is_pause => changed.ok()?,
                typing = self.typing.recv() => {
                    // A slow client may have missed notices, which expire soon anyway.
                    if let Ok(notice) = typing {
                        break event_text(Some("typing"), None, &EventData::from(notice)).into();
                    }
                }
                () = self.stopping.0.cancelled() => return None,
                () = sleep_until(timer.into()) => {}
            }
        };
        self.next_alive = clock::instant() + ALIVE_EVERY;
        Some(text)
    }

    /// Adopts the reader's current role. Returns none, which ends the stream, if the credential is no longer accepted.
    async fn check_credential(&mut self) -> Option<()> {
        self.next_check = clock::instant() + CHECK_EVERY;
        let credential = self.credential.clone();
        // If the database cannot be read, the credential counts as valid until the next check.
        if let Ok(role) = self.state.store.read(move |tx| credential.role(tx, clock::now())).await {
            self.reader.1 = role?;
        }
        Some(())
    }

    /// Commits after `newest` are not published yet. Returns none, which ends the stream, if the credential is no
    /// longer accepted, or the changes cannot be read.
    async fn read(&mut self, newest: i64) -> Option<Bytes> {
        let store = &self.state.store;
        let stored = |after| store.read(move |tx| tx.changes_since(after, MAX_CHANGES));
        let found = self.state.change_feed.after(self.seq, newest, stored).await;
        let reader = self.reader.0;
        let found = found.inspect_err(|error| {
            tracing::warn!(event = "EVENTS_ENDED", actor = %reader, %error, "Event stream of {reader} closed, because the changes cannot be read from the database; the client has to reconnect");
        });
        let Some(events) = found.ok()? else {
            self.seq = newest;
            return Some(event_text(Some("reset"), Some(newest), &EventData::Empty {}).into());
        };
        if events.have_access_change() {
            self.check_credential().await?;
        }
        self.seq = events.last;
        self.must_read = events.have_more;
        self.next_read = events.next_read;
        Some(events.text_for(self.reader))
    }
}

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The delay after which a browser reconnects.
const RETRY: Duration = Duration::from_millis(300);

/// The interval at which the credential is checked again.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// The maximum duration of a stream. A client that has disconnected without notice is detected by then.
const LIFETIME: Duration = Duration::from_mins(15);

/// The interval of `alive` events in a stream without other events.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
