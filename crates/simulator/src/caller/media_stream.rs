//! Twilio's side of one media stream, without socket and clock: what Twilio sends, and how Twilio handles the daemon's
//! messages.
//!
//! Times count from the sending of `start`: microseconds in `…_us`, milliseconds in `…_ms`.

use super::chaos::{Chaos, SeededRng};
use super::playout::Playout;
use super::report::{Interruption, StreamReport};
use super::script::Script;
use super::scripted_caller::{CallerAction, ScriptedCaller};
use super::speech_monitor::SpeechMonitor;
use super::stream_rules::{DaemonMessage, read_message};
use crate::sound::millis;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct StreamIds {
    pub account_sid: String,
    pub call_sid: String,
    pub stream_sid: String,
    /// The names and values of the TwiML's `<Parameter>`s.
    pub parameters: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) struct MediaStream {
    ids: StreamIds,
    chaos: Chaos,
    rng: SeededRng,
    playout: Playout,
    monitor: SpeechMonitor,
    caller: ScriptedCaller,
    said: Vec<u8>,
    sequence: u64,
    chunks: u64,
    /// Delayed frames, each with its time of arrival at the daemon.
    held: VecDeque<(u64, String)>,
    held_marks: Vec<(u64, String)>,
    in_burst: u64,
    next_frame_bytes: usize,
    outgoing: VecDeque<String>,
    actions: VecDeque<CallerAction>,
    complaints: Vec<String>,
    interruptions: Vec<Interruption>,
    clears_ms: Vec<u64>,
    media_messages: u64,
    marks: u64,
}

