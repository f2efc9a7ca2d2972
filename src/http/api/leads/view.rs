//! API types of leads.

use crate::domain::{self, LeadContent, StageId, Timestamp};
use crate::http::etag::{Listed, Versioned};
use crate::http::extract::nullable;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type LeadPage = Page<Lead>;

/// A lead: a possible sale to a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Lead {
    /// The id of the lead.
    id: i64,
    /// The id of the contact who may buy.
    contact_id: i64,
    /// The name of the contact, or the number if the contact has no name; null if the contact has neither.
    contact_name: Option<String>,
    /// The product or service that may be sold.
    title: String,
    /// The id of the current stage.
    stage_id: i64,
    /// The expected amount in hundredths of the currency; null if none is set.
    value_minor: Option<i64>,
    /// The source of the lead as free text; `call` if the agent found the lead in a call. May be empty.
    source: String,
    /// The actor that created the lead: `user:3`, `token:2` or `agent`.
    created_by: String,
    /// When the lead was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the lead was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Since when the lead has been in a stage with an outcome; null while the lead is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// The version of the lead (its `ETag`), for `If-Match`.
    etag: String,
}

impl Listed for Lead {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl Versioned for Lead {
    fn version(&self) -> impl Serialize {
        (self.id, self.contact_id, &self.title, self.stage_id, self.value_minor, &self.source)
    }
}

impl From<domain::Lead> for Lead {
    fn from(lead: domain::Lead) -> Self {
        Self {
            id: lead.id.0,
            contact_id: lead.contact_id.0,
            contact_name: lead.contact_name,
            title: lead.content.title,
            stage_id: lead.content.stage_id.0,
            value_minor: lead.content.value_minor,
            source: lead.content.source,
            created_by: lead.created_by,
            created_at: lead.created_at,
            updated_at: lead.updated_at,
            closed_at: lead.closed_at,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new lead.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateLeadRequest {
    /// The id of the contact who may buy.
    pub(super) contact_id: i64,
    /// The product or service that may be sold, 1 to 200 characters.
    pub(super) title: String,
    /// The id of the stage; the first stage by default.
    pub(super) stage_id: Option<i64>,
    /// The expected amount in hundredths of the currency, not negative; absent or null if there is none.
    pub(super) value_minor: Option<i64>,
    /// The source of the lead as free text, at most 200 characters; absent or null if there is none.
    pub(super) source: Option<String>,
}

/// A change of a lead. Absent fields keep their values, and so do null ones, unless the field says what null means.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateLeadRequest {
    /// The product or service that may be sold, 1 to 200 characters.
    title: Option<String>,
    /// The id of the new stage.
    stage_id: Option<i64>,
    /// The expected amount in hundredths of the currency, not negative; null removes it.
    #[schema(value_type = Option<i64>)]
    #[serde(default, deserialize_with = "nullable")]
    value_minor: Option<Option<i64>>,
    /// The source of the lead as free text, at most 200 characters; null removes it.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "nullable")]
    source: Option<Option<String>>,
}

impl UpdateLeadRequest {
    pub(super) fn apply(self, to: &mut LeadContent) {
        if let Some(title) = self.title {
            to.title = title;
        }
        if let Some(stage) = self.stage_id {
            to.stage_id = StageId(stage);
        }
        if let Some(value) = self.value_minor {
            to.value_minor = value;
        }
        if let Some(source) = self.source {
            to.source = source.unwrap_or_default();
        }
    }
}
