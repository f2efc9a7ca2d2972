//! Formats a record as a line of JSON: `ts`, `level`, `event`, the fields, and `msg`.

use super::record::Record;
use serde_json::Value;

/// Returns the line including its line feed.
pub(super) fn line(record: &Record) -> Vec<u8> {
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
