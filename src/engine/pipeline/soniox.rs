//! Soniox as transcriber and as synthesiser.

use super::parts::{Heard, PartEvent, Spoken, Synthesiser, Transcriber};
use crate::audio::EncodedAudio;
use crate::config::Config;
use crate::pipeline::{ClauseId, SpeechEvent};
use crate::providers::soniox::{self as wire, Transcribed, Transcript};
use crate::providers::websocket::{self, DialError, Received, Socket};
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// The documentation asks for a message every 20 to 30 s while nothing else is sent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Longer than any message: audio comes in pieces of less than a second.
const MAX_MESSAGE: usize = 1 << 20;
const READ_BUFFER: usize = 4 << 10;

type OpenSocket = Socket<MaybeTlsStream<TcpStream>>;

/// A socket to either service.
struct Link {
    state: State,
    keep_alive: Interval,
    keep_alive_text: &'static str,
}

enum State {
    Opening(BoxFuture<'static, Result<OpenSocket, DialError>>),
    Open(Box<OpenSocket>),
    /// With the reason until it is reported.
    Lost(Option<DialError>),
}

enum LinkEvent {
    Opened,
    Text(Utf8Bytes),
    Lost(DialError),
}

impl Link {
    fn open(config: Arc<Config>, url: String, keep_alive_text: &'static str, delay: Duration) -> Self {
        let opening = Box::pin(async move {
            tokio::time::sleep(delay).await;
            let no_key = || DialError { retry: false, reason: "no key".to_owned() };
            let key = config.soniox.key().ok_or_else(no_key)?;
            websocket::dial(&url, key.expose(), websocket::limits(READ_BUFFER, MAX_MESSAGE)).await
        });
        let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { state: State::Opening(opening), keep_alive, keep_alive_text }
    }

    async fn next(&mut self) -> LinkEvent {
        loop {
            match &mut self.state {
                State::Lost(reason) => match reason.take() {
                    Some(reason) => return LinkEvent::Lost(reason),
                    None => std::future::pending().await,
                },
                State::Opening(opening) => match opening.await {
                    Ok(socket) => {
                        self.state = State::Open(Box::new(socket));
                        return LinkEvent::Opened;
                    }
                    Err(error) => self.state = State::Lost(Some(error)),
                },
                State::Open(socket) => {
                    tokio::select! {
                        biased;
                        received = socket.receive() => match received {
                            Received::Text(text) => return LinkEvent::Text(text),
                            Received::Binary(_) | Received::Activity => {}
                            Received::Closed(frame) => {
                                let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                                self.fail(true, format!("closed: {reason}"));
                            }
                            Received::Lost(error) => self.fail(true, error.to_string()),
                        },
                        _ = self.keep_alive.tick() => {
                            self.send(self.keep_alive_text);
                            self.try_flush();
                        }
                    }
                }
            }
        }
    }

    fn send(&mut self, message: impl Into<Message>) {
        if let State::Open(socket) = &mut self.state
            && let Err(error) = socket.queue(message)
        {
            self.fail(true, error.to_string());
        }
    }

    fn try_flush(&mut self) {
        if let State::Open(socket) = &mut self.state
            && let Err(error) = socket.try_flush()
        {
            self.fail(true, error.to_string());
        }
    }

    fn fail(&mut self, retry: bool, reason: String) {
        self.state = State::Lost(Some(DialError { retry, reason }));
    }

    async fn close(self) {
        if let State::Open(socket) = self.state {
            socket.close(CloseCode::Normal, "").await;
        }
    }
}

/// Real-time transcription, whose model also finds the end of the caller's turn.
pub(super) struct SonioxStt {
    link: Link,
    start: String,
    transcript: Transcript,
    events: VecDeque<Heard>,
    samples: Vec<u8>,
}

impl SonioxStt {
    pub(super) fn open(config: Arc<Config>, language: &str, terms: &[String], delay: Duration) -> Self {
        let start = wire::start_transcription(&config.soniox, language, terms);
        let url = wire::stt_url(&config.soniox);
        Self {
            link: Link::open(config, url, wire::STT_KEEP_ALIVE, delay),
            start,
            transcript: Transcript::default(),
            events: VecDeque::new(),
            samples: Vec::new(),
        }
    }

