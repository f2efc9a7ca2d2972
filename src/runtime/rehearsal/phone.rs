//! The phone of the scripted caller: the other end of a call's media stream, as Twilio implements it. It plays the
//! agent's audio in real time, returns the marks, and sends the caller's audio over a line with noise and losses.

use crate::audio::line_noise::{LineNoise, PacketLoss, is_audible};
use crate::audio::mulaw::SILENCE;
use crate::audio::{EncodedAudio, FRAME_BYTES};
use crate::domain::{CallSid, StreamSid};
use crate::entropy;
use crate::providers::twilio::media_stream::Start;
use crate::providers::websocket::{Received, Socket, limits};
use crate::runtime::calls::{MediaSocket, MediaTransport};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use tokio::io::DuplexStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// The length of a frame.
pub(super) const FRAME_MS: u64 = 20;
/// The buffer of the pipe, in bytes. A frame takes about 300 bytes.
const PIPE_BYTES: usize = 256 << 10;
const READ_BUFFER: usize = 2 << 10;
const LONGEST_MESSAGE: usize = 1 << 20;

/// How good the caller's line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineQuality {
    /// How much louder the caller's words are than the noise, in decibels; `None` if there is no noise.
    pub noise_db: Option<i8>,
    /// The part of the packets that are lost, from 0 to 50.
    pub loss_percent: u8,
}

pub(super) struct Phone {
    socket: Socket<DuplexStream>,
    sent_ms: u64,
    played: VecDeque<Item>,
    noise: Option<LineNoise>,
    loss: PacketLoss,
}

/// An entry of the queue of what is played.
enum Item {
    Audio(VecDeque<u8>),
    Mark(String),
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum FromCall {
    Media {
        media: Payload,
    },
    Mark {
        mark: Mark,
    },
    Clear,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Payload {
    payload: String,
}

#[derive(Deserialize)]
struct Mark {
    name: String,
}

impl Phone {
    /// `level` is that of the caller's words. Returns the other end too.
    pub(super) async fn new(sid: &CallSid, quality: LineQuality, level: f32) -> (Self, (MediaSocket, Start)) {
        let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
        let config = limits(READ_BUFFER, LONGEST_MESSAGE);
        let theirs = MediaTransport::Other(Box::pin(theirs));
        let server = Socket::new(WebSocketStream::from_raw_socket(theirs, Role::Server, Some(config)).await);
        let client = Socket::new(WebSocketStream::from_raw_socket(ours, Role::Client, Some(config)).await);
        let noise = quality.noise_db.map(|db| LineNoise::new(level / 10_f32.powf(f32::from(db) / 20.0)));
        let loss = PacketLoss::new(quality.loss_percent);
        let phone = Self { socket: client, sent_ms: 0, played: VecDeque::new(), noise, loss };
        let start = Start {
            stream_sid: StreamSid::stored(&format!("MZ{}", entropy::random_hex::<16>())),
            call_sid: sid.clone(),
            parameters: HashMap::new(),
        };
        (phone, (MediaSocket::new(server, IpAddr::V4(Ipv4Addr::LOCALHOST)), start))
    }

    /// Handles the next message of the call. Returns false if the call is over. Cancel-safe.
    pub(super) async fn receive(&mut self) -> bool {
        let text = match self.socket.receive().await {
            Received::Text(text) => text,
            Received::Binary(_) | Received::Activity => return true,
            Received::Closed(_) | Received::Lost(_) => return false,
        };
        match serde_json::from_str(&text) {
            Ok(FromCall::Media { media }) => {
                if let Some(audio) = EncodedAudio::parse(Bytes::from(media.payload)) {
                    self.played.push_back(Item::Audio(audio.decode().into()));
                }
            }
            Ok(FromCall::Mark { mark }) => {
                self.played.push_back(Item::Mark(mark.name));
                self.return_marks();
            }
            Ok(FromCall::Clear) => {
                self.played.retain(|item| matches!(item, Item::Mark(_)));
                self.return_marks();
            }
            Ok(FromCall::Other) | Err(_) => {}
        }
        true
    }

    /// Sends a frame of the caller's words, or of silence, and plays a frame. Returns true if the caller hears the agent
    /// in it.
    pub(super) fn tick(&mut self, words: &[u8]) -> bool {
        let mut frame = [SILENCE; FRAME_BYTES];
        frame.iter_mut().zip(words).for_each(|(to, from)| *to = *from);
        if let Some(noise) = &mut self.noise {
            noise.add(&mut frame);
        }
        if self.loss.loses_next() {
            frame = [SILENCE; FRAME_BYTES];
        }
        let audio = EncodedAudio::encode(&frame);
        let media = json!({"timestamp": self.sent_ms.to_string(), "payload": audio.base64()});
        self.send(&json!({"event": "media", "media": media}));
        self.sent_ms += FRAME_MS;
        let played = self.play();
        self.return_marks();
        is_audible(&played)
    }

    pub(super) fn is_playing(&self) -> bool {
        self.played.iter().any(|item| matches!(item, Item::Audio(_)))
    }

    pub(super) async fn hang_up(mut self) {
        self.send(&json!({"event": "stop"}));
        self.socket.close(CloseCode::Normal, "").await;
    }

    fn play(&mut self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(FRAME_BYTES);
        while frame.len() < FRAME_BYTES {
            self.return_marks();
            let Some(Item::Audio(audio)) = self.played.front_mut() else { break };
            let rest = (FRAME_BYTES - frame.len()).min(audio.len());
            frame.extend(audio.drain(..rest));
            if audio.is_empty() {
                self.played.pop_front();
            }
        }
        frame
    }

    /// Returns the marks before which nothing is left to play.
    fn return_marks(&mut self) {
        while let Some(Item::Mark(_)) = self.played.front() {
            if let Some(Item::Mark(name)) = self.played.pop_front() {
                self.send(&json!({"event": "mark", "mark": {"name": name}}));
            }
        }
    }

    /// An error is ignored, because the next receive reports it.
    fn send(&mut self, message: &Value) {
        let _ = self.socket.queue(message.to_string()).and_then(|()| self.socket.try_flush());
    }
}
