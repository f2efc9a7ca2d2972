//! The checks with the schemas compiled in. `tests/fixtures/specs/trim.py` generates the schemas from the vendors'
//! OpenAPI documents; the README in that folder lists sources and licences.

use super::OpenAiRequest;
use jsonschema::error::ValidationErrorKind as ErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Returns the types of all events that a client of a realtime session may send.
pub fn realtime_client_events() -> impl Iterator<Item = &'static str> {
    OPENAI.document["events"].as_object().into_iter().flat_map(Map::keys).map(String::as_str)
}

/// Returns the errors in an event from a client of a realtime session; an empty list if the event is valid.
pub fn check_realtime_event(event: &Value) -> Vec<String> {
    let Some(kind) = event.get("type").and_then(Value::as_str) else {
        return vec!["an event without a type".into()];
    };
    match OPENAI.document["events"].get(kind).and_then(Value::as_str) {
        Some(name) => OPENAI.check(&format!("/$defs/{name}"), event),
        None => vec![format!("no such event: {kind}")],
    }
}

/// Returns the errors in the body of a request to OpenAI; an empty list if the body is valid.
pub fn check_openai_request(request: OpenAiRequest, body: &Value) -> Vec<String> {
    let name = match request {
        OpenAiRequest::Chat => "chat",
        OpenAiRequest::Responses => "responses",
        OpenAiRequest::Speech => "speech",
        OpenAiRequest::Transcription => "transcription",
    };
    let schema = OPENAI.document["requests"][name].as_str().unwrap_or_default();
    OPENAI.check(&format!("/$defs/{schema}"), body)
}

/// Returns the errors in the fields of a multipart form for OpenAI. The value of the field `file` is a placeholder.
pub fn check_transcription_form(fields: &[(String, String)]) -> Vec<String> {
    let schema = &OPENAI.document["$defs"]["CreateTranscriptionRequest"];
    check_openai_request(OpenAiRequest::Transcription, &typed(fields, schema, &OPENAI.document))
}

/// Returns the errors in a request to Twilio's REST interface. `operation` is the method and path in Twilio's document,
/// for example `POST /2010-04-01/Accounts/{AccountSid}/Messages.json`.
pub fn check_twilio_request(
    operation: &str,
    path: &[(String, String)],
    query: &[(String, String)],
    form: &[(String, String)],
) -> Vec<String> {
    let Some(known) = TWILIO.document["operations"].get(operation) else {
        return vec![format!("no such operation: {operation}")];
    };
    let escaped = operation.replace('~', "~0").replace('/', "~1");
    let mut wrong = Vec::new();
    for (place, fields) in [("path", path), ("query", query), ("form", form)] {
        match known.get(place) {
            Some(schema) => {
                let value = typed(fields, schema, &TWILIO.document);
                let found = TWILIO.check(&format!("/operations/{escaped}/{place}"), &value);
                wrong.extend(found.into_iter().map(|what| format!("{place}: {what}")));
            }
            None => wrong.extend(fields.iter().map(|(name, _)| format!("{place}: {name} is not expected"))),
        }
    }
    wrong
}

/// A document of schemas. Each schema is compiled at its first use.
struct Schemas {
    document: Value,
    compiled: Mutex<HashMap<String, Result<Arc<Validator>, String>>>,
}

impl Schemas {
    fn new(text: &str) -> Self {
        Self { document: serde_json::from_str(text).unwrap_or_default(), compiled: Mutex::default() }
    }

    /// Checks `instance` against the schema at the JSON pointer `place`.
    fn check(&self, place: &str, instance: &Value) -> Vec<String> {
        let validator = {
            let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            compiled.entry(place.to_owned()).or_insert_with(|| self.compile(place).map(Arc::new)).clone()
        };
        match validator {
            Ok(validator) => validator.iter_errors(instance).map(|error| describe(&error)).collect(),
            Err(reason) => vec![format!("the schema at {place} cannot be read: {reason}")],
        }
    }

    fn compile(&self, place: &str) -> Result<Validator, String> {
        let mut schema = self.document.pointer(place).ok_or("there is none")?.clone();
        schema["$defs"] = self.document["$defs"].clone();
        jsonschema::options().should_validate_formats(true).build(&schema).map_err(|error| error.to_string())
    }
}

/// Describes an error by its place and kind. Omits the value, which may be long.
fn describe(error: &ValidationError<'_>) -> String {
    let what = match error.kind() {
        ErrorKind::AnyOf { context } | ErrorKind::OneOfNotValid { context } => match nearest(context) {
            Some(closer) => return describe(closer),
            None => "fits none of the forms that are allowed".into(),
        },
        ErrorKind::UnevaluatedProperties { unexpected } | ErrorKind::AdditionalProperties { unexpected } => {
            format!("unknown: {}", unexpected.join(", "))
        }
        _ => error.masked_with("it").to_string(),
    };
    let place = error.instance_path().to_string();
    if place.is_empty() { what } else { format!("{place}: {what}") }
}

/// Returns the deepest error of the closest alternative, if none of several alternatives matched. The closest
/// alternative has the right type and the fewest errors.
fn nearest<'a>(forms: &'a [Vec<ValidationError<'static>>]) -> Option<&'a ValidationError<'static>> {
    let wrong_kind = |error: &ValidationError<'_>| {
        matches!(error.kind(), ErrorKind::Constant { .. } | ErrorKind::Enum { .. } | ErrorKind::Type { .. })
    };
    let errors = forms.iter().min_by_key(|errors| (errors.iter().any(wrong_kind), errors.len()))?;
    errors.iter().max_by_key(|error| error.instance_path().to_string().len())
}

/// Converts the fields of a form to JSON with the types of `schema`, because all values of a form are text.
fn typed(fields: &[(String, String)], schema: &Value, document: &Value) -> Value {
    let mut object = Map::new();
    for (name, text) in fields {
        let field = resolve(&schema["properties"][name.as_str()], document);
        if field["type"] == "array" {
            let item = typed_text(text, resolve(&field["items"], document));
            match object.entry(name.clone()).or_insert_with(|| json!([])) {
                Value::Array(items) => items.push(item),
                other => *other = item,
            }
        } else {
            object.insert(name.clone(), typed_text(text, field));
        }
    }
    Value::Object(object)
}

fn resolve<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str).and_then(|place| place.strip_prefix('#')) {
        Some(place) => document.pointer(place).unwrap_or(schema),
        None => schema,
    }
}

fn typed_text(text: &str, schema: &Value) -> Value {
    let parsed = match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().ok().map(Value::from),
        Some("number") => text.parse::<f64>().ok().map(Value::from),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| text.into())
}

static OPENAI: LazyLock<Schemas> = LazyLock::new(|| Schemas::new(include_str!("openai.json")));
static TWILIO: LazyLock<Schemas> = LazyLock::new(|| Schemas::new(include_str!("twilio.json")));

#[cfg(test)]
mod tests;
