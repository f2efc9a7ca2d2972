//! Translates a parser's rejection into the field and the reason, in the terms of the API documentation.

use crate::http::ApiError;
use axum::http::StatusCode;

/// The field and the reason for which a body or a query was rejected.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Explanation {
    code: &'static str,
    field: Option<String>,
    /// The API's own wording of the reason; none if the parser's reason is not recognised.
    message: Option<String>,
}

impl Explanation {
    /// Parses the message of axum's rejection: `Failed to …: FIELD: REASON at line L column C`. The field may be
    /// absent.
    pub(super) fn of(sentence: &str) -> Self {
        let reason = sentence.split_once(": ").map_or(sentence, |(_, reason)| reason);
        let reason = reason.rsplit_once(" at line ").map_or(reason, |(reason, _)| reason);
        let (field, reason) = match reason.split_once(": ") {
            Some((field, reason)) if is_path(field) => (Some(field), reason),
            _ => (None, reason),
        };
        if let Some((name, known)) = reason.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
            let message = format!("there is no field {name}; {}", choices("the fields are", known));
            return Self { code: "unknown_field", field: Some(name.to_owned()), message: Some(message) };
        }
        for (kind, what) in [("missing field `", "is missing"), ("duplicate field `", "is given twice")] {
            if let Some(name) = reason.strip_prefix(kind).and_then(|rest| rest.strip_suffix('`')) {
                return Self::invalid(Some(name), Some(format!("{name} {what}")));
            }
        }
        let name = field.unwrap_or("the value");
        Self::invalid(field, expectation(reason).map(|what| format!("{name} {what}")))
    }

    fn invalid(field: Option<&str>, message: Option<String>) -> Self {
        Self { code: "invalid", field: field.map(str::to_owned), message }
    }

    /// `otherwise` is the message if neither the field nor the reason is known.
    pub(super) fn into_error(self, status: StatusCode, otherwise: &'static str) -> ApiError {
        let message = match (self.message, &self.field) {
            (Some(message), _) => message,
            (None, Some(field)) => format!("{field} has a value that is not allowed"),
            (None, None) => otherwise.to_owned(),
        };
        let error = ApiError::new(status, self.code, message);
        match self.field {
            Some(field) => error.with_field(field),
            None => error,
        }
    }
}

/// Returns true if the text is the path of a field, and not the start of a sentence.
fn is_path(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.[]".contains(c))
}

/// Returns the requirement on the value, such as `must be a string`; none if the reason is unknown.
fn expectation(reason: &str) -> Option<String> {
    // The messages of the daemon's own types have this form already.
    if ["must ", "may "].iter().any(|beginning| reason.starts_with(beginning)) {
        return Some(reason.to_owned());
    }
    if let Some((_, known)) = reason.strip_prefix("unknown variant `").and_then(|rest| rest.split_once('`')) {
        return Some(choices("must be one of:", known));
    }
    if let Some(what) = out_of_range(reason) {
        return Some(what);
    }
    let is_number_text = ["invalid digit", "cannot parse integer"];
    let expected = match reason.split_once(", expected ") {
        Some((_, expected)) => expected,
        None if is_number_text.iter().any(|beginning| reason.starts_with(beginning)) => "i64",
        None if reason.starts_with("provided string was not `true` or `false`") => "a boolean",
        None => return None,
    };
    let kind = match expected {
        "a string" | "string" => "a string",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        other if other == "a map" || other.starts_with("struct ") => "an object",
        _ => return None,
    };
    Some(format!("must be {kind}"))
}

/// Returns the requirement on a whole number that its type cannot hold; none for another reason.
fn out_of_range(reason: &str) -> Option<String> {
    // The parser of a query does not name the type.
    for (beginning, what) in [("number too large", "is too large"), ("number too small", "is too small")] {
        if reason.starts_with(beginning) {
            return Some(what.to_owned());
        }
    }
    let (_, expected) = reason.strip_prefix("invalid value: integer ")?.split_once(", expected ")?;
    let (least, most): (i128, i128) = match expected {
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" => (i64::MIN.into(), i64::MAX.into()),
        _ => return None,
    };
    Some(format!("must be a whole number from {least} to {most}"))
}

/// Lists the names that `known` has in backquotes.
fn choices(beginning: &str, known: &str) -> String {
    let names: Vec<_> = known.split('`').skip(1).step_by(2).collect();
    if names.is_empty() { "there are none here".to_owned() } else { format!("{beginning} {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sentence: &str) -> (Option<String>, Option<String>) {
        let Explanation { field, message, .. } = Explanation::of(sentence);
        (field, message)
    }

    #[test]
    fn the_field_and_what_it_must_be_are_named() {
        let body = "Failed to deserialize the JSON body into the target type: ";
        for (reason, field, message) in [
            ("to: invalid type: integer `5`, expected a string at line 1 column 7", "to", "to must be a string"),
            ("a.b[0]: invalid type: null, expected i64 at line 1 column 7", "a.b[0]", "a.b[0] must be a whole number"),
            ("a: invalid value: integer `256`, expected u8", "a", "a must be a whole number from 0 to 255"),
            ("a: number too large to fit in target type", "a", "a is too large"),
            ("missing field `to` at line 1 column 2", "to", "to is missing"),
            ("role: unknown variant `x`, expected `owner` or `staff`", "role", "role must be one of: owner, staff"),
            ("limit: must be 1 to 200", "limit", "limit must be 1 to 200"),
            ("x: unknown field `x`, expected `y`", "x", "there is no field x; the fields are y"),
        ] {
            assert_eq!(
                read(&format!("{body}{reason}")),
                (Some(field.to_owned()), Some(message.to_owned())),
                "{reason}"
            );
        }
        assert_eq!(read(&format!("{body}x: what no one has seen")), (Some("x".to_owned()), None));
    }
}
