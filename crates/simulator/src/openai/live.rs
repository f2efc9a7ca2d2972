//! GPT-Live: sessions in which the model listens and speaks at the same time (OpenAI, API reference, "Live").
//!
//! The model advances only while audio arrives: for each piece of the caller's audio it sends as much of its own, silence
//! or speech. A backend calls the functions.

use super::options::{FunctionCall, OpenAiOptions, Turn, spoken_ms};
use super::realtime::{SocketSession, run};
use super::record::{AnswerRecord, SessionRecord};
use super::response::{CALL_ID, Ids};
use super::session::Output;
use super::state::{Shared, error};
use super::vad::{Vad, VadEvent, VadSettings};
use crate::Party;
use crate::sound::{Voice, bytes_of, millis, silence};
use crate::websocket;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How the model detects the caller's speech.
const DETECTION: VadSettings = VadSettings { threshold: 0.5, prefix_ms: 0, silence_ms: 400 };
/// The maximum length of appended text, in characters. The API's limit is 500 tokens.
const MAX_APPENDED: usize = 500;

/// `GET /v1/live/sessions` with a WebSocket upgrade.
pub(super) async fn open(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    let options = shared.options();
    if let Some(status) = options.faults.refuse_sockets {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return error(status, "server_error", "refused as planned");
    }
    if let Some(refusal) = shared.check_key(request.headers()) {
        return refusal;
    }
    if request.uri().query().is_some() {
        shared.log.violation(Party::OpenAi, "a live socket with query parameters");
        return error(StatusCode::BAD_REQUEST, "invalid_request_error", "A live session takes no query parameters.");
    }
    tokio::time::sleep(options.connect).await;
    let upgraded = websocket::upgrade(&mut request, move |socket| async move {
        let (record, number) = shared.new_session();
        let session = LiveSession::new(Arc::new(shared.options()), record.clone(), number);
        run(&shared, socket, session, &record).await;
    });
    upgraded.unwrap_or_else(|| error(StatusCode::BAD_REQUEST, "invalid_request_error", "expected a WebSocket upgrade"))
}

struct LiveSession {
    options: Arc<OpenAiOptions>,
    record: Arc<Mutex<SessionRecord>>,
    /// The number of sessions of the fake AI before this one.
    number: usize,
    ids: Ids,
    outputs: VecDeque<Output>,
    complaints: Vec<String>,
    timers: Vec<(u64, Timer)>,
    is_started: bool,
    vad: Vad,
    /// The length of the caller's audio, in bytes.
    position: usize,
    /// What the model still has to say.
    speech: VecDeque<u8>,
    turn: usize,
    /// The ids of function calls whose outputs are awaited.
    awaited: Vec<String>,
}

#[derive(Debug)]
enum Timer {
    /// The model answers the caller's turn.
    Answer,
    Close,
    /// The backend has the answer.
    Result,
    Say(String),
    Transcript {
        text: String,
        start_ms: u64,
        end_ms: u64,
    },
}

impl LiveSession {
    fn new(options: Arc<OpenAiOptions>, record: Arc<Mutex<SessionRecord>>, number: usize) -> Self {
        let mut ids = Ids::new();
        record.lock().unwrap_or_else(PoisonError::into_inner).id = ids.next("sess");
        Self {
            options,
            record,
            number,
            ids,
            outputs: VecDeque::new(),
            complaints: Vec::new(),
            timers: Vec::new(),
            is_started: false,
            vad: Vad::default(),
            position: 0,
            speech: VecDeque::new(),
            turn: 0,
            awaited: Vec::new(),
        }
    }

