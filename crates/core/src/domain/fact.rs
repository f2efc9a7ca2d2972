//! Facts about the business, which the agent uses for its answers.

use super::{FactId, Timestamp, text_enum};

text_enum! {
    /// The source of a fact.
    FactSource {
        /// A user wrote the fact.
        User = "user",
        /// The agent recorded the fact.
        Agent = "agent",
        /// The fact was imported.
        Import = "import",
        /// A user answered a question that the agent could not answer.
        Answer = "answer",
    }
}

/// A fact about the business, such as where customers can park.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The id: the number of the database row.
    pub id: FactId,
    /// The topic, such as "parking".
    pub topic: String,
    /// The fact, which the agent may use in its answers.
    pub text: String,
    /// Where the fact comes from.
    pub source: FactSource,
    /// The actor that added the fact, in the form of the audit log, such as `user:3`.
    pub created_by: String,
    /// When the fact was added.
    pub created_at: Timestamp,
    /// When the fact was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
}
