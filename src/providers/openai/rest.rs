//! The REST interface, or a compatible server's: recordings to words, words to an answer.

use crate::config::OpenAiConfig;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Why a request to the AI came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no key.
    #[error("no AI key is set (openai.api_key)")]
    NotConfigured,
    /// It could not be reached, or took too long.
    #[error("the AI could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It refused.
    #[error("the AI refused: {status} {word}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its own word for it.
        word: String,
    },
    /// Its answer makes no sense.
    #[error("the AI's answer was not understood")]
    Malformed,
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        if error.is_decode() { Self::Malformed } else { Self::Unreachable(error) }
    }
}

/// One message of a conversation in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// `system`, `user` or `assistant`.
    pub role: &'static str,
    /// The words.
    pub content: String,
}

/// `POST /audio/transcriptions`: what is said in a sound file. `mime` tells what it is.
pub async fn transcribe(
    client: &reqwest::Client,
    config: &OpenAiConfig,
    sound: Vec<u8>,
    mime: &str,
    language: &str,
    limit: Duration,
) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Answer {
        text: String,
    }
    let name = if mime.contains("mpeg") { "recording.mp3" } else { "recording.wav" };
    let file = Part::bytes(sound).file_name(name).mime_str(mime)?;
    let form = Form::new()
        .text("model", config.file_transcription_model.clone())
        .text("language", language.to_owned())
        .text("response_format", "json")
        .part("file", file);
    let request = client.post(url(config, "audio/transcriptions")).multipart(form);
    Ok(answer::<Answer>(config, request, limit).await?.text)
}

/// `POST /chat/completions`: the next sentence of a conversation.
pub async fn chat(
    client: &reqwest::Client,
    config: &OpenAiConfig,
    messages: &[ChatMessage],
    limit: Duration,
) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Answer {
        choices: Vec<Choice>,
    }
    #[derive(Deserialize)]
    struct Choice {
        message: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        content: Option<String>,
    }
    let messages: Vec<_> = messages.iter().map(|m| json!({"role": m.role, "content": m.content})).collect();
    let body =
        json!({"model": config.chat_model, "messages": messages, "max_completion_tokens": config.max_output_tokens});
    let answer: Answer = answer(config, client.post(url(config, "chat/completions")).json(&body), limit).await?;
    let first = answer.choices.into_iter().next().and_then(|choice| choice.message.content);
    first.filter(|text| !text.trim().is_empty()).ok_or(Error::Malformed)
}

/// `GET /models`: the names of the models that the key may use.
pub async fn models(client: &reqwest::Client, config: &OpenAiConfig, limit: Duration) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Model>,
    }
    #[derive(Deserialize)]
    struct Model {
        id: String,
    }
    let answer: Answer = answer(config, client.get(url(config, "models")), limit).await?;
    Ok(answer.data.into_iter().map(|model| model.id).collect())
}

fn url(config: &OpenAiConfig, path: &str) -> String {
    format!("{}/{path}", config.base_url.as_str())
}

async fn answer<T: for<'de> Deserialize<'de>>(
    config: &OpenAiConfig,
    request: reqwest::RequestBuilder,
    limit: Duration,
) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Refusal {
        error: Detail,
    }
    #[derive(Deserialize)]
    struct Detail {
        code: Option<String>,
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    let key = config.key().ok_or(Error::NotConfigured)?;
    let response = request.bearer_auth(key.expose()).timeout(limit).send().await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response.json().await?);
    }
    let detail = response.json::<Refusal>().await.ok().map(|refusal| refusal.error);
    let word = detail.and_then(|detail| detail.code.or(detail.kind)).unwrap_or_default();
    Err(Error::Refused { status: status.as_u16(), word })
}
