//! ElevenLabs: real-time transcription over a WebSocket (API reference, speech to text, "Realtime") and speech over
//! HTTP ("Stream speech"). Both use telephone audio.

use super::transcription::{
    SessionAddress, Step, TimedPiece, Transcribed, TranscriptionError, TranscriptionProtocol, terms_within, whole_ms,
    word_times,
};
use super::websocket::KeyHeader;
use crate::audio::{BYTES_PER_MS, EncodedAudio};
use crate::config::ElevenLabsConfig;
use crate::domain::WordTime;
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

pub const KEY_HEADER: KeyHeader = KeyHeader { name: "xi-api-key", scheme: "" };

/// The interval of keep-alive messages. The idle timeout of a session is not documented; other clients send silence
/// after five seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// The minimum length of the audio in a message without a commit ("Chunk size": 0.1 to 1 s).
const CHUNK_MS: u64 = 100;
/// The minimum length of the audio between two commits.
const MIN_COMMIT_MS: u64 = 300;
/// The minimum length of the audio before the server reports words.
const FIRST_WORDS_MS: u64 = 2000;
/// The assumed maximum delay of a transcript after its audio. The server reports no audio positions. The published
/// latency is 150 ms.
const LATENCY_MS: u64 = 300;

/// The limits of key terms in a real-time session ("Keyterm prompting"). A term that exceeds them is omitted, because a
/// part of a name is not what callers say.
const MAX_TERMS: usize = 50;
const MAX_TERM_CHARS: usize = 20;
const MAX_TERM_WORDS: usize = 5;
/// The characters that a key term must not contain.
const FORBIDDEN_IN_TERMS: [char; 7] = ['<', '>', '{', '}', '[', ']', '\\'];
/// The maximum total length of the key terms. Servers limit the length of a URL, often to 8 KiB, and Hebrew takes six
/// characters of a URL for each letter.
const MAX_TERMS_BYTES: usize = 1000;

/// How many transcripts can wait for the times of their words.
const MAX_UNTIMED: usize = 8;
/// How far the times of words may be outside of the audio of their commit. The server also counts the silence of
/// keep-alive messages.
const TIME_MARGIN_MS: u64 = 1000;

/// A transcription session in which the client ends each utterance with a commit.
#[derive(Debug)]
pub struct ElevenLabsTranscription {
    url: String,
    /// Audio that is not sent yet.
    waiting: Vec<u8>,
    sent_ms: u64,
    committed_ms: u64,
    /// Whether the server has not yet answered the last commit.
    is_committing: bool,
    /// The number of ended utterances.
    ended: u64,
    /// The end of the audio of the last transcript, in milliseconds.
    transcribed_ms: u64,
    /// The transcripts whose times are still to come. The server sends the times in a second message, with the text but
    /// without an id.
    untimed: VecDeque<Untimed>,
}

#[derive(Debug)]
struct Untimed {
    utterance: u64,
    text: String,
    /// The audio of the transcript, in milliseconds of the session.
    from_ms: u64,
    until_ms: u64,
}

impl ElevenLabsTranscription {
    /// `language` is an ISO 639-1 code. `terms` are words that the caller is likely to say.
    pub fn new(config: &ElevenLabsConfig, language: &str, terms: &[String]) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("model_id", &config.stt_model);
        // Without this parameter, the language is detected.
        if !config.multilingual {
            query.append_pair("language_code", language);
        }
        query.append_pair("audio_format", "ulaw_8000").append_pair("commit_strategy", "manual");
        query.append_pair("include_timestamps", "true");
        if config.key_terms {
            let terms: Vec<_> = terms.iter().filter(|term| is_key_term(term)).take(MAX_TERMS).cloned().collect();
            for term in terms_within(MAX_TERMS_BYTES, &terms) {
                query.append_pair("keyterms", term);
            }
        }
        let url = format!("{}/v1/speech-to-text/realtime?{}", config.base_url.websocket_url(), query.finish());
        Self {
            url,
            waiting: Vec::new(),
            sent_ms: 0,
            committed_ms: 0,
            is_committing: false,
            ended: 0,
            transcribed_ms: 0,
            untimed: VecDeque::new(),
        }
    }

    /// Records the transcript of a commit, whose times follow.
    fn committed(&mut self, text: &str) {
        let (from_ms, until_ms) = (self.transcribed_ms, self.committed_ms);
        self.transcribed_ms = until_ms;
        self.untimed.push_back(Untimed { utterance: self.ended, text: text.to_owned(), from_ms, until_ms });
        if self.untimed.len() > MAX_UNTIMED {
            self.untimed.pop_front();
        }
        self.ended += 1;
    }

    /// Returns the times of the words of a transcript. The transcript is the earliest one with this text and these times,
    /// because several utterances can have the same text.
    fn timed(&mut self, text: &str, words: &[Word<'_>]) -> Option<Transcribed> {
        let times = word_times(text, &words.iter().filter_map(Word::timed).collect::<Vec<_>>());
        let (start_ms, end_ms) = (times.first()?.start_ms, times.last()?.end_ms);
        let place = self.untimed.iter().position(|untimed| {
            let earliest = untimed.from_ms.saturating_sub(TIME_MARGIN_MS);
            untimed.text == text && start_ms >= earliest && end_ms <= untimed.until_ms + TIME_MARGIN_MS
        })?;
        let found = self.untimed.drain(..=place).next_back()?;
        Some(Transcribed::WordTimes { utterance: found.utterance, times })
    }

    fn send(&mut self, commits: bool) -> Message {
        let audio = EncodedAudio::encode(&self.waiting);
        self.waiting.clear();
        self.sent_ms += audio.ms();
        chunk(&audio, commits)
    }
}

