//! Writes generated contacts, messages, calls and appointments, to fill a database to a realistic size. The rows get no
//! entries in the change log, because the daemon is stopped and no client follows the changes.

use crate::domain::{
    AppointmentSource, AppointmentState, BusinessId, CallId, CallSid, CallState, ContactId, EndReason, EngineKind,
    MessageStatus, PhoneNumber, Provider, Timestamp, TurnLatency,
};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::params;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredRows {
    /// Contacts, including merged ones.
    pub contacts: i64,
    pub messages: i64,
    pub calls: i64,
}

#[derive(Clone, Debug)]
pub struct SeedContact {
    /// Empty if the name is unknown.
    pub name: String,
    pub number: PhoneNumber,
    /// ISO 639-1.
    pub language: &'static str,
    /// The provider of the contact's messages.
    pub provider: Provider,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct SeedMessage {
    pub contact: ContactId,
    /// True if the business wrote the message.
    pub is_out: bool,
    /// The author of an outbound message.
    pub author: Option<&'static str>,
    pub text: String,
    pub provider: Provider,
    /// The provider's id of the message.
    pub provider_id: String,
    pub status: MessageStatus,
    /// When the message was written.
    pub at: Timestamp,
}

/// An ended call.
#[derive(Clone, Debug)]
pub struct SeedCall {
    pub contact: ContactId,
    pub sid: CallSid,
    pub own_number: PhoneNumber,
    /// `None` if no engine answered.
    pub engine: Option<EngineKind>,
    pub end_reason: EndReason,
    pub is_missed: bool,
    /// The message that the caller left.
    pub message_text: Option<String>,
    pub summary: Option<String>,
    pub started_at: Timestamp,
    pub duration_ms: i64,
    pub turns: Vec<SeedTurn>,
}

#[derive(Clone, Debug)]
pub struct SeedTurn {
    /// False if the caller spoke.
    pub is_agent: bool,
    pub text: String,
    /// In milliseconds since the start of the call.
    pub started_ms: i64,
    /// In milliseconds since the start of the call.
    pub ended_ms: i64,
    pub latency: TurnLatency,
}

#[derive(Clone, Debug)]
pub struct SeedService {
    pub name: &'static str,
    /// The duration in minutes.
    pub minutes: i64,
    /// The price in agorot.
    pub price_minor: i64,
}

/// The appointment is with the first resource.
#[derive(Clone, Debug)]
pub struct SeedAppointment {
    pub contact: ContactId,
    /// The index of the service in the list of services.
    pub service: usize,
    pub state: AppointmentState,
    pub source: AppointmentSource,
    /// Whether a user has seen it.
    pub is_seen: bool,
    pub starts_at: Timestamp,
    pub booked_at: Timestamp,
}

impl ReadTx<'_> {
    pub fn stored_rows(&self) -> Result<StoredRows> {
        let count = |table: &str| self.conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
        Ok(StoredRows { contacts: count("contacts")?, messages: count("messages")?, calls: count("calls")? })
    }
}

