//! Turns of a session: detects speech; starts, continues and ends responses.

use super::super::options::spoken_ms;
use super::super::record::AnswerRecord;
use super::super::response::{Content, Response, ResponseEnd};
use super::super::vad::{VadEvent, VadSettings};
use super::{Item, ItemKind, Output, ResponseTrigger, Session, Timer, merge};
use crate::sound::{bytes_of, millis};
use crate::transcriber::recognised;
use serde_json::{Value, json};
use std::time::Duration;

/// A commit of the client that arrives this soon after a detected end of a turn counts as sent before the client knew
/// of that end.
const COMMIT_RACE_US: u64 = 3_000_000;

impl Session {
    pub(super) fn detect_turns(&mut self, sound: &[u8], now_us: u64) {
        let Some(settings) = self.vad_settings().filter(|_| self.number >= self.options.faults.deaf_sessions) else {
            return;
        };
        for event in self.vad.receive(sound, settings) {
            match event {
                VadEvent::Started { .. } if self.is_transcription() => self.utterance_started(now_us),
                VadEvent::Stopped { .. } if self.is_transcription() => {}
                VadEvent::Started { audio_start_ms } => {
                    let item_id = self.ids.next("item");
                    self.speech_item = Some(item_id.clone());
                    self.record().speech_started += 1;
                    let kind = "input_audio_buffer.speech_started";
                    self.emit(json!({"type": kind, "audio_start_ms": audio_start_ms, "item_id": item_id}));
                    if self.turn_detection("interrupt_response") {
                        self.end_response(ResponseEnd::TurnDetected);
                    }
                }
                VadEvent::Stopped { .. } if self.number < self.options.faults.endless_speech_sessions => {}
                VadEvent::Stopped { audio_end_ms } => {
                    if let Some(after) = self.options.faults.close_after_speech.filter(|_| self.number == 0) {
                        let after_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
                        self.timers.push((now_us.saturating_add(after_us), Timer::CloseAfterSpeech));
                    }
                    let item_id = self.speech_item.take().unwrap_or_else(|| self.ids.next("item"));
                    let kind = "input_audio_buffer.speech_stopped";
                    self.emit(json!({"type": kind, "audio_end_ms": audio_end_ms, "item_id": item_id}));
                    self.commit(item_id, now_us);
                    self.turn_ended_us = Some(now_us);
                    if self.turn_detection("create_response") && self.active.is_none() {
                        self.create_response("", now_us);
                    }
                }
            }
        }
    }

    /// In a transcription session without turn detection, the model recognises words while the caller speaks. The client
    /// ends the utterance.
    fn utterance_started(&mut self, now_us: u64) {
        if self.speech_item.is_some() {
            return;
        }
        let item_id = self.ids.next("item");
        self.speech_item = Some(item_id.clone());
        self.words_sent = 0;
        self.record().speech_started += 1;
        let due_us = now_us + u64::try_from(self.options.transcribe.as_micros()).unwrap_or(u64::MAX);
        self.timers.push((due_us, Timer::FirstWords { item_id }));
    }

    pub(super) fn send_first_words(&mut self, item_id: &str) {
        if self.speech_item.as_deref() != Some(item_id) {
            return;
        }
        let words: Vec<_> = self.heard().split_inclusive(' ').map(str::to_owned).collect();
        self.words_sent = words.len().div_ceil(2);
        let delta = words[..self.words_sent].concat();
        let kind = "conversation.item.input_audio_transcription.delta";
        self.emit(json!({"type": kind, "item_id": item_id, "content_index": 0, "delta": delta}));
    }

    /// Returns the transcript of the current turn.
    fn heard(&self) -> String {
        let turns = &self.options.turns;
        let heard = turns.get(self.turn % turns.len().max(1)).map(|turn| turn.heard.as_str()).unwrap_or_default();
        let transcription = &self.config["audio"]["input"]["transcription"];
        let languages = transcription["languages"].as_array().into_iter().flatten().chain([&transcription["language"]]);
        recognised(heard, &languages.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>())
    }

