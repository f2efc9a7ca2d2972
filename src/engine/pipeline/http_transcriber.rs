//! A transcriber over HTTP. The local voice detector finds the utterances. Each utterance is sent in one request after
//! a silence of the caller, so no words are available before an utterance ends.

use super::parts::{PartEvent, Transcriber, TranscriberEvent};
use crate::audio::{BYTES_PER_MS, EncodedAudio, mulaw, wav};
use crate::config::Config;
use crate::domain::{AiFailureCause, WordTime};
use crate::providers::openai::rest::{self, Error, SoundFile, Transcript};
use crate::providers::transcription::word_times;
use crate::providers::websocket::DialError;
use crate::providers::{error_code, http_client};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The maximum time for a request. The session's own timeout for a silent engine is shorter.
const LIMIT: Duration = Duration::from_secs(10);
/// The amount of audio before the detected voice that is also sent, in samples (300 ms). It may contain a quiet
/// consonant.
const PRE_ROLL: usize = 2400;
/// The minimum length of voice in an utterance. Shorter sounds are treated as noise.
const MIN_VOICE_MS: u64 = 120;
/// The maximum length of an utterance. Longer speech is split.
const MAX_MS: u64 = 60_000;
/// The interval at which the position in the audio is reported while no utterance is in progress.
const PROGRESS_MS: u64 = 200;

/// A client for servers with OpenAI's `/audio/transcriptions` endpoint.
pub(super) struct HttpTranscriber {
    config: Arc<Config>,
    client: reqwest::Client,
    language: String,
    /// Names that callers are likely to say, separated by commas. They improve the transcription.
    prompt: String,
    cutter: Cutter,
    /// The running requests for finished utterances, in order.
    requests: FuturesOrdered<BoxFuture<'static, Result<Transcribed, DialError>>>,
    /// Whether the server may report the times of words.
    has_times: Arc<AtomicBool>,
    /// The number of ended utterances.
    ended: u64,
    events: VecDeque<PartEvent<TranscriberEvent>>,
    reported_ms: u64,
}

/// The transcript of an utterance.
struct Transcribed {
    text: String,
    from_ms: u64,
    until_ms: u64,
    times: Vec<WordTime>,
}

impl HttpTranscriber {
    pub(super) fn new(config: Arc<Config>, client: reqwest::Client, language: &str, terms: &[String]) -> Self {
        let cutter = Cutter::new(config.pipeline.transcription_silence_ms.into());
        // OpenAI's own models report no times.
        let has_times = !config.pipeline.transcription_model.starts_with("gpt-");
        Self {
            has_times: Arc::new(AtomicBool::new(has_times)),
            ended: 0,
            config,
            client,
            language: language.to_owned(),
            prompt: terms.join(", "),
            cutter,
            requests: FuturesOrdered::new(),
            events: VecDeque::from([PartEvent::Ready]),
            reported_ms: 0,
        }
    }

    fn request(&mut self, utterance: Utterance) {
        let (config, client) = (self.config.clone(), self.client.clone());
        let (language, prompt) = (self.language.clone(), self.prompt.clone());
        let Utterance { from_ms, until_ms, samples, .. } = utterance;
        let has_times = self.has_times.clone();
        self.requests.push_back(Box::pin(async move {
            let request = |has_times| {
                let file = SoundFile { content: wav_of(&samples), mime: "audio/wav", length_ms: 0 };
                rest::transcript(&client, config.transcription_server(), file, &language, &prompt, LIMIT, has_times)
            };
            let with_times = has_times.load(Ordering::Relaxed);
            let mut answer = request(with_times).await;
            if with_times && matches!(&answer, Err(error) if is_rejection(error)) {
                has_times.store(false, Ordering::Relaxed);
                answer = request(false).await;
            }
            let Transcript { text, words } = answer.map_err(failed)?.answer;
            let mut times = word_times(&text, &words);
            for time in &mut times {
                (time.start_ms, time.end_ms) =
                    (from_ms.saturating_add(time.start_ms), from_ms.saturating_add(time.end_ms));
            }
            Ok(Transcribed { text, from_ms, until_ms, times })
        }));
    }

