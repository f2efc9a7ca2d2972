//! Leads, which are possible sales, and the stages of their progress.

use super::{ContactId, LeadId, StageId, Timestamp, text_enum};

text_enum! {
    /// The outcome of the leads in a stage.
    LeadOutcome {
        /// The lead is open.
        Open = "",
        /// The sale was made.
        Won = "won",
        /// The sale was not made.
        Lost = "lost",
    }
}

/// A stage in the progress of leads, such as "quoted".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadStage {
    /// The id: the number of the database row.
    pub id: StageId,
    /// The key of a built-in stage: `new`, `quoted`, `won` or `lost`; none for a stage that a user created.
    pub key: Option<String>,
    /// The name that a user gave the stage; none if a user gave none, which only a built-in stage allows.
    pub name: Option<String>,
    /// The outcome of the leads in the stage.
    pub outcome: LeadOutcome,
    /// The position among the stages; the lowest is first.
    pub position: i64,
    /// The number of leads in the stage.
    pub lead_count: i64,
}

/// The fields of a lead that users edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadContent {
    /// The goods or service that may be sold.
    pub title: String,
    /// The stage that the lead has reached.
    pub stage_id: StageId,
    /// The expected amount in hundredths of the currency unit; none if it is unknown.
    pub value_minor: Option<i64>,
    /// The source of the lead, as a user describes it.
    pub source: String,
}

/// A lead: a possible sale to a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The id: the number of the database row.
    pub id: LeadId,
    /// The contact who may buy something.
    pub contact_id: ContactId,
    /// The name of the contact, or the number if the contact has no name.
    pub contact_name: Option<String>,
    /// The fields that users edit.
    pub content: LeadContent,
    /// The actor that created the lead, such as `user:3`.
    pub created_by: String,
    /// When the lead was created, by the daemon's clock.
    pub created_at: Timestamp,
    /// When the lead was last changed; at first the time of its creation.
    pub updated_at: Timestamp,
    /// When the lead was closed; none while it is open. A lead is closed while its stage has the outcome won or lost. A
    /// later move between won and lost does not change the time.
    pub closed_at: Option<Timestamp>,
}
