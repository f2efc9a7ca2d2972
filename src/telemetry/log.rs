//! The log: one JSON object per line on stderr, or native fields if stderr is connected to the journal.
//!
//! Every event has a code for programs (`event = "LISTENING"`), fields, and a message. Secrets of the settings are
//! redacted wherever they occur, and fields whose name marks a secret have no value.

mod journal;
mod json;
mod queue;
mod record;
mod redact;
mod throttle;

use crate::config::{Config, LogLevel};
use queue::Queue;
use record::Record;
use redact::Redactor;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use throttle::Throttle;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, reload};

/// Starts the log of this process. `journal_stream` is the variable `JOURNAL_STREAM`.
pub fn start(config: &Config, journal_stream: Option<&str>) -> io::Result<Log> {
    let journal = if journal::is_stderr(journal_stream) { journal::Journal::open().ok() } else { None };
    let queue = Queue::start(move |record| write(journal.as_ref(), record))?;
    let redactor = Arc::new(Redactor::new(config));
    let layer = LogLayer { redactor: redactor.clone(), queue: queue.clone(), throttle: Mutex::default() };
    let (filter, handle) = reload::Layer::new(filter(config));
    // A second start in one process keeps the first one's log.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
    std::panic::set_hook(Box::new(log_panic));
    Ok(Log { redactor, filter: handle, queue })
}

/// Blocks while the journal or the reader of stderr does not read.
fn write(journal: Option<&journal::Journal>, record: &Record) {
    let sent = journal.is_some_and(|journal| journal.send(record).is_ok());
    if !sent {
        // One write per line, so that lines of several threads do not mix. An error cannot be reported anywhere.
        let _ = io::stderr().lock().write_all(&json::line(record));
    }
}

/// The log of this process, for changes of settings; clones share it.
#[derive(Clone)]
pub struct Log {
    redactor: Arc<Redactor>,
    filter: reload::Handle<Targets, Registry>,
    queue: Arc<Queue>,
}

impl Log {
    /// Redacts the secrets of settings that are about to become active, too.
    pub fn add_secrets(&self, config: &Config) {
        self.redactor.add_secrets(config);
    }

    /// Sets the log level of these settings.
    pub fn set_level(&self, config: &Config) {
        // It fails only if this process logs elsewhere.
        let _ = self.filter.reload(filter(config));
    }

    /// When dropped, waits until the last lines are written; the wait is limited if the reader has stopped.
    pub fn flush_on_drop(&self) -> FlushGuard {
        FlushGuard(self.queue.clone())
    }
}

/// See [`Log::flush_on_drop`].
#[must_use]
pub struct FlushGuard(Arc<Queue>);

impl Drop for FlushGuard {
    fn drop(&mut self) {
        self.0.flush(FLUSH_TIMEOUT);
    }
}

/// Other crates log warnings and errors only.
fn filter(config: &Config) -> Targets {
    Targets::new().with_default(LevelFilter::WARN).with_target("agentlocator", level(config.log.level))
}

/// Logs a panic like any other event.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(ToString::to_string).unwrap_or_default();
    let text = panic.payload_as_str().unwrap_or("panic without a message");
    tracing::error!(event = "PANIC", at, "{text}");
}

struct LogLayer {
    redactor: Arc<Redactor>,
    queue: Arc<Queue>,
    // A synchronous mutex: it is held only to count.
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

/// How long the end of the process waits for the last lines to be written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
