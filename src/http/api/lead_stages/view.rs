//! API types of lead stages.

use crate::domain;
use crate::http::api::one_of::OneOf;
use crate::http::etag::{Listed, Versioned};
use crate::http::extract::nullable;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type LeadStagePage = Page<LeadStage>;

pub(crate) type LeadOutcome = OneOf<domain::LeadOutcome>;

/// A stage in the progress of leads, such as `new` or `won`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LeadStage {
    /// The id of the stage.
    pub(super) id: i64,
    /// The key of a built-in stage: `new`, `quoted`, `won` or `lost`; clients display its translation while `name` is
    /// null. Null for other stages.
    key: Option<String>,
    /// The name that a user gave the stage; null for a built-in stage that was not renamed.
    pub(super) name: Option<String>,
    /// The outcome of the leads in this stage; empty if they are open.
    pub(super) outcome: LeadOutcome,
    /// The position of the stage in lists; the lowest is first.
    pub(super) position: i64,
    /// The number of leads in the stage.
    lead_count: i64,
    /// The version of the stage (its `ETag`), for `If-Match`.
    etag: String,
}

impl Listed for LeadStage {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
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
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new stage of leads.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateLeadStageRequest {
    /// The name of the stage, 1 to 200 characters.
    pub(super) name: String,
    /// The outcome of the leads in this stage; empty, the default, for open leads.
    pub(super) outcome: Option<LeadOutcome>,
    /// The position of the stage in lists; at the end by default.
    pub(super) position: Option<i64>,
}

/// A change of a stage of leads. Absent fields keep their values, and so do null ones, unless the field says what null
/// means.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateLeadStageRequest {
    /// The new name, 1 to 200 characters; null resets a built-in stage to its original name, and is not allowed for
    /// other stages.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: Option<Option<String>>,
    /// The outcome of the leads in this stage; empty for open leads.
    pub(super) outcome: Option<LeadOutcome>,
    /// The position of the stage in lists; the lowest is first.
    pub(super) position: Option<i64>,
}
