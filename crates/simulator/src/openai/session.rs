//! A realtime session without socket and clock: it handles client events and produces server events.
//!
//! Based on OpenAI's "Realtime API" reference and guides (the GA version). Times are microseconds on any monotonic
//! clock.

mod conversation;
mod turns;

use super::options::OpenAiOptions;
use super::record::SessionRecord;
use super::response::{AudioFormat, Ids, Response, merge};
use super::vad::Vad;
use crate::specs::{check_realtime_event, realtime_client_events};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The server's side of a realtime session. The code that uses the session passes the time to its methods, and performs
/// its outputs.
#[derive(Debug)]
pub struct Session {
    options: Arc<OpenAiOptions>,
    record: Arc<Mutex<SessionRecord>>,
    /// The number of sessions of the fake AI before this one.
    number: usize,
    ids: Ids,
    config: Value,
    outputs: VecDeque<Output>,
    timers: Vec<(u64, Timer)>,
    complaints: Vec<String>,
    updated: bool,
    ended: bool,
    vad: Vad,
    /// The length of the audio since the last commit or clear, in mu-law bytes.
    uncommitted: usize,
    /// When the detection last ended a turn.
    turn_ended_us: Option<u64>,
    speech_item: Option<String>,
    /// In a transcription session: the number of words of the current utterance that were sent as deltas.
    words_sent: usize,
    items: Vec<Item>,
    active: Option<Response>,
    responses: usize,
    /// The number of committed utterances of the caller.
    utterances: usize,
    turn: usize,
    trigger: ResponseTrigger,
    spoken: bool,
    /// The number of response requests that were wrongly rejected because of an active response.
    refused: usize,
}

#[derive(Debug)]
struct Item {
    id: String,
    kind: ItemKind,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ItemKind {
    Answer {
        sent_ms: u64,
    },
    /// A function call. `is_earlier` is true if the client added it as the history of an earlier session.
    Function {
        call_id: String,
        is_earlier: bool,
    },
    Other,
    User,
}

/// An action on the session's socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Drops the socket without a close.
    BreakOff,
    /// Closes the socket.
    Close {
        /// The WebSocket close code.
        code: u16,
        /// The reason in the close frame.
        reason: String,
    },
    /// Sends this event.
    Event(Value),
}

/// The cause of the next response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ResponseTrigger {
    /// The client added the output of a function, so the turn continues.
    Function,
    Nothing,
    /// The user has finished an utterance, or the client has added a user message.
    User,
}

#[derive(Debug)]
enum Timer {
    CloseAfterSpeech,
    Expire,
    /// In a transcription session: the first half of the words of the current utterance is recognised.
    FirstWords {
        item_id: String,
    },
    Transcript {
        item_id: String,
        text: String,
    },
    Updated,
}

impl Session {
    /// Starts a session with `model` that records its events in `record`. `number` is the number of earlier sessions.
    pub fn new(
        options: Arc<OpenAiOptions>,
        record: Arc<Mutex<SessionRecord>>,
        model: &str,
        number: usize,
        now_us: u64,
    ) -> Self {
        let mut ids = Ids::new();
        let id = ids.next("sess");
        let config = default_config(&id, model);
        let limit_us = u64::try_from(options.session_limit.as_micros()).unwrap_or(u64::MAX);
        let mut session = Self {
            options,
            record,
            number,
            refused: 0,
            ids,
            config,
            outputs: VecDeque::new(),
            timers: vec![(now_us.saturating_add(limit_us), Timer::Expire)],
            complaints: Vec::new(),
            updated: false,
            ended: false,
            vad: Vad::default(),
            uncommitted: 0,
            turn_ended_us: None,
            speech_item: None,
            words_sent: 0,
            items: Vec::new(),
            active: None,
            responses: 0,
            utterances: 0,
            turn: 0,
            trigger: ResponseTrigger::Nothing,
            spoken: false,
        };
        {
            let mut record = session.record();
            record.id = id;
            model.clone_into(&mut record.model);
            record.config = session.config.clone();
        }
        session.emit(json!({"type": "session.created", "session": session.config}));
        session
    }

