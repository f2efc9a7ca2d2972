//! The queue of calls that the agent makes.

use super::columns::Columns;
use super::page::{page, rows_for};
use crate::domain::{
    BusinessId, CallId, CallSid, ChangeKind, ContactId, Cursor, OutboundCall, OutboundOutcome, OutboundState,
    PhoneNumber, Timestamp,
};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, named_params, params};

#[derive(Clone, Debug)]
pub struct NewOutboundCall<'a> {
    pub business: BusinessId,
    pub contact: ContactId,
    pub number: &'a PhoneNumber,
    pub own_number: &'a PhoneNumber,
    pub purpose: &'a str,
    pub missed_call: Option<CallId>,
    pub due_at: Timestamp,
    /// The user or token, such as `user:3`.
    pub requested_by: &'a str,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct OutboundFilter {
    pub state: Option<OutboundState>,
    pub contact: Option<ContactId>,
    pub missed_call: Option<CallId>,
}

impl ReadTx<'_> {
    /// The newest request first, with the position of the next page if one exists.
    pub fn outbound_calls(
        &self,
        filter: &OutboundFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<OutboundCall>, Option<Cursor>)> {
        let mut query = self.conn.prepare_cached(&format!(
            "{SELECT} WHERE (:state IS NULL OR o.state = :state) AND (:contact IS NULL OR o.contact_id = :contact)
                 AND (:missed IS NULL OR o.missed_call_id = :missed)
                 AND (:at IS NULL OR (o.created_at, o.id) < (:at, :id))
             ORDER BY o.created_at DESC, o.id DESC LIMIT :limit"
        ))?;
        let rows = query.query_map(
            named_params! {
                ":state": filter.state, ":contact": filter.contact, ":missed": filter.missed_call,
                ":at": after.map(|cursor| cursor.at), ":id": after.map(|cursor| cursor.id), ":limit": rows_for(limit),
            },
            outbound_call,
        )?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.created_at, id: last.id }))
    }

    pub fn outbound_call(&self, id: i64) -> Result<Option<OutboundCall>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE o.id = ?1"))?;
        Ok(query.query_row([id], outbound_call).optional()?)
    }

    /// The call of the queue whose last attempt has this CallSid.
    pub fn outbound_call_by_sid(&self, sid: &CallSid) -> Result<Option<OutboundCall>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE o.call_sid = ?1"))?;
        Ok(query.query_row([sid], outbound_call).optional()?)
    }

    /// Of several calls that are being made, the one that was dialed first.
    pub fn dialing_outbound_call(&self) -> Result<Option<OutboundCall>> {
        let mut query =
            self.conn.prepare_cached(&format!("{SELECT} WHERE o.state = 'dialing' ORDER BY o.dialed_at LIMIT 1"))?;
        Ok(query.query_row([], outbound_call).optional()?)
    }

    /// The id and the time of the waiting call that is due first.
    pub fn next_outbound_call(&self) -> Result<Option<(i64, Timestamp)>> {
        let mut query = self.conn.prepare_cached(
            "SELECT id, due_at FROM outbound_calls WHERE state = 'waiting' ORDER BY due_at, id LIMIT 1",
        )?;
        Ok(query.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Returns true if a call to the contact is waiting or being made, or if a call that returns `missed_call` was
    /// requested, and has neither failed nor been cancelled.
    pub fn has_outbound_call(&self, contact: ContactId, missed_call: Option<CallId>) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM outbound_calls WHERE contact_id = ?1 AND state IN ('waiting', 'dialing')
             UNION ALL SELECT 1 FROM outbound_calls WHERE missed_call_id = ?2 AND state NOT IN ('cancelled', 'failed')",
        )?;
        Ok(query.exists(params![contact, missed_call])?)
    }

    /// Returns true if a call has failed since then because the contact answered and no AI or no media stream worked.
    pub fn has_unserved_outbound_call(&self, since: Timestamp) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM outbound_calls o JOIN calls c ON c.call_sid = o.call_sid
             WHERE o.state = 'failed' AND o.updated_at >= ?1 AND c.answered_at IS NULL
                 AND c.end_reason IN ('fallback', 'dropped') LIMIT 1",
        )?;
        Ok(query.exists([since])?)
    }

    /// The business's number in the newest phone call in which that number is known in E.164 form.
    pub fn last_called_own_number(&self, business: BusinessId) -> Result<Option<String>> {
        let mut query = self.conn.prepare_cached(
            "SELECT own_number FROM calls WHERE business_id = ?1 AND medium = 'phone' AND own_number LIKE '+%'
             ORDER BY started_at DESC LIMIT 1",
        )?;
        Ok(query.query_row([business], |row| row.get(0)).optional()?)
    }

    /// Returns true if contacts have called the business at this number.
    pub fn is_own_number(&self, business: BusinessId, number: &PhoneNumber) -> Result<bool> {
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM calls WHERE business_id = ?1 AND direction = 'in' AND medium = 'phone' AND own_number = ?2",
        )?;
        Ok(query.exists(params![business, number.as_str()])?)
    }
}