fn is_key_term(term: &str) -> bool {
    term.chars().count() <= MAX_TERM_CHARS
        && term.split_whitespace().count() <= MAX_TERM_WORDS
        && !term.contains(FORBIDDEN_IN_TERMS)
}

fn chunk(audio: &EncodedAudio, commits: bool) -> Message {
    let chunk = json!({
        "message_type": "input_audio_chunk",
        "audio_base_64": audio.base64(),
        "commit": commits,
        "sample_rate": 8000,
    });
    Message::text(chunk.to_string())
}

impl TranscriptionProtocol for ElevenLabsTranscription {
    const VENDOR: &'static str = "ElevenLabs";

    fn address(&self) -> SessionAddress {
        let keep_alive = chunk(&EncodedAudio::silence(CHUNK_MS), false);
        SessionAddress { url: self.url.clone(), key_header: KEY_HEADER, keep_alive_every: KEEP_ALIVE, keep_alive }
    }

    /// Does not report that the session is ready. The server rejects a wrong key only after the socket is open, and
    /// announces an accepted session itself.
    fn opened(&mut self) -> Step {
        (None, None)
    }

    fn audio(&mut self, audio: &EncodedAudio) -> Step {
        audio.decode_into(&mut self.waiting);
        if (self.waiting.len() as u64) < CHUNK_MS * BYTES_PER_MS {
            return (None, None);
        }
        let message = self.send(false);
        let has_words = self.sent_ms >= FIRST_WORDS_MS;
        let progress_ms = if has_words { self.sent_ms.saturating_sub(LATENCY_MS) } else { 0 };
        (Some(message), Some(Transcribed::ExpectedProgress(progress_ms)))
    }

    fn end_utterance(&mut self) -> Step {
        let waiting_ms = self.waiting.len() as u64 / BYTES_PER_MS;
        if self.sent_ms + waiting_ms < self.committed_ms + MIN_COMMIT_MS {
            // Too little audio for another commit. If a commit is pending, its answer ends the utterance.
            let ends = !self.is_committing;
            self.ended += u64::from(ends);
            return (None, ends.then_some(Transcribed::End));
        }
        let message = self.send(true);
        (self.committed_ms, self.is_committing) = (self.sent_ms, true);
        (Some(message), None)
    }

    fn read(&mut self, message: &str) -> Result<Vec<Transcribed>, TranscriptionError> {
        let event: Event<'_> = serde_json::from_str(message).map_err(|_| TranscriptionError::Malformed)?;
        if let Some(error) = &event.error {
            let retry = !PERMANENT.iter().any(|permanent| event.message_type.starts_with(permanent));
            return Err(TranscriptionError::Failed { retry, reason: format!("{}: {error}", event.message_type) });
        }
        if event.message_type == "committed_transcript" && !std::mem::take(&mut self.is_committing) {
            // The client did not request this commit: the server commits automatically after 90 s.
            self.committed_ms = self.sent_ms;
        }
        let text = event.text.as_deref().unwrap_or_default().trim();
        if event.message_type == "committed_transcript" {
            self.committed(text);
        }
        let words = || Transcribed::Words { text: text.to_owned(), from_ms: None, until_ms: None };
        Ok(match &*event.message_type {
            "session_started" => vec![Transcribed::Ready],
            "partial_transcript" if !text.is_empty() => vec![words()],
            "committed_transcript" if !text.is_empty() => vec![words(), Transcribed::End],
            "committed_transcript" => vec![Transcribed::End],
            "committed_transcript_with_timestamps" => {
                self.timed(text, event.words.as_deref().unwrap_or_default()).into_iter().collect()
            }
            _ => Vec::new(),
        })
    }
}