    fn read(&mut self, text: &str) {
        match self.transcript.read(text) {
            Ok(read) => self.events.extend(read.into_iter().map(|transcribed| match transcribed {
                Transcribed::Words { text, from_ms, until_ms } => Heard::Words { text, from_ms, until_ms },
                Transcribed::End => Heard::End,
                Transcribed::Progress(ms) => Heard::Progress(ms),
            })),
            // The server closes the connection after any error.
            Err(Some(error)) => self.link.fail(error.is_temporary(), format!("{} {}", error.code, error.message)),
            Err(None) => {
                tracing::warn!(event = "SONIOX_MALFORMED", "Malformed message of Soniox's transcription ignored");
            }
        }
    }
}

impl Transcriber for SonioxStt {
    fn send(&mut self, audio: &EncodedAudio) {
        self.samples.clear();
        audio.decode_into(&mut self.samples);
        self.link.send(Message::binary(self.samples.clone()));
    }

    fn end_utterance(&mut self) {
        self.link.send(wire::FINALIZE);
    }

    fn try_flush(&mut self) {
        self.link.try_flush();
    }

    fn next(&mut self) -> BoxFuture<'_, PartEvent<Heard>> {
        Box::pin(async move {
            loop {
                if let Some(heard) = self.events.pop_front() {
                    return PartEvent::Event(heard);
                }
                match self.link.next().await {
                    LinkEvent::Opened => {
                        self.link.send(self.start.as_str());
                        self.link.try_flush();
                        return PartEvent::Ready;
                    }
                    LinkEvent::Text(text) => self.read(&text),
                    LinkEvent::Lost(error) => return PartEvent::Lost(error),
                }
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.link.close())
    }
}

/// Real-time speech: each clause is a stream on one socket.
pub(super) struct SonioxTts {
    link: Link,
    config: Arc<Config>,
    language: String,
    /// The streams of the server and their clauses.
    streams: Vec<(String, ClauseId)>,
    /// Counts the streams: an id may not be used again while the server still ends its stream.
    count: u64,
}

impl SonioxTts {
    pub(super) fn open(config: Arc<Config>, language: String, delay: Duration) -> Self {
        let url = wire::tts_url(&config.soniox);
        let link = Link::open(config.clone(), url, wire::TTS_KEEP_ALIVE, delay);
        Self { link, config, language, streams: Vec::new(), count: 0 }
    }

    fn take(&mut self, stream: &str) -> Option<ClauseId> {
        let at = self.streams.iter().position(|(known, _)| known == stream)?;
        Some(self.streams.swap_remove(at).1)
    }

    fn read(&mut self, text: &str) -> Option<Spoken> {
        let Some(event) = wire::read_speech(text) else {
            tracing::warn!(event = "SONIOX_MALFORMED", "Malformed message of Soniox's speech ignored");
            return None;
        };
        match event {
            wire::Spoken::Audio { stream, audio } => {
                let (_, clause) = self.streams.iter().find(|(known, _)| *known == stream)?;
                Some((*clause, SpeechEvent::Audio(audio)))
            }
            wire::Spoken::Terminated { stream } => Some((self.take(&stream)?, SpeechEvent::Done)),
            wire::Spoken::Error { stream: Some(stream), error } => {
                let retry = error.is_temporary();
                let reason = format!("synthesiser: {} {}", error.code, error.message);
                Some((self.take(&stream)?, SpeechEvent::Failed { retry, retry_after: None, reason }))
            }
            wire::Spoken::Error { stream: None, error } => {
                self.link.fail(error.is_temporary(), format!("{} {}", error.code, error.message));
                None
            }
            wire::Spoken::Other => None,
        }
    }
}

impl Synthesiser for SonioxTts {
    fn speak(&mut self, clause: ClauseId, text: &str) {
        self.count += 1;
        let stream = format!("clause-{}", self.count);
        self.link.send(wire::start_speech(&self.config.soniox, &self.language, &stream));
        self.link.send(wire::speech_text(&stream, text));
        self.streams.push((stream, clause));
    }

    fn stop(&mut self, clause: ClauseId) {
        if let Some(at) = self.streams.iter().position(|(_, of)| *of == clause) {
            let (stream, _) = self.streams.swap_remove(at);
            self.link.send(wire::cancel_speech(&stream));
        }
    }

    fn try_flush(&mut self) {
        self.link.try_flush();
    }

    fn next(&mut self) -> BoxFuture<'_, PartEvent<Spoken>> {
        Box::pin(async move {
            self.link.try_flush();
            loop {
                match self.link.next().await {
                    LinkEvent::Opened => return PartEvent::Ready,
                    LinkEvent::Text(text) => {
                        if let Some(spoken) = self.read(&text) {
                            return PartEvent::Event(spoken);
                        }
                    }
                    LinkEvent::Lost(error) => return PartEvent::Lost(error),
                }
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(self.link.close())
    }
}
