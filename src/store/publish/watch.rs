//! Watches the publisher: nobody waits for it without end, and when it dies or hangs another takes its place.

use super::begin::Ground;
use super::publisher::Publisher;
use super::queue::Late;
use crate::clock;
use crate::store::run_state::Record;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// The watching thread.
pub(super) struct Watch {
    ground: Ground,
    ended: Receiver<Record>,
    stopping_since: Option<Instant>,
    patience: Patience,
}

/// How long the watch waits for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// It looks at least so often.
    pub tick: Duration,
    /// Past this a caller is answered although the copy does not have the write yet.
    pub caller: Duration,
    /// A publisher that has work and shows no sign of life for so long will not come back.
    pub hung: Duration,
    /// How long the end of the store waits for the publisher.
    pub last_chance: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tick: Duration::from_secs(1),
            caller: Duration::from_secs(2),
            hung: Duration::from_secs(30),
            last_chance: Duration::from_secs(8),
        }
    }
}

/// Starts the publisher's thread. What comes out of the receiver is its last record; nothing comes if it dies.
pub(super) fn start_publisher(publisher: Publisher) -> std::io::Result<Receiver<Record>> {
    let (sender, ended): (Sender<Record>, _) = channel();
    std::thread::Builder::new().name("store-publish".into()).spawn(move || {
        let record = publisher.run();
        // The watch may have given it up.
        let _ = sender.send(record);
    })?;
    Ok(ended)
}

impl Watch {
    pub(super) fn new(ground: Ground, ended: Receiver<Record>) -> Self {
        Self { ground, ended, stopping_since: None, patience: Patience::default() }
    }

    /// The same with other limits.
    #[cfg(test)]
    pub(super) fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Watches until the publisher has ended. Returns its last record; none if it did not end in time.
    pub(super) fn run(mut self) -> Option<Record> {
        loop {
            let now = clock::instant();
            let tick = now + self.patience.tick;
            let next = self.ground.queue.next_overdue(self.patience.caller).map_or(tick, |overdue| overdue.min(tick));
            match self.ended.recv_timeout(next.saturating_duration_since(now)) {
                Ok(record) => return Some(record),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    tracing::error!(event = "STORE_PUBLISHER_DIED", "The publisher died and is started anew");
                    self.replace();
                }
            }
            let now = clock::instant();
            self.ground.queue.answer_overdue(self.patience.caller, now);
            if self.ground.queue.is_stopping() {
                let since = *self.stopping_since.get_or_insert(now);
                if now.saturating_duration_since(since) > self.patience.last_chance {
                    return None;
                }
            } else if self
                .ground
                .queue
                .last_beat()
                .is_some_and(|beat| now.saturating_duration_since(beat) > self.patience.hung)
            {
                tracing::error!(event = "STORE_PUBLISHER_HANGS", "The publisher hangs; another takes its place");
                self.replace();
            }
        }
    }

    fn replace(&mut self) {
        let queue = &self.ground.queue;
        queue.loosen("the publisher had to be started anew", Late::Behind, clock::instant());
        let started = Publisher::replacement(&self.ground, self.ground.state.read())
            .map_err(|error| error.to_string())
            .and_then(|publisher| start_publisher(publisher).map_err(|error| error.to_string()));
        match started {
            Ok(ended) => self.ended = ended,
            Err(error) => {
                tracing::error!(event = "STORE_PUBLISHER_NOT_STARTED", error, "The publisher cannot be started");
                queue.pause(self.patience.tick);
            }
        }
    }
}