    /// Handles a text message from the client that arrives at `now_us`.
    pub fn handle_text(&mut self, text: &str, now_us: u64) {
        self.handle_time(now_us);
        if self.ended {
            return;
        }
        let Ok(event) = serde_json::from_str::<Value>(text) else {
            self.error(&Value::Null, "invalid_json", "We could not parse the JSON body of your event.");
            return;
        };
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        *self.record().events.entry(kind.clone()).or_default() += 1;
        let complaints = check_realtime_event(&event);
        if !complaints.is_empty() {
            let known: Vec<_> = realtime_client_events().collect();
            let (code, message) = if known.contains(&kind.as_str()) {
                ("invalid_value", complaints.join("; "))
            } else {
                ("invalid_value", format!("Invalid value: '{kind}'. Supported values are: {}.", known.join(", ")))
            };
            self.error(&event, code, &message);
            return;
        }
        match kind.as_str() {
            "session.update" => self.update(&event, now_us),
            "input_audio_buffer.append" => self.append(&event, now_us),
            "input_audio_buffer.commit" => self.commit_by_hand(&event, now_us),
            "input_audio_buffer.clear" => {
                self.uncommitted = 0;
                self.vad.reset();
                self.emit(json!({"type": "input_audio_buffer.cleared"}));
            }
            "conversation.item.create" => self.create_item(&event),
            "conversation.item.delete" => self.delete_item(&event),
            "conversation.item.retrieve" => self.retrieve_item(&event),
            "conversation.item.truncate" => self.truncate_item(&event),
            "response.create" => self.create_response_by_hand(&event, now_us),
            "response.cancel" => self.cancel_by_hand(&event),
            other => self.error(&event, "invalid_value", &format!("{other} is not supported here")),
        }
    }

    /// Fires the timers and performs the response's steps that are due at `now_us`.
    pub fn handle_time(&mut self, now_us: u64) {
        while !self.ended {
            let timer = self.timers.iter().position(|(due_us, _)| *due_us <= now_us);
            match timer.map(|place| self.timers.remove(place).1) {
                Some(Timer::Updated) => {
                    self.updated = true;
                    self.emit(json!({"type": "session.updated", "session": self.config}));
                }
                Some(Timer::Transcript { item_id, text }) => self.transcribe(&item_id, &text),
                Some(Timer::FirstWords { item_id }) => self.send_first_words(&item_id),
                Some(Timer::CloseAfterSpeech) => {
                    let reason = "The server had an error while processing your request.".to_owned();
                    self.end(Output::Close { code: 1011, reason });
                }
                Some(Timer::Expire) => {
                    let reason = "Your session hit the maximum duration of 60 minutes.".to_owned();
                    self.end(Output::Close { code: 1001, reason });
                }
                None if self.active.as_ref().is_some_and(|response| response.next_us() <= now_us) => {
                    self.step_response(now_us);
                }
                None => return,
            }
        }
    }

    /// Returns the next output. Call it after each `handle_…` until it returns `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns the time at which `handle_time` must be called next; `None` if nothing is due.
    pub fn next_us(&self) -> Option<u64> {
        let timer = self.timers.iter().map(|(due_us, _)| *due_us).min();
        timer.into_iter().chain(self.active.as_ref().map(Response::next_us)).min()
    }

    /// Returns the client's violations since this method was last called.
    pub fn take_complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    fn update(&mut self, event: &Value, now_us: u64) {
        let wanted = &event["session"];
        let voice = wanted.pointer("/audio/output/voice");
        if self.spoken && voice.is_some() && voice != self.config.pointer("/audio/output/voice") {
            let message = "Cannot update a conversation's voice if assistant audio is present.";
            self.error(event, "cannot_update_voice", message);
            return;
        }
        if let Some(field) = self.options.faults.refuse_field
            && wanted.pointer(&format!("/{}", field.replace('.', "/"))).is_some()
        {
            if self.options.faults.refuse_unnamed {
                return self.send_error(event, "invalid_value", "Invalid session.", None);
            }
            let message = format!("Invalid value for '{field}'.");
            return self.send_error(event, "invalid_value", &message, Some(&format!("session.{field}")));
        }
        overlay(&mut self.config, wanted);
        self.record().config = self.config.clone();
        if !self.options.faults.never_updated {
            let update_us = u64::try_from(self.options.update.as_micros()).unwrap_or(u64::MAX);
            self.timers.push((now_us.saturating_add(update_us), Timer::Updated));
        }
    }

