//! OpenAI's real-time transcription (guide "Realtime transcription"): a session of the Realtime API that only
//! transcribes. Words arrive while the caller speaks; the client ends each utterance with a commit.

use super::realtime::{self as wire, CallerAudio, ServerEvent};
use crate::audio::EncodedAudio;
use crate::config::OpenAiConfig;
use crate::domain::{AiFailure, AiFailureCause};
use crate::providers::error_code;
use crate::providers::transcription::{SessionAddress, Step, Transcribed, TranscriptionError, TranscriptionProtocol};
use crate::providers::websocket::KeyHeader;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// The interval of keep-alive messages. OpenAI documents no idle timeout; in a call, audio is sent all the time.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The minimum length of the audio between two commits ("Expected at least 100ms of audio").
const MIN_COMMIT_MS: u64 = 100;
/// The assumed maximum delay of a transcript after its audio, because the server reports no audio positions.
const LATENCY_MS: u64 = 500;

#[derive(Debug)]
pub struct OpenAiTranscription {
    url: String,
    session: Value,
    language: String,
    /// A message that is to be sent next.
    reply: Option<Message>,
    caller_audio: CallerAudio,
    is_ready: bool,
    sent_ms: u64,
    committed_ms: u64,
    /// The number of commits whose final transcript has not arrived.
    pending_commits: usize,
    /// The utterances whose words were not reported as final yet, oldest first.
    items: Vec<Item>,
}

/// The part of an utterance up to a commit.
#[derive(Debug)]
struct Item {
    id: String,
    text: String,
    is_final: bool,
}

impl OpenAiTranscription {
    /// `language` is an ISO 639-1 code. `terms` are words that the caller is likely to say.
    pub fn new(config: &OpenAiConfig, language: &str, terms: &[String]) -> Self {
        Self {
            url: format!("{}/realtime?intent=transcription", config.base_url.websocket_url()),
            session: session(config, language, terms),
            language: language.to_owned(),
            reply: None,
            caller_audio: CallerAudio::new(config.audio_format),
            is_ready: false,
            sent_ms: 0,
            committed_ms: 0,
            pending_commits: 0,
            items: Vec::new(),
        }
    }

    fn item(&mut self, id: &str) -> &mut Item {
        let position = self.items.iter().position(|item| item.id == id).unwrap_or_else(|| {
            self.items.push(Item { id: id.to_owned(), text: String::new(), is_final: false });
            self.items.len() - 1
        });
        &mut self.items[position]
    }

    /// Removes the hints that the server may reject: the keywords and the other languages, and then the language. Returns
    /// false if the session has no hint.
    fn remove_hint(&mut self) -> bool {
        let transcription = &mut self.session["audio"]["input"]["transcription"];
        let Some(fields) = transcription.as_object_mut() else { return false };
        let had_hints = [fields.remove("keywords"), fields.remove("languages")].iter().any(Option::is_some);
        if had_hints {
            fields.insert("language".to_owned(), self.language.as_str().into());
        }
        had_hints || fields.remove("language").is_some()
    }

    fn words(&self) -> Option<Transcribed> {
        let texts = self.items.iter().map(|item| item.text.trim()).filter(|text| !text.is_empty());
        let text = texts.collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(Transcribed::Words { text, from_ms: None, until_ms: None })
    }

    /// Handles the final transcript of an item; `None` if its transcription failed. The utterance ends when every
    /// commit is answered and no further words have arrived, because transcripts of different items may arrive in
    /// any order.
    fn completed(&mut self, id: &str, text: Option<&str>) -> Vec<Transcribed> {
        self.pending_commits = self.pending_commits.saturating_sub(1);
        let item = self.item(id);
        item.is_final = true;
        if let Some(text) = text {
            text.clone_into(&mut item.text);
        }
        let mut reports: Vec<_> = self.words().into_iter().collect();
        if self.pending_commits == 0 && self.items.iter().all(|item| item.is_final) {
            self.items.clear();
            reports.push(Transcribed::End);
        }
        reports
    }

    fn error(&mut self, code: &str, message: &str) -> Result<Vec<Transcribed>, TranscriptionError> {
        let message = error_code::one_line(message);
        if !self.is_ready && is_of_setting(code) && self.remove_hint() {
            tracing::warn!(
                event = "ENGINE_SETTING_REJECTED",
                code,
                "OpenAI's transcription rejects a hint of this call, which is opened without it: {code}: {message}"
            );
            self.reply = Some(Message::text(wire::session_update(&self.session)));
            return Ok(Vec::new());
        }
        let is_expired = code == "session_expired";
        let is_fatal = is_expired || wire::is_permanent(code) || !self.is_ready;
        if is_fatal {
            return Err(TranscriptionError::Failed { retry: is_expired, reason: format!("{code}: {message}") });
        }
        tracing::debug!(
            event = "ENGINE_ERROR",
            code,
            "OpenAI's transcription reported an error, and the call continues: {code}: {message}"
        );
        Ok(Vec::new())
    }
}

