//! API types of contacts.

use crate::domain::{self, FieldId, Timestamp};
use crate::http::api::appointments::view::Appointment;
use crate::http::api::one_of::OneOf;
use crate::http::api::response::views;
use crate::http::api::threads::view::Thread;
use crate::http::etag::{Listed, Versioned};
use crate::http::extract::nullable;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

type AddressKind = OneOf<domain::AddressKind>;
pub(crate) type ContactRelation = OneOf<domain::ContactRelation>;
pub(crate) type FieldKind = OneOf<domain::FieldKind>;
pub(crate) type OptOutSource = OneOf<domain::OptOutSource>;
pub(crate) type SortOrder = OneOf<domain::ContactSort>;
pub(crate) type ContactPage = Page<Contact>;

/// A contact of the business.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Contact {
    /// The id of the contact.
    id: i64,
    /// The id of the business.
    business_id: i64,
    /// The name that the business gave the contact, or the WhatsApp profile name if it gave none; may be empty.
    display_name: String,
    /// The current phone number in E.164; null if only other addresses are known.
    number: Option<String>,
    /// The time of the newest message or call; null if there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_activity_at: Option<Timestamp>,
    /// The tags of the contact, sorted by name.
    tags: Vec<ContactTag>,
    /// Whether no messages are sent to the contact, because a user has set this, or the contact has blocked the
    /// business or opted out.
    opted_out: bool,
    /// Whether a user has blocked the contact. Calls of a blocked contact are rejected. Messages are stored without a
    /// notification.
    blocked: bool,
    /// What the contact is to the business.
    relation: ContactRelation,
    /// The number of unread messages and calls in all threads.
    unread_count: i64,
    /// When the contact was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A tag of a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ContactTag {
    /// The id of the tag.
    id: i64,
    /// The name of the tag.
    name: String,
}

impl From<domain::ContactTag> for ContactTag {
    fn from(tag: domain::ContactTag) -> Self {
        Self { id: tag.id.0, name: tag.name }
    }
}

impl From<domain::Contact> for Contact {
    fn from(contact: domain::Contact) -> Self {
        Self {
            id: contact.id.0,
            business_id: contact.business_id.0,
            display_name: contact.display_name,
            number: contact.number,
            last_activity_at: contact.last_activity_at,
            tags: views(contact.tags),
            opted_out: contact.opted_out,
            blocked: contact.blocked,
            relation: contact.relation.into(),
            unread_count: contact.unread_count,
            created_at: contact.created_at,
        }
    }
}

/// A contact with its addresses, threads, fields, merges, tasks and appointments.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ContactDetail {
    #[serde(flatten)]
    pub(super) contact: Contact,
    /// The code of the contact's language, such as `he`; null if it is not known.
    pub(super) language: Option<String>,
    /// The phone numbers and other addresses of the contact.
    pub(super) addresses: Vec<Address>,
    /// The threads with the contact, newest activity first.
    pub(super) threads: Vec<Thread>,
    /// The contact's values of the custom fields.
    pub(super) fields: Vec<ContactField>,
    /// The contacts that were merged into this one, newest first.
    pub(super) merged: Vec<MergedContact>,
    /// Why no messages are sent to the contact; null if messages are sent.
    pub(super) opt_out: Option<OptOut>,
    /// The number of open tasks about the contact.
    pub(super) open_tasks: i64,
    /// The contact's next booked appointment, or the one that takes place now; null if there is none.
    pub(super) next_appointment: Option<Appointment>,
}

/// Why no messages are sent to a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OptOut {
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who decided it: the contact by a word in a message, or in a call with the agent; a user or an API client; or the
    /// provider, which rejected a message because the contact has blocked the business or opted out there.
    source: OptOutSource,
    /// The name of the user or the API token; null for other sources.
    by_name: Option<String>,
    /// What the contact wrote; null for other sources.
    word: Option<String>,
}

impl From<domain::OptOut> for OptOut {
    fn from(opt_out: domain::OptOut) -> Self {
        let domain::OptOut { at, source, by_name, word } = opt_out;
        Self { at, source: source.into(), by_name, word }
    }
}

/// A contact's value of a custom field.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ContactField {
    /// The id of the custom field.
    field_id: i64,
    /// The name of the custom field.
    name: String,
    /// The type of the custom field.
    kind: FieldKind,
    /// The value: a text, a number, a day (`2026-11-22`), one of the choices, or `true` or `false`.
    value: String,
}

impl From<domain::FieldValue> for ContactField {
    fn from(field: domain::FieldValue) -> Self {
        Self { field_id: field.field_id.0, name: field.name, kind: field.kind.into(), value: field.value }
    }
}

/// A contact that was merged into another contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MergedContact {
    /// The id of the merge, for `/api/merges/{id}/undo`.
    merge_id: i64,
    /// The name that the merged contact had; may be empty.
    contact_name: String,
    /// When the contact was merged.
    #[schema(value_type = String, format = DateTime)]
    merged_at: Timestamp,
}