impl WriteTx<'_> {
    /// Returns the id of the queued call.
    pub fn insert_outbound_call(&self, new: &NewOutboundCall<'_>, now: Timestamp) -> Result<i64> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO outbound_calls(business_id, contact_id, number, own_number, purpose, missed_call_id, state, due_at,
                                        requested_by, created_at, updated_at)
             VALUES (:business, :contact, :number, :own, :purpose, :missed, 'waiting', :due, :by, :now, :now)",
        )?;
        insert.execute(named_params! {
            ":business": new.business, ":contact": new.contact, ":number": new.number, ":own": new.own_number,
            ":purpose": new.purpose, ":missed": new.missed_call, ":due": new.due_at, ":by": new.requested_by, ":now": now,
        })?;
        let id = self.conn.last_insert_rowid();
        self.record_in(ChangeKind::OutboundCallUpdated, None, Some(id))?;
        Ok(id)
    }

    /// Called when the daemon is about to ask Twilio to dial. Counts the attempt. Returns false if the call is not
    /// waiting.
    pub fn begin_outbound_call(&self, id: i64, now: Timestamp) -> Result<bool> {
        self.change_outbound_call(
            "UPDATE outbound_calls SET state = 'dialing', attempts = attempts + 1, dialed_at = ?2, call_sid = NULL,
                 outcome = NULL, updated_at = ?2 WHERE id = ?1 AND state = 'waiting'",
            id,
            params![id, now],
        )
    }

    /// Returns false if no attempt is in progress, or if an id is stored already.
    pub fn set_outbound_sid(&self, id: i64, sid: &CallSid, now: Timestamp) -> Result<bool> {
        self.change_outbound_call(
            "UPDATE outbound_calls SET call_sid = ?2, updated_at = ?3
             WHERE id = ?1 AND state = 'dialing' AND call_sid IS NULL",
            id,
            params![id, sid, now],
        )
    }

    /// With `is_undone`, the last attempt was not made, and does not count. Returns false if the call has ended
    /// already.
    pub fn retry_outbound_call(
        &self,
        id: i64,
        due_at: Timestamp,
        outcome: Option<OutboundOutcome>,
        is_undone: bool,
        now: Timestamp,
    ) -> Result<bool> {
        self.change_outbound_call(
            "UPDATE outbound_calls SET state = 'waiting', due_at = ?2, outcome = ?3, attempts = max(0, attempts - ?4),
                 updated_at = ?5 WHERE id = ?1 AND state IN ('waiting', 'dialing')",
            id,
            params![id, due_at, outcome, i64::from(is_undone), now],
        )
    }

    /// Returns false if the call has ended already.
    pub fn end_outbound_call(
        &self,
        id: i64,
        state: OutboundState,
        outcome: Option<OutboundOutcome>,
        now: Timestamp,
    ) -> Result<bool> {
        self.change_outbound_call(
            "UPDATE outbound_calls SET state = ?2, outcome = ?3, updated_at = ?4
             WHERE id = ?1 AND state IN ('waiting', 'dialing')",
            id,
            params![id, state, outcome, now],
        )
    }

    /// Records that another call is requested that returns the same missed call. An index permits one call for each missed
    /// call, except cancelled ones.
    pub fn cancel_failed_outbound_call(&self, missed_call: CallId, now: Timestamp) -> Result<()> {
        let mut query =
            self.conn.prepare_cached("SELECT id FROM outbound_calls WHERE missed_call_id = ?1 AND state = 'failed'")?;
        let Some(id) = query.query_row([missed_call], |row| row.get(0)).optional()? else { return Ok(()) };
        let sql = "UPDATE outbound_calls SET state = 'cancelled', updated_at = ?2 WHERE id = ?1";
        self.change_outbound_call(sql, id, params![id, now]).map(drop)
    }

    /// Cancels all calls that wait or are being made. Returns their number. Records no changes, because this runs at a
    /// start that has restarted the numbers of changes.
    pub fn cancel_outbound_calls(&self, now: Timestamp) -> Result<usize> {
        let mut update = self.conn.prepare_cached(
            "UPDATE outbound_calls SET state = 'cancelled', updated_at = ?1 WHERE state IN ('waiting', 'dialing')",
        )?;
        Ok(update.execute([now])?)
    }

    fn change_outbound_call(&self, sql: &str, id: i64, values: impl rusqlite::Params) -> Result<bool> {
        let is_changed = self.conn.prepare_cached(sql)?.execute(values)? > 0;
        if is_changed {
            self.record_in(ChangeKind::OutboundCallUpdated, None, Some(id))?;
        }
        Ok(is_changed)
    }
}

const SELECT: &str = "SELECT o.id, o.contact_id, c.display_name, o.number, o.own_number, o.purpose, o.missed_call_id,
        o.state, o.outcome, o.due_at, o.attempts, o.dialed_at, o.call_sid, k.id AS call_id, o.requested_by, o.created_at,
        o.updated_at
    FROM outbound_calls o JOIN contacts c ON c.id = o.contact_id LEFT JOIN calls k ON k.call_sid = o.call_sid";

fn outbound_call(row: &Row<'_>) -> rusqlite::Result<OutboundCall> {
    let row = Columns::of(row);
    Ok(OutboundCall {
        id: row.get("id")?,
        contact_id: row.get("contact_id")?,
        contact_name: row.get("display_name")?,
        number: row.get("number")?,
        own_number: row.get("own_number")?,
        purpose: row.get("purpose")?,
        missed_call_id: row.get("missed_call_id")?,
        state: row.get("state")?,
        outcome: row.get("outcome")?,
        due_at: row.get("due_at")?,
        attempts: row.get("attempts")?,
        dialed_at: row.get("dialed_at")?,
        call_sid: row.get("call_sid")?,
        call_id: row.get("call_id")?,
        requested_by: row.get("requested_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