    pub(super) fn commit_by_hand(&mut self, event: &Value, now_us: u64) {
        if self.uncommitted < bytes_of(100) {
            let message = format!(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only \
                 has {}.00ms of audio.",
                millis(self.uncommitted)
            );
            // The client may have sent its commit before it knew that the turn has ended, so this is not a violation.
            let is_race = self.turn_ended_us.is_some_and(|ended_us| now_us.saturating_sub(ended_us) < COMMIT_RACE_US);
            if is_race {
                self.send_error(event, "input_audio_buffer_commit_empty", &message, None);
            } else {
                self.error(event, "input_audio_buffer_commit_empty", &message);
            }
            return;
        }
        self.vad.reset();
        let item_id = self.speech_item.take().unwrap_or_else(|| self.ids.next("item"));
        self.commit(item_id, now_us);
        if self.is_transcription() {
            self.turn += 1;
        }
    }

    /// Adds the uncommitted audio to the conversation as an item.
    fn commit(&mut self, item_id: String, now_us: u64) {
        self.uncommitted = 0;
        self.utterances += 1;
        let aside =
            self.options.asides.iter().find(|(number, _)| *number == self.utterances).map(|(_, text)| text.clone());
        if aside.is_none() {
            self.trigger = ResponseTrigger::User;
        }
        let previous = self.last_item_id();
        self.emit(json!({"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": previous}));
        let item = json!({
            "id": item_id, "object": "realtime.item", "type": "message", "role": "user", "status": "completed",
            "content": [{"type": "input_audio"}],
        });
        for kind in ["conversation.item.added", "conversation.item.done"] {
            self.emit(json!({"type": kind, "previous_item_id": previous, "item": item}));
        }
        self.items.push(Item { id: item_id.clone(), kind: ItemKind::User, value: item });
        if self.config.pointer("/audio/input/transcription").is_some_and(Value::is_object) {
            let late = self.options.faults.late_transcripts;
            let think = if late { self.options.think * 8 } else { self.options.transcribe };
            let due_us = now_us + u64::try_from(think.as_micros()).unwrap_or(u64::MAX);
            let text = aside.unwrap_or_else(|| self.heard());
            self.timers.push((due_us, Timer::Transcript { item_id, text }));
        }
    }

    pub(super) fn transcribe(&mut self, item_id: &str, text: &str) {
        if !self.items.iter().any(|item| item.id == item_id) {
            return;
        }
        let common = json!({"item_id": item_id, "content_index": 0});
        let kind = |name: &str| json!({"type": format!("conversation.item.input_audio_transcription.{name}")});
        let rest: String = text.split_inclusive(' ').skip(std::mem::take(&mut self.words_sent)).collect();
        if !rest.is_empty() {
            self.emit(merge(merge(kind("delta"), common.clone()), json!({ "delta": rest })));
        }
        let usage = json!({"type": "duration", "seconds": 1.5});
        self.emit(merge(merge(kind("completed"), common), json!({"transcript": text, "usage": usage})));
    }

    pub(super) fn create_response_by_hand(&mut self, event: &Value, now_us: u64) {
        if let Some(active) = &self.active {
            let message = format!(
                "Conversation already has an active response in progress: {}. Wait until the response is finished before \
                 creating a new one.",
                active.id
            );
            self.error(event, "conversation_already_has_active_response", &message);
            return;
        }
        if self.refused < self.options.faults.phantom_responses {
            self.refused += 1;
            let message = "Conversation already has an active response in progress: resp_none.";
            self.send_error(event, "conversation_already_has_active_response", message, None);
            return;
        }
        let instructions = event.pointer("/response/instructions").and_then(Value::as_str).unwrap_or_default();
        self.create_response(instructions, now_us);
    }

    /// `instructions` are those for this response only; may be empty.
    fn create_response(&mut self, instructions: &str, now_us: u64) {
        self.responses += 1;
        let content = self.next_content(instructions);
        let audio_format = self.audio_format("/audio/output/format");
        let previous = self.last_item_id();
        let mut response = Response::new(content, audio_format, self.options.clone(), &mut self.ids, previous, now_us);
        if self.number < self.options.faults.mute_sessions {
            response.hold();
        }
        let text = if let Content::Speech { text, .. } = &response.content { text.clone() } else { String::new() };
        let answer = AnswerRecord {
            response_id: response.id.clone(),
            text,
            sound: response.sound.clone(),
            status: "in_progress".into(),
            ..AnswerRecord::default()
        };
        self.record().answers.push(answer);
        let created = self.response_value(&response, "in_progress", &Value::Null, &[]);
        self.emit(json!({"type": "response.created", "response": created}));
        self.active = Some(response);
    }

