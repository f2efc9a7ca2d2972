//! A response in progress: its events and their times.

use super::options::{FunctionCall, OpenAiOptions};
use crate::entropy;
use crate::server::delay;
use crate::sound::{AUDIO_TIMESTAMP_BYTES, Voice, bytes_of, decode_sample, millis, write_audio_timestamp};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(super) enum Content {
    Empty,
    Function(FunctionCall),
    RateLimited,
    Speech { text: String, length_ms: u64 },
}

/// The format of audio deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AudioFormat {
    Mulaw,
    Pcm24k,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseEnd {
    ClientCancelled,
    Completed,
    Failed,
    /// A content filter stopped the response.
    Filtered,
    /// The response reached the limit of output tokens.
    Incomplete,
    TurnDetected,
}

/// A response in progress: its planned content, and how much of it has been sent.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) id: String,
    pub(super) item_id: String,
    pub(super) call_id: String,
    pub(super) content: Content,
    /// The whole audio, in mu-law.
    pub(super) sound: Vec<u8>,
    pub(super) sent_bytes: usize,
    pub(super) begun: bool,
    /// The id of the item before the response's item in the conversation.
    pub(super) previous_item_id: Option<String>,
    options: Arc<OpenAiOptions>,
    audio_format: AudioFormat,
    words_sent: usize,
    next_us: u64,
}

impl Response {
    pub(super) fn new(
        content: Content,
        audio_format: AudioFormat,
        options: Arc<OpenAiOptions>,
        ids: &mut Ids,
        previous_item_id: Option<String>,
        now_us: u64,
    ) -> Self {
        let id = ids.next("resp");
        let seed = id.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let sound = match &content {
            Content::Speech { length_ms, .. } => Voice::agent(seed).speak(*length_ms),
            Content::Empty | Content::Function(_) | Content::RateLimited => Vec::new(),
        };
        let think = delay(options.think, options.spread, usize::try_from(seed % 100_000).unwrap_or(0));
        let think_us = u64::try_from(think.as_micros()).unwrap_or(u64::MAX);
        let (item_id, call_id) = (ids.next("item"), ids.next("call"));
        let mut content = content;
        if let Content::Function(call) = &mut content {
            call.arguments = call.arguments.replace(CALL_ID, &call_id);
        }
        Self {
            id,
            item_id,
            call_id,
            content,
            sound,
            sent_bytes: 0,
            begun: false,
            previous_item_id,
            options,
            audio_format,
            words_sent: 0,
            next_us: now_us + think_us,
        }
    }

    /// Returns the time of the next step, in microseconds; `u64::MAX` after [`Self::hold`].
    pub(super) fn next_us(&self) -> u64 {
        self.next_us
    }

    /// Stops the response permanently: it takes no further step. The response can still be closed.
    pub(super) fn hold(&mut self) {
        self.next_us = u64::MAX;
    }

    /// Returns the events that are due now, and how the response ended if it has ended.
    pub(super) fn step(&mut self, now_us: u64) -> (Vec<Value>, Option<ResponseEnd>) {
        match self.content.clone() {
            Content::Empty => (Vec::new(), Some(ResponseEnd::Completed)),
            Content::RateLimited => (Vec::new(), Some(ResponseEnd::Failed)),
            Content::Function(call) => (self.call_function(&call), Some(ResponseEnd::Completed)),
            Content::Speech { text, .. } => self.speak(&text, now_us),
        }
    }