/// Returns true for the code of an error that may concern an optional setting of the session.
fn is_of_setting(code: &str) -> bool {
    let cause = AiFailure::from_reason(code).cause;
    cause == AiFailureCause::Rejected && !code.contains("model")
}

/// Returns the session settings. The pipeline itself decides when an utterance ends, so the server detects no turns.
fn session(config: &OpenAiConfig, language: &str, terms: &[String]) -> Value {
    let input = json!({
        "format": wire::audio_format(config.audio_format),
        "transcription": wire::transcription(&config.live_transcription_model, language, terms),
        "turn_detection": null,
    });
    json!({"type": "transcription", "audio": {"input": input}})
}

impl TranscriptionProtocol for OpenAiTranscription {
    const VENDOR: &'static str = "OpenAI";

    fn address(&self) -> SessionAddress {
        SessionAddress {
            url: self.url.clone(),
            key_header: KeyHeader::BEARER,
            keep_alive_every: KEEP_ALIVE,
            keep_alive: Message::Ping(Vec::new().into()),
        }
    }

    /// The session is ready once the server has accepted its settings.
    fn opened(&mut self) -> Step {
        (Some(Message::text(wire::session_update(&self.session))), None)
    }

    fn take_reply(&mut self) -> Option<Message> {
        self.reply.take()
    }

    fn audio(&mut self, audio: &EncodedAudio) -> Step {
        self.sent_ms += audio.ms();
        let message = self.caller_audio.append(audio);
        (Some(Message::text(message)), Some(Transcribed::ExpectedProgress(self.sent_ms.saturating_sub(LATENCY_MS))))
    }

    fn end_utterance(&mut self) -> Step {
        if self.sent_ms < self.committed_ms + MIN_COMMIT_MS {
            // Too little audio for another commit. If a commit is pending, its transcript ends the utterance.
            return (None, (self.pending_commits == 0).then_some(Transcribed::End));
        }
        self.committed_ms = self.sent_ms;
        self.pending_commits += 1;
        (Some(Message::text(wire::commit())), None)
    }

