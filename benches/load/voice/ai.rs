//! The AI of the bench: detects a burst of speech, waits, and answers in deltas faster than real time. The audio
//! contains timestamps.

use super::{Clock, Counters};
use crate::wire::{stamp, stamp_of, text_after};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::{SinkExt, StreamExt};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

#[derive(Clone, Copy, Debug)]
pub struct AiBehavior {
    /// The delay from the end of the turn to the first audio of the answer.
    pub think: Duration,
    /// The silence that ends a burst of speech.
    pub silence: Duration,
    /// The length of the audio in one delta.
    pub delta: Duration,
    /// How many times faster than real time an answer is sent.
    pub speed: u32,
    pub answer: Duration,
    /// The delay from the request for a WebSocket to the response that opens it.
    pub connect: Duration,
}

impl Default for AiBehavior {
    fn default() -> Self {
        Self {
            think: Duration::from_millis(300),
            silence: Duration::from_millis(200),
            delta: Duration::from_millis(100),
            speed: 4,
            answer: Duration::from_secs(1),
            connect: Duration::ZERO,
        }
    }
}

/// Serves sessions until the future is dropped.
pub async fn serve(listener: TcpListener, behavior: AiBehavior, clock: Clock, counters: Rc<RefCell<Counters>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let counters = counters.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(behavior.connect).await;
            let config = WebSocketConfig::default().read_buffer_size(8 << 10);
            if let Ok(socket) = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await {
                Session::new(behavior, clock, counters).run(socket).await;
            }
        });
    }
}

struct Session {
    behavior: AiBehavior,
    clock: Clock,
    counters: Rc<RefCell<Counters>>,
    /// Whether the AI has reported that the session is ready.
    updated: bool,
    /// Whether the AI itself starts and interrupts responses, which the client can switch off.
    leads_turns: bool,
    caller: u16,
    heard_ms: u128,
    loud_frames: u32,
    quiet_frames: u32,
    speaking: bool,
    items: u32,
    answers: u16,
    /// The time of the next delta of an answer, and the number of bytes that were sent.
    answer: Option<(Instant, usize)>,
    sound: Vec<u8>,
}

impl Session {
    fn new(behavior: AiBehavior, clock: Clock, counters: Rc<RefCell<Counters>>) -> Self {
        Self {
            behavior,
            clock,
            counters,
            updated: false,
            leads_turns: true,
            caller: 0,
            heard_ms: 0,
            loud_frames: 0,
            quiet_frames: 0,
            speaking: false,
            items: 0,
            answers: 0,
            answer: None,
            sound: vec![0x55; usize::try_from(behavior.delta.as_millis()).unwrap_or(100) * 8],
        }
    }

