//! A caller of the bench: sends a frame every 20 ms with bursts of speech, and plays the received audio in real time
//! with marks.

use super::{Clock, Counters, SpeechRhythm};
use crate::target::Endpoint;
use crate::wire::{bytes_in, stamp, stamp_of, text_after};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::{SinkExt, StreamExt};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

pub struct Caller {
    number: u16,
    clock: Clock,
    shape: SpeechRhythm,
    counters: Rc<RefCell<Counters>>,
    stream_sid: String,
    frame: [u8; 160],
    frames_sent: u64,
    /// The time of the last loud frame of a burst; `None` after an answer has arrived.
    asked_us: Option<u64>,
    /// The time at which a burst started during an answer; `None` after the answer was cleared.
    interrupted_us: Option<u64>,
    /// The number of the answer that the caller last received.
    answer: u16,
    /// The number of the last answer that the server cleared.
    cleared_answer: Option<u16>,
    /// The time at which all received audio will have been played.
    plays_until_us: u64,
    /// The marks, each with the time at which its audio has been played.
    marks: VecDeque<(u64, String)>,
    text: String,
}

impl Caller {
    pub fn new(number: u16, clock: Clock, shape: SpeechRhythm, counters: Rc<RefCell<Counters>>) -> Self {
        Self {
            number,
            clock,
            shape,
            counters,
            stream_sid: format!("MZ{number:032x}"),
            frame: [0xFF; 160],
            frames_sent: 0,
            asked_us: None,
            interrupted_us: None,
            answer: 0,
            cleared_answer: None,
            plays_until_us: 0,
            marks: VecDeque::new(),
            text: String::with_capacity(512),
        }
    }

