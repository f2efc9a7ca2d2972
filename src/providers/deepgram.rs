//! Deepgram: live transcription over a WebSocket (API reference, "Live Audio"), with telephone audio.

use super::transcription::{
    SessionAddress, Step, TimedPiece, Transcribed, TranscriptionError, TranscriptionProtocol, languages_of_callers,
    terms_within, whole_ms, word_times,
};
use super::websocket::KeyHeader;
use crate::audio::EncodedAudio;
use crate::config::DeepgramConfig;
use crate::domain::WordTime;
use serde::Deserialize;
use std::borrow::Cow;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// The interval of keep-alive messages. Deepgram closes a connection without messages after ten seconds ("Audio Keep
/// Alive").
const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// The maximum total length of the key terms. Deepgram's limit is 500 tokens, and above the limit it transcribes
/// nothing ("Keyterm Prompting"). A token has at least one byte, so 500 bytes are always within the limit.
const MAX_TERM_BYTES: usize = 500;

/// A transcription session. The words of an utterance become final segment by segment, until a silence ends the
/// utterance.
#[derive(Debug)]
pub struct DeepgramTranscription {
    url: String,
    /// The words of the final segments of the current utterance.
    words: String,
    /// The words of `words` with their times.
    pieces: Vec<TimedPiece>,
    /// The number of ended utterances.
    ended: u64,
    /// The words of the latest segment, which can still change.
    tentative: String,
    began_ms: Option<u64>,
    until_ms: Option<u64>,
    /// Whether the client has ended the utterance while some of its words are not final yet.
    is_ending: bool,
}

impl DeepgramTranscription {
    /// `language` is an ISO 639-1 code. `terms` are words that the caller is likely to say.
    pub fn new(config: &DeepgramConfig, language: &str, terms: &[String]) -> Self {
        Self {
            url: url(config, language, terms),
            words: String::new(),
            pieces: Vec::new(),
            ended: 0,
            tentative: String::new(),
            began_ms: None,
            until_ms: None,
            is_ending: false,
        }
    }

    fn results(&mut self, results: &Results<'_>) -> Vec<Transcribed> {
        let mut read = Vec::new();
        let alternative = results.channel.alternatives.first();
        let text = alternative.map_or("", |alternative| alternative.transcript.trim());
        if let Some(alternative) = alternative.filter(|_| !text.is_empty()) {
            let (first, last) = (alternative.words.first(), alternative.words.last());
            self.began_ms = self.began_ms.or(first.map(|word| whole_ms(word.start * 1000.0)));
            self.until_ms = last.map(|word| whole_ms(word.end * 1000.0)).or(self.until_ms);
        }
        let is_change = !text.is_empty() || !self.tentative.is_empty();
        text.clone_into(&mut self.tentative);
        if is_change {
            read.push(Transcribed::Words { text: self.text(), from_ms: self.began_ms, until_ms: self.until_ms });
        }
        if results.is_final {
            self.words = self.text();
            self.tentative.clear();
            self.pieces.extend(alternative.into_iter().flat_map(|best| best.words.iter().filter_map(Spoken::timed)));
            let times = word_times(&self.words, &self.pieces);
            read.extend((!times.is_empty()).then_some(Transcribed::WordTimes { utterance: self.ended, times }));
        }
        let has_words = !self.words.is_empty() || !self.tentative.is_empty();
        if (results.is_final && self.is_ending) || (has_words && (results.speech_final || results.from_finalize)) {
            read.push(self.end());
        } else if !has_words {
            // The server has withdrawn the tentative words.
            self.began_ms = None;
        }
        read.push(Transcribed::Progress(whole_ms((results.start + results.duration) * 1000.0)));
        read
    }

    fn text(&self) -> String {
        format!("{} {}", self.words, self.tentative).trim().to_owned()
    }

    fn end(&mut self) -> Transcribed {
        self.words.clear();
        self.pieces.clear();
        self.ended += 1;
        self.tentative.clear();
        (self.began_ms, self.until_ms, self.is_ending) = (None, None, false);
        Transcribed::End
    }
}

fn url(config: &DeepgramConfig, language: &str, terms: &[String]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("model", &config.model);
    if config.multilingual {
        query.append_pair("language", "multi");
        for hint in languages_of_callers(language) {
            query.append_pair("language_hint", hint);
        }
    } else {
        query.append_pair("language", language);
    }
    query.append_pair("encoding", "mulaw").append_pair("sample_rate", "8000").append_pair("channels", "1");
    query.append_pair("interim_results", "true").append_pair("punctuate", "true");
    query.append_pair("endpointing", &config.endpointing_ms.to_string());
    for term in terms_within(MAX_TERM_BYTES, terms) {
        query.append_pair("keyterm", term);
    }
    format!("{}/v1/listen?{}", config.base_url.websocket_url(), query.finish())
}