    fn next_content(&mut self, instructions: &str) -> Content {
        let trigger = std::mem::replace(&mut self.trigger, ResponseTrigger::Nothing);
        let faults = &self.options.faults;
        let refusal = if faults.rate_limited.contains(&self.responses) {
            Some(Content::RateLimited)
        } else {
            faults.empty.contains(&self.responses).then_some(Content::Empty)
        };
        if let Some(refusal) = refusal {
            // The next response is for the same turn of the caller.
            self.trigger = trigger;
            return refusal;
        }
        let mut instructed = self.options.turns.iter().filter_map(|turn| turn.instructed.as_ref());
        if let Some((_, answer)) = instructed.find(|(words, _)| instructions.contains(words.as_str())) {
            return Content::Speech { length_ms: spoken_ms(answer), text: answer.clone() };
        }
        let place = self.turn % self.options.turns.len().max(1);
        let Some(turn) = self.options.turns.get(place).filter(|_| trigger != ResponseTrigger::Nothing).cloned() else {
            let text = self.options.greeting.clone();
            return Content::Speech { length_ms: spoken_ms(&text), text };
        };
        match &turn.function {
            // The turn continues once the output of the function has arrived.
            Some(call) if trigger == ResponseTrigger::User => Content::Function(call.clone()),
            _ => {
                self.turn += 1;
                Content::Speech { length_ms: turn.answer_ms(), text: turn.answer }
            }
        }
    }

    pub(super) fn step_response(&mut self, now_us: u64) {
        let Some(response) = &mut self.active else { return };
        let (events, ending) = response.step(now_us);
        let (sent_ms, spoken) = (response.sent_ms(), response.sent_bytes > 0);
        let (item_id, sound) = (response.item_id.clone(), response.sound.clone());
        let is_call = matches!(response.content, Content::Function(_));
        self.spoken |= spoken;
        if let Some(answer) = self.record().answers.last_mut() {
            answer.item_id = Some(item_id);
            answer.sent_ms = sent_ms;
            if self.options.audio_timestamps {
                answer.sound = sound;
            }
        }
        for event in events {
            self.emit(event);
        }
        let planned = |fault: Option<(usize, Duration)>| {
            let of_this = fault.filter(|(number, _)| self.number == 0 && *number == self.responses);
            of_this.is_some_and(|(_, after)| u128::from(sent_ms) >= after.as_millis())
        };
        let faults = &self.options.faults;
        let (breaks_off, fails) = (planned(faults.break_off), planned(faults.fail_midway));
        let is_incomplete = planned(faults.incomplete);
        let is_filtered = faults.filtered.contains(&self.responses);
        let is_cut_off = faults.cut_off_calls.contains(&self.responses) && is_call;
        if breaks_off {
            self.end(Output::BreakOff);
        } else if fails {
            self.end_response(ResponseEnd::Failed);
        } else if is_incomplete {
            self.end_response(ResponseEnd::Incomplete);
        } else if is_filtered {
            self.end_response(ResponseEnd::Filtered);
        } else if is_cut_off {
            self.end_response(ResponseEnd::TurnDetected);
        } else if let Some(ending) = ending {
            self.end_response(ending);
        }
    }

    pub(super) fn cancel_by_hand(&mut self, event: &Value) {
        let wanted = event["response_id"].as_str();
        match &self.active {
            Some(active) if wanted.is_none_or(|id| id == active.id) => self.end_response(ResponseEnd::ClientCancelled),
            _ => {
                let message = "Cancellation failed: no active response found";
                self.error(event, "response_cancel_not_active", message);
            }
        }
    }