    pub async fn run(mut self, endpoint: &Endpoint, end: Instant) -> Result<(), String> {
        // A server remembers the ended calls of an earlier load, so call ids must be unique across loads.
        static CALLS: AtomicU64 = AtomicU64::new(1);
        let call_sid = format!("CA{:016x}{:016x}", CALLS.fetch_add(1, Ordering::Relaxed), self.number);
        let began_us = self.clock.micros();
        let stream = endpoint.call(&call_sid, self.number).await?;
        if stream.by_webhook {
            self.counters.borrow_mut().webhook.add(self.clock.micros() - began_us);
        }
        let mut socket = connect(&stream.url).await?;
        let mut parameters = String::new();
        for (name, value) in &stream.parameters {
            let _ = write!(parameters, "{}\"{name}\":\"{value}\"", if parameters.is_empty() { "" } else { "," });
        }
        let sid = &self.stream_sid;
        let start = format!(
            r#"{{"event":"start","sequenceNumber":"1","streamSid":"{sid}","start":{{"streamSid":"{sid}","accountSid":"{}","callSid":"{call_sid}","tracks":["inbound"],"customParameters":{{{parameters}}},"mediaFormat":{{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}}}}"#,
            endpoint.account_sid
        );
        let connected = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
        for message in [connected.to_owned(), start] {
            socket.feed(Message::text(message)).await.map_err(|error| error.to_string())?;
        }
        socket.flush().await.map_err(|error| error.to_string())?;
        let talked = self.talk(&mut socket, end).await;
        // The server may drop audio in transit when the caller hangs up; this audio would be counted as lost.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let stop = format!(
            r#"{{"event":"stop","sequenceNumber":"9","streamSid":"{}","stop":{{"accountSid":"{}","callSid":"{call_sid}"}}}}"#,
            self.stream_sid, endpoint.account_sid
        );
        let _ = socket.send(Message::text(stop)).await;
        let _ = tokio::time::timeout(Duration::from_secs(2), socket.close(None)).await;
        endpoint.call_ended(&call_sid, self.number).await;
        talked
    }

    async fn talk(&mut self, socket: &mut WebSocketStream<TcpStream>, end: Instant) -> Result<(), String> {
        let began = Instant::now();
        let mut next_frame = began;
        while next_frame < end {
            let next_mark = self.marks.front().map(|(due_us, _)| self.clock.at(*due_us));
            let wake = next_mark.map_or(next_frame, |mark| mark.min(next_frame));
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(wake) => {
                    if Instant::now() >= next_frame {
                        let late = Instant::now() - next_frame;
                        self.counters.borrow_mut().late.add(u64::try_from(late.as_micros()).unwrap_or(u64::MAX));
                        self.send_frame(socket, next_frame - began).await?;
                        next_frame += FRAME;
                    }
                    self.send_marks(socket).await?;
                }
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.receive(text.as_str()),
                    Some(Ok(Message::Close(frame))) => return Err(format!("closed in mid-call: {frame:?}")),
                    Some(Err(error)) => return Err(error.to_string()),
                    None => return Err("broken off in mid-call".into()),
                    Some(Ok(_)) => {}
                },
            }
        }
        self.counters.borrow_mut().frames_sent += self.frames_sent;
        Ok(())
    }

    async fn send_frame(&mut self, socket: &mut WebSocketStream<TcpStream>, at: Duration) -> Result<(), String> {
        let place = Duration::from_micros(u64::try_from(at.as_micros()).unwrap_or(0) % micros(self.shape.every));
        let loud = place >= self.shape.first && place < self.shape.first + self.shape.burst;
        self.frame[20..].fill(if loud { 0x2A } else { 0xFF });
        let now_us = self.clock.micros();
        stamp(&mut self.frame, self.number, now_us);
        if loud {
            if place < self.shape.first + FRAME && now_us < self.plays_until_us {
                self.interrupted_us = Some(now_us);
            }
            // The answer time is measured from the last loud frame.
            self.asked_us = Some(now_us);
        }
        self.frames_sent += 1;
        self.text.clear();
        let payload = BASE64_STANDARD.encode(self.frame);
        let (n, sid) = (self.frames_sent, &self.stream_sid);
        let _ = write!(
            self.text,
            r#"{{"event":"media","sequenceNumber":"{}","streamSid":"{sid}","media":{{"track":"inbound","chunk":"{n}","timestamp":"{}","payload":"{payload}"}}}}"#,
            n + 1,
            at.as_millis()
        );
        socket.send(Message::text(self.text.as_str())).await.map_err(|error| error.to_string())
    }

    async fn send_marks(&mut self, socket: &mut WebSocketStream<TcpStream>) -> Result<(), String> {
        let now_us = self.clock.micros();
        let mut sent = false;
        while self.marks.front().is_some_and(|(due_us, _)| *due_us <= now_us) {
            if let Some((_, name)) = self.marks.pop_front() {
                let mark = format!(
                    r#"{{"event":"mark","sequenceNumber":"1","streamSid":"{}","mark":{{"name":"{name}"}}}}"#,
                    self.stream_sid
                );
                socket.feed(Message::text(mark)).await.map_err(|error| error.to_string())?;
                sent = true;
            }
        }
        if sent { socket.flush().await.map_err(|error| error.to_string()) } else { Ok(()) }
    }

    fn receive(&mut self, message: &str) {
        let now_us = self.clock.micros();
        if message.contains("\"media\"") {
            if let Some(payload) = text_after(message, "\"payload\":\"") {
                self.hear_sound(payload, now_us);
            }
        } else if message.contains("\"mark\"") {
            if let Some(name) = text_after(message, "\"name\":\"") {
                self.marks.push_back((self.plays_until_us.max(now_us), name.to_owned()));
            }
        } else if message.contains("\"clear\"") {
            self.plays_until_us = now_us;
            self.cleared_answer = Some(self.answer);
            for mark in &mut self.marks {
                mark.0 = now_us;
            }
            if let Some(interrupted_us) = self.interrupted_us.take() {
                self.counters.borrow_mut().cleared.add(now_us - interrupted_us);
            }
        }
    }

    fn hear_sound(&mut self, payload: &str, now_us: u64) {
        let mut counters = self.counters.borrow_mut();
        counters.bytes_heard += bytes_in(payload) as u64;
        if let Some((answer, sent_us)) = stamp_of(payload) {
            if answer != self.answer {
                self.answer = answer;
                counters.down.add(now_us - sent_us);
                if let Some(asked_us) = self.asked_us.take() {
                    counters.voice_to_voice.add(now_us - asked_us);
                }
            } else if self.plays_until_us < now_us && self.cleared_answer != Some(answer) {
                counters.underruns += 1;
            }
            counters.stale += u64::from(self.cleared_answer == Some(answer));
        }
        self.plays_until_us = self.plays_until_us.max(now_us) + bytes_in(payload) as u64 * 1_000 / 8;
    }
}

async fn connect(url: &str) -> Result<WebSocketStream<TcpStream>, String> {
    let authority = url.strip_prefix("ws://").and_then(|rest| rest.split('/').next()).ok_or("no ws:// address")?;
    let stream = TcpStream::connect(authority).await.map_err(|error| error.to_string())?;
    let _ = stream.set_nodelay(true);
    let config = WebSocketConfig::default().read_buffer_size(8 << 10);
    let opened = tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await;
    opened.map(|(socket, _)| socket).map_err(|error| error.to_string())
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

const FRAME: Duration = Duration::from_millis(20);
