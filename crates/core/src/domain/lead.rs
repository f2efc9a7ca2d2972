//! Leads: possible sales, and the stages that they pass through.

use super::{ContactId, LeadId, StageId, Timestamp, text_enum};

text_enum! {
    /// What a lead in a stage has become.
    LeadOutcome {
        /// It is open.
        Open = "",
        /// It was sold.
        Won = "won",
        /// It was not sold.
        Lost = "lost",
    }
}

/// A stage of leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadStage {
    /// The id.
    pub id: StageId,
    /// Of a stage that every business starts with: `new`, `quoted`, `won` or `lost`.
    pub key: Option<String>,
    /// The name that a user gave it.
    pub name: Option<String>,
    /// What a lead in it has become.
    pub outcome: LeadOutcome,
    /// Its place among the stages.
    pub position: i64,
    /// The number of leads in it.
    pub lead_count: i64,
}

/// What a user decides about a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadContent {
    /// What may be sold.
    pub title: String,
    /// The stage.
    pub stage_id: StageId,
    /// The expected amount in hundredths of the currency.
    pub value_minor: Option<i64>,
    /// Where it came from.
    pub source: String,
}

/// A lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The id.
    pub id: LeadId,
    /// The contact.
    pub contact_id: ContactId,
    /// The name of the contact, or its number.
    pub contact_name: Option<String>,
    /// What a user decides about it.
    pub content: LeadContent,
    /// The actor that created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Since when it is in a stage with an outcome.
    pub closed_at: Option<Timestamp>,
}
