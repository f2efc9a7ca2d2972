//! Questions about the business that the agent could not answer.

use super::{CallId, ContactId, FactId, GapId, Timestamp, text_enum};

text_enum! {
    /// The state of a question that the agent could not answer.
    GapState {
        /// A user has not answered or dismissed the question yet.
        Open = "open",
        /// A user answered the question; the answer is stored as a fact.
        Answered = "answered",
        /// A user decided that the question needs no answer.
        Dismissed = "dismissed",
    }
}

/// A question that the agent could not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnowledgeGap {
    /// The id: the number of the database row.
    pub id: GapId,
    /// The question, in a few words.
    pub question: String,
    /// The number of calls in which the question was asked.
    pub times_asked: i64,
    /// Whether a user has answered or dismissed the question.
    pub state: GapState,
    /// The contact who asked the question last; none if the contact is unknown.
    pub contact_id: Option<ContactId>,
    /// The call in which the question was asked last.
    pub call_id: Option<CallId>,
    /// The fact with the answer; none if the question is not answered or the fact was deleted.
    pub fact_id: Option<FactId>,
    /// When the question was asked first.
    pub created_at: Timestamp,
    /// When the question was asked last.
    pub asked_at: Timestamp,
    /// When a user answered or dismissed the question; none while it is open.
    pub decided_at: Option<Timestamp>,
}
