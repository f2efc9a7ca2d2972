//! Token prices (OpenAI, "Pricing", November 2026), from which the costs of responses and transcriptions are
//! calculated.

use serde::Deserialize;
use serde_json::Value;

/// The usage of a response (API reference, `RealtimeResponse.usage`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Usage {
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub input_token_details: InputDetails,
    pub output_token_details: OutputDetails,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct InputDetails {
    /// Cached tokens, which are cheaper.
    pub cached_tokens: i64,
    pub text_tokens: i64,
    pub audio_tokens: i64,
    pub cached_tokens_details: CachedDetails,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CachedDetails {
    pub text_tokens: i64,
    pub audio_tokens: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OutputDetails {
    pub text_tokens: i64,
    pub audio_tokens: i64,
}

/// Prices in cents per million tokens.
struct Prices {
    audio_in: i64,
    audio_cached: i64,
    audio_out: i64,
    text_in: i64,
    text_cached: i64,
    text_out: i64,
}

const REALTIME: Prices =
    Prices { audio_in: 3200, audio_cached: 40, audio_out: 6400, text_in: 400, text_cached: 40, text_out: 1600 };
const REALTIME_MINI: Prices =
    Prices { audio_in: 1000, audio_cached: 30, audio_out: 2000, text_in: 60, text_cached: 6, text_out: 240 };

/// Returns the price of a response in millionths of a dollar. An unknown model has the price of the full-size model.
pub fn cost_micros(model: &str, usage: &Usage) -> i64 {
    let prices = if model.contains("mini") { REALTIME_MINI } else { REALTIME };
    let (input, cached) = (&usage.input_token_details, &usage.input_token_details.cached_tokens_details);
    let parts = [
        ((input.audio_tokens - cached.audio_tokens).max(0), prices.audio_in),
        (cached.audio_tokens, prices.audio_cached),
        (usage.output_token_details.audio_tokens, prices.audio_out),
        ((input.text_tokens - cached.text_tokens).max(0), prices.text_in),
        (cached.text_tokens, prices.text_cached),
        (usage.output_token_details.text_tokens, prices.text_out),
    ];
    // One cent per million tokens equals 0.01 millionths of a dollar per token.
    parts.iter().map(|(tokens, price)| tokens.saturating_mul(*price)).sum::<i64>() / 100
}

/// The usage of a text response. It is read leniently, because an answer must not be lost for the form of its usage:
/// vLLM sends `null` for the details, and some servers send the field names of both APIs, with zero in one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Value")]
pub struct TextUsage {
    /// Input tokens, cached and uncached.
    pub input_tokens: i64,
    /// Output tokens, including reasoning tokens.
    pub output_tokens: i64,
    /// The cached part of the input tokens, which is cheaper.
    pub cached_tokens: i64,
}

impl From<Value> for TextUsage {
    fn from(usage: Value) -> Self {
        // The first field name is that of the Responses API, the second that of chat completions.
        let tokens = |names: [&str; 2]| {
            names.into_iter().filter_map(|name| usage.pointer(name)?.as_i64()).max().unwrap_or_default()
        };
        Self {
            input_tokens: tokens(["/input_tokens", "/prompt_tokens"]),
            output_tokens: tokens(["/output_tokens", "/completion_tokens"]),
            cached_tokens: tokens(["/input_tokens_details/cached_tokens", "/prompt_tokens_details/cached_tokens"]),
        }
    }
}

/// The usage of a transcription. A model reports either tokens or seconds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct TranscriptionUsage {
    input_tokens: i64,
    output_tokens: i64,
    input_token_details: InputDetails,
    seconds: f64,
}

/// Returns the price of a text response in millionths of a dollar. An unknown model has the price of the largest model.
pub fn text_cost_micros(model: &str, usage: &TextUsage) -> i64 {
    let is_small = ["luna", "mini", "nano"].into_iter().any(|size| model.contains(size));
    let (text_in, text_out) = match model {
        _ if is_small => (100, 600),
        model if model.contains("terra") => (250, 1500),
        _ => (500, 3000),
    };
    let cached = usage.cached_tokens.clamp(0, usage.input_tokens.max(0));
    let read = (usage.input_tokens - cached).saturating_mul(text_in) + cached.saturating_mul(text_in / 10);
    (read + usage.output_tokens.saturating_mul(text_out)) / 100
}

/// Returns the price of a transcription in millionths of a dollar. If the server reports no usage, or its report cannot be
/// read, the price depends on the length of the audio.
pub fn transcription_cost_micros(usage: Option<Value>, length_ms: i64) -> i64 {
    let by_time = |ms: i64| ms.saturating_mul(MICROS_PER_SECOND) / 1000;
    match usage.and_then(|usage| serde_json::from_value::<TranscriptionUsage>(usage).ok()) {
        Some(usage) if usage.input_tokens > 0 => {
            let audio = usage.input_token_details.audio_tokens.clamp(0, usage.input_tokens);
            let read = audio * TRANSCRIBE.audio_in + (usage.input_tokens - audio) * TRANSCRIBE.text_in;
            (read + usage.output_tokens * TRANSCRIBE.text_out) / 100
        }
        #[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates")]
        Some(usage) if usage.seconds > 0.0 => by_time((usage.seconds * 1000.0) as i64),
        _ => by_time(length_ms),
    }
}

const TRANSCRIBE: Prices =
    Prices { audio_in: 600, audio_cached: 600, audio_out: 0, text_in: 250, text_cached: 250, text_out: 1000 };
/// The price of one second of transcribed audio, in millionths of a dollar (0.6 cents per minute).
const MICROS_PER_SECOND: i64 = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_minute_of_audio_of_each_side_has_its_price() {
        let usage = Usage {
            input_token_details: InputDetails { audio_tokens: 600, ..InputDetails::default() },
            output_token_details: OutputDetails { audio_tokens: 1200, text_tokens: 0 },
            ..Usage::default()
        };
        assert_eq!(cost_micros("gpt-realtime-2.1", &usage), 19_200 + 76_800);
        assert_eq!(cost_micros("gpt-realtime-2.1-mini", &usage), 6_000 + 24_000);
    }

    #[test]
    fn texts_and_transcriptions_have_a_price() {
        let read = |json: &str| serde_json::from_str::<TextUsage>(json).unwrap();
        let response = read(
            r#"{"input_tokens":1000,"input_tokens_details":{"cached_tokens":400},"output_tokens":100,"total_tokens":1100}"#,
        );
        let chat =
            read(r#"{"prompt_tokens":1000,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":400}}"#);
        assert_eq!(response, chat);
        let of_vllm =
            read(r#"{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":null}"#);
        let of_gateway = read(
            r#"{"prompt_tokens":9,"input_tokens":0,"completion_tokens":2,"output_tokens":0,"input_tokens_details":null}"#,
        );
        assert_eq!((of_vllm.input_tokens, of_vllm.output_tokens), (9, 2));
        assert_eq!(of_gateway, of_vllm);
        assert_eq!(read(r#"["of the future"]"#), TextUsage::default());
        assert_eq!(text_cost_micros("gpt-5.6-terra", &chat), 1500 + 100 + 1500);
        assert_eq!(text_cost_micros("gpt-5.6-luna", &chat), 600 + 40 + 600);
        assert_eq!(text_cost_micros("unknown", &chat), 3000 + 200 + 3000);
        let tokens = json!({"type": "tokens", "input_tokens": 610, "output_tokens": 100,
            "input_token_details": {"text_tokens": 10, "audio_tokens": 600}});
        assert_eq!(transcription_cost_micros(Some(tokens), 5), 3600 + 25 + 1000);
        let time = json!({"type": "duration", "seconds": 60});
        assert_eq!(transcription_cost_micros(Some(time), 5), 6000);
        assert_eq!(transcription_cost_micros(None, 30_000), 3000);
        assert_eq!(transcription_cost_micros(Some(json!("of the future")), 30_000), 3000);
    }
}
