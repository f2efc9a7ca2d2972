//! Transcription: sends tokens while the caller speaks, and `<end>` when the utterance is over.

use super::options::SonioxOptions;
use super::state::{LANGUAGES, Shared, complaints};
use crate::server::delay;
use crate::transcriber::{Transcriber, TranscriberEvent, TranscriberPlan, Word};
use crate::websocket::Socket;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

/// The amount of audio after which a response is sent even without words, in milliseconds.
const RESPONSE_MS: u64 = 200;

/// A transcription on one socket, with its delayed responses.
struct Transcription {
    options: SonioxOptions,
    transcriber: Transcriber,
    responded_ms: u64,
    /// The responses that are not sent yet, and when each is due.
    pending: VecDeque<(Instant, Value)>,
}

pub(super) async fn serve(shared: &Shared, mut socket: Socket) {
    let Some(index) = start(shared, &mut socket).await else { return };
    let options = shared.options();
    let restarts = index < options.faults.restart_transcriptions;
    let plan = TranscriberPlan {
        heard: options.heard.clone(),
        endpoint: (!options.faults.endless_utterances).then_some(options.endpoint),
        // Hints only make a language more likely.
        languages: Vec::new(),
    };
    let transcriber = Transcriber::new(plan);
    let mut transcription = Transcription { options, transcriber, responded_ms: 0, pending: VecDeque::new() };
    let mut utterances = index * 1_000;
    loop {
        let due = transcription.pending.front().map(|(due, _)| *due);
        let message = tokio::select! {
            message = socket.next() => message,
            () = shared.stopping.cancelled() => return,
            () = tokio::time::sleep_until(due.unwrap_or_else(crate::clock::instant).into()), if due.is_some() => {
                if let Some((_, response)) = transcription.pending.pop_front()
                    && socket.send(Message::text(response.to_string())).await.is_err()
                {
                    return;
                }
                continue;
            }
        };
        let responses = match message {
            Some(Ok(Message::Binary(audio))) => {
                let endpoints = transcription.transcriber.ended();
                let responses = transcription.receive(&audio);
                let mut state = shared.state();
                state.transcriptions[index].heard.extend_from_slice(&audio);
                state.transcriptions[index].endpoints += transcription.transcriber.ended() - endpoints;
                drop(state);
                responses
            }
            Some(Ok(Message::Text(text))) => match serde_json::from_str::<Value>(&text) {
                Ok(message) if message["type"] == "finalize" => {
                    shared.state().transcriptions[index].finalized += 1;
                    vec![transcription.finish("<fin>")]
                }
                Ok(message) if message["type"] == "keepalive" => Vec::new(),
                _ => {
                    shared.violation(format!("transcription: an unknown message: {text}"));
                    Vec::new()
                }
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Vec::new(),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return,
        };
        for response in responses {
            if restarts && transcription.transcriber.ended() > 0 {
                return reject(&mut socket, 503, "Cannot continue request (code 1). Please restart the request.").await;
            }
            if transcription.options.faults.malformed {
                let _ = socket.feed(Message::text("{\"tokens\": [")).await;
            }
            if transcription.options.transcribe > Duration::ZERO {
                utterances += usize::from(ends_utterance(&response));
                transcription.postpone(response, utterances);
            } else if socket.send(Message::text(response.to_string())).await.is_err() {
                return;
            }
        }
    }
}

fn ends_utterance(response: &Value) -> bool {
    response["tokens"].as_array().is_some_and(|tokens| tokens.iter().any(|token| token["is_final"] == true))
}

/// Reads the start message. Returns the index of the transcription; `None` if it is rejected or the socket has closed.
async fn start(shared: &Shared, socket: &mut Socket) -> Option<usize> {
    let Some(Ok(Message::Text(text))) = socket.next().await else { return None };
    let config: Value = serde_json::from_str(&text).unwrap_or_default();
    let required = ["model", "audio_format", "sample_rate", "num_channels"];
    let optional = [
        "language_hints",
        "language_hints_strict",
        "context",
        "enable_endpoint_detection",
        "max_endpoint_delay_ms",
        "enable_language_identification",
        "enable_speaker_diarization",
        "client_reference_id",
    ];
    let mut wrong = complaints(&config, &required, &optional);
    if config["audio_format"] != "mulaw" || config["sample_rate"] != 8000 || config["num_channels"] != 1 {
        wrong.push("this fake hears only mu-law of a telephone".into());
    }
    if config["max_endpoint_delay_ms"].as_u64().is_some_and(|delay| !(500..=3000).contains(&delay)) {
        wrong.push("max_endpoint_delay_ms must be 500 to 3000".into());
    }
    if !wrong.is_empty() {
        shared.violation(format!("transcription: {}", wrong.join("; ")));
        reject(socket, 400, &wrong.join("; ")).await;
        return None;
    }
    if let Some(unknown) = unknown(&config) {
        reject(socket, 400, &unknown).await;
        return None;
    }
    let index = {
        let mut state = shared.state();
        state.transcriptions.push(super::TranscriptionRecord { config, ..super::TranscriptionRecord::default() });
        state.transcriptions.len() - 1
    };
    if let Some(code) = shared.options().faults.reject_transcriptions {
        reject(socket, code, "rejected as planned").await;
        return None;
    }
    Some(index)
}

/// Returns the error message about a model or a language that the service does not know.
fn unknown(config: &Value) -> Option<String> {
    let model = config["model"].as_str().unwrap_or_default();
    if !model.starts_with("stt-rt-") {
        return Some(format!("Model {model} does not exist."));
    }
    let mut hints = config["language_hints"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let language = hints.find(|hint| !LANGUAGES.contains(hint))?;
    Some(format!("Language hint {language} is not supported."))
}

async fn reject(socket: &mut Socket, code: u16, message: &str) {
    let error = json!({"tokens": [], "error_code": code, "error_message": message});
    let _ = socket.send(Message::text(error.to_string())).await;
    let _ = socket.close(None).await;
}

impl Transcription {
    /// Queues a response, which is sent after the delay of utterance number `utterance`. Responses keep their order.
    fn postpone(&mut self, response: Value, utterance: usize) {
        let delay = delay(self.options.transcribe, self.options.spread, utterance);
        // Words are sent after half of the delay, because the service sends words before they are final.
        let delay = if ends_utterance(&response) { delay } else { delay / 2 };
        let due = crate::clock::instant() + delay;
        let due = self.pending.back().map_or(due, |(last, _)| due.max(*last));
        self.pending.push_back((due, response));
    }

    fn receive(&mut self, audio: &[u8]) -> Vec<Value> {
        let heard = self.transcriber.receive(audio);
        let now_ms = self.transcriber.now_ms();
        let mut responses: Vec<_> = heard
            .into_iter()
            .map(|heard| match heard {
                TranscriberEvent::Words(words) => self.response(&tokens(&words, false)),
                TranscriberEvent::End(words) => self.ended(&words, "<end>"),
            })
            .collect();
        if now_ms >= self.responded_ms + RESPONSE_MS && responses.is_empty() {
            responses.push(self.response(&[]));
        }
        if !responses.is_empty() {
            self.responded_ms = now_ms;
        }
        responses
    }

    /// Returns the final tokens of the utterance in progress, followed by `marker`, which states why they are final.
    fn finish(&mut self, marker: &str) -> Value {
        let words = self.transcriber.finish();
        self.ended(&words, marker)
    }

    fn ended(&self, words: &[Word], marker: &str) -> Value {
        let mut tokens = tokens(words, true);
        tokens.push(json!({"text": marker, "is_final": true}));
        self.response(&tokens)
    }

    fn response(&self, tokens: &[Value]) -> Value {
        let now_ms = self.transcriber.now_ms();
        let final_ms = if self.transcriber.is_in_utterance() { 0 } else { now_ms };
        json!({"tokens": tokens, "final_audio_proc_ms": final_ms, "total_audio_proc_ms": now_ms})
    }
}

fn tokens(words: &[Word], is_final: bool) -> Vec<Value> {
    let token = |word: &Word| {
        json!({"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms, "confidence": 0.97,
            "is_final": is_final})
    };
    words.iter().map(token).collect()
}
