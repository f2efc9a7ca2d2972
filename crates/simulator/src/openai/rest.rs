//! The REST endpoints of the fake AI, except chat completions.

use super::chat::structured_answer;
use super::multipart;
use super::options::spoken_ms;
use super::response_stream::stream_response;
use super::state::{Shared, error};
use crate::Party;
use crate::fault::Fault;
use crate::sound::{Voice, decode_sample, millis, read_wav, silent_mp3, wav_of_mulaw};
use crate::specs::{OpenAiRequest, check_openai_request, check_transcription_form};
use crate::transcriber::recognised;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The start of the first word in a transcribed file, and the length of each word.
const FIRST_WORD: Duration = Duration::from_millis(300);
const WORD: Duration = Duration::from_millis(300);

/// `GET /v1/models`
pub(super) async fn models(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(refusal) = shared.check_request(&headers, "/models", Value::Null).await {
        return refusal;
    }
    let dates = shared.options().shutdown_dates;
    let ends = |id: &str| dates.iter().find(|(model, _)| model == id).map(|(_, day)| day.clone());
    let model = |id: &str| json!({"id": id, "object": "model", "created": 1_764_000_000, "owned_by": "openai", "shutdown_date": ends(id)});
    let usual = ["gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-transcribe", "gpt-live-transcribe", "gpt-5.6-terra"];
    let announced = dates.iter().map(|(id, _)| id.as_str()).filter(|id| !usual.contains(id));
    let all: Vec<_> = usual.into_iter().chain(announced).map(model).collect();
    Json(json!({"object": "list", "data": all})).into_response()
}

/// `POST /v1/audio/transcriptions`
pub(super) async fn transcribe(
    State(shared): State<Arc<Shared>>,
    fault: Option<Extension<Fault>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Some(parts) = multipart::parts(kind, &body) else {
        return shared.refuse("transcription: the body is no multipart form");
    };
    let text = |part: &multipart::Part| match part.file_name {
        Some(_) => String::new(),
        None => String::from_utf8_lossy(&part.content).into_owned(),
    };
    let fields: Vec<_> = parts.iter().map(|part| (part.name.clone(), text(part))).collect();
    let file = parts.iter().find(|part| part.name == "file");
    let length_ms = file.map(|file| read_wav(&file.content).map(|sound| millis(sound.len())));
    let asked = json!({"fields": fields, "file_name": file.and_then(|file| file.file_name.clone()),
        "length_ms": length_ms.as_ref().and_then(|length| length.as_ref().ok())});
    if let Some(refusal) = shared.check_request(&headers, "/audio/transcriptions", asked).await {
        return refusal;
    }
    // The name of a list ends with brackets in a form.
    let fields: Vec<_> =
        fields.into_iter().map(|(name, text)| (name.trim_end_matches("[]").to_owned(), text)).collect();
    let value = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let mut complaints = check_transcription_form(&fields);
    let has_words = value("timestamp_granularities") == "word";
    if has_words && value("response_format") != "verbose_json" {
        complaints.push("timestamp_granularities needs the response_format verbose_json".into());
    }
    if value("response_format") == "verbose_json" && value("model").starts_with("gpt-") {
        complaints.push("this model knows only the response_format json".into());
    }
    if shared.options().faults.rejects_word_times && value("response_format") == "verbose_json" {
        return error(StatusCode::BAD_REQUEST, "invalid_request_error", "response_format must be json or text");
    }
    if !complaints.is_empty() {
        return shared.refuse(&format!("transcription: {}", complaints.join("; ")));
    }
    if file.is_some_and(|file| file.file_name.is_none()) {
        return shared.refuse("transcription: the file has no name, so its format is unknown");
    }
    let turns = shared.options().turns;
    let place = shared.next_transcription_index();
    let is_deaf = fault.is_some_and(|Extension(fault)| fault == Fault::Deaf);
    let turn = turns.get(place % turns.len().max(1)).filter(|_| !is_deaf);
    let is_language = |(name, _): &&(String, String)| name == "language" || name == "languages";
    let languages: Vec<_> = fields.iter().filter(is_language).map(|(_, language)| language.clone()).collect();
    let heard = turn.map(|turn| recognised(&turn.heard, &languages)).unwrap_or_default();
    if fields.iter().any(|(name, value)| name == "response_format" && value == "text") {
        return heard.into_response();
    }
    let seconds = Duration::from_millis(length_ms.and_then(Result::ok).unwrap_or_default()).as_secs_f64();
    let mut answer = json!({"text": heard, "usage": {"type": "duration", "seconds": seconds}});
    if has_words {
        let word = |(at, word): (u32, &str)| {
            let (start, end) = (FIRST_WORD + WORD * at, FIRST_WORD + WORD * (at + 1));
            let letters = word.trim_matches(|letter: char| !letter.is_alphanumeric());
            json!({"word": letters, "start": start.as_secs_f64(), "end": end.as_secs_f64()})
        };
        answer["words"] = (0_u32..).zip(heard.split_whitespace()).map(word).collect();
    }
    Json(answer).into_response()
}