impl MediaStream {
    pub(super) fn new(ids: StreamIds, script: Script, chaos: Chaos) -> Self {
        let mut media_stream = Self {
            rng: SeededRng::new(chaos.seed),
            ids,
            chaos,
            playout: Playout::default(),
            monitor: SpeechMonitor::default(),
            caller: ScriptedCaller::new(script),
            said: Vec::new(),
            sequence: 0,
            chunks: 0,
            held: VecDeque::new(),
            held_marks: Vec::new(),
            in_burst: 0,
            next_frame_bytes: FRAME_BYTES,
            outgoing: VecDeque::new(),
            actions: VecDeque::new(),
            complaints: Vec::new(),
            interruptions: Vec::new(),
            clears_ms: Vec::new(),
            media_messages: 0,
            marks: 0,
        };
        media_stream
            .outgoing
            .push_back(json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}).to_string());
        media_stream.send_start();
        if media_stream.chaos.start_twice {
            media_stream.send_start();
        }
        media_stream
    }

    pub(super) fn handle_message(&mut self, text: &str, now_us: u64) {
        self.handle_time(now_us);
        match read_message(text, &self.ids.stream_sid, &mut self.complaints) {
            Some(DaemonMessage::Media(sound)) => {
                self.media_messages += 1;
                if self.playout.play(sound).is_err() {
                    self.complaints.push(
                        "31931: more than ten minutes of sound would be waiting: the new sound is dropped".into(),
                    );
                }
            }
            Some(DaemonMessage::Mark(name)) => {
                self.marks += 1;
                self.playout.mark(name);
            }
            Some(DaemonMessage::Clear) => {
                let at_ms = now_us / 1_000;
                self.clears_ms.push(at_ms);
                if let Some(interruption) = self.interruptions.iter_mut().rfind(|it| it.cleared_ms.is_none()) {
                    interruption.cleared_ms = Some(at_ms);
                }
                for name in self.playout.clear().marks {
                    self.send_mark(name, now_us);
                }
            }
            None => {}
        }
        self.handle_time(now_us);
    }

    /// Advances playout, the caller and the sent frames to `now_us`.
    pub(super) fn handle_time(&mut self, now_us: u64) {
        for name in self.playout.advance(now_us) {
            self.send_mark(name, now_us);
        }
        self.monitor.listen(self.playout.heard());
        for action in self.caller.advance(now_us, &self.monitor) {
            match action {
                CallerAction::Press(key) => {
                    self.send("dtmf", &json!({"track": "inbound_track", "digit": key.to_string()}));
                }
                CallerAction::StartAgain => self.send_start(),
                other => self.actions.push_back(other),
            }
        }
        while self.next_frame_us() <= now_us {
            self.send_frame(now_us);
        }
        while self.held.front().is_some_and(|(due_us, _)| *due_us <= now_us) {
            self.outgoing.extend(self.held.pop_front().map(|(_, message)| message));
        }
        let due: Vec<_> = self.held_marks.extract_if(.., |(due_us, _)| *due_us <= now_us).collect();
        for (_, name) in due {
            self.send("mark", &json!({ "name": name }));
        }
    }

    /// Returns the next message for the daemon. Call it after each `handle_…` until it returns `None`.
    pub(super) fn poll_send(&mut self) -> Option<String> {
        self.outgoing.pop_front()
    }

    /// Returns the caller's next action. Call it after each `handle_…` until it returns `None`.
    pub(super) fn poll_action(&mut self) -> Option<CallerAction> {
        self.actions.pop_front()
    }

    /// Returns the daemon's violations since this method was last called.
    pub(super) fn take_complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    /// Returns the time at which `handle_time` must be called next.
    pub(super) fn next_us(&self) -> u64 {
        let held = self.held.front().map(|(due_us, _)| *due_us);
        let marks = self.held_marks.iter().map(|(due_us, _)| *due_us).min();
        let others = [self.playout.next_mark_us(), self.caller.next_us(), held, marks];
        others.into_iter().flatten().fold(self.next_frame_us(), u64::min)
    }

    pub(super) fn stop_message(&mut self) -> String {
        let (account, call) = (self.ids.account_sid.clone(), self.ids.call_sid.clone());
        self.send("stop", &json!({"accountSid": account, "callSid": call}));
        self.outgoing.pop_back().unwrap_or_default()
    }

    /// Returns the report on the stream so far, without the cause and the time of its end.
    pub(super) fn report(&self) -> StreamReport {
        let mut report = StreamReport {
            stream_sid: self.ids.stream_sid.clone(),
            heard: self.playout.heard().to_vec(),
            said: self.said.clone(),
            speeches: self.caller.speeches().to_vec(),
            utterances: self.monitor.utterances().to_vec(),
            interruptions: self.interruptions.clone(),
            clears_ms: self.clears_ms.clone(),
            media_messages: self.media_messages,
            marks: self.marks,
            unheard_ms: millis(self.playout.queued_bytes()),
            ..StreamReport::default()
        };
        report.find_answers();
        report
    }

    /// Returns the time at which the current frame is complete.
    fn next_frame_us(&self) -> u64 {
        (self.said.len() + self.next_frame_bytes) as u64 * 1_000 / 8
    }

    fn send_frame(&mut self, now_us: u64) {
        let began = self.said.len();
        self.said.resize(began + self.next_frame_bytes, 0);
        let spoken = self.caller.fill(&mut self.said[began..]);
        let speech_ended = spoken && self.caller.speeches().last().is_some_and(|speech| speech.ended_ms.is_some());
        if speech_ended {
            self.monitor.end_caller_turn();
        }
        let speech_began = spoken && self.caller.speeches().last().is_some_and(|it| it.began_ms == millis(began));
        if speech_began && self.playout.queued_bytes() > 0 {
            self.interruptions.push(Interruption { spoke_ms: now_us / 1_000, cleared_ms: None });
        }
        if spoken || !self.chaos.omit_silence {
            self.chunks += 1;
            let payload = BASE64_STANDARD.encode(&self.said[began..]);
            let media = json!({
                "track": "inbound",
                "chunk": self.number(self.chunks),
                "timestamp": self.number(millis(began)),
                "payload": payload,
            });
            let message = self.message("media", &media);
            self.hold(message, now_us);
        }
        if self.chaos.ragged {
            // 1 to 50 ms, and not always a whole number of milliseconds.
            self.next_frame_bytes = usize::try_from(8 + self.rng.below(393)).unwrap_or(FRAME_BYTES);
        }
    }

    /// Queues a frame until the simulated network delivers it. Frames keep their order.
    fn hold(&mut self, message: String, now_us: u64) {
        let jitter_us = u64::try_from(self.chaos.jitter.as_micros()).unwrap_or(u64::MAX);
        let mut due_us = now_us + self.rng.below(jitter_us);
        self.in_burst += 1;
        if self.in_burst < self.chaos.burst_frames {
            due_us += (self.chaos.burst_frames - self.in_burst) * 20_000;
        } else {
            self.in_burst = 0;
        }
        if let Some((from, length)) = self.chaos.stall {
            let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            let (from_us, until_us) = (micros(from), micros(from + length));
            if (from_us..until_us).contains(&due_us) {
                due_us = until_us;
            }
        }
        let earliest_us = self.held.back().map_or(0, |(before_us, _)| *before_us);
        self.held.push_back((due_us.max(earliest_us), message));
    }

    fn send_mark(&mut self, name: String, now_us: u64) {
        if self.rng.below(100) < u64::from(self.chaos.lost_marks_percent) {
            return;
        }
        let late_us = u64::try_from(self.chaos.late_marks.as_micros()).unwrap_or(u64::MAX);
        match self.rng.below(late_us) {
            0 => self.send("mark", &json!({ "name": name })),
            late_us => self.held_marks.push((now_us + late_us, name)),
        }
    }

    fn send_start(&mut self) {
        let parameters: Value = self.ids.parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let start = json!({
            "streamSid": self.ids.stream_sid,
            "accountSid": self.ids.account_sid,
            "callSid": self.ids.call_sid,
            "tracks": ["inbound"],
            "customParameters": parameters,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        });
        self.send("start", &start);
    }

    fn send(&mut self, event: &str, content: &Value) {
        let message = self.message(event, content);
        self.outgoing.push_back(message);
    }

    fn message(&mut self, event: &str, content: &Value) -> String {
        self.sequence += 1;
        let sequence = self.number(self.sequence);
        json!({"event": event, "sequenceNumber": sequence, "streamSid": self.ids.stream_sid, event: content})
            .to_string()
    }

    /// Returns a number in the form that Twilio sends: a JSON string. With `numbers_as_numbers`, returns a JSON number.
    fn number(&self, number: u64) -> Value {
        if self.chaos.numbers_as_numbers { json!(number) } else { json!(number.to_string()) }
    }
}

const FRAME_BYTES: usize = 160;

#[cfg(test)]
mod tests;
