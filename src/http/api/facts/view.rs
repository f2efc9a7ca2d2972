//! API types of facts.

use crate::crm::fact::FactUpdate;
use crate::domain::{self, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::etag::{Listed, Versioned};
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type FactPage = Page<Fact>;

pub(crate) type FactSource = OneOf<domain::FactSource>;

/// A fact about the business, which the agent uses for its answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Fact {
    /// The id of the fact.
    id: i64,
    /// The topic of the fact.
    topic: String,
    /// The text of the fact.
    text: String,
    /// How the fact was added.
    source: FactSource,
    /// The actor that added the fact: `user:3`, `token:2` or `cli`.
    created_by: String,
    /// When the fact was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the fact was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

impl Versioned for Fact {
    fn version(&self) -> impl Serialize {
        (self.id, &self.topic, &self.text, self.source)
    }
}

impl Listed for Fact {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl From<domain::Fact> for Fact {
    fn from(fact: domain::Fact) -> Self {
        Self {
            id: fact.id.0,
            topic: fact.topic,
            text: fact.text,
            source: fact.source.into(),
            created_by: fact.created_by,
            created_at: fact.created_at,
            updated_at: fact.updated_at,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new fact.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateFactRequest {
    /// The topic of the fact, 1 to 200 characters.
    pub(super) topic: String,
    /// The text of the fact, 1 to 4000 characters.
    pub(super) text: String,
    /// How the fact was added; `user` by default. `answer` is not allowed: only an answer to a question has this
    /// source.
    pub(super) source: Option<FactSource>,
}

/// A change of a fact. Absent and null fields keep their values.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateFactRequest {
    /// The topic of the fact, 1 to 200 characters.
    topic: Option<String>,
    /// The text of the fact, 1 to 4000 characters.
    text: Option<String>,
    /// How the fact was added; `answer` is allowed only if the fact has this source already.
    source: Option<FactSource>,
}

impl From<UpdateFactRequest> for FactUpdate {
    fn from(change: UpdateFactRequest) -> Self {
        Self { topic: change.topic, text: change.text, source: change.source.map(|source| source.0) }
    }
}
