//! Media Streams messages (Twilio docs, "Media Streams - WebSocket Messages").
//!
//! Each call receives 50 media frames per second. Therefore a frame is parsed in one pass, without a JSON tree, and its
//! payload is not decoded from base64.

use crate::domain::{CallSid, StreamSid};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// Twilio has opened the WebSocket. The first message, sent once.
    Connected,
    /// The stream has started. Sent once.
    Start(Start),
    /// A piece of the caller's audio, usually 20 ms.
    Media {
        /// Milliseconds since the stream started.
        timestamp_ms: u64,
        /// The audio: base64 of mu-law, 8 kHz, mono.
        payload: Cow<'a, str>,
    },
    Dtmf(char),
    /// The audio before this mark was played, or was dropped by `clear`.
    Mark(Cow<'a, str>),
    Stop,
    /// An unknown type of message, or an unknown key. Twilio may add types at any time.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The id of the stream, which every message to Twilio must contain.
    pub stream_sid: StreamSid,
    pub call_sid: CallSid,
    /// The `<Parameter>` elements of the TwiML.
    pub parameters: HashMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
#[error("not a Media Streams message: {0}")]
pub struct Malformed(String);

pub fn parse(text: &str) -> Result<Incoming<'_>, Malformed> {
    let wire: Wire<'_> = serde_json::from_str(text).map_err(|error| Malformed(error.to_string()))?;
    let malformed = |error: &dyn std::error::Error| Malformed(error.to_string());
    let missing = || Malformed(format!("`{}` without its body", wire.event));
    match &*wire.event {
        "media" => {
            let media = wire.media.ok_or_else(missing)?;
            Ok(Incoming::Media { timestamp_ms: media.timestamp.0, payload: media.payload })
        }
        "mark" => Ok(Incoming::Mark(wire.mark.ok_or_else(missing)?.name)),
        "dtmf" => {
            let dtmf: DtmfWire = wire.dtmf.ok_or_else(missing)?;
            let mut digits = dtmf.digit.chars();
            match (digits.next(), digits.next()) {
                (Some(key @ ('0'..='9' | '*' | '#' | 'A'..='D')), None) => Ok(Incoming::Dtmf(key)),
                _ => Ok(Incoming::Unknown),
            }
        }
        "start" => {
            let start = wire.start.ok_or_else(missing)?;
            Ok(Incoming::Start(Start {
                stream_sid: start.stream_sid.parse().map_err(|error| malformed(&error))?,
                call_sid: start.call_sid.parse().map_err(|error| malformed(&error))?,
                parameters: start.parameters,
            }))
        }
        "connected" => Ok(Incoming::Connected),
        "stop" => Ok(Incoming::Stop),
        _ => Ok(Incoming::Unknown),
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    media: Option<MediaWire<'a>>,
    #[serde(borrow)]
    mark: Option<MarkWire<'a>>,
    dtmf: Option<DtmfWire>,
    start: Option<StartWire>,
}

#[derive(Deserialize)]
struct MediaWire<'a> {
    #[serde(default)]
    timestamp: Count,
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

#[derive(Deserialize)]
struct MarkWire<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct DtmfWire {
    digit: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartWire {
    stream_sid: String,
    call_sid: String,
    #[serde(default, rename = "customParameters")]
    parameters: HashMap<String, String>,
}

/// A number that Twilio sends as a JSON string. Compatible servers send it as a JSON number.
#[derive(Default)]
struct Count(u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl serde::de::Visitor<'_> for Either {
            type Value = Count;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Count, E> {
                text.parse().map(Count).map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Count, E> {
                Ok(Count(number))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Count, E> {
                Ok(Count(u64::try_from(number).unwrap_or(0)))
            }
        }
        from.deserialize_any(Either)
    }
}

#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The constant start of a media message: `{"event":"media","streamSid":"MZ…","media":{"payload":"`.
    media_head: String,
    stream_sid: String,
}

impl Outgoing {
    pub fn new(stream_sid: &StreamSid) -> Self {
        let stream_sid = serde_json::Value::from(stream_sid.as_str()).to_string();
        Self {
            media_head: format!("{{\"event\":\"media\",\"streamSid\":{stream_sid},\"media\":{{\"payload\":\""),
            stream_sid,
        }
    }

    /// Builds a message with audio to play: base64 of mu-law, without a file header.
    pub fn media(&self, base64: &str) -> String {
        let mut text = String::with_capacity(self.media_head.len() + base64.len() + 3);
        text.push_str(&self.media_head);
        text.push_str(base64);
        text.push_str("\"}}");
        text
    }

    /// Builds a mark, which Twilio returns after it has played the audio before the mark. `name` must be plain ASCII.
    pub fn mark(&self, name: &str) -> String {
        let mut text = String::new();
        let _ =
            write!(text, "{{\"event\":\"mark\",\"streamSid\":{},\"mark\":{{\"name\":\"{name}\"}}}}", self.stream_sid);
        text
    }

    /// Builds a `clear` message, which drops the audio that was not played yet.
    pub fn clear(&self) -> String {
        format!("{{\"event\":\"clear\",\"streamSid\":{}}}", self.stream_sid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_of_twilio_are_read() {
        let media = r#"{"event":"media","sequenceNumber":"2","streamSid":"MZ00000000000000000000000000000001","media":{"track":"inbound","chunk":"1","timestamp":"5","payload":"//8="}}"#;
        assert_eq!(parse(media).unwrap(), Incoming::Media { timestamp_ms: 5, payload: "//8=".into() });
        let escaped = r#"{"event":"media","media":{"timestamp":"5","payload":"\/\/8="}}"#;
        assert_eq!(parse(escaped).unwrap(), Incoming::Media { timestamp_ms: 5, payload: "//8=".into() });
        let numeric = r#"{"event":"media","sequenceNumber":2,"media":{"chunk":1,"timestamp":5,"payload":"//8="}}"#;
        assert_eq!(parse(numeric).unwrap(), Incoming::Media { timestamp_ms: 5, payload: "//8=".into() });
        let dtmf = r#"{"event":"dtmf","streamSid":"MZ00000000000000000000000000000001","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}"#;
        assert_eq!(parse(dtmf).unwrap(), Incoming::Dtmf('1'));
        for invalid in ["א", "", "x", "12"] {
            let invalid = format!(r#"{{"event":"dtmf","dtmf":{{"digit":"{invalid}"}}}}"#);
            assert_eq!(parse(&invalid).unwrap(), Incoming::Unknown, "{invalid}");
        }
        let mark = r#"{"event":"mark","sequenceNumber":"4","streamSid":"MZ00000000000000000000000000000001","mark":{"name":"g3.17"}}"#;
        assert_eq!(parse(mark).unwrap(), Incoming::Mark("g3.17".into()));
        assert_eq!(parse(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#).unwrap(), Incoming::Connected);
        assert_eq!(parse(r#"{"event":"stop","sequenceNumber":"9","stop":{}}"#).unwrap(), Incoming::Stop);
        assert_eq!(parse(r#"{"event":"of the future","x":[1]}"#).unwrap(), Incoming::Unknown);
        let start = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ00000000000000000000000000000001","start":{"streamSid":"MZ00000000000000000000000000000001","accountSid":"AC1","callSid":"CA00000000000000000000000000000001",
            "tracks":["inbound"],"customParameters":{"token":"t"},"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#;
        let Incoming::Start(start) = parse(start).unwrap() else { panic!("not a start") };
        assert_eq!(
            (start.call_sid.as_str(), start.parameters["token"].as_str()),
            ("CA00000000000000000000000000000001", "t")
        );
    }

    const STREAM: &str = "MZ00000000000000000000000000000001";

    #[test]
    fn an_outgoing_message_is_json() {
        let out = Outgoing::new(&STREAM.parse().unwrap());
        for text in [out.media("//8="), out.mark("g1.2"), out.clear()] {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["streamSid"], STREAM);
        }
    }

    proptest! {
        #[test]
        fn garbage_is_an_error_not_a_panic(text in "\\PC{0,80}") {
            let _ = parse(&text);
            let _ = parse(&format!("{{\"event\":\"media\",\"media\":{text}}}"));
        }
    }
}
