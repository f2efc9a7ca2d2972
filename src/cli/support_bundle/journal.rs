//! Reads the systemd journal of a unit, reduced to the fields that help a diagnosis.

use super::redact::Redactor;
use crate::host::program::output_of;
use serde_json::{Map, Value};

/// One JSON object per line.
pub(super) async fn read(unit: &str, lines: u32, redactor: &Redactor) -> String {
    let (unit, lines) = (format!("--unit={unit}"), format!("--lines={lines}"));
    let arguments = [unit.as_str(), &lines, "--output=json", "--no-pager", "--quiet", "--utc"];
    match output_of("journalctl", &arguments).await {
        Some(output) => {
            let lines: Vec<_> =
                output.lines().filter_map(|line| reduce(line, redactor)).map(|line| line.to_string()).collect();
            lines.join("\n") + "\n"
        }
        None => "this user cannot read a journal\n".to_owned(),
    }
}

/// Returns `None` for debug lines, because they contain complete numbers and texts, and for plain text without an
/// event, unless systemd wrote it, because the bridge prints its QR code as plain text.
fn reduce(line: &str, redactor: &Redactor) -> Option<Value> {
    let entry: Map<String, Value> = serde_json::from_str(line).ok()?;
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let message = text("MESSAGE").unwrap_or_default();
    // The bridge writes a JSON object as the message. The daemon writes its fields as journal fields.
    let fields = match serde_json::from_str::<Map<String, Value>>(message) {
        Ok(object) => object,
        Err(_) if text("EVENT").is_some() => entry.clone(),
        Err(_) if text("SYSLOG_IDENTIFIER") == Some("systemd") => Map::from_iter([("msg".into(), message.into())]),
        Err(_) => return None,
    };
    let field = |name: &str| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    if is_for_debugging(field("level").or(field("PRIORITY"))) {
        return None;
    }
    let event = field("event").and_then(Value::as_str).unwrap_or_default().to_owned();
    let shows_code = CODES.iter().any(|word| event.contains(word));
    let kept = fields.iter().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase().replace('.', "_");
        let is_kept = match value {
            Value::Number(_) | Value::Bool(_) => !name.starts_with("__"),
            Value::String(_) => {
                KEPT_FIELDS.contains(&name.as_str()) && !(shows_code && MESSAGE_FIELDS.contains(&name.as_str()))
            }
            _ => false,
        };
        is_kept.then(|| (name, redactor.json(value)))
    });
    let mut kept: Map<String, Value> = kept.collect();
    if let Some(at) = text("__REALTIME_TIMESTAMP").and_then(|micros| micros.parse::<i64>().ok()) {
        kept.insert("at".into(), crate::domain::Timestamp::from_millis(at / 1000).to_string().into());
    }
    Some(Value::Object(kept))
}

fn is_for_debugging(level: Option<&Value>) -> bool {
    level.and_then(Value::as_str).is_some_and(|level| matches!(level, "debug" | "trace" | "7"))
}

/// String fields that are kept, after redaction.
const KEPT_FIELDS: [&str; 26] = [
    "ts",
    "level",
    "priority",
    "event",
    "msg",
    "message",
    "error",
    "reason",
    "problem",
    "why",
    "state",
    "phase",
    "status",
    "outcome",
    "kind",
    "alert_kind",
    "engine",
    "provider",
    "port",
    "channel",
    "listener",
    "code",
    "migration",
    "version",
    "step",
    "path",
];

/// Fields that contain sentences. They are omitted for events that contain a code.
const MESSAGE_FIELDS: [&str; 2] = ["msg", "message"];

/// Parts of the names of events that contain a login or pairing code.
const CODES: [&str; 3] = ["SETUP_CODE", "QR", "PAIR"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reduced(entry: &Value) -> Option<Value> {
        reduce(&entry.to_string(), &Redactor::new(None))
    }

    #[test]
    fn an_event_keeps_what_is_not_private() {
        let entry = json!({"MESSAGE": "A message of +972501234567 came", "PRIORITY": "6", "EVENT": "WA_IN_TWILIO",
            "TEXT": "hello there", "PUSH_NAME": "Dana", "DURATION_MS": "15", "REASON": "no space",
            "__REALTIME_TIMESTAMP": "1700000000000000", "_HOSTNAME": "shop"});
        let line = reduced(&entry).unwrap();
        assert_eq!((&line["event"], &line["reason"]), (&json!("WA_IN_TWILIO"), &json!("no space")));
        assert_eq!(line["at"], "2023-11-14T22:13:20.000Z");
        let text = line.to_string();
        for gone in ["1234567", "hello", "Dana", "shop"] {
            assert!(!text.contains(gone), "{text}");
        }
    }

    #[test]
    fn debug_lines_codes_and_drawings_go() {
        assert!(reduced(&json!({"MESSAGE": "x", "PRIORITY": "7", "EVENT": "X"})).is_none());
        assert!(reduced(&json!({"MESSAGE": "▄▄▄▄ ▄ ▄▄▄▄"})).is_none());
        let bridge = json!({"ts": "t", "level": "debug", "event": "X", "message": "m"}).to_string();
        assert!(reduced(&json!({"MESSAGE": bridge})).is_none());
        let code = json!({"MESSAGE": "Open it with AB-CD", "PRIORITY": "6", "EVENT": "SETUP_CODE"});
        assert!(!reduced(&code).unwrap().to_string().contains("AB-CD"));
        let systemd = json!({"MESSAGE": "Started it.", "SYSLOG_IDENTIFIER": "systemd", "PRIORITY": "6"});
        assert_eq!(reduced(&systemd).unwrap()["msg"], "Started it.");
    }
}
