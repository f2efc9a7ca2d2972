//! The queue of log lines for the journal or stderr. A write to either of them blocks while its reader has stopped
//! reading, so only one thread writes. Threads that log never block: when the queue is full, lines are dropped and
//! counted.

use super::record::Record;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

#[derive(Default)]
pub(super) struct Queue {
    // A synchronous mutex is enough: it is held for a push or a pop, never during a write.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Record>,
    bytes: usize,
    /// Lines dropped since the last report of dropped lines.
    dropped: u64,
    is_writing: bool,
}

impl Queue {
    /// The thread calls `write` for each line, in order.
    pub(super) fn start(write: impl Fn(&Record) + Send + 'static) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self::default());
        let lines = queue.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                write(&lines.next());
            }
        })?;
        Ok(queue)
    }

    /// Counts the line as dropped if the queue is full. After a drop, no line is added until half of the queue is free.
    /// The first line after the gap reports how many lines are missing.
    pub(super) fn push(&self, record: Record) {
        let size = record.size();
        let mut state = self.lock();
        let limit = if state.dropped == 0 { MAX_BYTES } else { MAX_BYTES / 2 };
        if state.bytes + size > limit {
            state.dropped += 1;
            drop(state);
            metrics::counter!("agentlocator_log_lines_dropped_total").increment(1);
            return;
        }
        if let Some(report) = state.take_report() {
            state.add(report);
        }
        state.add(record);
        self.changed.notify_all();
    }

    /// Waits until all queued lines have been written, at most for `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let is_busy = |state: &mut State| state.is_writing || !state.lines.is_empty() || state.dropped > 0;
        // Lines that have not been written within the limit are lost.
        let _ = self.changed.wait_timeout_while(self.lock(), limit, is_busy);
    }

    /// Also marks the previous line as written.
    fn next(&self) -> Record {
        let mut state = self.lock();
        state.is_writing = false;
        loop {
            if let Some(record) = state.take_next() {
                state.is_writing = true;
                return record;
            }
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, record: Record) {
        self.bytes += record.size();
        self.lines.push_back(record);
    }

    fn take_next(&mut self) -> Option<Record> {
        let Some(record) = self.lines.pop_front() else { return self.take_report() };
        self.bytes -= record.size();
        Some(record)
    }

    fn take_report(&mut self) -> Option<Record> {
        let dropped = std::mem::take(&mut self.dropped);
        (dropped > 0).then(|| Record::of_dropped(dropped))
    }
}

/// Limit of the queued lines, in bytes.
const MAX_BYTES: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use std::sync::mpsc;
    use tracing::Level;

    fn line(message: &str) -> Record {
        Record { at: clock::now(), level: Level::INFO, event: "X".into(), fields: Vec::new(), message: message.into() }
    }

    #[test]
    fn a_reader_that_stops_costs_lines_and_no_time() {
        let (written, lines) = mpsc::sync_channel(0);
        let queue = Queue::start(move |record| {
            let count = record.fields.first().and_then(|(_, count)| count.as_u64());
            let _ = written.send((record.event.clone(), count));
        })
        .unwrap();
        let text = "x".repeat(64 << 10);
        for _ in 0..100 {
            queue.push(line(&text));
        }
        // No line has been read yet, so the flush ends at its time limit.
        queue.flush(Duration::from_millis(1));
        let mut shown = 0;
        let (event, dropped) = loop {
            match lines.recv().unwrap() {
                (event, None) if event == "X" => shown += 1,
                other => break other,
            }
        };
        assert_eq!((event.as_str(), dropped), ("LOG_DROPPED", Some(100 - shown)));
        assert!((60..=65).contains(&shown), "{shown}");
        queue.push(line("later"));
        assert_eq!(lines.recv().unwrap(), ("X".to_owned(), None));
        queue.flush(Duration::from_mins(1));
    }

    #[test]
    fn the_gap_is_reported_where_it_is() {
        let queue = Queue::default();
        let text = "x".repeat(64 << 10);
        for _ in 0..100 {
            queue.push(line(&text));
        }
        let in_order: Vec<_> = (0..40).map(|_| queue.next().event).collect();
        queue.push(line("after the gap"));
        let rest: Vec<_> = std::iter::from_fn(|| queue.lock().take_next()).collect();
        let place = rest.iter().position(|record| record.event == "LOG_DROPPED").unwrap();
        assert!(in_order.iter().all(|event| event == "X") && rest[place + 1].message == "after the gap");
        assert_eq!((rest.len(), queue.lock().bytes), (place + 2, 0));
    }
}
