//! Google as a transcriber. An utterance ends when the client ends its stream: the audio after it goes to the next stream,
//! and the words of the streams are read in their order.

use super::super::PipelineSetup;
use super::super::parts::{Heard, PartEvent, Transcriber};
use super::Service;
use crate::audio::{BYTES_PER_MS, EncodedAudio};
use crate::clock;
use crate::config::Config;
use crate::providers::google::{self, AccessTokens, Place, Speech, Transcript};
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
/// The interval at which silence is sent while the caller's line delivers no audio. Google ends a stream that gets no audio
/// for about ten seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// The length of that silence.
const SILENCE_MS: i64 = 100;
/// The assumed maximum delay of a result after its audio. Google reports no position in audio without words.
const LATENCY_MS: u64 = 1000;
/// The age at which a stream is replaced between two utterances. Google ends it after five minutes ("Quotas and limits").
const REPLACE_AFTER: Duration = Duration::from_secs(240);
/// The age at which it is replaced even while the caller speaks.
const REPLACE_AT_LAST: Duration = Duration::from_secs(285);

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
    keep_alive: Interval,
    /// Whether audio was sent since the last tick of the timer.
    was_used: bool,
}

/// The caller's audio so far, in milliseconds.
#[derive(Debug, Default)]
struct Audio {
    /// The audio that is not sent yet.
    waiting: Vec<u8>,
    sent_ms: u64,
    received_ms: u64,
    voiced_until_ms: u64,
}

struct Stream {
    call: Call,
    /// The position in the caller's audio at which it began, less the silence that was inserted.
    from_ms: i64,
    opened: Instant,
    end: End,
}

/// Whether and why the client has ended a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    /// It is too old. Its utterance, if there is one, continues in the next stream.
    Replaced,
    /// The utterance is over.
    Requested,
}

/// Returns true if a stream must be replaced. `is_quiet` is true between two utterances.
fn is_too_old(age: Duration, is_quiet: bool) -> bool {
    age >= if is_quiet { REPLACE_AFTER } else { REPLACE_AT_LAST }
}

impl GoogleTranscriber {
    pub(in crate::engine::pipeline) fn open(setup: &PipelineSetup, delay: Duration) -> Self {
        let mut keep_alive = interval_at((clock::instant() + KEEP_ALIVE).into(), KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            service: Service::open(setup, Speech::ToText, delay),
            config: setup.config.clone(),
            tokens: setup.google.clone(),
            language: setup.language.clone(),
            terms: setup.terms.clone(),
            streams: VecDeque::new(),
            transcript: Transcript::default(),
            audio: Audio::default(),
            events: VecDeque::new(),
            keep_alive,
            was_used: false,
        }
    }

    /// Ends the present stream, and opens the next one.
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

    /// Sends the waiting audio.
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

    /// Sends silence on a stream that gets no audio. It is no part of the caller's audio, so the stream begins earlier.
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
        if age.is_some_and(|age| is_too_old(age, is_quiet)) {
            self.send_waiting();
            self.next_stream(End::Replaced);
        }
    }

    /// Handles what was received on the first stream.
    fn received(&mut self, received: Result<Option<Bytes>, Status>) {
        let Some(stream) = self.streams.front() else { return };
        match received {
            Ok(Some(message)) => {
                let place = Place {
                    from_ms: stream.from_ms,
                    voiced_until_ms: self.audio.voiced_until_ms,
                    is_ending: stream.end != End::Open,
                };
                match self.transcript.read(message, place) {
                    Ok(read) => self.events.extend(read),
                    Err(TranscriptionError::Malformed | TranscriptionError::Failed { .. }) => {
                        tracing::warn!(
                            event = "TRANSCRIBER_MALFORMED",
                            "Ignored a malformed message from the transcriber"
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
            self.events.push_back(Transcribed::Progress(transcribed));
        }
        self.replace_old_stream(is_voice);
    }

    /// Ends the stream. The server then returns the final words of all audio that it has.
    fn end_utterance(&mut self) {
        self.send_waiting();
        self.next_stream(End::Requested);
    }

    fn try_flush(&mut self) {}

    fn next(&mut self) -> BoxFuture<'_, PartEvent<Heard>> {
        Box::pin(async move {
            loop {
                if let Some(event) = self.events.pop_front() {
                    return match event {
                        Transcribed::Ready => PartEvent::Ready,
                        Transcribed::Words { text, from_ms, until_ms } => {
                            PartEvent::Event(Heard::Words { text, from_ms, until_ms })
                        }
                        Transcribed::End => PartEvent::Event(Heard::End),
                        Transcribed::Progress(ms) => PartEvent::Event(Heard::Progress(ms)),
                    };
                }
                let reading = self.streams.front_mut();
                tokio::select! {
                    biased;
                    // The error of a call is more precise than that of its connection.
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

    #[test]
    fn a_stream_is_replaced_between_utterances_and_before_google_ends_it() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        assert!(!is_too_old(minutes(3), true) && is_too_old(minutes(4), true));
        assert!(!is_too_old(minutes(4), false) && is_too_old(Duration::from_secs(290), false));
    }
}