    fn read(&mut self, message: &str) -> Result<Vec<Transcribed>, TranscriptionError> {
        Ok(match wire::parse(message).ok_or(TranscriptionError::Malformed)? {
            ServerEvent::SessionUpdated => {
                self.is_ready = true;
                vec![Transcribed::Ready]
            }
            ServerEvent::CallerText { item_id, text, is_final: false, .. } => {
                let item = self.item(&item_id);
                if !item.is_final {
                    item.text.push_str(&text);
                }
                self.words().into_iter().collect()
            }
            ServerEvent::CallerText { item_id, text, is_final: true, .. } => self.completed(&item_id, Some(&text)),
            ServerEvent::TranscriptionFailed { item_id } => self.completed(&item_id, None),
            ServerEvent::Error { code, .. } if code.as_deref() == Some("input_audio_buffer_commit_empty") => {
                self.pending_commits = self.pending_commits.saturating_sub(1);
                let is_over = self.pending_commits == 0 && self.items.iter().all(|item| item.is_final);
                if is_over { vec![Transcribed::End] } else { Vec::new() }
            }
            ServerEvent::Error { kind, code, message, .. } => self.error(&code.unwrap_or(kind), &message)?,
            _ => Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AudioFormat;

    fn transcription() -> OpenAiTranscription {
        let mut transcription = OpenAiTranscription::new(&OpenAiConfig::default(), "he", &["סלון רונית".to_owned()]);
        assert_eq!(transcription.read(r#"{"type":"session.created"}"#), Ok(Vec::new()));
        assert_eq!(transcription.read(r#"{"type":"session.updated"}"#), Ok(vec![Transcribed::Ready]));
        transcription
    }

    fn delta(item: &str, delta: &str) -> String {
        let kind = "conversation.item.input_audio_transcription.delta";
        json!({"type": kind, "item_id": item, "content_index": 0, "delta": delta}).to_string()
    }

    fn completed(item: &str, transcript: &str) -> String {
        let kind = "conversation.item.input_audio_transcription.completed";
        json!({"type": kind, "item_id": item, "content_index": 0, "transcript": transcript}).to_string()
    }

    fn words(text: &str) -> Transcribed {
        Transcribed::Words { text: text.to_owned(), from_ms: None, until_ms: None }
    }

    fn speak(transcription: &mut OpenAiTranscription) {
        for _ in 0..10 {
            assert!(transcription.audio(&EncodedAudio::silence(20)).0.is_some());
        }
    }

    #[test]
    fn the_session_has_the_language_and_the_keywords_that_the_model_supports() {
        let mut config = OpenAiConfig { audio_format: AudioFormat::Pcm, ..OpenAiConfig::default() };
        let terms = ["רונית".to_owned()];
        let input = session(&config, "he", &terms)["audio"]["input"].clone();
        assert_eq!(input["format"], json!({"type": "audio/pcm", "rate": 24_000}));
        let expected =
            json!({"model": "gpt-live-transcribe", "languages": ["he", "en", "ar", "ru"], "keywords": ["רונית"]});
        assert_eq!((&input["transcription"], &input["turn_detection"]), (&expected, &Value::Null));
        config.live_transcription_model = "whisper-large".into();
        let expected = json!({"model": "whisper-large", "language": "he"});
        assert_eq!(session(&config, "he", &terms)["audio"]["input"]["transcription"], expected);
    }

    #[test]
    fn words_arrive_while_the_caller_speaks_and_a_commit_ends_the_utterance() {
        let mut transcription = transcription();
        speak(&mut transcription);
        assert_eq!(transcription.read(&delta("a", "אפשר ")), Ok(vec![words("אפשר")]));
        assert_eq!(transcription.read(&delta("a", "תור")), Ok(vec![words("אפשר תור")]));
        let (commit, report) = transcription.end_utterance();
        assert_eq!((commit, report), (Some(Message::text(r#"{"type":"input_audio_buffer.commit"}"#)), None));
        assert_eq!(transcription.end_utterance(), (None, None), "the commit is pending");
        assert_eq!(transcription.read(&completed("a", "אפשר תור?")), Ok(vec![words("אפשר תור?"), Transcribed::End]));
        assert_eq!(transcription.end_utterance(), (None, Some(Transcribed::End)), "there is no further audio");
    }

    #[test]
    fn words_after_a_commit_continue_the_utterance_in_any_order_of_the_transcripts() {
        let mut transcription = transcription();
        speak(&mut transcription);
        transcription.read(&delta("a", "מחר")).unwrap();
        transcription.end_utterance();
        assert_eq!(transcription.read(&delta("b", "בחמש")), Ok(vec![words("מחר בחמש")]));
        speak(&mut transcription);
        transcription.end_utterance();
        assert_eq!(transcription.read(&completed("b", "בחמש.")), Ok(vec![words("מחר בחמש.")]));
        assert_eq!(transcription.read(&completed("a", "מחר,")), Ok(vec![words("מחר, בחמש."), Transcribed::End]));
    }

    #[test]
    fn a_failed_transcription_ends_the_utterance_with_the_words_so_far() {
        let mut transcription = transcription();
        speak(&mut transcription);
        transcription.read(&delta("a", "שלום")).unwrap();
        transcription.end_utterance();
        let failed = r#"{"type":"conversation.item.input_audio_transcription.failed","item_id":"a","content_index":0}"#;
        assert_eq!(transcription.read(failed), Ok(vec![words("שלום"), Transcribed::End]));
    }

    #[test]
    fn a_session_whose_hints_are_rejected_opens_without_them() {
        let error = json!({"type": "invalid_request_error", "code": "unknown_parameter", "message": "keywords"});
        let rejected = json!({"type": "error", "error": error}).to_string();
        let mut opening = OpenAiTranscription::new(&OpenAiConfig::default(), "he", &["רונית".to_owned()]);
        for expected in
            [json!({"model": "gpt-live-transcribe", "language": "he"}), json!({"model": "gpt-live-transcribe"})]
        {
            assert_eq!(opening.read(&rejected), Ok(Vec::new()));
            let update: Value = serde_json::from_str(opening.take_reply().unwrap().to_text().unwrap()).unwrap();
            assert_eq!(update["session"]["audio"]["input"]["transcription"], expected);
            assert_eq!(opening.take_reply(), None);
        }
        let failed = TranscriptionError::Failed { retry: false, reason: "unknown_parameter: keywords".to_owned() };
        assert_eq!(opening.read(&rejected), Err(failed));
    }

    #[test]
    fn errors_before_the_session_is_ready_and_permanent_errors_end_it() {
        let error = |code: &str| {
            json!({"type": "error", "error": {"type": "invalid_request_error", "code": code, "message": "no"}})
                .to_string()
        };
        let failed = |retry, code: &str| Err(TranscriptionError::Failed { retry, reason: format!("{code}: no") });
        let mut opening = OpenAiTranscription::new(&OpenAiConfig::default(), "he", &[]);
        assert_eq!(opening.read(&error("invalid_model")), failed(false, "invalid_model"));
        assert_eq!(opening.take_reply(), None);
        let mut ready = transcription();
        assert_eq!(ready.read(&error("invalid_value")), Ok(Vec::new()));
        assert_eq!(ready.read(&error("session_expired")), failed(true, "session_expired"));
        assert_eq!(ready.read(&error("insufficient_quota")), failed(false, "insufficient_quota"));
        assert_eq!(ready.read("no JSON"), Err(TranscriptionError::Malformed));
    }
}
