//! Session settings of the Realtime API (`session.update`), and the list of optional fields.

use crate::config::{AudioFormat, OpenAiConfig, TurnDetection};
use crate::providers::transcription::languages_of_callers;
use serde_json::{Value, json};

/// The only sample rate of `audio/pcm` in Hz.
pub const PCM_RATE: u32 = 24_000;

/// The maximum number of keywords of a transcription. OpenAI documents no limit.
const MAX_KEYWORDS: usize = 100;

/// Fields that are removed if a server rejects them, nested fields first. Without transcription, the caller's text is
/// not stored. For every other field, the server has a default.
const OPTIONAL: [&str; 13] = [
    "audio.input.transcription.keywords",
    "audio.input.transcription.language",
    "audio.input.transcription.languages",
    "audio.input.transcription",
    "audio.input.turn_detection.eagerness",
    "audio.input.turn_detection.threshold",
    "audio.input.turn_detection.prefix_padding_ms",
    "audio.input.turn_detection.silence_duration_ms",
    "audio.output.voice",
    "max_output_tokens",
    "reasoning",
    "tool_choice",
    "truncation",
];

/// Returns the session settings for a call. The server detects speech, but the daemon's call session decides when to
/// interrupt the agent and when to request a response. Therefore `create_response` and `interrupt_response` are false:
/// "the model will never respond automatically but VAD events will still be emitted".
///
/// The fields of the turn detection are set explicitly, because servers deviate from the documented defaults.
/// `terms` are words that callers are likely to say.
pub fn session(config: &OpenAiConfig, instructions: &str, tools: &[Value], language: &str, terms: &[String]) -> Value {
    let turn_detection = match config.turn_detection {
        TurnDetection::ServerVad => json!({
            "type": "server_vad",
            "threshold": config.vad_threshold,
            "prefix_padding_ms": config.vad_prefix_padding_ms,
            "silence_duration_ms": config.server_silence_ms(),
            "create_response": false,
            "interrupt_response": false,
        }),
        TurnDetection::SemanticVad => json!({
            "type": "semantic_vad",
            "eagerness": config.vad_eagerness,
            "create_response": false,
            "interrupt_response": false,
        }),
    };
    let format = audio_format(config.audio_format);
    json!({
        "type": "realtime",
        "model": config.realtime_model,
        "output_modalities": ["audio"],
        "instructions": instructions,
        "audio": {
            "input": {
                "format": format,
                "transcription": transcription(&config.transcription_model, language, terms),
                "turn_detection": turn_detection,
            },
            "output": {"format": format, "voice": config.voice},
        },
        "tools": tools,
        "tool_choice": "auto",
        "reasoning": {"effort": config.reasoning_effort.of_realtime()},
        "max_output_tokens": config.max_output_tokens,
        "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
    })
}

/// Returns the settings of a transcription. Models that take no hints get only the expected language, without `terms`.
pub fn transcription(model: &str, language: &str, terms: &[String]) -> Value {
    if !takes_hints(model) {
        return json!({"model": model, "language": language});
    }
    let languages: Vec<_> = languages_of_callers(language).collect();
    let mut transcription = json!({"model": model, "languages": languages});
    if !terms.is_empty() {
        transcription["keywords"] = terms.iter().take(MAX_KEYWORDS).cloned().collect();
    }
    transcription
}

/// Returns true if a model takes several languages and keywords as hints. Older models and those of other vendors take
/// only one language.
pub fn takes_hints(model: &str) -> bool {
    ["gpt-transcribe", "gpt-live-transcribe"].iter().any(|family| model.starts_with(family))
}

pub fn audio_format(format: AudioFormat) -> Value {
    match format {
        AudioFormat::Pcmu => json!({"type": "audio/pcmu"}),
        AudioFormat::Pcm => json!({"type": "audio/pcm", "rate": PCM_RATE}),
    }
}

/// Returns a tool definition for [`session`]. `parameters` is the JSON Schema of the arguments.
pub fn function(name: &str, description: &str, parameters: &Value) -> Value {
    json!({"type": "function", "name": name, "description": description, "parameters": parameters})
}

pub fn session_update(session: &Value) -> String {
    json!({"type": "session.update", "session": session}).to_string()
}

/// Removes the optional field that `param` names, or the optional field that contains `param`. Returns the field and
/// its value, or `None` if no such field is set.
pub fn remove_optional_field(session: &mut Value, param: &str) -> Option<(&'static str, Value)> {
    let param = param.strip_prefix("session.").unwrap_or(param);
    let is_part = |field: &str| param.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    OPTIONAL
        .into_iter()
        .filter(|field| is_part(field))
        .find_map(|field| Some((field, remove_field_if(session, field, |_| true)?)))
}

/// `field` is a path of names that are separated by dots. Returns the removed value.
pub fn remove_field_if(session: &mut Value, field: &str, is_meant: impl FnOnce(&Value) -> bool) -> Option<Value> {
    let (within, name) = field.rsplit_once('.').unwrap_or(("", field));
    let within =
        within.split('.').filter(|part| !part.is_empty()).try_fold(session, |value, part| value.get_mut(part))?;
    let within = within.as_object_mut()?;
    if is_meant(within.get(name)?) { within.remove(name) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_optional_field_that_the_server_refuses_is_left_out() {
        let whole = session(&OpenAiConfig::default(), "be brief", &[], "he", &["רונית".to_owned()]);
        let mut without = whole.clone();
        let (field, value) = remove_optional_field(&mut without, "session.audio.input.transcription.model").unwrap();
        assert_eq!((field, &value["languages"]), ("audio.input.transcription", &json!(["he", "en", "ar", "ru"])));
        assert_eq!(without["audio"]["input"]["transcription"], Value::Null);
        assert_eq!(remove_optional_field(&mut without, "session.audio.input.transcription.model"), None, "once");
        assert_eq!(remove_optional_field(&mut without, "session.audio.output.voice").unwrap().0, "audio.output.voice");
        assert_eq!(remove_optional_field(&mut without, "truncation.retention_ratio").unwrap().0, "truncation");
        for needed in
            ["session.model", "session.audio.input.format", "session.audio", "session", "", "session.truncationx"]
        {
            assert_eq!(remove_optional_field(&mut without, needed), None, "{needed}");
        }
        let mut inner = whole;
        let (field, _) = remove_optional_field(&mut inner, "session.audio.input.transcription.languages").unwrap();
        assert_eq!(field, "audio.input.transcription.languages");
        let (field, value) = remove_optional_field(&mut inner, "session.audio.input.transcription.keywords").unwrap();
        assert_eq!((field, value), ("audio.input.transcription.keywords", json!(["רונית"])));
        assert!(inner["audio"]["input"]["transcription"]["model"].is_string());
    }
}