    fn transcribed(&mut self, Transcribed { text, from_ms, until_ms, times }: Transcribed) {
        let event = if text.trim().is_empty() {
            TranscriberEvent::NoWords { until_ms }
        } else {
            TranscriberEvent::Words { text, from_ms: Some(from_ms), until_ms: Some(until_ms) }
        };
        self.events.push_back(PartEvent::Event(event));
        if !times.is_empty() {
            self.events.push_back(PartEvent::Event(TranscriberEvent::WordTimes { utterance: self.ended, times }));
        }
        self.push_end();
    }

    fn push_end(&mut self) {
        self.ended += 1;
        self.events.push_back(PartEvent::Event(TranscriberEvent::End));
    }
}

/// Returns true if the server may not know the request for the times of words.
fn is_rejection(error: &Error) -> bool {
    matches!(error, Error::Refused { status: 400 | 404 | 415 | 422 | 501, .. })
}

fn failed(error: Error) -> DialError {
    match error {
        Error::Refused { status, code, message, .. } => {
            let is_temporary =
                http_client::is_temporary(status) && !AiFailureCause::from_status(status, &code).needs_owner();
            let reason = error_code::with_sentence(format!("HTTP {status} {code}").trim_end().to_owned(), &message);
            DialError { retry: is_temporary, reason }
        }
        Error::Unreachable(source) => DialError { retry: true, reason: http_client::root_cause(&source) },
        Error::Malformed | Error::NotConfigured => DialError { retry: false, reason: error.to_string() },
    }
}

/// Returns a WAV file with 16-bit PCM, because not every server accepts mu-law.
fn wav_of(samples: &[u8]) -> Vec<u8> {
    let mut file = wav::pcm_header(1, 8000, samples.len() as u64).to_vec();
    file.extend(samples.iter().flat_map(|sample| mulaw::decode(*sample).to_le_bytes()));
    file
}

impl Transcriber for HttpTranscriber {
    fn send(&mut self, audio: &EncodedAudio, is_voice: bool) {
        if let Some(utterance) = self.cutter.push(audio, is_voice) {
            self.request(utterance);
        }
        let now_ms = self.cutter.received_ms;
        let is_idle = self.cutter.current.is_none() && self.requests.is_empty();
        if is_idle && now_ms >= self.reported_ms + PROGRESS_MS {
            self.reported_ms = now_ms;
            self.events.push_back(PartEvent::Event(TranscriberEvent::Progress(now_ms)));
        }
    }

    fn end_utterance(&mut self) {
        match self.cutter.end() {
            Some(utterance) => self.request(utterance),
            None if self.requests.is_empty() => self.push_end(),
            // `TranscriberEvent::End` follows when the running requests are complete.
            None => {}
        }
    }

    fn try_flush(&mut self) {}

