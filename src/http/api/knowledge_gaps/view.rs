//! API types of questions that the agent could not answer.

use crate::domain::{self, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type KnowledgeGapPage = Page<KnowledgeGap>;

pub(crate) type GapState = OneOf<domain::GapState>;

/// A question that the agent could not answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct KnowledgeGap {
    /// The id of the question.
    id: i64,
    /// The question in a few words.
    question: String,
    /// The number of calls in which the question was asked.
    times_asked: i64,
    /// The state of the question: open, answered or dismissed.
    state: GapState,
    /// The id of the contact who last asked the question; null if it is not known.
    contact_id: Option<i64>,
    /// The id of the call in which the question was last asked; null if it is not known.
    call_id: Option<i64>,
    /// The id of the fact with the answer; null if there is no fact, or if the fact was deleted or got another
    /// `source`.
    fact_id: Option<i64>,
    /// When the question was first asked.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the question was last asked.
    #[schema(value_type = String, format = DateTime)]
    asked_at: Timestamp,
    /// When a user answered or dismissed the question; null while it is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
}

impl From<domain::KnowledgeGap> for KnowledgeGap {
    fn from(gap: domain::KnowledgeGap) -> Self {
        Self {
            id: gap.id.0,
            question: gap.question,
            times_asked: gap.times_asked,
            state: gap.state.into(),
            contact_id: gap.contact_id.map(|id| id.0),
            call_id: gap.call_id.map(|id| id.0),
            fact_id: gap.fact_id.map(|id| id.0),
            created_at: gap.created_at,
            asked_at: gap.asked_at,
            decided_at: gap.decided_at,
        }
    }
}

/// The answer to a question.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerKnowledgeGapRequest {
    /// The answer, 1 to 4000 characters, which becomes the text of a fact.
    pub(super) answer: String,
    /// The topic of the fact, up to 200 characters; the question by default.
    pub(super) topic: Option<String>,
}
