//! Google as a transcriber. To end an utterance, the client ends the stream. Later audio goes to the next stream, and
//! the words of the streams are read in order.

use super::super::parts::{PartEvent, Transcriber, TranscriberEvent};
use super::{Access, Service};
use crate::audio::{BYTES_PER_MS, EncodedAudio};
use crate::clock;
use crate::config::Config;
use crate::providers::google::{self, AccessTokens, Speech, StreamPosition, Transcript};
use crate::providers::grpc::{Call, Status, code};
use crate::providers::transcription::{Transcribed, TranscriptionError};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{Interval, MissedTickBehavior, interval_at};

/// The length of the audio in one message ("Best practices": 100 ms).
const CHUNK_MS: u64 = 100;
/// The interval at which silence is sent while the caller's line delivers no audio. Google ends a stream that gets no
/// audio for about ten seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// The length of the silence that keeps a stream open.
const SILENCE_MS: i64 = 100;
/// The assumed maximum delay of a result after its audio. Google reports no position in audio without words.
const LATENCY_MS: u64 = 1000;
/// When streams are replaced. Google ends a stream after five minutes ("Quotas and limits").
const AGES: Ages = Ages { between_utterances: Duration::from_mins(4), at_last: Duration::from_secs(285) };

/// A client for Google's `StreamingRecognize`.
pub(in crate::engine::pipeline) struct GoogleTranscriber {
    service: Service,
    config: Arc<Config>,
    tokens: AccessTokens,
    language: String,
    terms: Vec<String>,
    /// The open streams. The first is read, and the last gets the audio.
    streams: VecDeque<Stream>,
    transcript: Transcript,
    audio: Audio,
    events: VecDeque<Transcribed>,
    ages: Ages,
    keep_alive: Interval,
    /// Whether audio was sent since the last tick of the timer.
    was_used: bool,
}

/// The audio of the caller that waits to be sent, and positions in the audio since its start.
#[derive(Debug, Default)]
struct Audio {
    waiting: Vec<u8>,
    sent_ms: u64,
    received_ms: u64,
    voiced_until_ms: u64,
}

struct Stream {
    call: Call,
    /// The position in the caller's audio at which the stream began, less the silence that was inserted.
    from_ms: i64,
    opened: Instant,
    end: End,
}

/// Whether and why the client has ended a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    /// The stream is too old. Its utterance, if there is one, continues in the next stream.
    Replaced,
    Requested,
}

struct Ages {
    between_utterances: Duration,
    /// The age at which a stream is replaced even while the caller speaks.
    at_last: Duration,
}

impl GoogleTranscriber {
    pub(in crate::engine::pipeline) fn open(access: Access, language: &str, terms: &[String], delay: Duration) -> Self {
        let mut keep_alive = interval_at((clock::instant() + KEEP_ALIVE).into(), KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            service: Service::open(&access, Speech::ToText, delay),
            config: access.config,
            tokens: access.tokens,
            language: language.to_owned(),
            terms: terms.to_vec(),
            streams: VecDeque::new(),
            transcript: Transcript::default(),
            audio: Audio::default(),
            events: VecDeque::new(),
            ages: AGES,
            keep_alive,
            was_used: false,
        }
    }

    fn next_stream(&mut self, end: End) {
        if let Some(stream) = self.streams.back_mut() {
            stream.end = end;
            stream.call.finish();
        }
        let Some(connection) = self.service.connection() else { return };
        match connection.channel.call(google::RECOGNIZE) {
            Ok(mut call) => {
                call.send(&google::start_recognition(
                    &self.config.google,
                    &connection.project,
                    &self.language,
                    &self.terms,
                ));
                let from_ms = i64::try_from(self.audio.sent_ms).unwrap_or(i64::MAX);
                self.streams.push_back(Stream { call, from_ms, opened: clock::instant(), end: End::Open });
            }
            Err(status) => self.service.fail(&status),
        }
    }

    fn send_waiting(&mut self) {
        if self.audio.waiting.is_empty() {
            return;
        }
        let samples = Bytes::from(std::mem::take(&mut self.audio.waiting));
        self.audio.sent_ms += samples.len() as u64 / BYTES_PER_MS;
        self.was_used = true;
        if let Some(stream) = self.streams.back_mut() {
            stream.call.send(&google::audio(samples));
        }
    }

    /// Sends silence on a stream that gets no audio. The silence shifts the positions that the server reports, so
    /// `from_ms` is reduced by the length of the silence.
    fn send_silence(&mut self) {
        if !std::mem::take(&mut self.was_used)
            && let Some(stream) = self.streams.back_mut()
        {
            stream.call.send(&google::audio(EncodedAudio::silence(SILENCE_MS.unsigned_abs()).decode().into()));
            stream.from_ms -= SILENCE_MS;
        }
    }

    fn replace_old_stream(&mut self, is_voice: bool) {
        let is_quiet = !is_voice && !self.transcript.is_open();
        let now = clock::instant();
        let age = self.streams.back().map(|stream| now.saturating_duration_since(stream.opened));
        let limit = if is_quiet { self.ages.between_utterances } else { self.ages.at_last };
        if age.is_some_and(|age| age >= limit) {
            self.send_waiting();
            self.next_stream(End::Replaced);
        }
    }

