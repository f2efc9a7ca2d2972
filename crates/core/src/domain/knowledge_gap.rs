//! Questions about the business that the agent could not answer.

use super::{CallId, ContactId, FactId, GapId, Timestamp, text_enum};

text_enum! {
    /// What became of a question that the agent could not answer.
    GapState {
        /// It waits for an answer.
        Open = "open",
        /// A user answered it; the answer is a fact.
        Answered = "answered",
        /// A user decided that it needs no answer.
        Dismissed = "dismissed",
    }
}

/// A question that the agent could not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnowledgeGap {
    /// The id.
    pub id: GapId,
    /// The question, in a few words.
    pub question: String,
    /// In how many calls it was asked.
    pub times_asked: i64,
    /// What became of it.
    pub state: GapState,
    /// The contact who asked it last; none if that is not known.
    pub contact_id: Option<ContactId>,
    /// The call in which it was asked last.
    pub call_id: Option<CallId>,
    /// The fact with the answer; none if there is none, or it was deleted.
    pub fact_id: Option<FactId>,
    /// When it was asked first.
    pub created_at: Timestamp,
    /// When it was asked last.
    pub asked_at: Timestamp,
    /// When a user answered or dismissed it.
    pub decided_at: Option<Timestamp>,
}
