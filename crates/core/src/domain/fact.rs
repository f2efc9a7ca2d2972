//! Facts about the business, from which the agent answers.

use super::{FactId, Timestamp, text_enum};

text_enum! {
    /// Where a fact came from.
    FactSource {
        /// A user wrote it.
        User = "user",
        /// The agent noted it.
        Agent = "agent",
        /// It was imported.
        Import = "import",
        /// A user answered a question that the agent could not answer.
        Answer = "answer",
    }
}

/// A fact about the business, such as its parking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The id.
    pub id: FactId,
    /// The topic.
    pub topic: String,
    /// The fact.
    pub text: String,
    /// Where it came from.
    pub source: FactSource,
    /// Who added it, in the form of the audit log.
    pub created_by: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
