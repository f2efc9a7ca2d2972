//! The data about a contact in all tables of the database, for the export and for the deletion at the contact's
//! request.
//!
//! Every table of the schema is listed here, either with the rows that are about a contact or with the reason why it
//! has none. A test compares the two lists with the schema.

mod erase;
mod export;

pub use erase::{Erased, ErasureRest};
pub use export::PersonalFile;

use super::media::IS_USED;
use super::sql::json_list;
use crate::domain::{ActorId, AddressKind, CALL_PAGE, ContactId};
use crate::store::{ReadTx, Result};
use rusqlite::{Params, Statement};
use std::sync::LazyLock;

/// A table with rows about contacts.
pub(in crate::store) struct PersonalTable {
    pub name: &'static str,
    /// An SQL condition that selects the rows of one contact. [`PersonalTable::condition`] replaces the words in
    /// braces. `{in COLUMN}` stands for: the column contains one of the contact's addresses.
    pub rows: &'static str,
    /// False for data that repeats other tables, and for internal data of the daemon.
    pub is_exported: bool,
}

const fn exported(name: &'static str, rows: &'static str) -> PersonalTable {
    PersonalTable { name, rows, is_exported: true }
}

const fn internal(name: &'static str, rows: &'static str) -> PersonalTable {
    PersonalTable { name, rows, is_exported: false }
}

/// In the order of deletion: a table that refers to another one is deleted before it.
pub(in crate::store) const PERSONAL: [PersonalTable; 37] = [
    internal("search_index", "rowid IN (SELECT id FROM search_documents WHERE {documents})"),
    internal("search_documents", "{documents}"),
    internal(
        "idempotency_keys",
        "answer ->> 'message_id' IN {messages} OR answer ->> 'contact_id' IN {contacts}
         OR answer ->> 'appointment_id' IN (SELECT id FROM appointments WHERE contact_id IN {contacts})
         OR answer ->> 'task_id' IN (SELECT id FROM tasks WHERE contact_id IN {contacts}
             OR contact_id IS NULL AND (thread_id IN {threads} OR call_id IN {calls}))
         OR answer ->> 'scheduled_message_id' IN (SELECT id FROM scheduled_messages WHERE thread_id IN {threads})
         OR answer ->> 'note_id' IN (SELECT id FROM contact_notes WHERE contact_id IN {contacts})
         OR answer ->> 'lead_id' IN (SELECT id FROM leads WHERE contact_id IN {contacts})
         OR answer ->> 'waiting_entry_id' IN (SELECT id FROM waiting_list WHERE contact_id IN {contacts})",
    ),
    internal(
        "jobs",
        "json_extract(payload, '$.message') IN {messages} OR json_extract(payload, '$.recording_id') IN {recordings}
         OR json_extract(payload, '$.recording_sid') IN (SELECT provider_sid FROM recordings WHERE call_id IN {calls})
         OR json_extract(payload, '$.outbound_call') IN (SELECT id FROM outbound_calls WHERE contact_id IN {contacts})
         OR json_extract(payload, '$.call_sid') IN (SELECT call_sid FROM calls WHERE id IN {calls})",
    ),
    internal("early_message_updates", "{in content}"),
    internal("webhook_journal", "message_id IN {messages} OR call_id IN {calls} OR id IN {webhooks}"),
    exported("message_events", "message_id IN {messages}"),
    internal("refused_attempts", "message_id IN {messages}"),
    exported("message_media", "message_id IN {messages}"),
    internal("outbox", "contact_id IN {contacts} OR message_id IN {messages}"),
    // Until it is sent, a draft is visible only to its author, so the export does not contain it.
    internal("drafts", "thread_id IN {threads}"),
    exported("scheduled_messages", "thread_id IN {threads}"),
    // Deleted after the rows that refer to the files, so that a file that other contacts also sent or received is kept.
    internal("media_details", "sha256 IN {unused_files}"),
    internal("media", "sha256 IN {unused_files}"),
    // A task of another contact is not included, even if it refers to a thread or a call of this contact.
    exported(
        "tasks",
        "contact_id IN {contacts} OR contact_id IS NULL AND (thread_id IN {threads} OR call_id IN {calls})",
    ),
    exported("leads", "contact_id IN {contacts}"),
    exported("outbound_calls", "contact_id IN {contacts}"),
    exported("knowledge_gaps", "contact_id IN {contacts} OR call_id IN {calls}"),
    exported("contact_notes", "contact_id IN {contacts}"),
    exported("contact_tags", "contact_id IN {contacts}"),
    exported("contact_fields", "contact_id IN {contacts}"),
    exported("contact_events", "contact_id IN {contacts}"),
    exported("appointments", "contact_id IN {contacts}"),
    exported("waiting_list", "contact_id IN {contacts}"),
    internal("recording_peaks", "recording_id IN {recordings}"),
    internal("recording_chunks", "recording_id IN {recordings}"),
    exported("recordings", "call_id IN {calls}"),
    exported("call_turns", "call_id IN {calls}"),
    exported("call_events", "call_id IN {calls}"),
    // A deletion also includes the messages to the owner about the contact's calls, which are in another thread.
    exported("messages", "thread_id IN {threads} OR id IN {messages}"),
    exported("calls", "id IN {calls}"),
    exported("threads", "id IN {threads}"),
    internal("merge_suggestions", "first_contact IN {contacts} OR second_contact IN {contacts}"),
    internal("contact_merges", "kept_contact_id IN {contacts} OR merged_contact_id IN {contacts}"),
    exported("addresses", "contact_id IN {contacts}"),
    exported("contacts", "id IN {contacts}"),
    // The rows are kept, because they record who did which action. The contact is removed from them.
    internal(
        "audit_log",
        "(substr(subject, 1, 8) = 'contact:' AND substr(subject, 9) IN {contacts_text}) OR {in subject}
         OR (substr(subject, 1, 6) = 'media:' AND substr(subject, 7) IN {unused_files})",
    ),
];