    fn record(&self) -> MutexGuard<'_, SessionRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn emit(&mut self, mut event: Value) {
        event["event_id"] = self.ids.next("event").into();
        self.outputs.push_back(Output::Event(event));
    }

    fn refuse(&mut self, code: &str, message: &str) {
        self.complaints.push(format!("live: {message} ({code})"));
        self.send_error(code, message);
    }

    fn send_error(&mut self, code: &str, message: &str) {
        self.record().errors.push(code.to_owned());
        self.emit(
            json!({"type": "error", "error": {"type": "invalid_request_error", "code": code, "message": message}}),
        );
    }

    fn start(&mut self, event: &Value) {
        if self.is_started {
            return self.refuse("session_already_started", "The session has started.");
        }
        let session = &event["session"];
        if let Some(problem) = problem_of(session) {
            return self.refuse("invalid_value", &problem);
        }
        let voice = session.pointer("/audio/output/voice").and_then(Value::as_str).unwrap_or("marin").to_owned();
        if self.options.faults.unknown_names.contains(&voice.as_str()) {
            return self.send_error("invalid_value", &format!("Invalid voice '{voice}'."));
        }
        {
            let mut record = self.record();
            record.config = session.clone();
            session["model"].as_str().unwrap_or_default().clone_into(&mut record.model);
            for message in session["input"].as_array().into_iter().flatten() {
                let text = message.pointer("/content/0/text").and_then(Value::as_str).unwrap_or_default();
                record.messages.push((message["role"].as_str().unwrap_or_default().to_owned(), text.to_owned()));
            }
        }
        if self.options.faults.never_updated {
            return;
        }
        self.is_started = true;
        let id = self.record().id.clone();
        self.emit(json!({"type": "session.started", "session": {"id": id, "status": "active", "expires_at": 7200}}));
    }

    fn append(&mut self, event: &Value, now_us: u64) {
        let Ok(sound) = BASE64_STANDARD.decode(event["audio"].as_str().unwrap_or_default()) else {
            return self.refuse("invalid_value", "Invalid 'audio': it is not base64.");
        };
        self.record().heard.extend_from_slice(&sound);
        let second = self.position / bytes_of(1_000);
        self.position += sound.len();
        if self.number >= self.options.faults.deaf_sessions {
            for found in self.vad.receive(&sound, DETECTION) {
                self.detected(found, now_us);
            }
        }
        self.advance(sound.len());
        if self.position / bytes_of(1_000) > second {
            let seconds = self.position / bytes_of(1_000);
            self.emit(json!({"type": "session.usage.updated", "usage": {"seconds": seconds}}));
        }
    }

    fn detected(&mut self, found: VadEvent, now_us: u64) {
        let at = |delay: Duration| now_us.saturating_add(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX));
        match found {
            // The model stops when the caller speaks.
            VadEvent::Started { .. } => {
                self.record().speech_started += 1;
                if !self.speech.is_empty() {
                    self.speech.clear();
                    self.end_answer("interrupted");
                }
                self.timers.retain(|(_, timer)| !matches!(timer, Timer::Answer));
            }
            VadEvent::Stopped { audio_end_ms } => {
                if let Some(after) = self.options.faults.close_after_speech.filter(|_| self.number == 0) {
                    self.timers.push((at(after), Timer::Close));
                }
                let text = self.current_turn().heard;
                let times = (audio_end_ms.saturating_sub(900), audio_end_ms.saturating_sub(400));
                let transcript = Timer::Transcript { text, start_ms: times.0, end_ms: times.1 };
                self.timers.push((at(self.options.transcribe), transcript));
                if self.number >= self.options.faults.mute_sessions {
                    self.timers.push((at(self.options.think), Timer::Answer));
                }
            }
        }
    }

    fn current_turn(&self) -> Turn {
        let turns = &self.options.turns;
        turns.get(self.turn % turns.len().max(1)).cloned().unwrap_or_default()
    }

    /// Sends as much audio as has arrived.
    fn advance(&mut self, bytes: usize) {
        let said = bytes.min(self.speech.len());
        let mut sound: Vec<u8> = self.speech.drain(..said).collect();
        let end_ms = millis(self.position);
        if said > 0 {
            if let Some(answer) = self.record().answers.last_mut() {
                answer.sent_ms += millis(said);
            }
            if self.speech.is_empty() {
                self.end_answer("completed");
            }
        }
        sound.resize(bytes, silence(1).first().copied().unwrap_or_default());
        let delta = BASE64_STANDARD.encode(&sound);
        let start_ms = end_ms.saturating_sub(millis(bytes));
        self.emit(
            json!({"type": "session.output_audio.delta", "delta": delta, "start_ms": start_ms, "end_ms": end_ms}),
        );
    }

    fn end_answer(&mut self, status: &str) {
        if let Some(answer) = self.record().answers.last_mut() {
            status.clone_into(&mut answer.status);
        }
    }

    fn say(&mut self, text: &str) {
        let sound = Voice::agent(self.position as u64 | 1).speak(spoken_ms(text));
        let answer = AnswerRecord {
            text: text.to_owned(),
            sound: sound.clone(),
            status: "in_progress".into(),
            ..Default::default()
        };
        self.record().answers.push(answer);
        self.speech = sound.into();
        let mut start_ms = millis(self.position);
        for word in text.split_inclusive(' ') {
            let end_ms = start_ms + spoken_ms(word).min(400);
            let kind = "session.output_transcript.delta";
            self.emit(json!({"type": kind, "delta": word, "start_ms": start_ms, "end_ms": end_ms}));
            start_ms = end_ms;
        }
    }

    fn answer(&mut self) {
        let turn = self.current_turn();
        if let Some(call) = turn.function {
            self.delegate(call);
        } else {
            self.turn += 1;
            self.say(&turn.answer);
        }
    }

    fn delegate(&mut self, mut call: FunctionCall) {
        let (delegation, call_id) = (self.ids.next("item"), self.ids.next("call"));
        call.arguments = call.arguments.replace(CALL_ID, &call_id);
        self.awaited.push(call_id.clone());
        let created = json!({"id": delegation, "type": "delegation", "target": "responses"});
        self.emit(
            json!({"type": "session.delegation.created", "offset_ms": millis(self.position), "delegation": created}),
        );
        let item = json!({"type": "function_call", "call_id": call_id, "name": call.name, "arguments": call.arguments,
            "status": "completed"});
        let usage = json!({"usage": {"input_tokens": 900, "output_tokens": 30}});
        for event in [
            json!({"type": "response.created", "response": {}}),
            json!({"type": "response.output_item.done", "item": {"type": "reasoning"}}),
            json!({"type": "response.output_item.done", "item": item}),
            json!({"type": "response.completed", "response": usage}),
        ] {
            self.emit(json!({"type": "response.event", "delegation_id": delegation, "event": event}));
        }
    }

    fn function_output(&mut self, event: &Value) {
        let item = &event["item"];
        let id = item["call_id"].as_str().unwrap_or_default().to_owned();
        let Some(place) = self.awaited.iter().position(|awaited| *awaited == id) else {
            return self.refuse("invalid_value", "No function call has this id.");
        };
        self.awaited.remove(place);
        let output = item["output"].as_str().unwrap_or_default().to_owned();
        self.record().function_outputs.push((id, output));
    }

    fn appended(&mut self, kind: &str, event: &Value, now_us: u64) {
        let content = event["content"].as_str().unwrap_or_default().to_owned();
        if content.is_empty() || content.chars().count() > MAX_APPENDED || event.get("delegation_id").is_none() {
            return self.refuse("invalid_value", "The text is empty or too long, or 'delegation_id' is missing.");
        }
        let role = kind.trim_start_matches("session.").trim_end_matches(".append").to_owned();
        self.record().messages.push((role.clone(), content.clone()));
        self.emit(json!({"type": format!("session.{role}.appended")}));
        if role != "thinking" {
            let instructed = self.options.turns.iter().filter_map(|turn| turn.instructed.as_ref());
            let mut known = instructed.filter(|(words, _)| content.contains(words.as_str()));
            let text = known.next().map_or_else(|| self.options.greeting.clone(), |(_, answer)| answer.clone());
            let think = u64::try_from(self.options.think.as_micros()).unwrap_or(u64::MAX);
            self.timers.push((now_us.saturating_add(think), Timer::Say(text)));
        }
    }
}

