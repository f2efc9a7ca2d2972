//! Checks the model's arguments against the parameters of a tool.

use super::{AgentTool, ParameterType, ToolParameter};
use serde_json::{Map, Value};

/// The reason why arguments are rejected. The model receives the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// The arguments are no JSON object.
    #[error("the arguments must be a JSON object")]
    NotAnObject,
    /// The tool has no such parameter.
    #[error("there is no parameter {name}; the parameters are: {known}")]
    Unknown {
        /// The argument that the model passed.
        name: String,
        /// The names of the tool's parameters, for the model.
        known: String,
    },
    /// A required argument is absent.
    #[error("{0} is missing")]
    Missing(String),
    /// A value has the wrong type, or is not allowed.
    #[error("{name} must be {expected}")]
    BadValue {
        /// The name of the parameter.
        name: String,
        /// What is allowed.
        expected: String,
    },
    /// The address of the tool is invalid.
    #[error("the tool's address is invalid: {0}")]
    Address(String),
}

/// The maximum length of a text argument, in characters.
const MAX_TEXT_CHARS: usize = 2000;

impl AgentTool {
    /// Checks arguments, and returns them without those that are null.
    pub fn check_arguments(&self, arguments: Value) -> Result<Map<String, Value>, ArgumentError> {
        let Value::Object(mut arguments) = arguments else { return Err(ArgumentError::NotAnObject) };
        arguments.retain(|_, value| !value.is_null());
        for (name, value) in &arguments {
            match self.parameters.iter().find(|parameter| parameter.name == *name) {
                Some(parameter) => parameter.check(value)?,
                None => return Err(self.unknown(name)),
            }
        }
        let is_missing = |parameter: &&ToolParameter| parameter.required && !arguments.contains_key(&parameter.name);
        match self.parameters.iter().find(is_missing) {
            Some(missing) => Err(ArgumentError::Missing(missing.name.clone())),
            None => Ok(arguments),
        }
    }

    fn unknown(&self, name: &str) -> ArgumentError {
        let known: Vec<_> = self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        ArgumentError::Unknown { name: name.to_owned(), known }
    }
}

impl ToolParameter {
    fn check(&self, value: &Value) -> Result<(), ArgumentError> {
        let refuse = |expected: String| Err(ArgumentError::BadValue { name: self.name.clone(), expected });
        let is_allowed = match self.kind {
            ParameterType::String => value.as_str().is_some_and(|text| text.chars().count() <= MAX_TEXT_CHARS),
            ParameterType::Integer => value.is_i64() || value.is_u64(),
            ParameterType::Number => value.is_number(),
            ParameterType::Boolean => value.is_boolean(),
        };
        if !is_allowed {
            return refuse(match self.kind {
                ParameterType::String => format!("a text of at most {MAX_TEXT_CHARS} characters"),
                ParameterType::Integer => "a whole number".to_owned(),
                ParameterType::Number => "a number".to_owned(),
                ParameterType::Boolean => "true or false".to_owned(),
            });
        }
        let is_choice = |text: &str| self.choices.iter().any(|choice| choice == text);
        if !self.choices.is_empty() && !value.as_str().is_some_and(is_choice) {
            return refuse(format!("one of: {}", self.choices.join(", ")));
        }
        Ok(())
    }
}