/// The tables without rows about contacts, each with the reason.
#[cfg(test)]
const EXEMPT: [(&str, &str); 33] = [
    ("agent_tools", "the business"),
    ("alert_events", "states of the service"),
    ("alerts", "states of the service, with counts and codes"),
    ("api_tokens", "users"),
    ("backfills", "progress of the service"),
    ("businesses", "the business"),
    ("changes", "ids of rows, and times"),
    ("closures", "closed times of the business"),
    ("custom_fields", "the fields, not the values"),
    ("devices", "users"),
    ("facts", "what the agent knows about the business"),
    ("greetings", "recordings of the owner"),
    ("lead_stages", "the stages, not the leads"),
    ("meta", "marks of the service"),
    ("opening_hours", "the business"),
    ("opening_rules", "the business"),
    ("refinery_schema_history", "migrations"),
    ("resource_services", "the business"),
    ("resources", "the business"),
    ("saved_replies", "texts for any contact"),
    ("search_backlog", "progress of the search index"),
    ("search_progress", "progress of the search index"),
    ("self_checks", "states of the service"),
    ("services", "the business"),
    ("sessions", "users"),
    ("settings", "settings"),
    ("settings_history", "settings"),
    ("setup_codes", "users"),
    ("sqlite_sequence", "SQLite"),
    ("sqlite_stat1", "SQLite"),
    ("sqlite_stat4", "SQLite"),
    ("tags", "the tags, not which contacts have them"),
    ("users", "users"),
];

/// The ids of a contact's data, and the addresses that identify the contact where no id refers to the contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonalData {
    /// The contact, and the contacts that were merged into it.
    pub contacts: Vec<i64>,
    threads: Vec<i64>,
    messages: Vec<i64>,
    calls: Vec<i64>,
    recordings: Vec<i64>,
    /// The SHA-256 hashes of the files of the messages and scheduled messages.
    hashes: Vec<String>,
    /// The contact's addresses as webhooks contain them: digits and ids.
    addresses: Vec<String>,
    /// The webhooks that contain one of the addresses.
    webhooks: Vec<i64>,
    /// The newest webhook that was searched; 0 if there was none.
    last_webhook: i64,
    /// The messages to the owner about the calls. They are deleted, but not exported, because they are in a thread of
    /// another contact.
    notices: Vec<i64>,
    /// The newest message that was searched; 0 if there was none.
    last_message: i64,
}