impl From<domain::ContactMerge> for MergedContact {
    fn from(merge: domain::ContactMerge) -> Self {
        Self { merge_id: merge.merge_id, contact_name: merge.contact_name, merged_at: merge.merged_at }
    }
}

impl Versioned for ContactDetail {
    fn version(&self) -> impl Serialize {
        let Contact { id, display_name, opted_out, blocked, relation, .. } = &self.contact;
        // The language is left out: the summary of a call sets it, which must not make a user's edit of the name fail
        // with 412.
        (id, display_name, opted_out, blocked, relation, &self.fields)
    }
}

/// An address of a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Address {
    /// The id of the address.
    id: i64,
    /// The id of the contact.
    contact_id: i64,
    /// The kind of the address.
    kind: AddressKind,
    /// The normalised address; a phone number is in E.164.
    value: String,
    /// When the number ceased to be current; null for a current number, and for other kinds of addresses.
    #[schema(value_type = Option<String>, format = DateTime)]
    former_at: Option<Timestamp>,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

impl Versioned for Address {
    fn version(&self) -> impl Serialize {
        (self.id, self.contact_id, self.kind, &self.value, self.former_at)
    }
}

impl Listed for Address {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

/// A number to add to a contact.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddNumberRequest {
    /// The number, in international form or as it is written in the country of the business.
    pub(super) number: String,
    /// When the number ceased to be current, now at the latest; absent or null: the number is current.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) former_at: Option<Timestamp>,
    /// The id of a removed number to restore: the number returns to its former position in the list. Absent or null for
    /// a new number.
    pub(super) restored_id: Option<i64>,
    /// Whether a restored number becomes the main number again. Absent: no.
    pub(super) main: Option<bool>,
}

/// A change of a contact's number. Absent properties stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateNumberRequest {
    /// The corrected number, in international form or as it is written in the country of the business.
    pub(super) number: Option<String>,
    /// True makes the number the contact's main number; false is refused.
    pub(super) main: Option<bool>,
}

impl From<domain::Address> for Address {
    fn from(address: domain::Address) -> Self {
        Self {
            id: address.id.0,
            contact_id: address.contact_id.0,
            kind: address.kind.into(),
            value: address.value,
            former_at: address.former_at,
            etag: String::new(),
        }
        .with_etag()
    }
}

/// A new contact.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateContactRequest {
    /// The name of the contact, at most 200 characters; may be empty.
    #[serde(default)]
    pub(super) display_name: String,
    /// The phone number: `+972501234567`, or the national form `050-1234567`.
    pub(super) number: String,
}

/// A change of a contact. Absent fields keep their values, and so do null ones, unless the field says what null means.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateContactRequest {
    /// The new name of the contact, at most 200 characters; an empty text removes the name.
    pub(super) display_name: Option<String>,
    /// The code of the contact's language: two or three lower-case letters, such as `he`; null removes the language.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "nullable")]
    pub(super) language: Option<Option<String>>,
}

/// Whether to stop sending messages to a contact.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptOutRequest {
    /// True: no messages are sent to the contact until this is set to false, or the contact opts in by a word such as
    /// "START".
    pub(super) opted_out: bool,
}

/// Whether a contact is blocked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockRequest {
    /// True: calls are rejected, and messages are stored without a notification, until this is set to false.
    pub(super) blocked: bool,
}

/// What a contact is to the business.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelationRequest {
    /// What the contact is to the business from now on.
    pub(super) relation: ContactRelation,
}

/// A contact's new value of a custom field.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetFieldRequest {
    /// The value, in the form that the type of the field requires: a text of up to 2000 characters, a number, a day
    /// (`2026-11-22`), one of the choices, or `true` or `false`. Null and a blank text remove the value.
    #[schema(required)]
    pub(super) value: Option<String>,
}

/// The contact to merge into another one.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeRequest {
    /// The id of the contact that is merged into the contact of the path.
    pub(super) contact_id: i64,
    /// The values of the merged contact that replace those of the contact of the path; absent or null: none.
    pub(super) take: Option<MergeChoices>,
}

/// The values of a merged contact that replace those of the kept one, where each has another value.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeChoices {
    /// Whether the name is replaced; false by default.
    #[serde(default)]
    name: bool,
    /// Whether the language is replaced; false by default.
    #[serde(default)]
    language: bool,
    /// Whether the relation is replaced; false by default.
    #[serde(default)]
    relation: bool,
    /// The ids of the fields whose values are replaced; none by default.
    #[serde(default)]
    field_ids: Vec<i64>,
}

impl From<MergeChoices> for domain::MergeChoices {
    fn from(choices: MergeChoices) -> Self {
        let MergeChoices { name, language, relation, field_ids } = choices;
        Self { name, language, relation, fields: field_ids.into_iter().map(FieldId).collect() }
    }
}

/// A merge that can be undone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MergeResponse {
    /// Always true.
    ok: bool,
    /// The id of the merge, for `/api/merges/{id}/undo`.
    merge_id: i64,
}

impl MergeResponse {
    pub(crate) fn new(merge_id: i64) -> Self {
        Self { ok: true, merge_id }
    }
}
