//! Collects the output of a process line by line.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The timeout for an expected line.
pub const WAIT_TIMEOUT: Duration = Duration::from_mins(1);

/// A guard: while this value exists, the stream is not read.
pub struct Unread<'a> {
    _gate: MutexGuard<'a, ()>,
}

/// The lines of one stream. Clones share the lines.
#[derive(Clone, Default)]
pub struct Log {
    inner: Arc<(Mutex<Vec<String>>, Condvar)>,
    /// Held while the stream must not be read.
    gate: Arc<Mutex<()>>,
}

impl Log {
    /// Collects the stream's lines on a separate thread.
    pub fn of(stream: impl Read + Send + 'static) -> Self {
        let log = Self::default();
        log.follow(stream);
        log
    }

    /// Continues with another stream, such as that of a restarted process.
    pub fn follow(&self, stream: impl Read + Send + 'static) {
        let (inner, gate) = (self.inner.clone(), self.gate.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                drop(gate.lock());
                inner.0.lock().unwrap().push(line);
                inner.1.notify_all();
            }
        });
    }

    /// Stops reading the stream until the guard is dropped, so that the pipe fills up.
    pub fn stop_reading(&self) -> Unread<'_> {
        Unread { _gate: self.gate.lock().unwrap() }
    }

    /// Returns all lines so far.
    pub fn lines(&self) -> Vec<String> {
        // Ignores the poisoning by a failed wait, because the lines are needed for its message.
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns all lines so far that are JSON objects.
    pub fn events(&self) -> Vec<Value> {
        self.lines().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Returns the events with this name so far.
    pub fn events_named(&self, name: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["event"] == name).collect()
    }

    /// Waits for an event with this name, or returns one that has already arrived.
    pub fn wait_for_event(&self, name: &str) -> Value {
        self.wait_for_event_from(0, name)
    }

    /// Waits for an event with this name in the lines from index `first` on (see [`Log::mark`]).
    pub fn wait_for_event_from(&self, first: usize, name: &str) -> Value {
        self.wait_until(&format!("event {name}"), |lines| {
            let mut events = lines.iter().skip(first).filter_map(|line| serde_json::from_str::<Value>(line).ok());
            events.find(|event| event["event"] == name)
        })
    }

    /// Returns the number of lines so far, as the `first` of a later wait.
    pub fn mark(&self) -> usize {
        self.inner.0.lock().unwrap().len()
    }

    /// Waits until `found` returns a value for the lines.
    pub fn wait_until<T>(&self, what: &str, found: impl Fn(&[String]) -> Option<T>) -> T {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        let mut lines = self.inner.0.lock().unwrap();
        loop {
            if let Some(found) = found(&lines) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "timed out waiting for {what}; the log:\n{}", lines.join("\n"));
            lines = self.inner.1.wait_timeout(lines, left).unwrap().0;
        }
    }
}
