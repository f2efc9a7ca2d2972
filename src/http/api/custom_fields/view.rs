//! API types of custom fields.

use crate::domain;
use crate::http::api::contacts::view::FieldKind;
use crate::http::etag::Versioned;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(crate) type CustomFieldPage = Page<CustomField>;

/// A field of the business's contacts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CustomField {
    /// The id of the field.
    pub(super) id: i64,
    /// The name of the field.
    pub(super) name: String,
    /// The kind of its values; it cannot be changed.
    pub(super) kind: FieldKind,
    /// The values of a choice; empty for the other kinds.
    pub(super) choices: Vec<String>,
}

impl Versioned for CustomField {}

impl From<domain::CustomField> for CustomField {
    fn from(field: domain::CustomField) -> Self {
        Self { id: field.id.0, name: field.name, kind: field.kind.into(), choices: field.choices }
    }
}

/// A new field.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCustomFieldRequest {
    /// The name, which no other field has.
    pub(super) name: String,
    /// The kind of its values.
    pub(super) kind: FieldKind,
    /// The values of a choice.
    #[serde(default)]
    pub(super) choices: Vec<String>,
}

/// A change of a field. Absent fields keep their values.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateCustomFieldRequest {
    /// The new name.
    pub(super) name: Option<String>,
    /// The new values of a choice. Contacts keep a value that is no longer among them.
    pub(super) choices: Option<Vec<String>>,
}
