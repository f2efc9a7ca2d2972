//! API types of the audit log.

use crate::domain;
use crate::domain::Timestamp;
use crate::http::pagination::Page;
use serde::Serialize;

pub(crate) type AuditEntryPage = Page<AuditEntry>;

/// An entry of the audit log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditEntry {
    /// The number of the entry; later entries have greater numbers.
    id: i64,
    /// When the action happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The actor: `user:3`, `token:2`, `cli`, `contact` (by a WhatsApp message), `agent`, `owner` (the owner by WhatsApp), `phone` (the business's own
    /// phone), `daemon`, or `nobody` for a client that is not logged in.
    actor: String,
    /// The name of the user or token; null for other actors. The name of a removed user ends with the user's id, such
    /// as `Dana #3`.
    actor_name: Option<String>,
    /// The actor that created the token; null if the actor is not a token, or the token's creator is not known.
    token_created_by: Option<String>,
    /// The action: `login`, `user_added`, `token_revoked`, …; for all other changes by the API, the `operationId` of
    /// the request.
    action: String,
    /// The resource that was changed: `user:3`, `token:2`, …; for tags of many contacts, also the number of contacts, such
    /// as `tag:5, added to contacts: 12`.
    subject: String,
    /// The current name of the changed resource, or, for a resource without a name that belongs to a contact, the
    /// contact's name or number; null if there is none of these, or the resource no longer exists.
    subject_name: Option<String>,
    /// The id of the contact that was changed, or to which the changed resource belongs; null if there is no such
    /// contact, or the contact or resource no longer exists.
    contact_id: Option<i64>,
}

impl From<domain::AuditEntry> for AuditEntry {
    fn from(entry: domain::AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor: entry.actor,
            actor_name: entry.actor_name,
            token_created_by: entry.token_created_by,
            action: entry.action,
            subject: entry.subject,
            subject_name: entry.subject_name,
            contact_id: entry.contact_id.map(|id| id.0),
        }
    }
}
