//! The event stream. The stream reports a change once the commit of the change is on disk and in the published file; if
//! the publication is late, the stream does not wait for the publication (`store::tables::change::Announcement`).

mod view;

use super::operation::{Operations, operations};
use crate::clock;
use crate::domain::{ActorId, Role};
use crate::http::auth::{Credential, Member};
use crate::http::extract::Query;
use crate::http::stopping::Stopping;
use crate::http::{ApiError, AppState};
use crate::runtime::typing::TypingNotice;
use crate::store::{Change, Store};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use std::collections::VecDeque;
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
    let begin = Event::default().retry(RETRY).id(last.unwrap_or(newest).to_string());
    let follower = Follower {
        store: state.store.clone(),
        changes,
        typing: state.typing.follow(),
        stopping,
        reader: (actor.id, actor.role),
        credential: actor.credential,
        next_check: clock::instant() + CHECK_EVERY,
        ends: clock::instant() + LIFETIME,
        seq: last.unwrap_or(newest),
        must_read: last.is_some(),
        events: VecDeque::from([begin]),
    };
    let events = stream::unfold(follower, |mut follower| async {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    let alive = Event::default().event("alive").data("{}");
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().event(alive)).into_response();
    // Reverse proxies must not buffer events.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Follower {
    store: Store,
    changes: watch::Receiver<i64>,
    typing: broadcast::Receiver<TypingNotice>,
    stopping: Stopping,
    /// The user or token that reads the stream, by which changes are filtered.
    reader: (ActorId, Role),
    /// The credential that opened the stream. The stream ends when the credential is no longer accepted.
    credential: Credential,
    next_check: Instant,
    ends: Instant,
    /// The `seq` of the last change that was sent, or that was left out because the reader may not see it; at first the
    /// position at which the stream begins.
    seq: i64,
    /// Whether stored changes must be read before the first wait, because the client sent a position.
    must_read: bool,
    events: VecDeque<Event>,
}

/// The result of reading the next changes.
enum ReadResult {
    /// The credential is no longer accepted.
    LoggedOut,
    /// Some of the next changes are not stored any more.
    Gap,
    /// The next changes.
    Changes(Vec<Change>),
}

impl Follower {
    /// Returns the next event, or none to end the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let newest = *self.changes.borrow_and_update();
            if self.must_read || newest > self.seq {
                self.must_read = false;
                self.read(newest).await?;
                continue;
            }
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                typing = self.typing.recv() => {
                    // A slow client may have missed notices, which expire soon anyway.
                    if let Ok(notice) = typing {
                        return Event::default().event("typing").json_data(EventData::from(notice)).ok();
                    }
                }
                () = self.stopping.0.cancelled() => return None,
                () = tokio::time::sleep_until(self.next_check.into()) => {}
                () = tokio::time::sleep_until(self.ends.into()) => return None,
            }
            if clock::instant() >= self.next_check {
                self.check_credential().await?;
            }
        }
    }

    /// Returns none, which ends the stream, if the session has ended, or the token was revoked or has expired.
    async fn check_credential(&mut self) -> Option<()> {
        self.next_check = clock::instant() + CHECK_EVERY;
        let credential = self.credential.clone();
        let accepted = self.store.read(move |tx| credential.is_accepted(tx, clock::now())).await;
        // If the database cannot be read, the credential counts as valid; no change can be sent then either.
        accepted.unwrap_or(true).then_some(())
    }

    /// Queues the events of the next changes up to `newest`; later commits are not published yet. Returns none, which
    /// ends the stream, if the credential is no longer accepted, or the changes cannot be read.
    async fn read(&mut self, newest: i64) -> Option<()> {
        let (since, credential) = (self.seq, self.credential.clone());
        let found = self.store.read(move |tx| {
            if !credential.is_accepted(tx, clock::now())? {
                return Ok(ReadResult::LoggedOut);
            }
            Ok(tx.changes_since(since, MAX_BATCH)?.map_or(ReadResult::Gap, ReadResult::Changes))
        });
        let found = found.await;
        let reader = self.reader.0;
        let found = found.inspect_err(|error| {
            tracing::warn!(event = "EVENTS_ENDED", actor = %reader, %error, "Event stream of {reader} closed, because the changes cannot be read from the database; the client has to reconnect");
        });
        match found.ok()? {
            ReadResult::LoggedOut => return None,
            ReadResult::Gap => {
                self.seq = newest;
                self.events.push_back(
                    Event::default().event("reset").id(newest.to_string()).json_data(EventData::Empty {}).ok()?,
                );
            }
            ReadResult::Changes(changes) => {
                for change in changes.into_iter().filter(|change| change.seq <= newest) {
                    self.seq = change.seq;
                    if !change.is_for(self.reader.0, self.reader.1) {
                        continue;
                    }
                    let event = Event::default().id(change.seq.to_string());
                    self.events.push_back(event.json_data(EventData::Change(change.into())).ok()?);
                }
            }
        }
        Some(())
    }
}

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The delay after which a browser reconnects.
const RETRY: Duration = Duration::from_millis(300);

/// The interval at which the credential is checked again.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// The maximum duration of a stream. A client that has disconnected without notice is detected by then.
const LIFETIME: Duration = Duration::from_mins(15);

const MAX_BATCH: usize = 200;