    fn end_response(&mut self, ending: ResponseEnd) {
        let Some(response) = self.active.take() else { return };
        for event in response.close(ending) {
            self.emit(event);
        }
        let (status, details) = match ending {
            ResponseEnd::Completed => ("completed", Value::Null),
            ResponseEnd::ClientCancelled => ("cancelled", json!({"type": "cancelled", "reason": "client_cancelled"})),
            ResponseEnd::TurnDetected => ("cancelled", json!({"type": "cancelled", "reason": "turn_detected"})),
            ResponseEnd::Filtered => ("incomplete", json!({"type": "incomplete", "reason": "content_filter"})),
            ResponseEnd::Incomplete => ("incomplete", json!({"type": "incomplete", "reason": "max_output_tokens"})),
            ResponseEnd::Failed => {
                let error = match response.content {
                    Content::RateLimited => {
                        let wait = self.options.faults.rate_limit;
                        let wait =
                            wait.map_or(String::new(), |wait| format!(" Please try again in {}ms.", wait.as_millis()));
                        let message = format!("Rate limit reached.{wait}");
                        json!({"type": "requests", "code": "rate_limit_exceeded", "message": message})
                    }
                    _ => json!({"type": "server_error", "code": "server_error", "message": "The server had an error."}),
                };
                ("failed", json!({"type": "failed", "error": error}))
            }
        };
        let item_status = if ending == ResponseEnd::Completed { "completed" } else { "incomplete" };
        let output = if response.begun { vec![response.item(item_status)] } else { Vec::new() };
        let done = self.response_value(&response, status, &details, &output);
        self.emit(json!({"type": "response.done", "response": done}));
        let limits = json!([{"name": "requests", "limit": 1000, "remaining": 990, "reset_seconds": 0.5},
            {"name": "tokens", "limit": 50000, "remaining": 45000, "reset_seconds": 1.5}]);
        self.emit(json!({"type": "rate_limits.updated", "rate_limits": limits}));
        if let Some(answer) = self.record().answers.last_mut() {
            status.clone_into(&mut answer.status);
        }
        if let Some(value) = output.into_iter().next() {
            let kind = match &response.content {
                Content::Function(_) => ItemKind::Function { call_id: response.call_id.clone(), is_earlier: false },
                Content::Speech { .. } | Content::Empty | Content::RateLimited => {
                    ItemKind::Answer { sent_ms: response.sent_ms() }
                }
            };
            self.items.push(Item { id: response.item_id, kind, value });
        }
    }

    fn response_value(&self, response: &Response, status: &str, details: &Value, output: &[Value]) -> Value {
        let heard_tokens = millis(self.record().heard.len()) / 100;
        let sound_tokens = response.sent_ms() / 50;
        let usage = json!({
            "total_tokens": heard_tokens + 300 + sound_tokens + sound_tokens / 4,
            "input_tokens": heard_tokens + 300,
            "output_tokens": sound_tokens + sound_tokens / 4,
            "input_token_details": {"text_tokens": 300, "audio_tokens": heard_tokens, "cached_tokens": 0},
            "output_token_details": {"text_tokens": sound_tokens / 4, "audio_tokens": sound_tokens},
        });
        let mut value = json!({
            "id": response.id, "object": "realtime.response", "status": status, "output": output,
            "output_modalities": ["audio"], "max_output_tokens": self.config["max_output_tokens"],
        });
        if status != "in_progress" {
            value["usage"] = usage;
        }
        if !details.is_null() {
            value["status_details"] = details.clone();
        }
        value
    }

    fn vad_settings(&self) -> Option<VadSettings> {
        if self.is_transcription() {
            return Some(VadSettings { threshold: 0.5, prefix_ms: 0, silence_ms: 500 });
        }
        let detection = self.config.pointer("/audio/input/turn_detection")?;
        let silence_ms = match detection["type"].as_str()? {
            "semantic_vad" => match detection["eagerness"].as_str() {
                Some("high") => 300,
                Some("low") => 900,
                _ => 500,
            },
            _ => detection["silence_duration_ms"].as_u64().unwrap_or(500),
        };
        Some(VadSettings {
            threshold: detection["threshold"].as_f64().unwrap_or(0.5),
            prefix_ms: detection["prefix_padding_ms"].as_u64().unwrap_or(300),
            silence_ms,
        })
    }

    fn turn_detection(&self, flag: &str) -> bool {
        let detection = self.config.pointer("/audio/input/turn_detection");
        detection.is_some_and(|detection| detection[flag].as_bool().unwrap_or(true))
    }
}