impl SocketSession for LiveSession {
    fn handle_text(&mut self, text: &str, now_us: u64) {
        self.handle_time(now_us);
        let event: Value = serde_json::from_str(text).unwrap_or_default();
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        *self.record().events.entry(kind.clone()).or_default() += 1;
        if !self.is_started && kind != "session.start" {
            return self.refuse("session_not_started", "The first message must be session.start.");
        }
        match kind.as_str() {
            "session.start" => self.start(&event),
            "session.input_audio.append" => self.append(&event, now_us),
            "session.instructions.append" | "session.thinking.append" | "session.commentary.append" => {
                self.appended(&kind, &event, now_us);
            }
            "response.item.create" => self.function_output(&event),
            "response.create" => {
                let think = u64::try_from(self.options.think.as_micros()).unwrap_or(u64::MAX);
                self.timers.push((now_us.saturating_add(think), Timer::Result));
            }
            "session.close" => {
                let seconds = self.position / bytes_of(1_000);
                let reason = "close_requested";
                self.emit(json!({"type": "session.closed", "reason": reason, "usage": {"seconds": seconds}}));
                self.outputs.push_back(Output::Close { code: 1000, reason: reason.to_owned() });
            }
            other => self.refuse("invalid_value", &format!("Invalid value: '{other}'.")),
        }
    }

