//! The log: one JSON object per line on stderr, or native fields if stderr is connected to systemd's journal.
//!
//! Every event has a code for programs (`event = "LISTENING"`), fields, and a message. Secrets from the settings, of
//! six bytes or more, are redacted in its texts, and fields whose name marks a secret are logged without their value.

mod journal;
mod queue;
mod record;
mod redact;
mod subject;
mod throttle;

use crate::config::{Config, LogLevel};
use queue::Queue;
use record::{Record, json_line};
use redact::Redactor;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
pub use subject::{inherit_subject, spawn, with_subject};
use throttle::Throttle;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, reload};

/// `journal_stream` is the value of the environment variable `JOURNAL_STREAM`.
pub fn start(config: &Config, journal_stream: Option<&str>) -> io::Result<Log> {
    let journal = if journal::is_stderr(journal_stream) { journal::Journal::open().ok() } else { None };
    let queue = Queue::start(move |record| write(journal.as_ref(), record))?;
    let redactor = Arc::new(Redactor::new(config));
    let layer = LogLayer { redactor: redactor.clone(), queue: queue.clone(), throttle: Mutex::default() };
    let (filter, handle) = reload::Layer::new(filter(config));
    // If the log was already started in this process, the first log stays active.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
    std::panic::set_hook(Box::new(log_panic));
    Ok(Log { redactor, filter: handle, queue })
}

/// Blocks while the journal or the reader of stderr does not read.
fn write(journal: Option<&journal::Journal>, record: &Record) {
    let sent = journal.is_some_and(|journal| journal.send(record).is_ok());
    if !sent {
        // One write per line, so that lines of several threads are not mixed. An error cannot be reported anywhere.
        let _ = io::stderr().lock().write_all(&json_line(record));
    }
}

/// Clones share the log.
#[derive(Clone)]
pub struct Log {
    redactor: Arc<Redactor>,
    filter: reload::Handle<Targets, Registry>,
    queue: Arc<Queue>,
}

impl Log {
    /// The secrets of settings that are about to become active are redacted as well.
    pub fn add_secrets(&self, config: &Config) {
        self.redactor.add_secrets(config);
    }

    pub fn set_level(&self, config: &Config) {
        // Fails only if another log is active in this process.
        let _ = self.filter.reload(filter(config));
    }

    /// Dropping the guard waits until the queued lines are written, for a limited time in case the reader has stopped.
    pub fn flush_on_drop(&self) -> FlushGuard {
        FlushGuard(self.queue.clone())
    }
}

#[must_use]
pub struct FlushGuard(Arc<Queue>);

impl Drop for FlushGuard {
    fn drop(&mut self) {
        self.0.flush(FLUSH_TIMEOUT);
    }
}

/// Of other crates, only warnings and errors are logged.
fn filter(config: &Config) -> Targets {
    Targets::new().with_default(LevelFilter::WARN).with_target("agentlocator", level(config.log.level))
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(ToString::to_string).unwrap_or_default();
    let text = panic.payload_as_str().unwrap_or("panic without a message");
    tracing::error!(event = "PANIC", at, "Panic at {at}: {text}");
}

struct LogLayer {
    redactor: Arc<Redactor>,
    queue: Arc<Queue>,
    // A synchronous mutex is enough: it is held only to count.
    throttle: Mutex<Throttle>,
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let record = Record::of(event, &self.redactor);
        let (is_allowed, suppressed) = {
            let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
            (throttle.allows(&record.event, record.at), throttle.take_suppressed(record.at))
        };
        for (event, count) in suppressed {
            self.queue.push(Record::of_suppressed(event, count, record.at));
        }
        if is_allowed {
            self.queue.push(record);
        }
    }
}

fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// How long the process waits at exit until the last lines are written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
