//! The REST API of OpenAI or a compatible server: transcribes recordings, and completes conversations.

use super::chat::{ChatRole, OLD_TOKEN_LIMIT, TOKEN_LIMIT};
use super::prices::{self, TextUsage};
use super::realtime::takes_hints;
use crate::config::{ModelServer, OpenAiConfig, PipelineConfig, Secret, TranscriptionServer};
use crate::domain::WordTime;
use crate::providers::error_code;
use crate::providers::transcription::{TimedPiece, languages_of_callers, whole_ms};
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no AI key is set (openai.api_key)")]
    NotConfigured,
    /// The server could not be reached, or did not answer before the timeout.
    #[error("the AI could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The server answered with an error status: it rejected the request (4xx), or failed itself (5xx).
    #[error("the AI rejected the request: {status} {code}")]
    Refused {
        status: u16,
        /// The provider's error code; empty if the response contains none.
        code: String,
        /// The rejected parameter; empty if the response does not name one.
        param: String,
        /// The provider's sentence about the error, as one line; empty if the response contains none.
        message: String,
    },
    #[error("the AI's answer could not be read")]
    Malformed,
}

impl Error {
    /// Returns true if the server may have rejected `max_completion_tokens`.
    pub(super) fn may_reject_token_limit(&self) -> bool {
        matches!(self, Self::Refused { status: 400 | 422, param, message, .. }
            if param.is_empty() || param == TOKEN_LIMIT || message.contains(TOKEN_LIMIT))
    }

    /// Returns true if the server may have rejected the reasoning effort. Some servers do not name the rejected
    /// parameter: Ollama, and OpenAI for a model without reasoning ("Unrecognized request argument supplied").
    pub(super) fn may_reject_effort(&self) -> bool {
        matches!(self, Self::Refused { status: 400, param, .. } if may_be_effort(param))
    }
}

/// Returns true if the rejected parameter of a response with status 400 is the reasoning effort, or is not named.
pub fn may_be_effort(param: &str) -> bool {
    param.is_empty() || param.starts_with("reasoning")
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        if error.is_decode() { Self::Malformed } else { Self::Unreachable(error) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    pub role: ChatRole,
    pub content: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid<T> {
    pub answer: T,
    /// The cost in millionths of a dollar.
    pub cost_micros: i64,
}

#[derive(Clone, Debug)]
pub struct SoundFile<'m> {
    pub content: Vec<u8>,
    pub mime: &'m str,
    /// The length in milliseconds, or zero if it is not known. The price depends on this length if the server reports
    /// no usage.
    pub length_ms: i64,
}

/// `server` is `None` if no server is configured. `prompt` contains words that are likely to occur.
pub async fn transcribe(
    client: &reqwest::Client,
    server: Option<TranscriptionServer<'_>>,
    file: SoundFile<'_>,
    language: &str,
    prompt: &str,
    limit: Duration,
) -> Result<Paid<String>, Error> {
    let Paid { answer, cost_micros } = transcript(client, server, file, language, prompt, limit, false).await?;
    Ok(Paid { answer: answer.text, cost_micros })
}

/// A transcript, and the times of its words in milliseconds of the file. Some servers report no times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    pub text: String,
    pub words: Vec<TimedPiece>,
}

