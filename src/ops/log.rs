//! The log: one JSON object a line on stderr, or native fields where stderr is the journal's.
//!
//! Every event has a word for programs (`event = "LISTENING"`), fields, and a sentence for people. Secrets of the
//! settings are blotted out wherever they turn up, and fields that are called like a secret have no value.

mod journal;
mod json;
mod record;
mod redact;

use crate::config::{Config, LogLevel};
use record::Record;
use redact::Redactor;
use std::io::Write;
use std::panic::PanicHookInfo;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log of this process. `journal_stream` is the variable `JOURNAL_STREAM`.
pub fn start(config: &Config, journal_stream: Option<&str>) {
    let journal = if journal::is_stderr(journal_stream) { journal::Journal::open().ok() } else { None };
    let layer = Lines { redactor: Redactor::new(config), journal };
    // Other people's crates speak only when something is wrong.
    let filter = Targets::new().with_default(LevelFilter::WARN).with_target("agentlocator", level(config.log.level));
    // A second start in one process keeps the first one's log.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
    std::panic::set_hook(Box::new(tell_panic));
}

/// A panic is a line of the log like every other.
fn tell_panic(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(ToString::to_string).unwrap_or_default();
    let text = panic.payload_as_str().unwrap_or("something unforeseen");
    tracing::error!(event = "PANIC", at, "{text}");
}

struct Lines {
    redactor: Redactor,
    journal: Option<journal::Journal>,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let record = Record::of(event, &self.redactor);
        let sent = self.journal.as_ref().is_some_and(|journal| journal.send(&record).is_ok());
        if !sent {
            // One write a line, so that lines of several threads do not mix. Nobody can be told that it failed.
            let _ = std::io::stderr().lock().write_all(&json::line(&record));
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