    fn handle_time(&mut self, now_us: u64) {
        while let Some(place) = self.timers.iter().position(|(due_us, _)| *due_us <= now_us) {
            match self.timers.remove(place).1 {
                Timer::Answer => self.answer(),
                Timer::Say(text) => self.say(&text),
                Timer::Result => {
                    let completed = json!({"type": "response.completed", "response": {"usage": null}});
                    self.emit(json!({"type": "response.event", "delegation_id": null, "event": completed}));
                    let turn = self.current_turn();
                    self.turn += 1;
                    self.say(&turn.answer);
                }
                Timer::Transcript { text, start_ms, end_ms } => {
                    let kind = "session.input_transcript.delta";
                    self.emit(json!({"type": kind, "delta": text, "start_ms": start_ms, "end_ms": end_ms}));
                }
                Timer::Close => {
                    let reason = "server_error".to_owned();
                    self.emit(json!({"type": "session.closed", "reason": reason, "usage": {"seconds": 1}}));
                    self.outputs.push_back(Output::Close { code: 1011, reason });
                }
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn next_us(&self) -> Option<u64> {
        self.timers.iter().map(|(due_us, _)| *due_us).min()
    }

    fn take_complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }
}

/// Returns what the API would reject of a session: it accepts no unknown fields.
fn problem_of(session: &Value) -> Option<String> {
    let known: [(&str, &[&str]); 5] = [
        ("", &["model", "instructions", "audio", "delegation", "input", "store"]),
        ("/audio", &["format", "output"]),
        ("/audio/format", &["type", "rate"]),
        ("/delegation", &["type", "responses"]),
        ("/delegation/responses", &["model", "instructions", "tools", "tool_choice", "reasoning", "max_output_tokens"]),
    ];
    for (place, fields) in known {
        let present = session.pointer(place).and_then(Value::as_object).into_iter().flat_map(|object| object.keys());
        if let Some(unknown) = present.into_iter().find(|field| !fields.contains(&field.as_str())) {
            return Some(format!("Unknown parameter: 'session{place}/{unknown}'."));
        }
    }
    if session["model"].as_str().is_none_or(str::is_empty) {
        return Some("Missing required parameter: 'session.model'.".to_owned());
    }
    let format = (session.pointer("/audio/format/type"), session.pointer("/audio/format/rate"));
    if format != (Some(&json!("audio/pcmu")), Some(&json!(8000))) {
        return Some("The fake AI speaks only audio/pcmu of 8000 Hz.".to_owned());
    }
    if session.pointer("/delegation/type") != Some(&json!("responses"))
        || session.pointer("/delegation/responses/model").and_then(Value::as_str).is_none_or(str::is_empty)
    {
        return Some("'session.delegation' must name a model for responses.".to_owned());
    }
    let input = session["input"].as_array().map_or(&[][..], Vec::as_slice);
    let is_message = |message: &Value| {
        let kind = if message["role"] == "assistant" { "output_text" } else { "input_text" };
        message["type"] == "message" && message.pointer("/content/0/type") == Some(&json!(kind))
    };
    (input.len() > 128 || !input.iter().all(is_message)).then(|| "Invalid 'session.input'.".to_owned())
}