impl TranscriptionProtocol for DeepgramTranscription {
    const VENDOR: &'static str = "Deepgram";

    fn address(&self) -> SessionAddress {
        let key_header = KeyHeader { name: "authorization", scheme: "Token " };
        let keep_alive = Message::text(r#"{"type":"KeepAlive"}"#);
        SessionAddress { url: self.url.clone(), key_header, keep_alive_every: KEEP_ALIVE, keep_alive }
    }

    fn opened(&mut self) -> Step {
        (None, Some(Transcribed::Ready))
    }

    fn audio(&mut self, audio: &EncodedAudio) -> Step {
        (Some(Message::binary(audio.decode())), None)
    }

    /// Requests the final words. If all words are already final, the server sends no answer, so the utterance ends at
    /// once.
    fn end_utterance(&mut self) -> Step {
        self.is_ending = !self.tentative.is_empty();
        (Some(Message::text(r#"{"type":"Finalize"}"#)), (!self.is_ending).then(|| self.end()))
    }

    fn read(&mut self, message: &str) -> Result<Vec<Transcribed>, TranscriptionError> {
        let kind: Kind<'_> = serde_json::from_str(message).map_err(|_| TranscriptionError::Malformed)?;
        match &*kind.kind {
            "Results" => {
                let results = serde_json::from_str(message).map_err(|_| TranscriptionError::Malformed)?;
                Ok(self.results(&results))
            }
            // Metadata and other messages contain no words.
            _ => Ok(Vec::new()),
        }
    }
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

/// A segment of the audio, with its words.
#[derive(Deserialize)]
struct Results<'a> {
    start: f64,
    duration: f64,
    #[serde(default)]
    is_final: bool,
    /// Whether a silence has ended the utterance.
    #[serde(default)]
    speech_final: bool,
    /// Whether this is the answer to the client's `Finalize` message.
    #[serde(default)]
    from_finalize: bool,
    #[serde(borrow)]
    channel: Channel<'a>,
}

#[derive(Deserialize)]
struct Channel<'a> {
    #[serde(borrow)]
    alternatives: Vec<Alternative<'a>>,
}

#[derive(Deserialize)]
struct Alternative<'a> {
    #[serde(borrow)]
    transcript: Cow<'a, str>,
    #[serde(borrow, default)]
    words: Vec<Spoken<'a>>,
}

#[derive(Deserialize)]
struct Spoken<'a> {
    start: f64,
    end: f64,
    #[serde(borrow, default)]
    word: Cow<'a, str>,
    #[serde(borrow)]
    punctuated_word: Option<Cow<'a, str>>,
}

impl Spoken<'_> {
    fn timed(&self) -> Option<TimedPiece> {
        let text = self.punctuated_word.as_ref().unwrap_or(&self.word);
        let time = WordTime { start_ms: whole_ms(self.start * 1000.0), end_ms: whole_ms(self.end * 1000.0) };
        (!text.is_empty()).then(|| TimedPiece { text: text.clone().into_owned(), time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn transcription() -> DeepgramTranscription {
        DeepgramTranscription::new(&DeepgramConfig::default(), "he", &[])
    }

    /// Builds a `Results` message for a segment with two words, or with no words if `text` is empty.
    #[expect(clippy::needless_pass_by_value, reason = "shorter where it is called")]
    fn results(text: &str, more: Value) -> String {
        let starts = if text.contains(' ') { vec![(1.0, 1.2), (1.2, 1.5)] } else { vec![(1.0, 1.5)] };
        let word = |(word, (start, end)): (&str, (f64, f64))| {
            let plain = word.trim_end_matches('?');
            json!({"word": plain, "punctuated_word": word, "confidence": 0.9, "start": start, "end": end})
        };
        let words: Vec<Value> = text.split(' ').filter(|word| !word.is_empty()).zip(starts).map(word).collect();
        let channel = json!({"alternatives": [{"transcript": text, "confidence": 0.9, "words": words}]});
        let mut message = json!({"type": "Results", "start": 1.0, "duration": 0.75, "channel": channel});
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message.to_string()
    }

    fn words(text: &str) -> Transcribed {
        Transcribed::Words { text: text.into(), from_ms: Some(1000), until_ms: Some(1500) }
    }

    fn without_times(mut read: Vec<Transcribed>) -> Vec<Transcribed> {
        read.retain(|report| !matches!(report, Transcribed::WordTimes { .. }));
        read
    }

    #[test]
    fn segments_are_joined_until_a_silence_ends_the_utterance() {
        let mut transcription = transcription();
        let mut read = |text: &str, more: Value| transcription.read(&results(text, more)).unwrap();
        let progress = Transcribed::Progress(1750);
        assert_eq!(read("שלום את", json!({})), [words("שלום את"), progress.clone()]);
        let time = |start_ms, end_ms| WordTime { start_ms, end_ms };
        let two = vec![time(1000, 1200), time(1200, 1500)];
        let times = Transcribed::WordTimes { utterance: 0, times: two.clone() };
        let is_final = read("שלום אתם", json!({"is_final": true}));
        assert_eq!(is_final, [words("שלום אתם"), times.clone(), progress.clone()]);
        assert_eq!(read("", json!({})), std::slice::from_ref(&progress));
        assert_eq!(read("פתוחים היום?", json!({})), [words("שלום אתם פתוחים היום?"), progress.clone()]);
        let last = read("", json!({"is_final": true, "speech_final": true}));
        let expected = [words("שלום אתם"), times, Transcribed::End, progress.clone()];
        assert_eq!(last, expected, "the words that were withdrawn are no part of it");
        let silence = read("", json!({"is_final": true, "speech_final": true}));
        assert_eq!(silence, std::slice::from_ref(&progress), "a silence without words ends no utterance");
        let next = read("אתם פתוחים?", json!({"is_final": true, "speech_final": true}));
        let times = Transcribed::WordTimes { utterance: 1, times: two };
        assert_eq!(next, [words("אתם פתוחים?"), times, Transcribed::End, progress]);
    }

    #[test]
    fn an_utterance_ends_at_once_if_no_words_are_open() {
        let mut transcription = transcription();
        assert_eq!(transcription.end_utterance().1, Some(Transcribed::End), "no words are open");
        transcription.read(&results("שלום", json!({}))).unwrap();
        assert_eq!(transcription.end_utterance().1, None, "the server answers");
        let answer = transcription.read(&results("שלום לכם", json!({"is_final": true, "from_finalize": true})));
        assert_eq!(without_times(answer.unwrap()), [words("שלום לכם"), Transcribed::End, Transcribed::Progress(1750)]);
        transcription.read(&results("שלום", json!({"is_final": true}))).unwrap();
        assert_eq!(transcription.end_utterance().1, Some(Transcribed::End), "the server does not answer");
    }

    #[test]
    fn words_that_became_final_by_themselves_end_the_utterance_too() {
        let mut transcription = transcription();
        transcription.read(&results("שלום", json!({}))).unwrap();
        assert_eq!(transcription.end_utterance().1, None);
        // The server sent these words before it read the `Finalize` request, so it sends no answer to the request.
        let crossing = transcription.read(&results("שלום", json!({"is_final": true}))).unwrap();
        assert_eq!(without_times(crossing), [words("שלום"), Transcribed::End, Transcribed::Progress(1750)]);
        let next = transcription.read(&results("ועוד", json!({"is_final": true}))).unwrap();
        assert_eq!(without_times(next), [words("ועוד"), Transcribed::Progress(1750)]);
        transcription.end_utterance();
        transcription.read(&results("רעש", json!({}))).unwrap();
        transcription.end_utterance();
        let withdrawn = transcription.read(&results("", json!({"is_final": true}))).unwrap();
        assert_eq!(withdrawn.get(1), Some(&Transcribed::End), "{withdrawn:?}");
    }

    #[test]
    fn other_messages_are_ignored_and_garbage_is_reported() {
        for other in [r#"{"type":"Metadata","request_id":"1"}"#, r#"{"type":"UtteranceEnd","last_word_end":1.0}"#] {
            assert_eq!(transcription().read(other), Ok(Vec::new()), "{other}");
        }
        for garbage in ["", "[]", "{", r#"{"type":"Results"}"#] {
            assert_eq!(transcription().read(garbage), Err(TranscriptionError::Malformed), "{garbage}");
        }
    }

    #[test]
    fn terms_stay_within_the_servers_limit() {
        let terms: Vec<_> = (0..100).map(|number| format!("תספורת & צבע {number}")).collect();
        let url = DeepgramTranscription::new(&DeepgramConfig::default(), "he", &terms).address().url;
        let query = url.strip_prefix("wss://api.deepgram.com/v1/listen?").unwrap();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let sent: Vec<_> = pairs.into_iter().filter(|(name, _)| name == "keyterm").map(|(_, term)| term).collect();
        assert_eq!(sent, terms[..sent.len()]);
        let bytes: usize = sent.iter().map(String::len).sum();
        assert!((450..=500).contains(&bytes), "{bytes}");
    }

    #[test]
    fn the_multilingual_model_receives_the_languages_to_expect() {
        let config = DeepgramConfig { multilingual: true, ..DeepgramConfig::default() };
        let url = DeepgramTranscription::new(&config, "ru", &["Ronit".to_owned()]).address().url;
        let expected =
            "model=nova-3&language=multi&language_hint=ru&language_hint=he&language_hint=en&language_hint=ar&";
        assert!(url.contains(expected) && url.ends_with("&keyterm=Ronit"), "{url}");
    }
}
