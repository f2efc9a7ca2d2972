//! Speech of a server with OpenAI's `/audio/speech` (API reference, "Create speech").

use crate::config::PipelineConfig;
use serde_json::{Value, json};

/// The body of a request: raw 16-bit PCM, which needs no container to be parsed and can be played while it arrives.
pub fn body(config: &PipelineConfig, text: &str) -> Value {
    json!({
        "model": config.speech_model,
        "voice": config.speech_voice,
        "input": text,
        "response_format": "pcm",
    })
}
