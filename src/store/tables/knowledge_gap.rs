//! Questions that the agent could not answer.

use super::columns::Columns;
use super::page::{page, rows_for};
use crate::domain::{
    BusinessId, Call, CallId, ChangeKind, ContactId, Cursor, GapId, GapState, KnowledgeGap, Timestamp,
};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, params};

#[derive(Clone, Debug)]
pub struct AskedQuestion<'a> {
    pub business: BusinessId,
    pub question: &'a str,
    /// The question in normalized spelling, to find equal questions.
    pub folded: &'a str,
    pub contact: ContactId,
    pub call: CallId,
}

impl ReadTx<'_> {
    /// Most recently asked first, with the position of the next page if one exists.
    pub fn knowledge_gaps(
        &self,
        business: BusinessId,
        state: GapState,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<KnowledgeGap>, Option<Cursor>)> {
        let mut query = self.conn.prepare_cached(&format!(
            "{SELECT} WHERE g.business_id = ?1 AND g.state = ?2 AND (?3 IS NULL OR (g.asked_at, g.id) < (?3, ?4))
             ORDER BY g.asked_at DESC, g.id DESC LIMIT ?5"
        ))?;
        let (at, id) = (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id));
        let rows = query.query_map(params![business, state, at, id, rows_for(limit)], gap)?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.asked_at, id: last.id.0 }))
    }

    pub fn knowledge_gap(&self, id: GapId) -> Result<Option<KnowledgeGap>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE g.id = ?1"))?;
        Ok(query.query_row([id], gap).optional()?)
    }

    /// `folded` is the text in normalized spelling.
    pub fn knowledge_gap_by_text(&self, business: BusinessId, folded: &str) -> Result<Option<KnowledgeGap>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE g.business_id = ?1 AND g.folded = ?2"))?;
        Ok(query.query_row(params![business, folded], gap).optional()?)
    }

    /// The questions that were last asked in this call, in the order in which they were first asked in any call. The
    /// query also selects by contact, because that column has an index.
    pub(in crate::store) fn questions_of_call(&self, call: &Call) -> Result<Vec<KnowledgeGap>> {
        let mut query =
            self.conn.prepare_cached(&format!("{SELECT} WHERE g.contact_id = ?1 AND g.call_id = ?2 ORDER BY g.id"))?;
        let rows = query.query_map(params![call.contact_id, call.id], gap)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn open_knowledge_gaps(&self, business: BusinessId) -> Result<i64> {
        let mut query = self
            .conn
            .prepare_cached("SELECT count(*) FROM knowledge_gaps WHERE business_id = ?1 AND state = 'open'")?;
        Ok(query.query_row([business], |row| row.get(0))?)
    }
}

impl WriteTx<'_> {
    pub fn insert_knowledge_gap(&self, asked: &AskedQuestion<'_>, now: Timestamp) -> Result<GapId> {
        self.conn
            .prepare_cached(
                "INSERT INTO knowledge_gaps(business_id, question, folded, contact_id, call_id, created_at, asked_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            )?
            .execute(params![asked.business, asked.question, asked.folded, asked.contact, asked.call, now])?;
        let id = GapId(self.conn.last_insert_rowid());
        self.record_gap(id)?;
        Ok(id)
    }

    /// For a known question that was asked in another call.
    pub fn count_knowledge_gap(&self, id: GapId, asked: &AskedQuestion<'_>, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE knowledge_gaps SET times_asked = times_asked + 1, contact_id = ?2, call_id = ?3, asked_at = ?4
                 WHERE id = ?1",
            )?
            .execute(params![id, asked.contact, asked.call, now])?;
        self.record_gap(id)
    }

    /// `by` is the user or token that decided; `None` for an open question.
    pub fn set_knowledge_gap(&self, id: GapId, state: GapState, by: Option<&str>, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE knowledge_gaps SET state = ?2, decided_by = ?3, decided_at = iif(?3 IS NULL, NULL, ?4) WHERE id = ?1",
            )?
            .execute(params![id, state, by, now])?;
        self.record_gap(id)
    }

    fn record_gap(&self, id: GapId) -> Result<()> {
        self.record_in(ChangeKind::KnowledgeGapUpdated, None, Some(id.0))
    }
}

fn gap(row: &Row<'_>) -> rusqlite::Result<KnowledgeGap> {
    let row = Columns::of(row);
    Ok(KnowledgeGap {
        id: row.get("id")?,
        question: row.get("question")?,
        times_asked: row.get("times_asked")?,
        state: row.get("state")?,
        contact_id: row.get("contact_id")?,
        call_id: row.get("call_id")?,
        fact_id: row.get("fact_id")?,
        created_at: row.get("created_at")?,
        asked_at: row.get("asked_at")?,
        decided_at: row.get("decided_at")?,
    })
}

const SELECT: &str = "SELECT g.*, (SELECT max(id) FROM facts WHERE gap_id = g.id) AS fact_id FROM knowledge_gaps g";
