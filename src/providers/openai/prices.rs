//! Token prices (OpenAI, "Pricing", November 2026), for the cost of each call.

use serde::Deserialize;

/// The usage of a response (API reference, `RealtimeResponse.usage`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// All input tokens.
    pub input_tokens: i64,
    /// All output tokens.
    pub output_tokens: i64,
    /// Input tokens by kind.
    pub input_token_details: InputDetails,
    /// Output tokens by kind.
    pub output_token_details: OutputDetails,
}

/// Input tokens by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct InputDetails {
    /// Cached tokens, which are cheaper.
    pub cached_tokens: i64,
    /// Text tokens.
    pub text_tokens: i64,
    /// Audio tokens.
    pub audio_tokens: i64,
    /// Cached tokens by kind.
    pub cached_tokens_details: CachedDetails,
}

/// Cached tokens by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CachedDetails {
    /// Text tokens.
    pub text_tokens: i64,
    /// Audio tokens.
    pub audio_tokens: i64,
}

/// Output tokens by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OutputDetails {
    /// Text tokens.
    pub text_tokens: i64,
    /// Audio tokens.
    pub audio_tokens: i64,
}

/// Cents per million tokens.
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

/// The price of a response in millionths of a dollar; unknown models are priced as the full-size one.
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
    // One cent per million tokens is a hundredth of a millionth of a dollar per token.
    parts.iter().map(|(tokens, price)| tokens.saturating_mul(*price)).sum::<i64>() / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_each_side() {
        let usage = Usage {
            input_token_details: InputDetails { audio_tokens: 600, ..InputDetails::default() },
            output_token_details: OutputDetails { audio_tokens: 1200, text_tokens: 0 },
            ..Usage::default()
        };
        assert_eq!(cost_micros("gpt-realtime-2.1", &usage), 19_200 + 76_800);
        assert_eq!(cost_micros("gpt-realtime-2.1-mini", &usage), 6_000 + 24_000);
    }
}
