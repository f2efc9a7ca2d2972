//! Soniox: real-time transcription and speech over WebSockets (API references, "WebSocket API"). Both use telephone
//! audio.

use super::http_client::is_temporary;
use super::transcription::{
    SessionAddress, Step, TimedPiece, Transcribed, TranscriptionError, TranscriptionProtocol, languages_of_callers,
    whole_ms, word_times,
};
use super::websocket::KeyHeader;
use crate::audio::EncodedAudio;
use crate::config::SonioxConfig;
use crate::domain::WordTime;
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// The interval of keep-alive messages. The documentation asks for a message every 20 to 30 s.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

pub fn tts_address(config: &SonioxConfig) -> SessionAddress {
    let url = format!("{}/tts-websocket", config.tts_base_url.websocket_url());
    session_address(url, r#"{"keep_alive":true}"#)
}

fn session_address(url: String, keep_alive: &'static str) -> SessionAddress {
    let keep_alive = Message::text(keep_alive);
    SessionAddress { url, key_header: KeyHeader::BEARER, keep_alive_every: KEEP_ALIVE, keep_alive }
}

/// Audio follows as binary messages.
fn start_transcription(config: &SonioxConfig, language: &str, terms: &[String]) -> String {
    json!({
        "model": config.stt_model,
        "audio_format": "mulaw",
        "sample_rate": 8000,
        "num_channels": 1,
        "language_hints": languages_of_callers(language).collect::<Vec<_>>(),
        "enable_endpoint_detection": true,
        "max_endpoint_delay_ms": config.max_endpoint_delay_ms,
        "context": {"terms": terms},
    })
    .to_string()
}

pub fn start_speech(config: &SonioxConfig, language: &str, stream: &str) -> String {
    json!({
        "model": config.tts_model,
        "language": language,
        "voice": config.voice,
        "audio_format": "pcm_mulaw",
        "sample_rate": 8000,
        "stream_id": stream,
    })
    .to_string()
}

pub fn speech_text(stream: &str, text: &str) -> String {
    json!({"text": text, "text_end": true, "stream_id": stream}).to_string()
}

pub fn cancel_speech(stream: &str) -> String {
    json!({"stream_id": stream, "cancel": true}).to_string()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// A status code with the meaning of the HTTP status codes.
    pub code: u16,
    pub message: String,
}

impl ServerError {
    /// Returns true if a retry may succeed. A retry with a wrong key or wrong parameters cannot succeed.
    pub fn is_temporary(&self) -> bool {
        is_temporary(self.code)
    }
}

/// The server's model also detects the end of the caller's turn.
#[derive(Debug)]
pub struct SonioxTranscription {
    url: String,
    start: String,
    transcript: Transcript,
}

impl SonioxTranscription {
    /// `language` is an ISO 639-1 code. `terms` are words that the caller is likely to say.
    pub fn new(config: &SonioxConfig, language: &str, terms: &[String]) -> Self {
        let url = format!("{}/transcribe-websocket", config.stt_base_url.websocket_url());
        Self { url, start: start_transcription(config, language, terms), transcript: Transcript::default() }
    }
}

impl TranscriptionProtocol for SonioxTranscription {
    const VENDOR: &'static str = "Soniox";

    fn address(&self) -> SessionAddress {
        session_address(self.url.clone(), r#"{"type":"keepalive"}"#)
    }

    fn opened(&mut self) -> Step {
        (Some(Message::text(self.start.as_str())), Some(Transcribed::Ready))
    }

    fn audio(&mut self, audio: &EncodedAudio) -> Step {
        (Some(Message::binary(audio.decode())), None)
    }

    /// The server answers with a `<fin>` token after all audio so far is final.
    fn end_utterance(&mut self) -> Step {
        (Some(Message::text(r#"{"type":"finalize"}"#)), None)
    }

    fn read(&mut self, message: &str) -> Result<Vec<Transcribed>, TranscriptionError> {
        self.transcript.read(message)
    }
}

/// The transcript of the current utterance, built from the server's tokens.
#[derive(Debug, Default)]
struct Transcript {
    words: String,
    /// The tokens of `words` with their times.
    pieces: Vec<TimedPiece>,
    /// The number of ended utterances.
    ended: u64,
    began_ms: Option<u64>,
}

#[derive(Deserialize)]
struct SttMessage<'a> {
    #[serde(borrow, default)]
    tokens: Vec<Token<'a>>,
    total_audio_proc_ms: Option<f64>,
    error_code: Option<u16>,
    error_message: Option<String>,
}

#[derive(Deserialize)]
struct Token<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(default)]
    is_final: bool,
    start_ms: Option<f64>,
    end_ms: Option<f64>,
}

impl Token<'_> {
    fn timed(&self) -> Option<TimedPiece> {
        let time = WordTime { start_ms: whole_ms(self.start_ms?), end_ms: whole_ms(self.end_ms?) };
        Some(TimedPiece { text: self.text.clone().into_owned(), time })
    }
}

impl Transcript {
    /// An error ends the session, because the server closes the connection after any error.
    fn read(&mut self, message: &str) -> Result<Vec<Transcribed>, TranscriptionError> {
        let message: SttMessage<'_> = serde_json::from_str(message).map_err(|_| TranscriptionError::Malformed)?;
        if let Some(code) = message.error_code {
            let error = ServerError { code, message: message.error_message.unwrap_or_default() };
            let reason = format!("{} {}", error.code, error.message);
            return Err(TranscriptionError::Failed { retry: error.is_temporary(), reason });
        }
        let mut read = Vec::new();
        let (mut tentative, mut until_ms) = (String::new(), None);
        for token in &message.tokens {
            if matches!(&*token.text, "<end>" | "<fin>") {
                if !self.words.trim().is_empty() {
                    read.push(self.words(&tentative, until_ms));
                    let times = word_times(&self.words, &self.pieces);
                    read.extend((!times.is_empty()).then_some(Transcribed::WordTimes { utterance: self.ended, times }));
                }
                read.push(Transcribed::End);
                let ended = self.ended + 1;
                (*self, tentative, until_ms) = (Self { ended, ..Self::default() }, String::new(), None);
                continue;
            }
            if token.is_final {
                self.pieces.extend(token.timed());
            }
            self.began_ms = self.began_ms.or(token.start_ms.map(whole_ms));
            until_ms = token.end_ms.map(whole_ms).or(until_ms);
            let text = if token.is_final { &mut self.words } else { &mut tentative };
            text.push_str(&token.text);
        }
        if until_ms.is_some() || !tentative.is_empty() {
            read.push(self.words(&tentative, until_ms));
        }
        read.extend(message.total_audio_proc_ms.map(whole_ms).map(Transcribed::Progress));
        if self.words.is_empty() && tentative.is_empty() {
            // The server has withdrawn the tentative words.
            self.began_ms = None;
        }
        Ok(read)
    }

    fn words(&self, tentative: &str, until_ms: Option<u64>) -> Transcribed {
        let text = format!("{}{tentative}", self.words).trim_start().to_owned();
        Transcribed::Words { text, from_ms: self.began_ms, until_ms }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeechMessage {
    /// A piece of a stream's audio.
    Audio { stream: String, audio: EncodedAudio },
    /// The stream is complete, cancelled or failed. No more events of this stream follow.
    Terminated { stream: String },
    /// An error of one stream, or of the whole socket if `stream` is `None`.
    Error { stream: Option<String>, error: ServerError },
    /// A message without an effect.
    Other,
}

#[derive(Deserialize)]
struct TtsMessage {
    stream_id: Option<String>,
    audio: Option<String>,
    #[serde(default)]
    terminated: bool,
    error_code: Option<u16>,
    error_message: Option<String>,
}

pub fn read_speech(message: &str) -> Option<SpeechMessage> {
    let message: TtsMessage = serde_json::from_str(message).ok()?;
    if let Some(code) = message.error_code {
        let error = ServerError { code, message: message.error_message.unwrap_or_default() };
        return Some(SpeechMessage::Error { stream: message.stream_id, error });
    }
    let Some(stream) = message.stream_id else { return Some(SpeechMessage::Other) };
    match message.audio.filter(|audio| !audio.is_empty()) {
        Some(audio) => Some(SpeechMessage::Audio { stream, audio: EncodedAudio::parse(audio.into())? }),
        None if message.terminated => Some(SpeechMessage::Terminated { stream }),
        None => Some(SpeechMessage::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, until_ms: u64) -> Transcribed {
        Transcribed::Words { text: text.into(), from_ms: Some(100), until_ms: Some(until_ms) }
    }

    #[test]
    fn final_tokens_stay_and_tentative_ones_are_replaced() {
        let mut transcript = Transcript::default();
        let mut read = |tokens: serde_json::Value| {
            transcript
                .read(&json!({"tokens": tokens, "final_audio_proc_ms": 0, "total_audio_proc_ms": 500}).to_string())
        };
        let token = |text: &str, end_ms: u64, is_final: bool| json!({"text": text, "start_ms": 100, "end_ms": end_ms, "is_final": is_final, "confidence": 0.9});
        let progress = Transcribed::Progress(500);
        let first = read(json!([token("שלו", 300, false)]));
        assert_eq!(first, Ok(vec![words("שלו", 300), progress.clone()]));
        let second = read(json!([token("שלום", 350, true), token(" את", 500, false)]));
        assert_eq!(second, Ok(vec![words("שלום את", 500), progress.clone()]));
        assert_eq!(read(json!([])), Ok(vec![progress.clone()]));
        let end = json!({"text": "<end>", "is_final": true});
        let last = read(json!([token(" אתם", 520, true), end.clone(), token("ועוד", 900, false)]));
        let time = |end_ms| WordTime { start_ms: 100, end_ms };
        let times = Transcribed::WordTimes { utterance: 0, times: vec![time(350), time(520)] };
        let expected = vec![words("שלום אתם", 520), times, Transcribed::End, words("ועוד", 900), progress.clone()];
        assert_eq!(last, Ok(expected));
        // A word in several tokens, after a space of its own.
        let parts =
            [token("ועו", 900, true), token("ד", 950, true), token(" ", 950, true), token("כאן", 990, true), end];
        let times = Transcribed::WordTimes { utterance: 1, times: vec![time(950), time(990)] };
        assert_eq!(read(json!(parts)), Ok(vec![words("ועוד כאן", 990), times, Transcribed::End, progress]));
    }

    #[test]
    fn errors_say_whether_to_retry_and_garbage_is_reported() {
        let error = |code| format!(r#"{{"error_code":{code},"error_message":"no","tokens":[]}}"#);
        let read = |code| Transcript::default().read(&error(code));
        for (code, retry) in [(401, false), (402, false), (400, false), (408, true), (429, true), (503, true)] {
            assert_eq!(read(code), Err(TranscriptionError::Failed { retry, reason: format!("{code} no") }));
        }
        for garbage in ["", "[]", "{", r#"{"tokens":[{"is_final":true}]}"#] {
            assert_eq!(Transcript::default().read(garbage), Err(TranscriptionError::Malformed), "{garbage}");
        }
        assert_eq!(read_speech("{"), None);
        assert_eq!(read_speech(r#"{"stream_id":"1","audio":"%"}"#), None);
        assert_eq!(read_speech("{}"), Some(SpeechMessage::Other));
    }

    #[test]
    fn the_events_of_a_speech_stream_are_read() {
        let stream = || "s1".to_owned();
        let audio = EncodedAudio::encode(&[7; 160]);
        let message = json!({"audio": audio.base64(), "audio_end": true, "stream_id": "s1"}).to_string();
        assert_eq!(read_speech(&message), Some(SpeechMessage::Audio { stream: stream(), audio }));
        let done = read_speech(r#"{"terminated":true,"stream_id":"s1"}"#);
        assert_eq!(done, Some(SpeechMessage::Terminated { stream: stream() }));
        let failed = read_speech(r#"{"stream_id":"s1","error_code":429,"error_message":"slow down"}"#);
        let error = ServerError { code: 429, message: "slow down".into() };
        assert_eq!(failed, Some(SpeechMessage::Error { stream: Some(stream()), error }));
    }
}