impl WriteTx<'_> {
    /// With two threads, one for WhatsApp and one for calls.
    pub fn seed_contact(&self, business: BusinessId, new: &SeedContact) -> Result<ContactId> {
        let contact = "INSERT INTO contacts(business_id, display_name, name_source, language, created_at, updated_at)
             VALUES (?1, ?2, CASE ?2 WHEN '' THEN '' ELSE 'profile' END, ?3, ?4, ?4)";
        self.conn.prepare_cached(contact)?.execute(params![business, new.name, new.language, new.created_at])?;
        let id = ContactId(self.conn.last_insert_rowid());
        let address =
            "INSERT INTO addresses(business_id, contact_id, kind, value, created_at) VALUES (?1, ?2, 'phone', ?3, ?4)";
        self.conn.prepare_cached(address)?.execute(params![business, id, new.number, new.created_at])?;
        let thread = "INSERT INTO threads(business_id, type, contact_id, provider, peer_number, title, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, CASE ?6 WHEN '' THEN ?5 ELSE ?6 END, ?7)";
        for (kind, provider) in [("whatsapp", Some(new.provider)), ("call", None)] {
            let values = params![business, kind, id, provider, new.number, new.name, new.created_at];
            self.conn.prepare_cached(thread)?.execute(values)?;
        }
        Ok(id)
    }

    pub fn seed_message(&self, new: &SeedMessage) -> Result<()> {
        let sql = "INSERT INTO messages(thread_id, direction, message_type, content_text, provider, provider_msg_id, status, author,
                                 sent_at, delivered_at, read_at, created_at)
             SELECT id, ?2, 'text', ?3, ?4, ?5, ?6, ?7, CASE ?2 WHEN 'out' THEN ?8 END,
                 CASE WHEN ?6 IN ('delivered', 'read') THEN ?8 END, CASE ?6 WHEN 'read' THEN ?8 END, ?8
             FROM threads WHERE contact_id = ?1 AND type = 'whatsapp'";
        let direction = if new.is_out { "out" } else { "in" };
        let status = new.status;
        self.conn.prepare_cached(sql)?.execute(params![
            new.contact,
            direction,
            new.text,
            new.provider,
            new.provider_id,
            status,
            new.author,
            new.at
        ])?;
        Ok(())
    }

    pub fn seed_call(&self, business: BusinessId, new: &SeedCall) -> Result<()> {
        let sql = "INSERT INTO calls(business_id, call_sid, thread_id, contact_id, direction, peer_number, own_number, state, engine,
                              started_at, answered_at, ended_at, end_reason, duration_ms, message_text, summary, missed,
                              updated_at)
             SELECT ?1, ?2, id, ?3, 'in', peer_number, ?4, ?5, ?6, ?7, CASE WHEN ?6 IS NULL THEN NULL ELSE ?7 END, ?8, ?9, ?10,
                 ?11, ?12, ?13, ?8
             FROM threads WHERE contact_id = ?3 AND type = 'call'";
        let ended_at = Timestamp::from_millis(new.started_at.as_millis() + new.duration_ms);
        self.conn.prepare_cached(sql)?.execute(params![
            business,
            new.sid,
            new.contact,
            new.own_number,
            CallState::Ended,
            new.engine,
            new.started_at,
            ended_at,
            new.end_reason,
            new.duration_ms,
            new.message_text,
            new.summary,
            new.is_missed
        ])?;
        let call = CallId(self.conn.last_insert_rowid());
        let sql = "INSERT INTO call_turns(call_id, seq, item_id, speaker, text, heard_text, started_ms, created_at, ended_ms,
                 transcript_final_ms, first_token_ms, response_created_ms, first_delta_ms, first_sent_ms, first_played_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
        for (seq, turn) in (1_i64..).zip(&new.turns) {
            let speaker = if turn.is_agent { "agent" } else { "caller" };
            let at = Timestamp::from_millis(new.started_at.as_millis() + turn.started_ms);
            let item = format!("item_{seq}");
            let latency = turn.latency;
            let values = params![
                call,
                seq,
                item,
                speaker,
                turn.text,
                turn.started_ms,
                at,
                turn.ended_ms,
                latency.transcript_final_ms,
                latency.first_token_ms,
                latency.response_created_ms,
                latency.first_delta_ms,
                latency.first_sent_ms,
                latency.first_played_ms
            ];
            self.conn.prepare_cached(sql)?.execute(values)?;
        }
        Ok(())
    }

    /// The appointments must not overlap. Does nothing if `appointments` is empty, or if the database has services or
    /// appointments.
    pub fn seed_appointments(
        &self,
        business: BusinessId,
        services: &[SeedService],
        appointments: &[SeedAppointment],
        time_zone: &str,
    ) -> Result<()> {
        let known = "SELECT (SELECT count(*) FROM appointments) + (SELECT count(*) FROM services)";
        let known: i64 = self.conn.query_row(known, [], |row| row.get(0))?;
        let Some(first) = appointments.first().filter(|_| known == 0) else { return Ok(()) };
        let mut ids = Vec::new();
        for service in services {
            let sql =
                "INSERT INTO services(business_id, name, duration_min, price_minor, position, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
            let position = i64::try_from(ids.len()).unwrap_or_default();
            let values =
                params![business, service.name, service.minutes, service.price_minor, position, first.booked_at];
            self.conn.prepare_cached(sql)?.execute(values)?;
            ids.push(self.conn.last_insert_rowid());
        }
        let sql = "INSERT INTO appointments(business_id, contact_id, service_id, resource_id, starts_at, ends_at, blocked_from,
                blocked_to, time_zone, state, source, price_minor, created_by, created_at, updated_at, cancelled_at, seen_at)
             SELECT ?1, ?2, ?3, id, ?4, ?5, ?4, ?5, ?6, ?7, ?8, ?9, ?8, ?10, ?10,
                 CASE ?7 WHEN 'cancelled' THEN ?10 END, CASE WHEN ?11 THEN ?10 END
             FROM resources WHERE business_id = ?1 ORDER BY id LIMIT 1";
        for it in appointments {
            let Some((service, id)) = services.get(it.service).zip(ids.get(it.service)) else { continue };
            let ends_at = Timestamp::from_millis(it.starts_at.as_millis() + service.minutes * 60_000);
            self.conn.prepare_cached(sql)?.execute(params![
                business,
                it.contact,
                id,
                it.starts_at,
                ends_at,
                time_zone,
                it.state,
                it.source,
                service.price_minor,
                it.booked_at,
                it.is_seen
            ])?;
        }
        Ok(())
    }

    /// Sets the derived columns of the threads of all contacts with ids from `first`, and deletes threads without
    /// entries. Only threads with an entry from `recent` or later get unread messages, a waiting contact, or an answer
    /// of the agent that no user has seen.
    pub fn finish_seed(&self, first: ContactId, recent: Timestamp) -> Result<()> {
        self.conn.execute(
            "UPDATE threads SET
                 last_message_at = CASE type
                     WHEN 'call' THEN (SELECT max(started_at) FROM calls c WHERE c.thread_id = threads.id)
                     ELSE (SELECT max(created_at) FROM messages m WHERE m.thread_id = threads.id) END
             WHERE contact_id >= ?1",
            [first],
        )?;
        self.conn.execute("DELETE FROM threads WHERE contact_id >= ?1 AND last_message_at IS NULL", [first])?;
        self.conn.execute(
            "UPDATE threads SET last_in_provider = provider,
                 last_in_at = (SELECT max(created_at) FROM messages m WHERE m.thread_id = threads.id AND m.direction = 'in'),
                 last_in_twilio_at = CASE provider WHEN ?3 THEN
                     (SELECT max(created_at) FROM messages m WHERE m.thread_id = threads.id AND m.direction = 'in') END,
                 unread_count = (SELECT count(*) FROM messages m WHERE m.thread_id = threads.id AND m.direction = 'in'
                     AND m.created_at > coalesce((SELECT max(created_at) FROM messages o
                         WHERE o.thread_id = threads.id AND o.direction = 'out'), '')
                     AND threads.last_message_at >= ?2)
             WHERE contact_id >= ?1 AND type = 'whatsapp'",
            params![first, recent, Provider::Twilio],
        )?;
        self.conn.execute(
            "UPDATE threads SET
                 waiting_since = CASE type
                     WHEN 'whatsapp' THEN (SELECT min(created_at) FROM messages m
                         WHERE m.thread_id = threads.id AND m.direction = 'in' AND m.created_at > coalesce((
                             SELECT max(created_at) FROM messages o WHERE o.thread_id = threads.id AND o.direction = 'out'), ''))
                     ELSE (SELECT started_at FROM calls c WHERE c.thread_id = threads.id
                         AND c.started_at = threads.last_message_at AND (c.missed = 1 OR c.message_text IS NOT NULL)) END,
                 agent_since = CASE type
                     WHEN 'whatsapp' THEN (SELECT created_at FROM messages m WHERE m.thread_id = threads.id
                         AND m.created_at = threads.last_message_at AND m.author = 'agent')
                     ELSE (SELECT started_at FROM calls c WHERE c.thread_id = threads.id
                         AND c.started_at = threads.last_message_at AND c.end_reason = 'caller_hung_up') END
             WHERE contact_id >= ?1 AND last_message_at >= ?2",
            params![first, recent],
        )?;
        Ok(())
    }
}
