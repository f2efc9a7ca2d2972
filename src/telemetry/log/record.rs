//! A log event whose secrets are redacted.

use super::redact::{REDACTED, Redactor, is_secret_name};
use super::subject;
use crate::clock;
use crate::domain::Timestamp;
use serde_json::Value;
use std::error::Error;
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

pub(super) struct Record {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    /// The event code; `LOG` for an event without a code, such as those of other crates.
    pub(super) event: String,
    /// In the order of the log statement.
    pub(super) fields: Vec<(&'static str, Value)>,
    /// May be empty.
    pub(super) message: String,
}

impl Record {
    /// Reports suppressed lines.
    pub(super) fn of_suppressed(event: &'static str, count: u64, at: Timestamp) -> Self {
        Self {
            at,
            level: Level::WARN,
            event: "LOG_SUPPRESSED".to_owned(),
            fields: vec![("suppressed", event.into()), ("count", count.into())],
            message: format!(
                "{count} more lines of {event} were not logged, because their number per minute is limited"
            ),
        }
    }

    /// Reports lines that were dropped because the log was not read fast enough.
    pub(super) fn of_dropped(count: u64) -> Self {
        Self {
            at: clock::now(),
            level: Level::WARN,
            event: "LOG_DROPPED".to_owned(),
            fields: vec![("count", count.into())],
            message: format!("{count} log lines were dropped: the log was not read fast enough"),
        }
    }

    /// Approximate memory in bytes.
    pub(super) fn size(&self) -> usize {
        let texts = self.fields.iter().filter_map(|(_, value)| value.as_str()).map(str::len).sum::<usize>();
        size_of::<Self>()
            + self.fields.len() * size_of::<(&str, Value)>()
            + self.event.len()
            + self.message.len()
            + texts
    }

    pub(super) fn of(event: &Event<'_>, redactor: &Redactor) -> Self {
        let mut visitor = FieldVisitor { redactor, event: None, fields: Vec::new(), message: String::new() };
        event.record(&mut visitor);
        let FieldVisitor { event: name, mut fields, mut message, .. } = visitor;
        append_reasons(&mut message, &fields);
        // A line with a field such as `message.id` already names what it is about.
        if !fields.iter().any(|(name, _)| name.ends_with("id")) {
            subject::append(&mut message);
        }
        let event_name = name.unwrap_or_else(|| {
            fields.push(("target", event.metadata().target().into()));
            "LOG".to_owned()
        });
        Self { at: clock::now(), level: *event.metadata().level(), event: event_name, fields, message }
    }
}

/// `journalctl` shows the message without the fields, so the reason of a failure is appended. If the message also says
/// what follows (after a semicolon), the reason is in brackets, so that it does not seem to be the reason of that.
fn append_reasons(message: &mut String, fields: &[(&'static str, Value)]) {
    let reasons = fields.iter().filter(|(name, _)| ["error", "reason"].contains(name));
    for reason in reasons.filter_map(|(_, value)| value.as_str()) {
        if !message.is_empty() && !reason.is_empty() && !message.contains(reason) {
            let (before, after) = if message.contains(';') { (" (", ")") } else { (": ", "") };
            message.push_str(before);
            // On one line, because each line of a log text may be read as a separate event. Shortened, because the
            // field contains the full text.
            let one_line = |c: char| if c.is_control() { ' ' } else { c };
            message.extend(reason.chars().map(one_line).take(MAX_REASON));
            message.push_str(after);
        }
    }
}

/// In characters.
const MAX_REASON: usize = 500;

struct FieldVisitor<'a> {
    redactor: &'a Redactor,
    event: Option<String>,
    fields: Vec<(&'static str, Value)>,
    message: String,
}

impl FieldVisitor<'_> {
    fn add(&mut self, field: &Field, value: Value) {
        let value = if is_secret_name(field.name()) { REDACTED.into() } else { value };
        self.fields.push((field.name(), value));
    }

    fn add_text(&mut self, field: &Field, text: &str) {
        let text = self.redactor.redact(text);
        match field.name() {
            "event" => self.event = Some(text.into_owned()),
            "message" => self.message = text.into_owned(),
            _ => self.add(field, text.into()),
        }
    }
}

impl Visit for FieldVisitor<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, value);
    }

    /// Includes the chain of sources.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut reason = value.source();
        while let Some(error) = reason {
            text.push_str(": ");
            text.push_str(&error.to_string());
            reason = error.source();
        }
        self.add_text(field, &text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_text(field, &format!("{value:?}"));
    }
}

/// A line of JSON: `ts`, `level`, `event`, the fields, and `msg`, with its line feed.
pub(super) fn json_line(record: &Record) -> Vec<u8> {
    let mut line = Vec::with_capacity(256);
    line.push(b'{');
    member(&mut line, "ts", &record.at.to_string().into());
    member(&mut line, "level", &record.level.as_str().to_lowercase().into());
    member(&mut line, "event", &record.event.as_str().into());
    for (name, value) in &record.fields {
        member(&mut line, name, value);
    }
    if !record.message.is_empty() {
        member(&mut line, "msg", &record.message.as_str().into());
    }
    line.extend_from_slice(b"}\n");
    line
}

fn member(line: &mut Vec<u8>, name: &str, value: &Value) {
    if line.len() > 1 {
        line.push(b',');
    }
    // Writing JSON strings and numbers to memory cannot fail.
    let _ = serde_json::to_writer(&mut *line, name);
    line.push(b':');
    let _ = serde_json::to_writer(&mut *line, value);
}

#[cfg(test)]
mod tests {
    use super::append_reasons;

    #[test]
    fn a_message_says_why() {
        for (message, fields, expected) in [
            ("Snapshot failed", vec![("error", "disk full".into())], "Snapshot failed: disk full"),
            (
                "Not stored; retrying in 5 s",
                vec![("error", "disk full".into())],
                "Not stored; retrying in 5 s (disk full)",
            ),
            ("Not written: disk full", vec![("error", "disk full".into())], "Not written: disk full"),
            ("Given up", vec![("reason", "late".into()), ("count", 3.into())], "Given up: late"),
            ("Ready", vec![("reason", "".into())], "Ready"),
            ("Failed", vec![("error", "a\nb".into())], "Failed: a b"),
            ("", vec![("error", "foreign".into())], ""),
        ] {
            let mut text = message.to_owned();
            append_reasons(&mut text, &fields);
            assert_eq!(text, expected);
        }
    }
}