/// Like [`transcribe`], but can request the times of the words, which not every model has: OpenAI rejects the request for
/// any model other than Whisper.
pub async fn transcript(
    client: &reqwest::Client,
    server: Option<TranscriptionServer<'_>>,
    file: SoundFile<'_>,
    language: &str,
    prompt: &str,
    limit: Duration,
    has_times: bool,
) -> Result<Paid<Transcript>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        text: String,
        usage: Option<Value>,
        words: Option<Vec<Spoken>>,
    }
    /// The times are in seconds.
    #[derive(Deserialize)]
    struct Spoken {
        word: String,
        start: f64,
        end: f64,
    }
    let server = server.ok_or(Error::NotConfigured)?;
    let name = match file.mime {
        mime if mime.contains("mpeg") => "recording.mp3",
        mime if mime.contains("ogg") => "recording.ogg",
        _ => "recording.wav",
    };
    let length_ms = file.length_ms;
    let file = Part::bytes(file.content).file_name(name).mime_str(file.mime)?;
    let mut form = Form::new()
        .text("model", server.model.to_owned())
        .text("response_format", if has_times { "verbose_json" } else { "json" })
        .part("file", file);
    if takes_hints(server.model) {
        for language in languages_of_callers(language) {
            form = form.text("languages[]", language.to_owned());
        }
    } else {
        form = form.text("language", language.to_owned());
    }
    if has_times {
        form = form.text("timestamp_granularities[]", "word");
    }
    if !prompt.is_empty() {
        form = form.text("prompt", prompt.to_owned());
    }
    let request = client.post(format!("{}/audio/transcriptions", server.base_url)).multipart(form);
    let Answer { text, usage, words } = answer(server.key, request, limit).await?;
    let words = words.unwrap_or_default().into_iter().map(|Spoken { word, start, end }| {
        let time = WordTime { start_ms: whole_ms(start * 1000.0), end_ms: whole_ms(end * 1000.0) };
        TimedPiece { text: word, time }
    });
    let transcript = Transcript { text, words: words.collect() };
    Ok(Paid { answer: transcript, cost_micros: prices::transcription_cost_micros(usage, length_ms) })
}

/// Requests the next message of a conversation (`POST /chat/completions`). Reasoning tokens count toward the same limit as
/// the text. Returns `None` if reasoning used up all tokens.
pub async fn chat(
    client: &reqwest::Client,
    config: &OpenAiConfig,
    messages: &[ChatMessage],
    limit: Duration,
) -> Result<Paid<Option<String>>, Error> {
    let mut cost_micros = 0;
    let mut efforts = config.reasoning_effort.candidates().iter();
    let mut effort = efforts.next();
    let mut tokens = config.max_output_tokens.max(MIN_TOKENS);
    let mut limit_field = TOKEN_LIMIT;
    loop {
        let body = chat_body(config, messages, (limit_field, tokens), effort);
        match chat_once(client, config, &body, limit).await {
            Ok(completion) => {
                cost_micros += completion.cost_micros;
                if completion.answer.is_some() || tokens >= MAX_TOKENS {
                    return Ok(Paid { cost_micros, ..completion });
                }
                tokens = MAX_TOKENS;
            }
            // The accepted values of the reasoning effort depend on the model. Some compatible servers accept no value.
            Err(error) if effort.is_some() && error.may_reject_effort() => effort = efforts.next(),
            Err(error) if limit_field == TOKEN_LIMIT && error.may_reject_token_limit() => limit_field = OLD_TOKEN_LIMIT,
            Err(error) => return Err(error),
        }
    }
}

fn chat_body(
    config: &OpenAiConfig,
    messages: &[ChatMessage],
    (limit_field, tokens): (&str, u32),
    effort: Option<&&str>,
) -> Value {
    let messages: Vec<_> = messages.iter().map(|m| json!({"role": m.role, "content": m.content})).collect();
    let mut body = json!({"model": config.chat_model, "messages": messages});
    body[limit_field] = tokens.into();
    if let Some(effort) = effort {
        body["reasoning_effort"] = json!(effort);
    }
    body
}

/// Returns `None` if reasoning used up all tokens before the model wrote text.
async fn chat_once(
    client: &reqwest::Client,
    config: &OpenAiConfig,
    body: &Value,
    limit: Duration,
) -> Result<Paid<Option<String>>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        choices: Vec<Choice>,
        #[serde(default)]
        usage: Option<TextUsage>,
    }
    #[derive(Deserialize)]
    struct Choice {
        message: Message,
        finish_reason: Option<String>,
    }
    #[derive(Deserialize)]
    struct Message {
        content: Option<String>,
    }
    let request = client.post(url(config, "chat/completions")).json(body);
    let answer: Answer = answer(Some(key(config)?), request, limit).await?;
    let cost_micros = prices::text_cost_micros(&config.chat_model, &answer.usage.unwrap_or_default());
    let choice = answer.choices.into_iter().next().ok_or(Error::Malformed)?;
    let text = choice.message.content.filter(|text| !text.trim().is_empty());
    if text.is_none() && choice.finish_reason.as_deref() != Some("length") {
        return Err(Error::Malformed);
    }
    Ok(Paid { answer: text, cost_micros })
}

