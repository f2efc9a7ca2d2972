//! A fake Deepgram: live transcription over a WebSocket.
//!
//! Based on Deepgram's documentation: "Live Audio" of the API reference, "Endpointing", "Interim Results", "Finalize",
//! "Audio Keep Alive", "Keyterm Prompting".

use crate::fault::{Fault, FaultTable};
use crate::server::Parameters;
use crate::server::Server;
use crate::transcriber::{self, Transcriber, TranscriberEvent, TranscriberPlan, Word, text_of};
use crate::websocket::{self, Socket};
use crate::{EventLog, Party};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::CancellationToken;

/// The interval of empty results while no speech is detected, in milliseconds of audio.
const RESPONSE_MS: u64 = 400;
/// The number of words after which a segment is final, even within an utterance.
const SEGMENT_WORDS: usize = 3;
/// The supported URL parameters; other parameters are violations.
const PARAMETERS: [&str; 11] = [
    "model",
    "language",
    "language_hint",
    "encoding",
    "sample_rate",
    "channels",
    "interim_results",
    "endpointing",
    "punctuate",
    "keyterm",
    "mip_opt_out",
];

/// The transcripts that the fake Deepgram returns, and its planned faults.
#[derive(Clone, Debug)]
pub struct DeepgramOptions {
    /// The required API key; `None` accepts any key that is not empty.
    pub api_key: Option<String>,
    /// The transcript of each utterance of a connection, in order. After the last one, the list starts again.
    pub heard: Vec<String>,
    /// The HTTP status with which connections are rejected; `None` accepts them.
    pub refuse_sockets: Option<u16>,
    /// The number of connections, from the first, that are closed with code 1011 at the end of their first utterance.
    pub restart_transcriptions: usize,
    /// Whether silence is never detected, as on a noisy line.
    pub endless_utterances: bool,
    /// Whether each message is preceded by a message that is not JSON.
    pub malformed: bool,
}

impl Default for DeepgramOptions {
    fn default() -> Self {
        Self {
            api_key: None,
            heard: transcriber::sentences(),
            refuse_sockets: None,
            restart_transcriptions: 0,
            endless_utterances: false,
            malformed: false,
        }
    }
}

/// The record of a transcription connection.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DeepgramTranscription {
    /// The URL parameters, in order.
    pub parameters: Vec<(String, String)>,
    /// The length of the received audio, in bytes of mu-law.
    pub received: usize,
    /// The number of utterances that endpointing ended.
    pub endpoints: usize,
    /// The number of `Finalize` messages.
    pub finalized: usize,
    /// The number of `KeepAlive` messages.
    pub kept_alive: usize,
}

/// A running fake Deepgram. Dropping this value stops the server.
pub struct Deepgram {
    server: Server,
    shared: Arc<Shared>,
    faults: FaultTable,
}

struct Shared {
    log: EventLog,
    stopping: CancellationToken,
    options: Mutex<DeepgramOptions>,
    transcriptions: Mutex<Vec<DeepgramTranscription>>,
}