    fn received(&mut self, received: Result<Option<Bytes>, Status>) {
        let Some(stream) = self.streams.front() else { return };
        match received {
            Ok(Some(message)) => {
                let place = StreamPosition {
                    from_ms: stream.from_ms,
                    voiced_until_ms: self.audio.voiced_until_ms,
                    is_ending: stream.end != End::Open,
                };
                match self.transcript.read(message, place) {
                    Ok(read) => self.events.extend(read),
                    Err(TranscriptionError::Malformed | TranscriptionError::Failed { .. }) => {
                        tracing::warn!(
                            event = "TRANSCRIBER_MALFORMED",
                            "Ignored a malformed message from Google, the transcriber of this call: the agent may not know a part of the caller's words"
                        );
                    }
                }
            }
            Ok(None) if stream.end == End::Open => {
                self.service.fail(&Status { code: code::UNAVAILABLE, message: "the stream was ended".to_owned() });
            }
            Ok(None) => {
                if stream.end == End::Requested {
                    let end = self.transcript.end();
                    self.events.push_back(end);
                }
                self.streams.pop_front();
            }
            Err(status) => {
                if google::is_rejected_token(&status) {
                    self.tokens.forget();
                }
                self.service.fail(&status);
            }
        }
    }
}

impl Transcriber for GoogleTranscriber {
    fn send(&mut self, audio: &EncodedAudio, is_voice: bool) {
        audio.decode_into(&mut self.audio.waiting);
        self.audio.received_ms += audio.ms();
        if is_voice {
            self.audio.voiced_until_ms = self.audio.received_ms;
        }
        if self.audio.waiting.len() as u64 >= CHUNK_MS * BYTES_PER_MS {
            self.send_waiting();
            let transcribed = self.audio.sent_ms.saturating_sub(LATENCY_MS);
            self.events.push_back(Transcribed::ExpectedProgress(transcribed));
        }
        self.replace_old_stream(is_voice);
    }

    /// Ends the stream, so that the server returns the final words of all audio that it has. Has no effect while the
    /// final words of an earlier utterance are still awaited.
    fn end_utterance(&mut self) {
        if self.streams.iter().any(|stream| stream.end == End::Requested) {
            return;
        }
        self.send_waiting();
        self.next_stream(End::Requested);
    }

    fn try_flush(&mut self) {}

    fn next(&mut self) -> BoxFuture<'_, PartEvent<TranscriberEvent>> {
        Box::pin(async move {
            loop {
                if let Some(event) = self.events.pop_front() {
                    return event.into();
                }
                let reading = self.streams.front_mut();
                tokio::select! {
                    biased;
                    // The error of a gRPC call is more precise than that of its connection.
                    received = next_of(reading), if self.service.connection().is_some() => self.received(received),
                    changed = self.service.changed() => match changed {
                        Ok(()) => {
                            self.next_stream(End::Open);
                            return PartEvent::Ready;
                        }
                        Err(error) => return PartEvent::Lost(error),
                    },
                    _ = self.keep_alive.tick() => self.send_silence(),
                }
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

async fn next_of(stream: Option<&mut Stream>) -> Result<Option<Bytes>, Status> {
    match stream {
        Some(stream) => stream.call.next().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BaseUrl, Secret};
    use crate::providers::http_client;
    use crate::simulator::EventLog;
    use crate::simulator::google::{Google, GoogleOptions, service_account};
    use crate::simulator::sound::Voice;
    use tokio::net::TcpListener;

    const SENTENCE: &str = "אפשר לקבוע תור למחר?";

    fn access(google: &Google) -> Access {
        let mut config = Config::default();
        config.google.credentials_json = Some(Secret::new(service_account()));
        config.google.speech_base_url = BaseUrl::parse(&google.base_url()).ok();
        config.google.token_url = BaseUrl::parse(&google.token_url()).unwrap();
        let client = http_client::build().unwrap();
        Access { client, config: Arc::new(config), tokens: AccessTokens::default() }
    }

    async fn utterance(transcriber: &mut GoogleTranscriber) -> String {
        let mut words = String::new();
        loop {
            match transcriber.next().await {
                PartEvent::Event(TranscriberEvent::Words { text, .. }) => words = text,
                PartEvent::Event(TranscriberEvent::End) => return words,
                PartEvent::Event(TranscriberEvent::Progress(_) | TranscriberEvent::ExpectedProgress(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn replaced_streams_lose_no_audio_and_no_words() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let log = EventLog::new();
        let options = GoogleOptions { heard: vec![SENTENCE.to_owned()], ..GoogleOptions::default() };
        let google = Google::start(listener, options, log.clone()).unwrap();
        let mut transcriber = GoogleTranscriber::open(access(&google), "he", &[], Duration::ZERO);
        // A stream is too old at once, but is not replaced while the caller speaks.
        transcriber.ages = Ages { between_utterances: Duration::ZERO, at_last: Duration::MAX };
        assert!(matches!(transcriber.next().await, PartEvent::Ready));
        let (voice, mut sent) = (Voice::agent(1).speak(1500), Vec::new());
        for _ in 0..2 {
            for is_voice in [false, true] {
                let samples = if is_voice { &voice[..] } else { &[0xff; 1600] };
                for piece in samples.chunks(160) {
                    transcriber.send(&EncodedAudio::encode(piece), is_voice);
                    sent.extend_from_slice(piece);
                }
            }
            transcriber.end_utterance();
            assert_eq!(utterance(&mut transcriber).await, SENTENCE);
        }
        let streams = google.state().recognitions;
        assert!(streams.len() > 10, "{} streams", streams.len());
        let heard: Vec<u8> = streams.iter().flat_map(|stream| stream.heard.clone()).collect();
        assert!(heard == sent, "{} of {} bytes", heard.len(), sent.len());
        assert!(log.violations().is_empty(), "{:#?}", log.violations());
    }
}
