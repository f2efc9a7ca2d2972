//! Checks the messages that the daemon sends on a media stream against Twilio's page "Media Streams – WebSocket
//! messages" for bidirectional streams.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

/// A message from the daemon to Twilio.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DaemonMessage {
    /// Drop the audio that has not been played, and return all marks.
    Clear,
    /// Return this mark when playout has reached it.
    Mark(String),
    /// Play this audio.
    Media(Vec<u8>),
}

/// Parses a message. Adds its errors to `complaints`; returns `None` if the message cannot be used.
pub(super) fn read_message(text: &str, stream_sid: &str, complaints: &mut Vec<String>) -> Option<DaemonMessage> {
    let Ok(Value::Object(message)) = serde_json::from_str(text) else {
        complaints.push(format!("31924: no JSON object: {}", excerpt(text)));
        return None;
    };
    let event = message.get("event").and_then(Value::as_str).unwrap_or_default();
    let noun = match event {
        "media" | "mark" => event,
        "clear" => "",
        _ => {
            complaints.push(format!("31924: no message that may be sent: {}", excerpt(text)));
            return None;
        }
    };
    match message.get("streamSid").and_then(Value::as_str) {
        Some(sid) if sid == stream_sid => {}
        Some(sid) => complaints.push(format!("31924: {event} for the stream {sid}, which is not this one")),
        None => complaints.push(format!("31924: {event} without streamSid")),
    }
    expect_keys(&message, &["event", "streamSid", noun], event, complaints);
    let empty = Map::new();
    let inner = message.get(noun).and_then(Value::as_object).unwrap_or(&empty);
    match event {
        "media" => read_media(inner, complaints),
        "mark" => {
            expect_keys(inner, &["name"], "mark", complaints);
            let name = inner.get("name").and_then(Value::as_str);
            if name.is_none() {
                complaints.push("31924: a mark without a name".into());
            }
            name.map(|name| DaemonMessage::Mark(name.to_owned()))
        }
        _ => Some(DaemonMessage::Clear),
    }
}

fn read_media(media: &Map<String, Value>, complaints: &mut Vec<String>) -> Option<DaemonMessage> {
    expect_keys(media, &["payload"], "media", complaints);
    let Some(payload) = media.get("payload").and_then(Value::as_str) else {
        complaints.push("31924: media without a payload".into());
        return None;
    };
    let Ok(sound) = BASE64_STANDARD.decode(payload) else {
        complaints.push(format!("31924: a payload that is not base64: {}", excerpt(payload)));
        return None;
    };
    if sound.is_empty() {
        complaints.push("media with an empty payload".into());
    }
    for header in [&b"RIFF"[..], b"ID3", b"OggS", b"fLaC"] {
        if sound.starts_with(header) {
            complaints.push("a file's header within the sound: it is heard as noise".into());
        }
    }
    Some(DaemonMessage::Media(sound))
}

fn expect_keys(object: &Map<String, Value>, known: &[&str], what: &str, complaints: &mut Vec<String>) {
    for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
        complaints.push(format!("{what} has no field {key}"));
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<DaemonMessage>, Vec<String>) {
        let mut complaints = Vec::new();
        let message = read_message(text, "MZ00000000000000000000000000000001", &mut complaints);
        (message, complaints)
    }

    #[test]
    fn the_three_messages_are_parsed() {
        for (text, message) in [
            (
                r#"{"event":"media","streamSid":"MZ00000000000000000000000000000001","media":{"payload":"/wA="}}"#,
                DaemonMessage::Media(vec![0xFF, 0]),
            ),
            (
                r#"{"event":"mark","streamSid":"MZ00000000000000000000000000000001","mark":{"name":"g1.2"}}"#,
                DaemonMessage::Mark("g1.2".into()),
            ),
            (r#"{"event":"clear","streamSid":"MZ00000000000000000000000000000001"}"#, DaemonMessage::Clear),
        ] {
            assert_eq!(read(text), (Some(message), vec![]));
        }
    }

    #[test]
    fn every_other_message_has_a_complaint() {
        for (text, words) in [
            ("", "31924: no JSON object"),
            ("[1]", "31924: no JSON object"),
            (r#"{"event":"stop","streamSid":"MZ00000000000000000000000000000001"}"#, "31924: no message"),
            (r#"{"event":"clear"}"#, "without streamSid"),
            (r#"{"event":"clear","streamSid":"MZ00000000000000000000000000000002"}"#, "not this one"),
            (r#"{"event":"clear","streamSid":"MZ00000000000000000000000000000001","clear":{}}"#, "no field clear"),
            (r#"{"event":"mark","streamSid":"MZ00000000000000000000000000000001"}"#, "without a name"),
            (r#"{"event":"media","streamSid":"MZ00000000000000000000000000000001"}"#, "without a payload"),
            (
                r#"{"event":"media","streamSid":"MZ00000000000000000000000000000001","media":{"payload":"?"}}"#,
                "not base64",
            ),
            (
                r#"{"event":"media","streamSid":"MZ00000000000000000000000000000001","media":{"payload":""}}"#,
                "empty payload",
            ),
            (
                r#"{"event":"media","streamSid":"MZ00000000000000000000000000000001","media":{"payload":"UklGRg=="}}"#,
                "file's header",
            ),
            (
                r#"{"event":"media","streamSid":"MZ00000000000000000000000000000001","media":{"payload":"/w==","track":"x"}}"#,
                "no field track",
            ),
        ] {
            let complaints = read(text).1.join("; ");
            assert!(complaints.contains(words), "{text}: {complaints}");
        }
    }
}
