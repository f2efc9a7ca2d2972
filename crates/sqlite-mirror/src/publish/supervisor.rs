//! Supervises the publisher: limits how long a caller waits for it, and restarts it after a panic.

use super::late;
use super::publisher::Publisher;
use super::queue::Queue;
use super::startup::PublisherContext;
use super::state::{Late, LateCause};
use crate::clock;
use crate::event::{Event, Observer};
use crate::run_state::RunState;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Starts the publisher's thread. When that thread ends, the receiver gets the result of [`run_with_restarts`].
pub(super) fn start_publisher(context: PublisherContext, publisher: Publisher) -> std::io::Result<Receiver<bool>> {
    let (sender, ended) = channel();
    std::thread::Builder::new().name("store-publish".into()).spawn(move || {
        let has_ended = run_with_restarts(&context, publisher);
        // Sending fails if the supervisor has stopped waiting.
        let _ = sender.send(has_ended);
    })?;
    Ok(ended)
}

/// Publishes until the database is closed. Returns false if the database is closed after a panic of the publisher and
/// before a replacement has started.
pub(super) fn run_with_restarts(context: &PublisherContext, publisher: Publisher) -> bool {
    let mut first = Some(publisher);
    loop {
        let run = || {
            let publisher = first.take().map_or_else(|| Publisher::replacement(context), Ok);
            publisher.map(|mut publisher| publisher.run())
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => context.observer.report(&Event::PublisherNotStarted { error: &error }),
            Err(_) => context.observer.report(&Event::PublisherPanicked),
        }
        if context.queue.is_stopping() {
            return false;
        }
        let kind = Late::Behind(LateCause::Restarted);
        late::start_bypass(&context.queue, &context.state, &context.observer, kind, clock::instant());
        context.queue.pause(TICK);
    }
}

/// Supervises the publisher until it has stopped. Returns false if it panicked and was not replaced, or did not stop in
/// time.
pub(super) fn supervise(queue: &Queue, state: &RunState, observer: &Observer, ended: &Receiver<bool>) -> bool {
    let mut stopping_since = None;
    loop {
        let now = clock::instant();
        let next = queue.next_overdue(CALLER_TIMEOUT).map_or(now + TICK, |overdue| overdue.min(now + TICK));
        match ended.recv_timeout(next.saturating_duration_since(now)) {
            Ok(has_ended) => return has_ended,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        let now = clock::instant();
        late::answer_overdue(queue, state, observer, CALLER_TIMEOUT, now);
        if queue.is_stopping() {
            let since = *stopping_since.get_or_insert(now);
            if now.saturating_duration_since(since) > SHUTDOWN_TIMEOUT {
                return false;
            }
        }
    }
}

/// Maximum interval between two checks, and the pause before a restart.
const TICK: Duration = Duration::from_secs(1);
/// After this time a caller is notified although the copy does not contain the write yet.
const CALLER_TIMEOUT: Duration = Duration::from_secs(2);
/// How long closing the database waits for the publisher.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);