/// Errors that a new session would receive again. The documentation lists some of them with the suffix `_error`, and
/// others without it.
const PERMANENT: [&str; 5] = ["auth_error", "quota_exceeded", "unaccepted_terms", "input_error", "chunk_size_exceeded"];

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    message_type: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error: Option<Cow<'a, str>>,
    #[serde(borrow)]
    words: Option<Vec<Word<'a>>>,
}

/// A word, or the space between two words.
#[derive(Deserialize)]
struct Word<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    /// In seconds since the start of the session.
    start: Option<f64>,
    end: Option<f64>,
}

impl Word<'_> {
    fn timed(&self) -> Option<TimedPiece> {
        let ms = |seconds: Option<f64>| Some(whole_ms(seconds? * 1000.0));
        let time = WordTime { start_ms: ms(self.start)?, end_ms: ms(self.end)? };
        Some(TimedPiece { text: self.text.clone()?.into_owned(), time })
    }
}

/// Returns the URL for speech. The server streams the audio as mu-law while it generates the audio.
pub fn speech_url(config: &ElevenLabsConfig) -> String {
    format!("{}/v1/text-to-speech/{}/stream?output_format=ulaw_8000", config.base_url, config.voice)
}

pub fn speech_body(config: &ElevenLabsConfig, language: &str, text: &str) -> Value {
    json!({"text": text, "model_id": config.tts_model, "language_code": language})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcription() -> ElevenLabsTranscription {
        ElevenLabsTranscription::new(&ElevenLabsConfig::default(), "he", &[])
    }

    fn key_terms(config: &ElevenLabsConfig, terms: &[&str]) -> Vec<String> {
        let terms: Vec<_> = terms.iter().map(|term| (*term).to_owned()).collect();
        let url = ElevenLabsTranscription::new(config, "he", &terms).address().url;
        let pairs = form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes());
        pairs.filter(|(name, _)| name == "keyterms").map(|(_, term)| term.into_owned()).collect()
    }

    #[test]
    fn the_key_terms_are_within_the_limits_of_a_session() {
        let config = ElevenLabsConfig::default();
        let terms = ["תספורת גברים", "סלון היופי של רונית ובנותיה", "א ב ג ד ה ו", "a<b", "רונית & דנה"];
        assert_eq!(key_terms(&config, &terms), ["תספורת גברים", "רונית & דנה"]);
        let many: Vec<_> = (0..80).map(|number| format!("name {number}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(key_terms(&config, &many), many[..MAX_TERMS]);
        let long = ["אבגדהוזחטיכלמנסעפצקר"; 40];
        assert_eq!(key_terms(&config, &long).len(), 25, "the URL stays short");
        let off = ElevenLabsConfig { key_terms: false, ..config };
        assert!(key_terms(&off, &terms).is_empty());
    }

    /// Sends silence in pieces of 20 ms. Returns the sent messages and the last reported position.
    fn send(transcription: &mut ElevenLabsTranscription, ms: u64) -> (Vec<Value>, Option<Transcribed>) {
        let (mut sent, mut progress) = (Vec::new(), None);
        for _ in 0..ms / 20 {
            let (message, step) = transcription.audio(&EncodedAudio::silence(20));
            sent.extend(message.map(|message| serde_json::from_str(message.to_text().unwrap()).unwrap()));
            progress = step.or(progress);
        }
        (sent, progress)
    }

    #[test]
    fn audio_is_sent_in_tenths_of_a_second_and_followed_from_the_first_words_on() {
        let mut transcription = transcription();
        let (sent, progress) = send(&mut transcription, 1950);
        assert_eq!((sent.len(), progress), (19, Some(Transcribed::ExpectedProgress(0))));
        assert!(sent.iter().all(|chunk| chunk["commit"] == false && chunk["sample_rate"] == 8000));
        assert_eq!(send(&mut transcription, 100).1, Some(Transcribed::ExpectedProgress(1700)));
    }

    #[test]
    fn a_commit_has_all_audio_and_is_not_repeated_too_soon() {
        let mut transcription = transcription();
        send(&mut transcription, 340);
        let (message, step) = transcription.end_utterance();
        let chunk: Value = serde_json::from_str(message.unwrap().to_text().unwrap()).unwrap();
        let audio = chunk["audio_base_64"].as_str().unwrap().to_owned();
        assert_eq!((&chunk["commit"], EncodedAudio::parse(audio.into()).unwrap().ms()), (&json!(true), 40));
        assert_eq!(step, None, "the server answers");
        send(&mut transcription, 280);
        assert_eq!(transcription.end_utterance(), (None, None), "the answer to the commit is the end");
        let committed = json!({"message_type": "committed_transcript", "text": ""}).to_string();
        assert_eq!(transcription.read(&committed), Ok(vec![Transcribed::End]));
        assert_eq!(transcription.end_utterance(), (None, Some(Transcribed::End)), "too soon");
        send(&mut transcription, 20);
        assert!(transcription.end_utterance().0.is_some(), "no audio was lost");
        transcription.read(&committed).unwrap();
        send(&mut transcription, 1000);
        assert_eq!(transcription.read(&committed), Ok(vec![Transcribed::End]), "the server's own commit");
        assert_eq!(transcription.end_utterance(), (None, Some(Transcribed::End)), "too soon after it");
    }

    #[test]
    fn times_go_to_the_transcript_of_their_audio_and_not_to_the_next_one_with_the_same_words() {
        let mut transcription = transcription();
        let commit = |transcription: &mut ElevenLabsTranscription, text: &str| {
            send(transcription, 3000);
            transcription.end_utterance();
            let committed = json!({"message_type": "committed_transcript", "text": text});
            transcription.read(&committed.to_string()).unwrap();
        };
        let report = |transcription: &mut ElevenLabsTranscription, text: &str, start: f64| {
            let words = json!([{"text": text, "start": start, "end": start + 0.4, "type": "word", "logprob": -0.1}]);
            let message = json!({"message_type": "committed_transcript_with_timestamps", "text": text, "words": words});
            transcription.read(&message.to_string()).unwrap()
        };
        let found = |utterance, start_ms| {
            let times = vec![WordTime { start_ms, end_ms: start_ms + 400 }];
            vec![Transcribed::WordTimes { utterance, times }]
        };
        for text in ["כן", "", "כן", "כן", "לא"] {
            commit(&mut transcription, text);
        }
        // The times of the first are late, and those of the third are missing.
        assert_eq!(report(&mut transcription, "כן", 1.0), found(0, 1000));
        assert_eq!(report(&mut transcription, "כן", 10.5), found(3, 10_500));
        assert_eq!(report(&mut transcription, "לא", 12.5), found(4, 12_500));
        assert_eq!(report(&mut transcription, "לא", 12.5), [], "they were sent before");
        commit(&mut transcription, "כן");
        assert_eq!(report(&mut transcription, "כן", 1.0), [], "these are times of other audio");
        let without = json!({"message_type": "committed_transcript_with_timestamps", "text": "כן", "words": null});
        assert_eq!(transcription.read(&without.to_string()), Ok(Vec::new()));
    }

    #[test]
    fn the_messages_of_the_server_are_read() {
        let read = |message: Value| transcription().read(&message.to_string());
        let words = Transcribed::Words { text: "שלום".into(), from_ms: None, until_ms: None };
        assert_eq!(read(json!({"message_type": "session_started", "session_id": "1"})), Ok(vec![Transcribed::Ready]));
        let partial = |text: &str| read(json!({"message_type": "partial_transcript", "text": text}));
        assert_eq!((partial("שלום "), partial("")), (Ok(vec![words.clone()]), Ok(Vec::new())));
        let committed = |text: &str| read(json!({"message_type": "committed_transcript", "text": text}));
        assert_eq!(committed("שלום"), Ok(vec![words, Transcribed::End]));
        assert_eq!(committed(""), Ok(vec![Transcribed::End]));
        for (error, retry) in
            [("auth_error", false), ("quota_exceeded_error", false), ("rate_limited", true), ("error", true)]
        {
            let reason = format!("{error}: no");
            let failed = TranscriptionError::Failed { retry, reason };
            assert_eq!(read(json!({"message_type": error, "error": "no"})), Err(failed));
        }
        for garbage in ["", "[]", "{}", r#"{"message_type":1}"#] {
            assert_eq!(transcription().read(garbage), Err(TranscriptionError::Malformed), "{garbage}");
        }
    }
}