impl Deepgram {
    /// Starts the server on `listener`. An invalid request is recorded as a violation in `log`; a wrong API key is not.
    pub fn start(listener: TcpListener, options: DeepgramOptions, log: EventLog) -> std::io::Result<Self> {
        let state =
            |_, stopping| Shared { log, stopping, options: Mutex::new(options), transcriptions: Mutex::default() };
        let routes = |shared| Router::new().route("/v1/listen", get(listen)).fallback(unknown).with_state(shared);
        let faults = FaultTable::default();
        let (server, shared) = Server::start(listener, state, |shared| faults.layer(routes(shared), refuse))?;
        Ok(Self { server, shared, faults })
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `DEEPGRAM_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the records of all transcriptions, in order.
    pub fn transcriptions(&self) -> Vec<DeepgramTranscription> {
        self.shared.transcriptions().clone()
    }

    /// Changes the options of the running server.
    pub fn change(&self, change: impl FnOnce(&mut DeepgramOptions)) {
        change(&mut self.shared.options.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Gives a fault to the requests whose path, or whose method and path, begin with `requests`. It replaces an earlier
    /// fault of the same requests.
    pub fn set_fault(&self, requests: &str, fault: Fault) {
        self.faults.set(requests, fault);
    }
}

impl Shared {
    fn options(&self) -> DeepgramOptions {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn transcriptions(&self) -> MutexGuard<'_, Vec<DeepgramTranscription>> {
        self.transcriptions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn violation(&self, complaint: impl Into<String>) {
        self.log.violation(Party::Deepgram, complaint);
    }
}

async fn listen(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    let options = shared.options();
    if let Some(status) = options.refuse_sockets {
        return refuse(status, "refused as planned");
    }
    let value = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = value.strip_prefix("Token ").unwrap_or_default();
    if !options.api_key.as_ref().map_or(!key.is_empty(), |own| own == key) {
        return refuse(401, "Invalid credentials.");
    }
    let parameters = Parameters::of(request.uri());
    let wrong = complaints(&parameters);
    if !wrong.is_empty() {
        shared.violation(wrong.join("; "));
        return refuse(400, &wrong.join("; "));
    }
    let endpoint = parameters.value("endpointing").parse().ok().map(Duration::from_millis);
    let index = {
        let mut transcriptions = shared.transcriptions();
        transcriptions.push(DeepgramTranscription { parameters: parameters.0, ..DeepgramTranscription::default() });
        transcriptions.len() - 1
    };
    let upgraded = websocket::upgrade(&mut request, move |socket| async move {
        serve(&shared, socket, index, endpoint).await;
    });
    upgraded.unwrap_or_else(|| refuse(400, "expected a WebSocket upgrade"))
}

async fn unknown(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    shared.violation(format!("there is no {}", request.uri().path()));
    refuse(404, "not found")
}

fn refuse(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, Json(json!({"err_code": "REFUSED", "err_msg": message}))).into_response()
}

fn complaints(parameters: &Parameters) -> Vec<String> {
    let value = |name: &str| parameters.value(name);
    let mut wrong = parameters.unknown(&PARAMETERS);
    if value("encoding") != "mulaw" || value("sample_rate") != "8000" {
        wrong.push("this fake hears only mu-law of a telephone".into());
    }
    if !value("model").starts_with("nova-3") && value("language") == "he" {
        wrong.push("only nova-3 knows Hebrew".into());
    }
    let hints: Vec<_> = parameters.0.iter().filter(|(name, _)| name == "language_hint").collect();
    if !hints.is_empty() && (value("language") != "multi" || value("model") != "nova-3") {
        wrong.push("only nova-3 with the language multi accepts language hints".into());
    }
    if hints.iter().any(|(_, hint)| !["he", "en", "ar", "ru"].contains(&hint.as_str())) {
        wrong.push("this fake knows only the languages he, en, ar and ru".into());
    }
    if value("endpointing").parse::<u64>().is_err() {
        wrong.push("endpointing is no number of milliseconds".into());
    }
    let terms = parameters.0.iter().filter(|(name, _)| name == "keyterm");
    if terms.map(|(_, term)| term.len()).sum::<usize>() > 500 {
        // A token has at least one byte, so this limit is stricter than the real limit of 500 tokens.
        wrong.push("the key terms may have more than 500 tokens".into());
    }
    wrong
}

/// A transcription in progress: segments of words that become final one after the other.
struct Transcription {
    transcriber: Transcriber,
    /// The number of words of the current utterance that are in final segments.
    final_words: usize,
    /// The end of the last final segment, in milliseconds of audio.
    final_ms: u64,
    responded_ms: u64,
}

async fn serve(shared: &Shared, mut socket: Socket, index: usize, endpoint: Option<Duration>) {
    let options = shared.options();
    let endpoint = endpoint.filter(|_| !options.endless_utterances);
    let parameters = Parameters(shared.transcriptions()[index].parameters.clone());
    let languages = ["language", "language_hint"].iter().flat_map(|name| parameters.all(name));
    let languages = languages.filter(|language| *language != "multi").map(str::to_owned).collect();
    let transcriber = Transcriber::new(TranscriberPlan { heard: options.heard, endpoint, languages });
    let mut transcription = Transcription { transcriber, final_words: 0, final_ms: 0, responded_ms: 0 };
    loop {
        let message = tokio::select! {
            message = socket.next() => message,
            () = shared.stopping.cancelled() => return,
        };
        let responses = match message {
            Some(Ok(Message::Binary(audio))) => {
                let ended = transcription.transcriber.ended();
                let responses = transcription.receive(&audio);
                let record = &mut shared.transcriptions()[index];
                record.received += audio.len();
                record.endpoints += transcription.transcriber.ended() - ended;
                responses
            }
            Some(Ok(Message::Text(text))) => {
                let message: Value = serde_json::from_str(&text).unwrap_or_default();
                let record = &mut shared.transcriptions()[index];
                match message["type"].as_str() {
                    Some("Finalize") => {
                        record.finalized += 1;
                        transcription.finalize()
                    }
                    Some("KeepAlive") => {
                        record.kept_alive += 1;
                        Vec::new()
                    }
                    Some("CloseStream") => return,
                    _ => {
                        shared.violation(format!("an unknown message: {text}"));
                        Vec::new()
                    }
                }
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Vec::new(),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return,
        };
        for response in responses {
            if index < options.restart_transcriptions && transcription.transcriber.ended() > 0 {
                let frame = CloseFrame { code: CloseCode::Error, reason: "NET-0000".into() };
                let _ = socket.close(Some(frame)).await;
                return;
            }
            if options.malformed {
                let _ = socket.feed(Message::text("{\"type\": ")).await;
            }
            if socket.send(Message::text(response.to_string())).await.is_err() {
                return;
            }
        }
    }
}

impl Transcription {
    fn receive(&mut self, audio: &[u8]) -> Vec<Value> {
        let mut responses = Vec::new();
        for heard in self.transcriber.receive(audio) {
            match heard {
                TranscriberEvent::Words(words) if words.len() >= self.final_words + SEGMENT_WORDS => {
                    responses.push(self.result(&words, true, None));
                    self.final_words = words.len();
                }
                TranscriberEvent::Words(words) => responses.push(self.result(&words, false, None)),
                TranscriberEvent::End(words) => {
                    responses.push(self.result(&words, true, Some("speech_final")));
                    self.final_words = 0;
                }
            }
        }
        if self.transcriber.now_ms() >= self.responded_ms + RESPONSE_MS
            && responses.is_empty()
            && !self.transcriber.is_in_utterance()
        {
            responses.push(self.result(&[], false, None));
        }
        responses
    }

    /// Handles `Finalize`: all received audio becomes final. Returns no response if no words were pending.
    fn finalize(&mut self) -> Vec<Value> {
        if !self.transcriber.is_in_utterance() {
            return Vec::new();
        }
        let words = self.transcriber.finish();
        let waits = words.len() > self.final_words;
        let result = self.result(&words, true, Some("from_finalize"));
        self.final_words = 0;
        if waits { vec![result] } else { Vec::new() }
    }

    /// Creates the message about the words that are not in a final segment yet. If the utterance is over, `reason` is
    /// the field that is set to true: `speech_final` or `from_finalize`.
    fn result(&mut self, words: &[Word], is_final: bool, reason: Option<&str>) -> Value {
        let now_ms = self.transcriber.now_ms();
        let words = words.get(self.final_words..).unwrap_or_default();
        let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
        let placed: Vec<_> = words
            .iter()
            .map(|word| {
                let text = word.text.trim();
                json!({"word": text, "punctuated_word": text, "confidence": 0.98,
                    "start": seconds(word.start_ms), "end": seconds(word.end_ms)})
            })
            .collect();
        let result = json!({
            "type": "Results",
            "channel_index": [0, 1],
            "start": seconds(self.final_ms),
            "duration": seconds(now_ms - self.final_ms),
            "is_final": is_final,
            "speech_final": reason == Some("speech_final"),
            "from_finalize": reason == Some("from_finalize"),
            "channel": {"alternatives": [{"transcript": text_of(words), "confidence": 0.98, "words": placed}]},
        });
        self.responded_ms = now_ms;
        if is_final {
            self.final_ms = now_ms;
        }
        result
    }
}
