//! What the API shows of lead stages.

use crate::domain;
use crate::http::api::nullable::nullable;
use crate::http::api::one_of::OneOf;
use crate::http::etag::Versioned;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type LeadStagePage = Page<LeadStage>;

pub(crate) type LeadOutcome = OneOf<domain::LeadOutcome>;

/// A stage of leads.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LeadStage {
    /// The id.
    pub(super) id: i64,
    /// Of a stage that every business starts with: `new`, `quoted`, `won` or `lost`. A page names it by this while `name` is null.
    key: Option<String>,
    /// The name that a user gave it.
    pub(super) name: Option<String>,
    /// What a lead in it has become; empty while it is open.
    pub(super) outcome: LeadOutcome,
    /// Its place among the stages.
    pub(super) position: i64,
    /// The number of leads in it.
    lead_count: i64,
}

impl Versioned for LeadStage {
    fn version(&self) -> impl Serialize {
        (self.id, &self.name, self.outcome, self.position)
    }
}

impl From<domain::LeadStage> for LeadStage {
    fn from(stage: domain::LeadStage) -> Self {
        Self {
            id: stage.id.0,
            key: stage.key,
            name: stage.name,
            outcome: stage.outcome.into(),
            position: stage.position,
            lead_count: stage.lead_count,
        }
    }
}

/// A new stage.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateLeadStageRequest {
    /// The name.
    pub(super) name: String,
    /// What a lead in it has become; empty, the default, while it is open.
    pub(super) outcome: Option<LeadOutcome>,
    /// Its place among the stages; the last one by default.
    pub(super) position: Option<i64>,
}

/// A change of a stage. What is absent stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateLeadStageRequest {
    /// The name; null gives a stage that every business starts with its original name.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: Option<Option<String>>,
    /// What a lead in it has become.
    pub(super) outcome: Option<LeadOutcome>,
    /// Its place among the stages.
    pub(super) position: Option<i64>,
}