    async fn run(mut self, mut socket: WebSocketStream<TcpStream>) {
        let created = r#"{"type":"session.created","event_id":"e0","session":{"type":"realtime","object":"realtime.session","id":"sess_1","model":"bench"}}"#;
        let _ = socket.send(Message::text(created)).await;
        loop {
            let due = self.answer.map(|(due, _)| due);
            let mut out = Vec::new();
            tokio::select! {
                biased;
                () = async { tokio::time::sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => {
                    self.speak(&mut out);
                }
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.receive(text.as_str(), &mut out),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
            }
            if !out.is_empty() {
                for event in out {
                    if socket.feed(Message::text(event)).await.is_err() {
                        return;
                    }
                }
                if socket.flush().await.is_err() {
                    return;
                }
            }
        }
    }

    fn receive(&mut self, event: &str, out: &mut Vec<String>) {
        if event.contains("input_audio_buffer.append") {
            if let Some(payload) = text_after(event, "\"audio\":\"") {
                self.receive_frame(payload, out);
            }
        } else if event.contains("session.update") {
            self.updated = true;
            self.leads_turns = !event.contains("\"create_response\":false");
            out.push(r#"{"type":"session.updated","event_id":"e1","session":{"type":"realtime","object":"realtime.session","id":"sess_1","model":"bench"}}"#.into());
        } else if event.contains("response.create") {
            self.begin_answer(out);
        } else if event.contains("response.cancel") && self.answer.is_some() {
            self.cancel_answer("client_cancelled", out);
        } else if event.contains("conversation.item.truncate") {
            let item = text_after(event, "\"item_id\":\"").unwrap_or_default();
            out.push(format!(r#"{{"type":"conversation.item.truncated","event_id":"e2","item_id":"{item}","content_index":0,"audio_end_ms":0}}"#));
        }
    }

    fn receive_frame(&mut self, payload: &str, out: &mut Vec<String>) {
        let now_us = self.clock.micros();
        {
            let mut counters = self.counters.borrow_mut();
            if let Some((caller, sent_us)) = stamp_of(payload) {
                self.caller = caller;
                counters.heard(caller, sent_us, now_us);
            }
            counters.early += u64::from(!self.updated);
        }
        self.heard_ms += 20;
        // After the timestamp, silence in base64 consists of one repeated letter.
        let loud = payload.as_bytes().get(40).is_some_and(|letter| *letter != b'/');
        if loud {
            self.loud_frames += 1;
            self.quiet_frames = 0;
            if self.loud_frames == 3 && !self.speaking {
                self.speaking = true;
                self.items += 1;
                let (item, start) = (self.items, self.heard_ms - 60);
                out.push(format!(r#"{{"type":"input_audio_buffer.speech_started","event_id":"e3","audio_start_ms":{start},"item_id":"item_u{item}"}}"#));
                if self.answer.is_some() && self.leads_turns {
                    self.cancel_answer("turn_detected", out);
                }
            }
            return;
        }
        self.loud_frames = 0;
        self.quiet_frames += 1;
        if self.speaking && u128::from(self.quiet_frames) * 20 >= self.behavior.silence.as_millis() {
            self.speaking = false;
            self.end_turn(out);
        }
    }

    fn end_turn(&mut self, out: &mut Vec<String>) {
        let item = self.items;
        let end = self.heard_ms - u128::from(self.quiet_frames) * 20;
        out.push(format!(r#"{{"type":"input_audio_buffer.speech_stopped","event_id":"e4","audio_end_ms":{end},"item_id":"item_u{item}"}}"#));
        out.push(format!(r#"{{"type":"input_audio_buffer.committed","event_id":"e5","item_id":"item_u{item}","previous_item_id":null}}"#));
        let content = r#""object":"realtime.item","type":"message","status":"completed","role":"user","content":[{"type":"input_audio"}]"#;
        out.push(format!(r#"{{"type":"conversation.item.added","event_id":"e6","previous_item_id":null,"item":{{"id":"item_u{item}",{content}}}}}"#));
        if self.leads_turns {
            return self.begin_answer(out);
        }
        // The transcript of a short burst. Because it has words, the burst counts as an interruption.
        out.push(format!(r#"{{"type":"conversation.item.input_audio_transcription.completed","event_id":"e17","item_id":"item_u{item}","content_index":0,"transcript":"wait","usage":{{"type":"duration","seconds":1}}}}"#));
    }

    fn cancel_answer(&mut self, reason: &str, out: &mut Vec<String>) {
        let details = format!(r#","status_details":{{"type":"cancelled","reason":"{reason}"}}"#);
        self.end_answer("cancelled", &details, out);
    }

    fn begin_answer(&mut self, out: &mut Vec<String>) {
        self.answers += 1;
        let answer = self.answers;
        out.push(format!(r#"{{"type":"response.created","event_id":"e7","response":{{"object":"realtime.response","id":"resp_{answer}","status":"in_progress","output":[]}}}}"#));
        self.answer = Some((Instant::now() + self.behavior.think, 0));
    }

    fn speak(&mut self, out: &mut Vec<String>) {
        let Some((due, sent)) = self.answer else { return };
        let answer = self.answers;
        let ids =
            format!(r#""response_id":"resp_{answer}","item_id":"item_a{answer}","output_index":0,"content_index":0"#);
        if sent == 0 {
            let item = format!(
                r#"{{"id":"item_a{answer}","object":"realtime.item","type":"message","status":"in_progress","role":"assistant","content":[]}}"#
            );
            out.push(format!(r#"{{"type":"response.output_item.added","event_id":"e8","response_id":"resp_{answer}","output_index":0,"item":{item}}}"#));
            out.push(format!(
                r#"{{"type":"conversation.item.added","event_id":"e9","previous_item_id":null,"item":{item}}}"#
            ));
            out.push(format!(r#"{{"type":"response.content_part.added","event_id":"e10",{ids},"part":{{"type":"audio","transcript":""}}}}"#));
        }
        stamp(&mut self.sound, answer, self.clock.micros());
        let payload = BASE64_STANDARD.encode(&self.sound);
        out.push(format!(r#"{{"type":"response.output_audio.delta","event_id":"e11",{ids},"delta":"{payload}"}}"#));
        if sent == 0 {
            out.push(format!(
                r#"{{"type":"response.output_audio_transcript.delta","event_id":"e12",{ids},"delta":"שלום"}}"#
            ));
        }
        let sent = sent + self.sound.len();
        if sent >= usize::try_from(self.behavior.answer.as_millis()).unwrap_or(0) * 8 {
            self.end_answer("completed", "", out);
        } else {
            self.answer = Some((due + self.behavior.delta / self.behavior.speed, sent));
        }
    }

    fn end_answer(&mut self, status: &str, details: &str, out: &mut Vec<String>) {
        self.answer = None;
        let answer = self.answers;
        let ids =
            format!(r#""response_id":"resp_{answer}","item_id":"item_a{answer}","output_index":0,"content_index":0"#);
        let item_status = if status == "completed" { "completed" } else { "incomplete" };
        let item = format!(
            r#"{{"id":"item_a{answer}","object":"realtime.item","type":"message","status":"{item_status}","role":"assistant","content":[{{"type":"output_audio","transcript":"שלום"}}]}}"#
        );
        out.push(format!(r#"{{"type":"response.output_audio.done","event_id":"e13",{ids}}}"#));
        out.push(format!(
            r#"{{"type":"response.output_audio_transcript.done","event_id":"e14",{ids},"transcript":"שלום"}}"#
        ));
        out.push(format!(r#"{{"type":"response.output_item.done","event_id":"e15","response_id":"resp_{answer}","output_index":0,"item":{item}}}"#));
        let usage = r#"{"total_tokens":60,"input_tokens":40,"output_tokens":20,"input_token_details":{"text_tokens":0,"audio_tokens":40,"cached_tokens":0},"output_token_details":{"text_tokens":0,"audio_tokens":20}}"#;
        out.push(format!(r#"{{"type":"response.done","event_id":"e16","response":{{"object":"realtime.response","id":"resp_{answer}","status":"{status}"{details},"output":[{item}],"usage":{usage}}}}}"#));
    }
}
