//! Answers that match a JSON Schema, from the Responses API or chat completions.

use super::chat::{OLD_TOKEN_LIMIT, TOKEN_LIMIT};
use super::prices::{self, TextUsage};
use super::rest::{self, Error, Paid};
use crate::config::ModelServer;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct StructuredRequest {
    pub instructions: String,
    /// The data to which the instructions apply.
    pub input: String,
    pub name: &'static str,
    /// The JSON Schema. Every property must be required, and additional properties must be forbidden.
    pub schema: Value,
}

/// Returns the answer as JSON text, or `None` if the model wrote no text, for example because it refused. The Responses
/// API is asked not to store the conversation. The cost uses OpenAI's prices.
pub async fn answer(
    client: &reqwest::Client,
    server: &ModelServer<'_>,
    request: &StructuredRequest,
    limit: Duration,
) -> Result<Paid<Option<String>>, Error> {
    let (path, effort) =
        if server.uses_responses { ("responses", "reasoning") } else { ("chat/completions", "reasoning_effort") };
    let mut body = if server.uses_responses { response_body(server, request) } else { chat_body(server, request) };
    loop {
        match rest::post::<Answer>(client, server, path, &body, limit).await {
            Ok(answer) => {
                let usage = answer.usage.clone().unwrap_or_default();
                let cost_micros = prices::text_cost_micros(server.model, &usage);
                return Ok(Paid { answer: answer.text(), cost_micros });
            }
            // The accepted values of the reasoning effort depend on the model, and some models accept none.
            Err(error) if error.may_reject_effort() && body.get(effort).is_some() => {
                if let Some(body) = body.as_object_mut() {
                    body.remove(effort);
                }
            }
            Err(error) if error.may_reject_token_limit() && body.get(TOKEN_LIMIT).is_some() => {
                if let Some(body) = body.as_object_mut() {
                    body.remove(TOKEN_LIMIT);
                    body.insert(OLD_TOKEN_LIMIT.to_owned(), MAX_TOKENS.into());
                }
            }
            Err(error) => return Err(error),
        }
    }
}

fn response_body(server: &ModelServer<'_>, request: &StructuredRequest) -> Value {
    json!({
        "model": server.model,
        "instructions": request.instructions,
        "input": [{"role": "user", "content": request.input}],
        "text": {"format": {"type": "json_schema", "name": request.name, "schema": request.schema, "strict": true}},
        "reasoning": {"effort": "low"},
        "max_output_tokens": MAX_TOKENS,
        "store": false,
    })
}

fn chat_body(server: &ModelServer<'_>, request: &StructuredRequest) -> Value {
    let schema = json!({"name": request.name, "schema": request.schema, "strict": true});
    json!({
        "model": server.model,
        "messages": [
            {"role": "system", "content": request.instructions},
            {"role": "user", "content": request.input},
        ],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "reasoning_effort": "low",
        "max_completion_tokens": MAX_TOKENS,
    })
}

#[derive(Deserialize)]
struct Answer {
    /// Output of the Responses API.
    #[serde(default)]
    output: Vec<Item>,
    /// Output of chat completions.
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<TextUsage>,
}

#[derive(Deserialize)]
struct Item {
    content: Option<Vec<Content>>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

impl Answer {
    /// Returns the text, or `None` if the model wrote none, for example because its reasoning used up all tokens.
    fn text(self) -> Option<String> {
        let parts = self.output.into_iter().filter_map(|item| item.content).flatten();
        let written = parts.filter(|part| part.kind == "output_text").map(|part| part.text);
        let chosen = self.choices.into_iter().take(1).filter_map(|choice| choice.message.content);
        let text: String = written.chain(chosen).collect();
        Some(text).filter(|text| !text.trim().is_empty())
    }
}

/// The maximum number of output tokens: a short answer, and the model's reasoning before it.
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
        let null = r#"{"id":"rs_1","type":"reasoning","summary":[],"content":null}"#;
        assert_eq!(read(&format!(r#"{{"output":[{null},{message}]}}"#)).as_deref(), Some(r#"{"a":1}"#));
        let refusal = r#"{"type":"message","content":[{"type":"refusal","refusal":"no"}]}"#;
        assert_eq!(read(&format!(r#"{{"output":[{refusal}]}}"#)), None);
        assert_eq!(read(r#"{"output":[]}"#), None);
        let choice = r#"{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{\"a\":1}"}}"#;
        assert_eq!(read(&format!(r#"{{"choices":[{choice}]}}"#)).as_deref(), Some(r#"{"a":1}"#));
        let usage = r#"{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":null}"#;
        let answer = read(&format!(r#"{{"choices":[{choice}],"usage":{usage}}}"#));
        assert_eq!(answer.as_deref(), Some(r#"{"a":1}"#), "vLLM sends no details");
        assert_eq!(read(r#"{"choices":[{"message":{"role":"assistant","content":null}}]}"#), None);
    }
}
