//! Requests with an idempotency key that create something. The identity of what the first request with a key created is
//! stored, and a repeated request gets this item.

use super::{Error, RequestError};
use crate::domain::{BusinessId, Timestamp};
use crate::store::{ReadTx, StoredResponse, WriteTx};
use serde_json::{Value, json};

/// A kind of created items.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The noun of the item in the audit log. It is also the first word of the stored key, so that a client may use the
    /// same key for items of different kinds.
    pub noun: &'static str,
    /// The field of the stored answer with the id. The deletion of a contact (`store/tables/personal.rs`) reads it.
    id_field: &'static str,
    /// The table of the items, if its rows can be deleted. SQLite gives the id of the newest deleted row to the next one,
    /// so the stored answer also has the time at which the item was created.
    table: Option<&'static str>,
    /// What the key was used for, in the error about a different request with the same key.
    other: &'static str,
}

impl Kind {
    pub const AGENT_TOOL: Self = Self::new("agent-tool", "agent_tool_id", Some("agent_tools"), "another tool");
    pub const CLOSURE: Self = Self::new("closure", "closure_id", Some("closures"), "another closure");
    pub const CONTACT: Self = Self::new("contact", "contact_id", None, "another contact");
    pub const CUSTOM_FIELD: Self = Self::new("custom-field", "custom_field_id", None, "another field");
    pub const FACT: Self = Self::new("fact", "fact_id", Some("facts"), "another fact");
    pub const LEAD: Self = Self::new("lead", "lead_id", Some("leads"), "another lead");
    /// A stage has no time of creation; its deletion changes the stored answers.
    pub const LEAD_STAGE: Self = Self::new("lead-stage", "lead_stage_id", None, "another stage");
    pub const NOTE: Self = Self::new("note", "note_id", Some("contact_notes"), "another note");
    pub const RESOURCE: Self = Self::new("resource", "resource_id", None, "another resource");
    pub const SAVED_REPLY: Self =
        Self::new("saved-reply", "saved_reply_id", Some("saved_replies"), "another saved reply");
    pub const SCHEDULED_MESSAGE: Self =
        Self::new("scheduled-message", "scheduled_message_id", Some("scheduled_messages"), "another scheduled message");
    pub const SERVICE: Self = Self::new("service", "service_id", None, "another service");
    pub const TAG: Self = Self::new("tag", "tag_id", Some("tags"), "another tag");
    pub const TASK: Self = Self::new("task", "task_id", Some("tasks"), "another task");
    pub const TOKEN: Self = Self::new("token", "token_id", None, "another token");
    pub const WAITING_ENTRY: Self =
        Self::new("waiting-list", "waiting_entry_id", Some("waiting_list"), "another entry of the waiting list");

    const fn new(noun: &'static str, id_field: &'static str, table: Option<&'static str>, other: &'static str) -> Self {
        Self { noun, id_field, table, other }
    }
}

#[derive(Debug)]
pub struct KeyedRequest {
    kind: Kind,
    stored_key: String,
    fingerprint: String,
}

impl KeyedRequest {
    /// `fingerprint` is the same for requests that count as the same.
    pub fn new(kind: Kind, key: &str, fingerprint: String) -> Self {
        Self { kind, stored_key: format!("{} {key}", kind.noun), fingerprint }
    }

    /// Returns `None` for the first request with this key. A different request with the same key is refused. If the item
    /// was deleted since, the id is 0, which no row has.
    pub fn first_id(&self, tx: &ReadTx<'_>) -> Result<Option<i64>, Error> {
        let Some(first) = tx.stored_response(BusinessId::FIRST, &self.stored_key)? else { return Ok(None) };
        if first.fingerprint != self.fingerprint {
            return Err(RequestError::KeyReused(self.kind.other).into());
        }
        let answer = serde_json::from_str::<Value>(&first.answer).unwrap_or_default();
        let id = answer[self.kind.id_field].as_i64().unwrap_or_default();
        // Answers of earlier versions have no time.
        let is_same = answer[CREATED_AT].is_null() || answer[CREATED_AT] == self.created_at(tx, id)?;
        Ok(Some(if is_same { id } else { 0 }))
    }

    pub fn store_id(self, tx: &WriteTx<'_>, id: i64, now: Timestamp) -> Result<(), Error> {
        let answer = json!({(self.kind.id_field): id, CREATED_AT: self.created_at(tx, id)?}).to_string();
        let response = StoredResponse { fingerprint: self.fingerprint, answer };
        Ok(tx.insert_response(BusinessId::FIRST, &self.stored_key, &response, now)?)
    }

    /// Returns null for items whose ids are not used again.
    fn created_at(&self, tx: &ReadTx<'_>, id: i64) -> Result<Value, Error> {
        let Some(table) = self.kind.table else { return Ok(Value::Null) };
        Ok(tx.created_at(table, id)?.map_or(Value::Bool(false), |at| json!(at)))
    }
}

/// Creates an item, unless an earlier request with the same key has created it. Returns the id; if that item was deleted
/// since, an id that no item has.
pub fn create_once<I: Copy + From<i64> + Into<i64>>(
    tx: &WriteTx<'_>,
    keyed: Option<KeyedRequest>,
    create: impl FnOnce(&WriteTx<'_>) -> Result<I, Error>,
    now: Timestamp,
) -> Result<I, Error> {
    let Some(keyed) = keyed else { return create(tx) };
    if let Some(first) = keyed.first_id(tx)? {
        return Ok(first.into());
    }
    let id = create(tx)?;
    keyed.store_id(tx, id.into(), now)?;
    Ok(id)
}

const CREATED_AT: &str = "created_at";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TagId;
    use crate::store::testing::{database, transact};

    #[test]
    fn an_item_that_got_the_id_of_a_deleted_one_is_another_item() {
        let (_folder, conn) = database();
        let at = |second: i64| Timestamp::from_millis(1_700_000_000_000 + second * 1000);
        let keyed = |kind| Some(KeyedRequest::new(kind, "k", "f".to_owned()));
        transact(&conn, |tx| {
            let tag = |key, name: &str, second| {
                create_once(tx, key, |tx| crate::crm::tag::create(tx, name, at(second)), at(second)).unwrap()
            };
            let first = tag(keyed(Kind::TAG), "a", 1);
            assert_eq!(tag(keyed(Kind::TAG), "a", 2), first);
            crate::crm::tag::delete(tx, first).unwrap();
            assert_eq!(tag(keyed(Kind::TAG), "a", 3), TagId(0), "deleted");
            assert_eq!(tag(None, "b", 4), first, "SQLite has reused the id");
            assert_eq!(tag(keyed(Kind::TAG), "a", 5), TagId(0));

            let stage = |key, name: &str| {
                let open = crate::domain::LeadOutcome::Open;
                create_once(tx, key, |tx| crate::crm::lead::create_stage(tx, name, open, None), at(6)).unwrap()
            };
            let first = stage(keyed(Kind::LEAD_STAGE), "a");
            assert_eq!(stage(keyed(Kind::LEAD_STAGE), "a"), first);
            tx.delete_lead_stage(first)?;
            assert_eq!(stage(None, "b"), first, "SQLite has reused the id");
            assert_eq!(stage(keyed(Kind::LEAD_STAGE), "a").0, 0);
            Ok(())
        });
    }
}