impl ReadTx<'_> {
    /// This is a long read, because it searches the whole webhook log, and all messages to the owner.
    pub fn personal_data(&self, contact: ContactId) -> Result<PersonalData> {
        let mut data = self.personal_ids(contact)?;
        data.last_webhook =
            self.conn.query_row("SELECT coalesce(max(id), 0) FROM webhook_journal", [], |row| row.get(0))?;
        data.webhooks = self.webhooks_with(&data.addresses, 0)?;
        data.last_message = self.conn.query_row("SELECT coalesce(max(id), 0) FROM messages", [], |row| row.get(0))?;
        data.notices = self.notices_about(&data.calls, 0)?;
        Ok(data)
    }

    /// Collects the ids again. Only webhooks and messages that are newer than the plan are searched.
    fn renewed(&self, plan: &PersonalData, contact: ContactId) -> Result<PersonalData> {
        let mut data = self.personal_ids(contact)?;
        data.webhooks.clone_from(&plan.webhooks);
        data.webhooks.extend(self.webhooks_with(&data.addresses, plan.last_webhook)?);
        data.notices.clone_from(&plan.notices);
        data.notices.extend(self.notices_about(&data.calls, plan.last_message)?);
        Ok(data)
    }

    fn personal_ids(&self, contact: ContactId) -> Result<PersonalData> {
        let mut data = PersonalData {
            contacts: self.column(
                "WITH RECURSIVE all_of(id) AS (SELECT ?1 UNION SELECT c.id FROM contacts c JOIN all_of ON c.merged_into = all_of.id)
                 SELECT id FROM all_of",
                [contact],
            )?,
            ..PersonalData::default()
        };
        let contacts = json_list(&data.contacts);
        data.threads =
            self.column("SELECT id FROM threads WHERE contact_id IN (SELECT value FROM json_each(?1))", [&contacts])?;
        let threads = json_list(&data.threads);
        data.messages =
            self.column("SELECT id FROM messages WHERE thread_id IN (SELECT value FROM json_each(?1))", [&threads])?;
        data.calls = self.column(
            "SELECT id FROM calls WHERE thread_id IN (SELECT value FROM json_each(?1))
             UNION SELECT id FROM calls WHERE contact_id IN (SELECT value FROM json_each(?2))",
            [&threads, &contacts],
        )?;
        data.recordings = self.column(
            "SELECT id FROM recordings WHERE call_id IN (SELECT value FROM json_each(?1))",
            [json_list(&data.calls)],
        )?;
        data.hashes = self.column(
            "SELECT sha256 FROM message_media WHERE sha256 IS NOT NULL AND message_id IN (SELECT value FROM json_each(?1))
             UNION SELECT media_id FROM scheduled_messages
                 WHERE media_id IS NOT NULL AND thread_id IN (SELECT value FROM json_each(?2))",
            (json_list(&data.messages), &threads),
        )?;
        data.addresses =
            data.contacts.iter().map(|id| self.needles(ContactId(*id))).collect::<Result<Vec<_>>>()?.concat();
        Ok(data)
    }

    /// The contact's addresses as they appear in providers' texts. Short addresses are left out, because they would
    /// also match text about other subjects, as are former numbers, which may belong to another contact now.
    fn needles(&self, contact: ContactId) -> Result<Vec<String>> {
        let addresses = self.addresses(contact)?.into_iter();
        let current = addresses.filter(|address| address.former_at.is_none() || address.kind != AddressKind::Phone);
        Ok(current.map(|address| address.bare().to_owned()).filter(|text| text.len() >= MIN_ADDRESS_CHARS).collect())
    }

    fn webhooks_with(&self, addresses: &[String], after: i64) -> Result<Vec<i64>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id FROM webhook_journal WHERE id > ?1
                 AND EXISTS (SELECT 1 FROM json_each(?2) WHERE instr(body, CAST(value AS BLOB)) > 0)",
        )?;
        let rows = query.query_map((after, json_list(addresses)), |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The text of such a message ends with the page of the call.
    fn notices_about(&self, calls: &[i64], after: i64) -> Result<Vec<i64>> {
        self.column(
            "SELECT id FROM messages WHERE id > ?1 AND author = ?2
                 AND EXISTS (SELECT 1 FROM json_each(?3) WHERE content_text GLOB ?4 || value)",
            (after, ActorId::Daemon.to_string(), json_list(calls), format!("*{CALL_PAGE}")),
        )
    }

    fn column<T: rusqlite::types::FromSql>(&self, sql: &str, of: impl Params) -> Result<Vec<T>> {
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map(of, |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl PersonalData {
    fn bind(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()> {
        let texts = || self.contacts.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (name, ids) in [
            (":contacts", json_list(&self.contacts)),
            (":contacts_text", json_list(&texts())),
            (":threads", json_list(&self.threads)),
            (":messages", json_list(&self.messages)),
            (":calls", json_list(&self.calls)),
            (":recordings", json_list(&self.recordings)),
            (":hashes", json_list(&self.hashes)),
            (":webhooks", json_list(&self.webhooks)),
            (":addresses", json_list(&self.addresses)),
        ] {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, ids)?;
            }
        }
        Ok(())
    }
}

impl PersonalTable {
    /// [`PersonalData::bind`] binds the parameters.
    fn condition(&self) -> String {
        let mut sql = self.rows.to_owned();
        while let Some((before, rest)) = sql.split_once("{in ") {
            let (column, after) = rest.split_once('}').unwrap_or((rest, ""));
            sql =
                format!("{before}EXISTS (SELECT 1 FROM json_each(:addresses) WHERE instr({column}, value) > 0){after}");
        }
        sql = sql.replace("{documents}", DOCUMENTS).replace("{unused_files}", &format!("({})", *UNUSED_FILES));
        for name in ["contacts", "contacts_text", "threads", "messages", "calls", "recordings", "hashes", "webhooks"] {
            sql = sql.replace(&format!("{{{name}}}"), &format!("(SELECT value FROM json_each(:{name}))"));
        }
        sql
    }
}

const MIN_ADDRESS_CHARS: usize = 7;

/// The contact's documents in the search index.
const DOCUMENTS: &str = "kind = 'contact' AND ref_id IN {contacts} OR kind = 'message' AND ref_id IN {messages}
    OR kind = 'call' AND ref_id IN {calls} OR kind = 'turn' AND parent_id IN {calls}
    OR kind = 'note' AND ref_id IN (SELECT id FROM contact_notes WHERE contact_id IN {contacts})";

/// The files of `{hashes}` to which no row refers. After the contact's rows are deleted, any reference is another
/// contact's.
static UNUSED_FILES: LazyLock<String> =
    LazyLock::new(|| format!("SELECT sha256 FROM media WHERE sha256 IN {{hashes}} AND NOT {IS_USED}"));

#[cfg(test)]
mod tests;
