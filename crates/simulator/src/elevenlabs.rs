//! A fake ElevenLabs: real-time transcription over a WebSocket, and speech over HTTP.
//!
//! Based on ElevenLabs' documentation: "Realtime" of speech to text with its event reference and its commit strategies,
//! and "Stream speech" of the API reference.

use crate::fault::{Fault, FaultTable};
use crate::openai::options::spoken_ms;
use crate::server::{HttpRequest, Parameters, Server};
use crate::sound::{Voice, millis};
use crate::transcriber::{self, Transcriber, TranscriberEvent, TranscriberPlan, Word, text_of};
use crate::websocket::{self, Socket};
use crate::{EventLog, Party};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// The supported URL parameters of a transcription; other parameters are violations.
const PARAMETERS: [&str; 6] =
    ["model_id", "language_code", "audio_format", "commit_strategy", "include_timestamps", "keyterms"];
/// The supported fields of a speech request; other fields are violations.
const SPEECH_FIELDS: [&str; 4] = ["text", "model_id", "language_code", "voice_settings"];
/// The amount of audio before the first partial transcript, in milliseconds.
const FIRST_WORDS_MS: u64 = 2000;
/// The minimum amount of audio between two commits, in milliseconds.
const MIN_COMMIT_MS: u64 = 300;

/// The transcripts that the fake ElevenLabs returns, and its planned faults.
#[derive(Clone, Debug)]
pub struct ElevenLabsOptions {
    /// The required API key; `None` accepts any key that is not empty.
    pub api_key: Option<String>,
    /// The transcript of each utterance of a session, in order. After the last one, the list starts again.
    pub heard: Vec<String>,
    /// The planned faults.
    pub faults: ElevenLabsFaults,
}

/// Planned faults; by default none.
#[derive(Clone, Debug, Default)]
pub struct ElevenLabsFaults {
    /// The HTTP status with which sockets are rejected; `None` accepts them.
    pub refuse_sockets: Option<u16>,
    /// The `message_type` of the error with which sessions end as soon as they begin.
    pub reject_sessions: Option<&'static str>,
    /// The number of sessions, from the first, that end with `resource_exhausted` at their first commit.
    pub restart_transcriptions: usize,
    /// The number of sessions, from the first, that accept audio and send nothing.
    pub deaf_sessions: usize,
    /// Whether words are sent only after a commit.
    pub only_committed: bool,
    /// Whether each message of a session is preceded by a message that is not JSON.
    pub malformed: bool,
    /// Speech requests that are rejected: the number of the request, from 1, and the HTTP status.
    pub reject_speeches: Vec<(usize, u16)>,
}

impl Default for ElevenLabsOptions {
    fn default() -> Self {
        Self { api_key: None, heard: transcriber::sentences(), faults: ElevenLabsFaults::default() }
    }
}

/// The requests that the fake ElevenLabs has received.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ElevenLabsState {
    /// Transcriptions, in order.
    pub transcriptions: Vec<ElevenLabsTranscription>,
    /// Requests for speech, in order.
    pub speeches: Vec<ElevenLabsSpeech>,
}

/// The record of a transcription session.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ElevenLabsTranscription {
    /// The URL parameters, in order.
    pub parameters: Vec<(String, String)>,
    /// The length of the received audio, in bytes of mu-law.
    pub received: usize,
    /// The number of commits, without those that came too early.
    pub commits: usize,
}

/// The record of a speech request.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ElevenLabsSpeech {
    /// The voice id in the URL.
    pub voice: String,
    /// The JSON body of the request; `null` if it is not JSON.
    pub body: Value,
}

/// A running fake ElevenLabs. Dropping this value stops the server.
pub struct ElevenLabs {
    server: Server,
    shared: Arc<Shared>,
    faults: FaultTable,
}

struct Shared {
    log: EventLog,
    stopping: CancellationToken,
    options: Mutex<ElevenLabsOptions>,
    state: Mutex<ElevenLabsState>,
}

