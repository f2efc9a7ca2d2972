//! The Responses API, for answers in the form of a JSON Schema.

use super::rest::{self, Error};
use crate::config::OpenAiConfig;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// A question whose answer has the form of a schema.
#[derive(Clone, Debug)]
pub struct StructuredRequest {
    /// What to do.
    pub instructions: String,
    /// The data.
    pub input: String,
    /// The name of the schema.
    pub name: &'static str,
    /// The schema; every property is required, and no other is allowed.
    pub schema: Value,
}

/// `POST /responses`: the answer as JSON text. Nothing is stored at the provider.
pub async fn structured(
    client: &reqwest::Client,
    config: &OpenAiConfig,
    request: &StructuredRequest,
    limit: Duration,
) -> Result<String, Error> {
    let mut body = body(config, request);
    loop {
        match rest::post::<Answer>(client, config, "responses", &body, limit).await {
            Ok(answer) => return answer.text().ok_or(Error::Malformed),
            // Models accept different efforts, and other servers accept none.
            Err(Error::Refused { status: 400, param, .. })
                if param.starts_with("reasoning") && body.get("reasoning").is_some() =>
            {
                if let Some(body) = body.as_object_mut() {
                    body.remove("reasoning");
                }
            }
            Err(error) => return Err(error),
        }
    }
}

fn body(config: &OpenAiConfig, request: &StructuredRequest) -> Value {
    json!({
        "model": config.chat_model,
        "instructions": request.instructions,
        "input": [{"role": "user", "content": request.input}],
        "text": {"format": {"type": "json_schema", "name": request.name, "schema": request.schema, "strict": true}},
        "reasoning": {"effort": "low"},
        "max_output_tokens": MAX_TOKENS,
        "store": false,
    })
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    output: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    content: Vec<Content>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
}

impl Answer {
    /// The text; none if the model refused, or ran out of tokens before it wrote any.
    fn text(self) -> Option<String> {
        let parts = self.output.into_iter().flat_map(|item| item.content);
        let text: String = parts.filter(|part| part.kind == "output_text").map(|part| part.text).collect();
        Some(text).filter(|text| !text.trim().is_empty())
    }
}

/// Enough for a short answer, and for the model's reasoning before it.
const MAX_TOKENS: u32 = 6_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_answer_is_that_of_its_messages() {
        let read = |text: &str| serde_json::from_str::<Answer>(text).unwrap().text();
        let reasoning = r#"{"id":"rs_1","type":"reasoning","summary":[]}"#;
        let message = r#"{"type":"message","content":[{"type":"output_text","text":"{\"a\":1}","annotations":[]}]}"#;
        assert_eq!(read(&format!(r#"{{"output":[{reasoning},{message}]}}"#)).as_deref(), Some(r#"{"a":1}"#));
        let refusal = r#"{"type":"message","content":[{"type":"refusal","refusal":"no"}]}"#;
        assert_eq!(read(&format!(r#"{{"output":[{refusal}]}}"#)), None);
        assert_eq!(read(r#"{"output":[]}"#), None);
    }
}