/// `POST /v1/responses`
pub(super) async fn respond(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(refusal) = shared.check_request(&headers, "/responses", asked.clone()).await {
        return refusal;
    }
    let complaints = check_openai_request(OpenAiRequest::Responses, &asked);
    if !complaints.is_empty() {
        return shared.refuse(&format!("responses: {}", complaints.join("; ")));
    }
    if asked["stream"] == true {
        return stream_response(&shared, &asked);
    }
    let answer = shared.answer_to(
        asked["input"].as_array().map_or(1, |items| items.iter().filter(|item| item["role"] == "user").count()),
    );
    let format = &asked["text"]["format"];
    let answer = if format["type"] == "json_schema" {
        structured_answer(&shared.options(), &format["schema"], &answer)
    } else {
        answer
    };
    let text = json!({"type": "output_text", "text": answer, "annotations": [], "logprobs": []});
    let message =
        json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [text]});
    let response = json!({
        "id": "resp_1", "object": "response", "created_at": 1_764_000_000, "status": "completed", "model": asked["model"],
        "output": [message], "error": null, "incomplete_details": null, "instructions": asked["instructions"],
        "usage": {"input_tokens": 120, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 30,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 150},
        "metadata": {}, "parallel_tool_calls": true, "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0,
    });
    Json(response).into_response()
}

/// `POST /v1/audio/speech`
pub(super) async fn speak(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(refusal) = shared.check_request(&headers, "/audio/speech", asked.clone()).await {
        return refusal;
    }
    let complaints = check_openai_request(OpenAiRequest::Speech, &asked);
    if !complaints.is_empty() {
        return shared.refuse(&format!("speech: {}", complaints.join("; ")));
    }
    let length_ms = spoken_ms(asked["input"].as_str().unwrap_or_default());
    let sound = || Voice::agent(length_ms).speak(length_ms);
    let format = asked["response_format"].as_str().filter(|_| !shared.options().faults.speech_is_mp3);
    match format.unwrap_or("mp3") {
        "mp3" => ([(header::CONTENT_TYPE, "audio/mpeg")], silent_mp3(length_ms)).into_response(),
        "wav" => ([(header::CONTENT_TYPE, "audio/wav")], wav_of_mulaw(&sound())).into_response(),
        "pcm" => {
            let thrice = sound().into_iter().flat_map(|byte| [decode_sample(byte); 3]);
            let pcm: Vec<u8> = thrice.flat_map(i16::to_le_bytes).collect();
            ([(header::CONTENT_TYPE, "audio/pcm")], pcm).into_response()
        }
        other => shared.refuse(&format!("speech: this fake makes no {other}")),
    }
}

pub(super) async fn unknown(State(shared): State<Arc<Shared>>, method: Method, uri: Uri) -> Response {
    // The daemon sends a HEAD request only to check that the server is reachable.
    if method != Method::HEAD {
        shared.log.violation(Party::OpenAi, format!("there is no {}", uri.path()));
    }
    error(StatusCode::NOT_FOUND, "unknown_url", &format!("Invalid URL ({})", uri.path()))
}

/// Returns the error response about a model or a voice that does not exist. The fields of a form are a list of pairs.
fn unknown_name(unknown: &[&str], asked: &Value) -> Option<Response> {
    let of_form = asked["fields"].as_array().into_iter().flatten().find(|field| field[0] == "model");
    let model = of_form.map_or(&asked["model"], |field| &field[1]);
    let is_unknown = |name: &&str| unknown.contains(name);
    if let Some(model) = model.as_str().filter(is_unknown) {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        return Some(error(StatusCode::NOT_FOUND, "model_not_found", &message));
    }
    let voice = asked["voice"].as_str().filter(is_unknown)?;
    Some(error(StatusCode::BAD_REQUEST, "invalid_value", &format!("Invalid value: '{voice}'.")))
}

impl Shared {
    /// Records the request. Returns the error response if the request is rejected.
    pub(super) async fn check_request(&self, headers: &HeaderMap, path: &str, asked: Value) -> Option<Response> {
        self.log.note(Party::OpenAi, format!("is asked for {path}"));
        self.record_request(path, asked.clone());
        if let Some(refusal) = self.check_key(headers) {
            return Some(refusal);
        }
        let faults = self.options().faults;
        if let Some(refusal) = unknown_name(&faults.unknown_names, &asked) {
            return Some(refusal);
        }
        tokio::time::sleep(faults.slow_requests).await;
        let status = StatusCode::from_u16(faults.refuse_requests?).ok()?;
        Some(error(status, "server_error", "refused as planned"))
    }

    pub(super) fn refuse(&self, complaint: &str) -> Response {
        self.log.violation(Party::OpenAi, complaint);
        error(StatusCode::BAD_REQUEST, "invalid_request_error", complaint)
    }

    /// Returns the answer to a conversation with `said` user messages.
    fn answer_to(&self, said: usize) -> String {
        let turns = self.options().turns;
        turns.get(said.saturating_sub(1) % turns.len().max(1)).map(|turn| turn.answer.clone()).unwrap_or_default()
    }
}