impl ElevenLabs {
    /// Starts the server on `listener`. An invalid request is recorded as a violation in `log`; a wrong API key is not.
    pub fn start(listener: TcpListener, options: ElevenLabsOptions, log: EventLog) -> std::io::Result<Self> {
        let state = |_, stopping| Shared { log, stopping, options: Mutex::new(options), state: Mutex::default() };
        let routes = |shared| {
            Router::new()
                .route("/v1/speech-to-text/realtime", get(transcribe))
                .route("/v1/text-to-speech/{voice}/stream", post(speak))
                .fallback(unknown)
                .with_state(shared)
        };
        let faults = FaultTable::default();
        let refuse = |status, message: &str| refuse(status, "rejected", message);
        let (server, shared) = Server::start(listener, state, |shared| faults.layer(routes(shared), refuse))?;
        Ok(Self { server, shared, faults })
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Returns the value for `ELEVENLABS_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the first HTTP requests, each with its connection.
    pub fn http_requests(&self) -> Vec<HttpRequest> {
        self.server.requests()
    }

    /// Returns the requests that the server has received.
    pub fn state(&self) -> ElevenLabsState {
        self.shared.state().clone()
    }

    /// Changes the options of the running server.
    pub fn change(&self, change: impl FnOnce(&mut ElevenLabsOptions)) {
        change(&mut self.shared.options.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Gives a fault to the requests whose path, or whose method and path, begin with `requests`. It replaces an earlier
    /// fault of the same requests.
    pub fn set_fault(&self, requests: &str, fault: Fault) {
        self.faults.set(requests, fault);
    }
}

impl Shared {
    fn options(&self) -> ElevenLabsOptions {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn state(&self) -> MutexGuard<'_, ElevenLabsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn violation(&self, complaint: impl Into<String>) {
        self.log.violation(Party::ElevenLabs, complaint);
    }

    fn has_key(&self, headers: &HeaderMap) -> bool {
        let key = headers.get("xi-api-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.options().api_key.as_ref().map_or(!key.is_empty(), |own| own == key)
    }
}

async fn transcribe(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    let options = shared.options();
    if let Some(status) = options.faults.refuse_sockets {
        return refuse(status, "refused", "refused as planned");
    }
    let parameters = Parameters::of(request.uri());
    // The API reports a wrong key as an error within the session, not as an HTTP status.
    let error = (!shared.has_key(request.headers())).then_some("auth_error").or(options.faults.reject_sessions);
    let wrong = complaints(&parameters);
    if !wrong.is_empty() {
        shared.violation(wrong.join("; "));
    }
    let index = {
        let mut state = shared.state();
        state
            .transcriptions
            .push(ElevenLabsTranscription { parameters: parameters.0, ..ElevenLabsTranscription::default() });
        state.transcriptions.len() - 1
    };
    let upgraded = websocket::upgrade(&mut request, move |mut socket| async move {
        match error {
            Some(error) => reject(&mut socket, error).await,
            None => serve(&shared, socket, index).await,
        }
    });
    upgraded.unwrap_or_else(|| refuse(400, "bad_request", "expected a WebSocket upgrade"))
}

fn complaints(parameters: &Parameters) -> Vec<String> {
    let value = |name: &str| parameters.value(name);
    let mut wrong = parameters.unknown(&PARAMETERS);
    if value("audio_format") != "ulaw_8000" || value("commit_strategy") != "manual" {
        wrong.push("this fake hears only mu-law of a telephone, and knows only manual commits".into());
    }
    if value("model_id").is_empty() {
        wrong.push("model_id is missing".into());
    }
    let terms: Vec<_> = parameters.0.iter().filter(|(name, _)| name == "keyterms").collect();
    if terms.len() > 50 || terms.iter().any(|(_, term)| term.is_empty() || term.chars().count() > 20) {
        wrong.push("a session may have 50 key terms of at most 20 characters".into());
    }
    wrong
}

async fn reject(socket: &mut Socket, error: &str) {
    let message = json!({"message_type": error, "error": "rejected as planned"});
    let _ = socket.send(Message::text(message.to_string())).await;
    let _ = socket.close(None).await;
}

async fn serve(shared: &Shared, mut socket: Socket, index: usize) {
    let options = shared.options();
    let parameters = Parameters(shared.state().transcriptions[index].parameters.clone());
    let languages = parameters.all("language_code").map(str::to_owned).collect();
    let mut transcriber = Transcriber::new(TranscriberPlan { heard: options.heard, endpoint: None, languages });
    let has_timestamps = parameters.value("include_timestamps") == "true";
    let (mut committed_ms, mut unsent) = (0, None);
    let started = json!({"message_type": "session_started", "session_id": "0123456789abcdef", "config": {}});
    let mut responses = vec![started];
    loop {
        for response in responses.drain(..) {
            if options.faults.malformed {
                let _ = socket.feed(Message::text("{\"message_type\": ")).await;
            }
            if socket.send(Message::text(response.to_string())).await.is_err() {
                return;
            }
        }
        let message = tokio::select! {
            message = socket.next() => message,
            () = shared.stopping.cancelled() => return,
        };
        let chunk: Value = match message {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap_or_default(),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Ok(Message::Binary(_))) => Value::Null,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return,
        };
        let audio = chunk["audio_base_64"].as_str().and_then(|audio| STANDARD.decode(audio).ok());
        let (Some(audio), "input_audio_chunk") = (audio, chunk["message_type"].as_str().unwrap_or_default()) else {
            shared.violation("a message is no input_audio_chunk with audio");
            return reject(&mut socket, "input_error").await;
        };
        if millis(audio.len()) > 1000 {
            shared.violation("a chunk has more than a second of audio");
        }
        shared.state().transcriptions[index].received += audio.len();
        if index < options.faults.deaf_sessions {
            continue;
        }
        for heard in transcriber.receive(&audio) {
            if let TranscriberEvent::Words(words) = heard {
                unsent = Some(text_of(&words));
            }
        }
        let has_partials = !options.faults.only_committed && transcriber.now_ms() >= FIRST_WORDS_MS;
        if let Some(text) = unsent.take_if(|_| has_partials) {
            responses.push(json!({"message_type": "partial_transcript", "text": text}));
        }
        if chunk["commit"] == true {
            if transcriber.now_ms() < committed_ms + MIN_COMMIT_MS {
                shared.violation("a commit with less than 0.3 s of audio");
                return reject(&mut socket, "commit_throttled").await;
            }
            shared.state().transcriptions[index].commits += 1;
            if index < options.faults.restart_transcriptions {
                return reject(&mut socket, "resource_exhausted").await;
            }
            (committed_ms, unsent) = (transcriber.now_ms(), None);
            let words = transcriber.finish();
            responses.push(json!({"message_type": "committed_transcript", "text": text_of(&words)}));
            // The documentation's order: the same text follows with the times of its words.
            if has_timestamps && !words.is_empty() {
                responses.push(timestamps(&words));
            }
        }
    }
}

fn timestamps(words: &[Word]) -> Value {
    let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
    let item = |text: &str, kind: &str, start_ms: u64, end_ms: u64| json!({"text": text, "start": seconds(start_ms), "end": seconds(end_ms), "type": kind, "logprob": -0.1});
    let items = words.iter().flat_map(|word| {
        let space = word.text.ends_with(' ').then(|| item(" ", "spacing", word.end_ms, word.end_ms));
        [Some(item(word.text.trim(), "word", word.start_ms, word.end_ms)), space].into_iter().flatten()
    });
    let items: Vec<_> = items.collect();
    json!({"message_type": "committed_transcript_with_timestamps", "text": text_of(words), "language_code": "he",
        "words": items})
}

/// `POST /v1/text-to-speech/{voice}/stream`
async fn speak(
    State(shared): State<Arc<Shared>>,
    Path(voice): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !shared.has_key(&headers) {
        return refuse(401, "invalid_api_key", "Invalid API key");
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let number = {
        let mut state = shared.state();
        state.speeches.push(ElevenLabsSpeech { voice, body: body.clone() });
        state.speeches.len()
    };
    let planned = shared.options().faults.reject_speeches;
    if let Some((_, status)) = planned.iter().find(|(rejected, _)| *rejected == number) {
        return refuse(*status, "rejected", "rejected as planned");
    }
    let fields = body.as_object().map(|fields| fields.keys().map(String::as_str).collect()).unwrap_or_default();
    let unknown: Vec<_> = Vec::into_iter(fields).filter(|name| !SPEECH_FIELDS.contains(name)).collect();
    let knows_hebrew = body["model_id"].as_str().is_some_and(|model| model.starts_with("eleven_v3"));
    let is_valid = unknown.is_empty()
        && uri.query() == Some("output_format=ulaw_8000")
        && body["text"].as_str().is_some_and(|text| !text.trim().is_empty())
        && (knows_hebrew || body["language_code"] != "he");
    if !is_valid {
        shared.violation(format!("speech: {uri} {body}"));
        return refuse(422, "invalid_request", "the request is not valid");
    }
    let length_ms = spoken_ms(body["text"].as_str().unwrap_or_default());
    ([(header::CONTENT_TYPE, "audio/basic")], Voice::agent(number as u64).speak(length_ms)).into_response()
}

async fn unknown(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    shared.violation(format!("there is no {}", request.uri().path()));
    refuse(404, "not_found", "not found")
}

fn refuse(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, Json(json!({"detail": {"status": code, "message": message}}))).into_response()
}