    fn next(&mut self) -> BoxFuture<'_, PartEvent<TranscriberEvent>> {
        Box::pin(async move {
            loop {
                if let Some(event) = self.events.pop_front() {
                    return event;
                }
                match self.requests.next().await {
                    Some(Ok(transcribed)) => self.transcribed(transcribed),
                    Some(Err(error)) => return PartEvent::Lost(error),
                    None => std::future::pending().await,
                }
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[derive(Debug)]
struct Cutter {
    silence_ms: u64,
    received_ms: u64,
    /// The latest audio before an utterance, at most `PRE_ROLL` samples.
    before: VecDeque<u8>,
    current: Option<Utterance>,
}

#[derive(Debug)]
struct Utterance {
    from_ms: u64,
    /// The end of the last piece of audio with voice.
    until_ms: u64,
    voiced_ms: u64,
    samples: Vec<u8>,
}

impl Cutter {
    fn new(silence_ms: u64) -> Self {
        Self { silence_ms, received_ms: 0, before: VecDeque::new(), current: None }
    }

    /// Returns the utterance if the piece ends it.
    fn push(&mut self, audio: &EncodedAudio, is_voice: bool) -> Option<Utterance> {
        let samples = audio.decode();
        let began_ms = self.received_ms;
        self.received_ms += audio.ms();
        if is_voice && self.current.is_none() {
            let before = Vec::from(std::mem::take(&mut self.before));
            let from_ms = began_ms - before.len() as u64 / BYTES_PER_MS;
            self.current = Some(Utterance { from_ms, until_ms: began_ms, voiced_ms: 0, samples: before });
        }
        let Some(current) = &mut self.current else {
            self.before.extend(samples);
            let surplus = self.before.len().saturating_sub(PRE_ROLL);
            self.before.drain(..surplus);
            return None;
        };
        current.samples.extend(samples);
        if is_voice {
            current.until_ms = self.received_ms;
            current.voiced_ms += audio.ms();
        }
        let is_over =
            self.received_ms >= current.until_ms + self.silence_ms || self.received_ms >= current.from_ms + MAX_MS;
        if is_over { self.end() } else { None }
    }

    /// Returns `None` if there is no utterance, or if it contains too little voice.
    fn end(&mut self) -> Option<Utterance> {
        self.current.take().filter(|utterance| utterance.voiced_ms >= MIN_VOICE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes `ms` milliseconds of audio with the sample `value`, in pieces of 20 ms. Returns the last finished
    /// utterance.
    fn push(cutter: &mut Cutter, ms: u64, value: u8, is_voice: bool) -> Option<Utterance> {
        let piece = EncodedAudio::encode(&[value; 160]);
        (0..ms / 20).filter_map(|_| cutter.push(&piece, is_voice)).last()
    }

    #[test]
    fn an_utterance_has_the_audio_before_its_voice_and_its_pauses() {
        let mut cutter = Cutter::new(600);
        assert!(push(&mut cutter, 2000, 1, false).is_none());
        assert!(push(&mut cutter, 1000, 2, true).is_none());
        assert!(push(&mut cutter, 500, 3, false).is_none(), "a pause");
        assert!(push(&mut cutter, 400, 4, true).is_none());
        let utterance = push(&mut cutter, 600, 5, false).unwrap();
        assert_eq!((utterance.from_ms, utterance.until_ms, utterance.voiced_ms), (1700, 3900, 1400));
        let parts = utterance.samples.chunk_by(|one, next| one == next).map(|part| (part[0], part.len() / 8));
        assert_eq!(parts.collect::<Vec<_>>(), [(1, 300), (2, 1000), (3, 500), (4, 400), (5, 600)]);
        assert!(push(&mut cutter, 5000, 1, false).is_none(), "it is not repeated");
    }

    #[test]
    fn a_click_is_no_utterance_and_an_endless_one_is_divided() {
        let mut cutter = Cutter::new(600);
        assert!(push(&mut cutter, 80, 2, true).is_none());
        assert!(push(&mut cutter, 2000, 1, false).is_none());
        assert!(cutter.current.is_none());
        let utterance = push(&mut cutter, 61_000, 2, true).unwrap();
        assert_eq!(utterance.samples.len() as u64, MAX_MS * BYTES_PER_MS);
        let rest = push(&mut cutter, 600, 1, false).unwrap();
        assert!((900..=1300).contains(&rest.voiced_ms), "{rest:?}");
    }

    #[test]
    fn the_session_can_end_an_utterance() {
        let mut cutter = Cutter::new(600);
        assert!(cutter.end().is_none());
        push(&mut cutter, 400, 2, true);
        assert_eq!(cutter.end().unwrap().until_ms, 400);
    }
}
