//! API types of custom fields.

use crate::domain;
use crate::http::api::contacts::view::FieldKind;
use crate::http::etag::{Listed, Versioned};
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type CustomFieldPage = Page<CustomField>;

/// A custom field of the business's contacts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CustomField {
    /// The id of the field.
    pub(super) id: i64,
    /// The name of the field.
    pub(super) name: String,
    /// The type of the field's values; it cannot be changed.
    pub(super) kind: FieldKind,
    /// The allowed values of a choice field; empty for other types.
    pub(super) choices: Vec<String>,
    /// The number of contacts with a value of the field.
    contact_count: i64,
    /// The version of the field (its `ETag`), for `If-Match`.
    etag: String,
}

impl Listed for CustomField {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl Versioned for CustomField {
    fn version(&self) -> impl Serialize {
        (self.id, &self.name, &self.choices)
    }
}

impl From<domain::CustomField> for CustomField {
    fn from(field: domain::CustomField) -> Self {
        Self {
            id: field.id.0,
            name: field.name,
            kind: field.kind.into(),
            choices: field.choices,
            contact_count: field.contact_count,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new custom field.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCustomFieldRequest {
    /// The name of the field: 1 to 200 characters, unique.
    pub(super) name: String,
    /// The type of the field's values.
    pub(super) kind: FieldKind,
    /// The allowed values of a choice field, 1 to 100; other types have none.
    #[serde(default)]
    pub(super) choices: Vec<String>,
}

/// A change of a custom field. Absent and null fields keep their values.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateCustomFieldRequest {
    /// The new name of the field: 1 to 200 characters, unique.
    pub(super) name: Option<String>,
    /// The new allowed values of a choice field, 1 to 100. Contacts keep a value that is no longer allowed.
    pub(super) choices: Option<Vec<String>>,
}
