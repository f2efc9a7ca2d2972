//! A transcription: tokens while the caller speaks, `<end>` when the utterance is over.

use super::options::SonioxOptions;
use super::server::{Shared, complaints};
use crate::openai::vad::{Vad, VadEvent, VadSettings};
use crate::sound::millis;
use crate::websocket::Socket;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// How long a word takes.
const WORD_MS: u64 = 300;
/// A response is sent at least after this much audio.
const RESPONSE_MS: u64 = 200;

/// A transcription in progress.
struct Transcription {
    options: SonioxOptions,
    vad: Vad,
    received: usize,
    responded_ms: u64,
    /// The utterance in progress: when it began, and how many of its words were reported.
    current: Option<(u64, usize)>,
    /// The number of utterances that have ended.
    ended: usize,
}

pub(super) async fn serve(shared: &Shared, mut socket: Socket) {
    let Some(index) = start(shared, &mut socket).await else { return };
    let options = shared.options();
    let restarts = index < options.faults.restart_transcriptions;
    let mut transcription =
        Transcription { options, vad: Vad::default(), received: 0, responded_ms: 0, current: None, ended: 0 };
    loop {
        let message = tokio::select! {
            message = socket.next() => message,
            () = shared.stopping.cancelled() => return,
        };
        let responses = match message {
            Some(Ok(Message::Binary(audio))) => {
                let endpoints = transcription.ended;
                let responses = transcription.hear(&audio);
                let mut state = shared.state();
                state.transcriptions[index].heard.extend_from_slice(&audio);
                state.transcriptions[index].endpoints += transcription.ended - endpoints;
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
            if restarts && transcription.ended > 0 {
                return reject(&mut socket, 503, "Cannot continue request (code 1). Please restart the request.").await;
            }
            if transcription.options.faults.malformed {
                let _ = socket.feed(Message::text("{\"tokens\": [")).await;
            }
            if socket.send(Message::text(response.to_string())).await.is_err() {
                return;
            }
        }
    }
}

/// Reads the start message. Returns the number of the transcription; none if it is rejected.
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

async fn reject(socket: &mut Socket, code: u16, message: &str) {
    let error = json!({"tokens": [], "error_code": code, "error_message": message});
    let _ = socket.send(Message::text(error.to_string())).await;
    let _ = socket.close(None).await;
}

impl Transcription {
    /// The responses to a piece of audio.
    fn hear(&mut self, audio: &[u8]) -> Vec<Value> {
        self.received += audio.len();
        let now_ms = millis(self.received);
        let silence_ms = u64::try_from(self.options.endpoint.as_millis()).unwrap_or(u64::MAX);
        let settings = VadSettings { threshold: 0.5, prefix_ms: 0, silence_ms };
        let mut responses = Vec::new();
        for event in self.vad.hear(audio, settings) {
            match event {
                VadEvent::Started { audio_start_ms } if !self.options.faults.no_words => {
                    self.current.get_or_insert((audio_start_ms, 0));
                }
                VadEvent::Stopped { .. } if self.current.is_some() && !self.options.faults.endless_utterances => {
                    responses.push(self.finish("<end>"));
                }
                VadEvent::Started { .. } | VadEvent::Stopped { .. } => {}
            }
        }
        if let Some((began_ms, reported)) = self.current {
            let most = self.words().len();
            let words = usize::try_from(now_ms.saturating_sub(began_ms) / WORD_MS).unwrap_or(0).min(most);
            if words > reported {
                self.current = Some((began_ms, words));
                responses.push(self.response(&self.tokens(began_ms, words, false), now_ms));
            }
        }
        if now_ms >= self.responded_ms + RESPONSE_MS && responses.is_empty() {
            responses.push(self.response(&[], now_ms));
        }
        if !responses.is_empty() {
            self.responded_ms = now_ms;
        }
        responses
    }

    /// The final tokens of the utterance in progress, and the token that says why they are final.
    fn finish(&mut self, marker: &str) -> Value {
        let mut tokens = match self.current.take() {
            Some((began_ms, _)) => {
                let tokens = self.tokens(began_ms, usize::MAX, true);
                self.ended += 1;
                tokens
            }
            None => Vec::new(),
        };
        self.vad.reset();
        tokens.push(json!({"text": marker, "is_final": true}));
        self.response(&tokens, millis(self.received))
    }

    fn words(&self) -> Vec<String> {
        let heard = &self.options.heard;
        let text = heard.get(self.ended % heard.len().max(1)).map_or("", String::as_str);
        text.split_inclusive(' ').map(str::to_owned).collect()
    }

    fn tokens(&self, began_ms: u64, words: usize, is_final: bool) -> Vec<Value> {
        let mut at_ms = began_ms;
        let mut tokens = Vec::new();
        for word in self.words().iter().take(words) {
            let (start_ms, end_ms) = (at_ms, at_ms + WORD_MS);
            at_ms = end_ms;
            tokens.push(json!({"text": word, "start_ms": start_ms, "end_ms": end_ms, "confidence": 0.97,
                "is_final": is_final}));
        }
        tokens
    }

    fn response(&self, tokens: &[Value], now_ms: u64) -> Value {
        let final_ms = if self.current.is_some() { 0 } else { now_ms };
        json!({"tokens": tokens, "final_audio_proc_ms": final_ms, "total_audio_proc_ms": now_ms})
    }
}