    fn append(&mut self, event: &Value, now_us: u64) {
        let Ok(bytes) = BASE64_STANDARD.decode(event["audio"].as_str().unwrap_or_default()) else {
            self.error(event, "invalid_value", "Invalid 'audio': it is not base64.");
            return;
        };
        let sound = match self.audio_format("/audio/input/format") {
            AudioFormat::Mulaw => bytes,
            AudioFormat::Pcm24k => mulaw_of_pcm(&bytes),
        };
        {
            let updated = self.updated;
            let mut record = self.record();
            record.early_appends += u64::from(!updated);
            record.heard.extend_from_slice(&sound);
        }
        self.uncommitted += sound.len();
        self.detect_turns(&sound, now_us);
    }

    fn emit(&mut self, mut event: Value) {
        event["event_id"] = self.ids.next("event").into();
        self.outputs.push_back(Output::Event(event));
    }

    fn end(&mut self, how: Output) {
        self.ended = true;
        self.active = None;
        self.record().ended = Some(format!("{how:?}"));
        self.outputs.push_back(how);
    }

    /// Sends an error, and records it as a violation by the client, except for a cancellation that came too late.
    /// `code` and `message` are those of the API.
    fn error(&mut self, event: &Value, code: &str, message: &str) {
        // The response may have ended before the client's request arrived, so this error is not a violation.
        if code != "response_cancel_not_active" {
            self.complaints.push(format!("{}: {message} ({code})", event["type"].as_str().unwrap_or("event")));
        }
        self.send_error(event, code, message, None);
    }

    /// Sends an error without recording a violation.
    fn send_error(&mut self, event: &Value, code: &str, message: &str, param: Option<&str>) {
        self.record().errors.push(code.to_owned());
        let error = json!({
            "type": "invalid_request_error", "code": code, "message": message, "param": param,
            "event_id": event.get("event_id"),
        });
        self.emit(json!({"type": "error", "error": error}));
    }

    fn audio_format(&self, place: &str) -> AudioFormat {
        match self.config.pointer(place).and_then(|format| format["type"].as_str()) {
            Some("audio/pcmu") => AudioFormat::Mulaw,
            _ => AudioFormat::Pcm24k,
        }
    }

    fn is_transcription(&self) -> bool {
        self.config["type"] == "transcription"
    }

    fn record(&self) -> MutexGuard<'_, SessionRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the configuration of a session before its first `session.update`.
fn default_config(id: &str, model: &str) -> Value {
    json!({
        "type": "realtime", "object": "realtime.session", "id": id, "model": model,
        "output_modalities": ["audio"], "instructions": "", "tools": [], "tool_choice": "auto",
        "max_output_tokens": "inf", "truncation": "auto", "tracing": null,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000}, "transcription": null, "noise_reduction": null,
                "turn_detection": {
                    "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200,
                    "create_response": true, "interrupt_response": true,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
        },
    })
}

/// Merges `wanted` into the configuration. Only `audio`, `input` and `output` are merged field by field; a format or a
/// turn detection is replaced as a whole.
fn overlay(config: &mut Value, wanted: &Value) {
    let Value::Object(fields) = wanted else { return };
    for (name, value) in fields {
        let place = &mut config[name.as_str()];
        if matches!(name.as_str(), "audio" | "input" | "output") && value.is_object() && place.is_object() {
            overlay(place, value);
        } else {
            *place = value.clone();
        }
    }
}

/// Converts 24 kHz PCM to 8 kHz mu-law by keeping every third sample.
fn mulaw_of_pcm(bytes: &[u8]) -> Vec<u8> {
    let samples = bytes.chunks_exact(6).map(|three| i16::from_le_bytes([three[0], three[1]]));
    samples.map(crate::sound::encode_sample).collect()
}

#[cfg(test)]
mod tests;
