//! Why the model's arguments are rejected.

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