/// The minimum token limit: a sentence, and the model's reasoning before it. Applies even if `max_output_tokens`, which
/// is meant for speech, is lower.
const MIN_TOKENS: u32 = 4_000;
/// The token limit of the second attempt, after the first attempt used up its tokens.
const MAX_TOKENS: u32 = 16_000;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Model {
    pub id: String,
    /// The announced last day on which the model is available.
    #[serde(default, deserialize_with = "day")]
    pub shutdown_date: Option<jiff::civil::Date>,
}

pub async fn models(client: &reqwest::Client, config: &OpenAiConfig, limit: Duration) -> Result<Vec<Model>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Model>,
    }
    let answer: Answer = answer(Some(key(config)?), client.get(url(config, "models")), limit).await?;
    Ok(answer.data)
}

/// Parses a date, a timestamp, or Unix seconds. Returns `None` for any other value.
fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<jiff::civil::Date>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(value.and_then(|value| match value {
        serde_json::Value::String(text) => text.get(..10)?.parse().ok(),
        serde_json::Value::Number(seconds) => {
            let moment = jiff::Timestamp::from_second(seconds.as_i64()?).ok()?;
            Some(moment.to_zoned(jiff::tz::TimeZone::UTC).date())
        }
        _ => None,
    }))
}

fn url(config: &OpenAiConfig, path: &str) -> String {
    format!("{}/{path}", config.base_url.as_str())
}

pub(super) async fn post<T: for<'de> Deserialize<'de>>(
    client: &reqwest::Client,
    server: &ModelServer<'_>,
    path: &str,
    body: &Value,
    limit: Duration,
) -> Result<T, Error> {
    answer(server.key, client.post(format!("{}/{path}", server.base_url)).json(body), limit).await
}

fn key(config: &OpenAiConfig) -> Result<&Secret, Error> {
    config.key().ok_or(Error::NotConfigured)
}

async fn answer<T: for<'de> Deserialize<'de>>(
    key: Option<&Secret>,
    request: reqwest::RequestBuilder,
    limit: Duration,
) -> Result<T, Error> {
    let request = match key {
        Some(key) => request.bearer_auth(key.expose()),
        None => request,
    };
    let response = request.timeout(limit).send().await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response.json().await?);
    }
    let body = response.bytes().await.unwrap_or_default();
    let (code, parsed) = (error_code::of(&body), serde_json::from_slice::<Value>(&body).unwrap_or_default());
    let param = parsed["error"]["param"].as_str().unwrap_or_default().to_owned();
    Err(Error::Refused { status: status.as_u16(), code, param, message: error_code::sentence(&parsed) })
}

/// Returns the body of a request to `/audio/speech` (API reference, "Create speech"). The format is raw 16-bit PCM,
/// because it has no container to parse and can be played while it arrives.
pub fn speech_body(config: &PipelineConfig, text: &str) -> Value {
    json!({
        "model": config.speech_model,
        "voice": config.speech_voice,
        "input": text,
        "response_format": "pcm",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_chat_completion() {
        let message = |role, content: &str| ChatMessage { role, content: content.to_owned() };
        let messages = [
            message(ChatRole::System, "be brief"),
            message(ChatRole::Assistant, "hello"),
            message(ChatRole::User, "when?"),
        ];
        let body = |effort| chat_body(&OpenAiConfig::default(), &messages, (TOKEN_LIMIT, MIN_TOKENS), effort);
        let bodies = [body(Some(&"none")), body(None)];
        insta::assert_snapshot!(serde_json::to_string_pretty(&bodies).unwrap());
    }
}