    fn speak(&mut self, text: &str, now_us: u64) -> (Vec<Value>, Option<ResponseEnd>) {
        let mut events = Vec::new();
        if !self.begun {
            self.begun = true;
            let item = self.item("in_progress");
            events.push(
                json!({"type": "response.output_item.added", "response_id": self.id, "output_index": 0, "item": item}),
            );
            events.push(
                json!({"type": "conversation.item.added", "previous_item_id": self.previous_item_id, "item": item}),
            );
            events.push(self.part("response.content_part.added", json!({"part": {"type": "audio", "transcript": ""}})));
        }
        let delta_ms = u64::try_from(self.options.delta.as_millis()).unwrap_or(u64::MAX).max(1);
        let end = self.sound.len().min(self.sent_bytes + bytes_of(delta_ms));
        if self.options.audio_timestamps && end - self.sent_bytes >= AUDIO_TIMESTAMP_BYTES {
            write_audio_timestamp(&mut self.sound[self.sent_bytes..end], now_us);
        }
        let delta = self.audio_format.encode(&self.sound[self.sent_bytes..end]);
        self.sent_bytes = end;
        events.push(self.part("response.output_audio.delta", json!({ "delta": delta })));
        let words = self.next_words(text);
        if !words.is_empty() {
            events.push(self.part("response.output_audio_transcript.delta", json!({ "delta": words })));
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            clippy::cast_possible_truncation,
            reason = "a rate"
        )]
        let pace_us = (delta_ms as f64 * 1_000.0 / self.options.speed.max(0.01)) as u64;
        self.next_us += pace_us;
        (events, (self.sent_bytes == self.sound.len()).then_some(ResponseEnd::Completed))
    }

    fn call_function(&mut self, call: &FunctionCall) -> Vec<Value> {
        self.begun = true;
        let added = self.item("in_progress");
        let common =
            json!({"response_id": self.id, "item_id": self.item_id, "output_index": 0, "call_id": self.call_id});
        let event = |kind: &str, more: Value| merge(merge(json!({ "type": kind }), common.clone()), more);
        vec![
            json!({"type": "response.output_item.added", "response_id": self.id, "output_index": 0, "item": added}),
            json!({"type": "conversation.item.added", "previous_item_id": self.previous_item_id, "item": added}),
            event("response.function_call_arguments.delta", json!({"delta": call.arguments})),
            event("response.function_call_arguments.done", json!({"name": call.name, "arguments": call.arguments})),
        ]
    }

    /// Returns the events that close the item when the response ends; none if the item has not been sent.
    pub(super) fn close(&self, ending: ResponseEnd) -> Vec<Value> {
        if !self.begun {
            return Vec::new();
        }
        let status = if ending == ResponseEnd::Completed { "completed" } else { "incomplete" };
        let item = self.item(status);
        let mut events = Vec::new();
        if let Content::Speech { text, .. } = &self.content {
            let transcript = self.said(text);
            events.push(self.part("response.output_audio.done", json!({})));
            events.push(self.part("response.output_audio_transcript.done", json!({ "transcript": transcript })));
            let part = json!({"part": {"type": "audio", "transcript": transcript}});
            events.push(self.part("response.content_part.done", part));
        }
        events.push(
            json!({"type": "response.output_item.done", "response_id": self.id, "output_index": 0, "item": item}),
        );
        events.push(json!({"type": "conversation.item.done", "previous_item_id": self.previous_item_id, "item": item}));
        events
    }

    pub(super) fn item(&self, status: &str) -> Value {
        let common = json!({"id": self.item_id, "object": "realtime.item", "status": status});
        match &self.content {
            Content::Function(call) => {
                let arguments = if status == "in_progress" { "" } else { &call.arguments };
                let own = json!({"type": "function_call", "call_id": self.call_id, "name": call.name, "arguments": arguments});
                merge(common, own)
            }
            Content::Speech { text, .. } => {
                let transcript = self.said(text);
                let content = match status {
                    "in_progress" => json!([]),
                    _ => json!([{"type": "output_audio", "transcript": transcript}]),
                };
                merge(common, json!({"type": "message", "role": "assistant", "content": content}))
            }
            Content::Empty | Content::RateLimited => common,
        }
    }

    pub(super) fn sent_ms(&self) -> u64 {
        millis(self.sent_bytes)
    }

    fn part(&self, kind: &str, more: Value) -> Value {
        let common = json!({
            "type": kind, "response_id": self.id, "item_id": self.item_id, "output_index": 0, "content_index": 0,
        });
        merge(common, more)
    }

    /// Returns the words that belong to the sent audio and have not been sent yet.
    fn next_words(&mut self, text: &str) -> String {
        let said = self.words_by_now(text);
        let words = text.split_inclusive(' ').skip(self.words_sent).take(said - self.words_sent.min(said)).collect();
        self.words_sent = said.max(self.words_sent);
        words
    }

    fn said(&self, text: &str) -> String {
        text.split_inclusive(' ').take(self.words_sent).collect()
    }

    fn words_by_now(&self, text: &str) -> usize {
        let all = text.split_inclusive(' ').count();
        if self.options.faults.late_answer_texts && self.sent_bytes < self.sound.len() {
            return 0;
        }
        // The transcript is slightly ahead of the audio.
        (all * (self.sent_bytes + 800)).div_ceil(self.sound.len().max(1)).min(all)
    }
}

impl AudioFormat {
    fn encode(self, sound: &[u8]) -> String {
        match self {
            Self::Mulaw => BASE64_STANDARD.encode(sound),
            Self::Pcm24k => {
                let thrice = sound.iter().flat_map(|&byte| [decode_sample(byte); 3]);
                BASE64_STANDARD.encode(thrice.flat_map(i16::to_le_bytes).collect::<Vec<_>>())
            }
        }
    }
}

/// Adds the fields of `more` to `base`.
pub(super) fn merge(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// The placeholder in a function's arguments that is replaced by the id of the call, so that each call has a distinct
/// effect.
pub(super) const CALL_ID: &str = "{call_id}";

/// Creates ids in the API's format that are unique across sessions.
#[derive(Debug)]
pub(super) struct Ids {
    session: String,
    count: u64,
}

impl Ids {
    pub(super) fn new() -> Self {
        Self { session: entropy::random_hex::<6>(), count: 0 }
    }

    /// Returns a new id, such as `item_…` or `resp_…`.
    pub(super) fn next(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}_{}{:04}", self.session, self.count)
    }
}
