//! Leads and their stages.

use super::contact::name_or_number;
use super::page::{page, rows_for};
use crate::domain::{
    ActorId, BusinessId, ChangeKind, ContactId, Cursor, Lead, LeadContent, LeadId, LeadOutcome, LeadStage, StageId,
    Timestamp,
};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, named_params, params};

impl ReadTx<'_> {
    /// In list order.
    pub fn lead_stages(&self, business: BusinessId) -> Result<Vec<LeadStage>> {
        let sql = format!("{STAGES} WHERE s.business_id = ?1 ORDER BY s.position, s.id");
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map([business], stage)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn lead_stage(&self, id: StageId) -> Result<Option<LeadStage>> {
        Ok(self.conn.prepare_cached(&format!("{STAGES} WHERE s.id = ?1"))?.query_row([id], stage).optional()?)
    }

    pub fn lead(&self, id: LeadId) -> Result<Option<Lead>> {
        Ok(self.conn.prepare_cached(&format!("{} WHERE l.id = ?1", leads()))?.query_row([id], lead).optional()?)
    }

    /// Newest first. `None` for a stage or contact includes all stages or contacts.
    pub fn leads(
        &self,
        business: BusinessId,
        (stage, contact): (Option<StageId>, Option<ContactId>),
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Lead>, Option<Cursor>)> {
        let sql = format!(
            "{} WHERE l.business_id = :business AND (:stage IS NULL OR l.stage_id = :stage)
                 AND (:contact IS NULL OR l.contact_id = :contact)
                 AND (:after_at IS NULL OR (l.created_at, l.id) < (:after_at, :after_id))
             ORDER BY l.created_at DESC, l.id DESC LIMIT :limit",
            leads()
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(
            named_params! {
                ":business": business,
                ":stage": stage,
                ":contact": contact,
                ":after_at": after.map(|cursor| cursor.at),
                ":after_id": after.map(|cursor| cursor.id),
                ":limit": rows_for(limit),
            },
            lead,
        )?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.created_at, id: last.id.0 }))
    }
}

impl WriteTx<'_> {
    pub fn insert_lead_stage(
        &self,
        business: BusinessId,
        name: &str,
        outcome: LeadOutcome,
        position: i64,
    ) -> Result<StageId> {
        let sql = "INSERT INTO lead_stages(business_id, name, outcome, position) VALUES (?1, ?2, ?3, ?4)";
        self.conn.prepare_cached(sql)?.execute(params![business, name, outcome, position])?;
        let id = StageId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::LeadStageUpdated, None, Some(id.0))?;
        Ok(id)
    }

    /// The leads of the stage become closed or open, depending on its outcome.
    pub fn update_lead_stage(
        &self,
        id: StageId,
        name: Option<&str>,
        outcome: LeadOutcome,
        position: i64,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE lead_stages SET name = ?2, outcome = ?3, position = ?4 WHERE id = ?1";
        let changed = self.conn.prepare_cached(sql)?.execute(params![id, name, outcome, position])?;
        self.conn
            .prepare_cached(
                "UPDATE leads SET closed_at = iif(?2 = '', NULL, coalesce(closed_at, ?3)), updated_at = ?3
                 WHERE stage_id = ?1 AND (closed_at IS NULL) <> (?2 = '')",
            )?
            .execute(params![id, outcome, now])?;
        self.record_stage(id, changed)
    }

    /// The stage must have no leads.
    pub fn delete_lead_stage(&self, id: StageId) -> Result<()> {
        let deleted = self.conn.prepare_cached("DELETE FROM lead_stages WHERE id = ?1")?.execute([id])?;
        self.retire_stage_answers(id)?;
        self.record_stage(id, deleted)
    }

    /// The stage of the lead determines `closed_at`.
    pub fn insert_lead(
        &self,
        business: BusinessId,
        contact: ContactId,
        content: &LeadContent,
        closed_at: Option<Timestamp>,
        by: ActorId,
        now: Timestamp,
    ) -> Result<LeadId> {
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO leads(business_id, contact_id, title, stage_id, value_minor, source, created_by, created_at, updated_at, closed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)",
        )?;
        insert.execute(params![
            business,
            contact,
            content.title,
            content.stage_id,
            content.value_minor,
            content.source,
            by.to_string(),
            now,
            closed_at
        ])?;
        let id = LeadId(self.conn.last_insert_rowid());
        self.record_in(ChangeKind::LeadUpdated, None, Some(id.0))?;
        Ok(id)
    }

    /// The stage of the lead determines `closed_at`.
    pub fn update_lead(
        &self,
        id: LeadId,
        content: &LeadContent,
        closed_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<()> {
        let mut update = self.conn.prepare_cached(
            "UPDATE leads SET title = ?2, stage_id = ?3, value_minor = ?4, source = ?5, closed_at = ?6, updated_at = ?7
             WHERE id = ?1",
        )?;
        let changed = update.execute(params![
            id,
            content.title,
            content.stage_id,
            content.value_minor,
            content.source,
            closed_at,
            now
        ])?;
        self.record_lead(id, changed)
    }

    pub fn delete_lead(&self, id: LeadId) -> Result<()> {
        let deleted = self.conn.prepare_cached("DELETE FROM leads WHERE id = ?1")?.execute([id])?;
        self.record_lead(id, deleted)
    }

    fn record_lead(&self, id: LeadId, changed: usize) -> Result<()> {
        if changed == 0 {
            return Err(Error::NotFound("lead"));
        }
        self.record_in(ChangeKind::LeadUpdated, None, Some(id.0))
    }

    fn record_stage(&self, id: StageId, changed: usize) -> Result<()> {
        if changed == 0 {
            return Err(Error::NotFound("stage"));
        }
        self.record_in(ChangeKind::LeadStageUpdated, None, Some(id.0))
    }
}

const STAGES: &str = "SELECT s.id, s.key, s.name, s.outcome, s.position,
    (SELECT count(*) FROM leads WHERE stage_id = s.id) FROM lead_stages s";

fn stage(row: &Row<'_>) -> rusqlite::Result<LeadStage> {
    Ok(LeadStage {
        id: row.get(0)?,
        key: row.get(1)?,
        name: row.get(2)?,
        outcome: row.get(3)?,
        position: row.get(4)?,
        lead_count: row.get(5)?,
    })
}

fn leads() -> String {
    format!(
        "SELECT l.id, l.contact_id, {}, l.title, l.stage_id, l.value_minor, l.source, l.created_by, l.created_at, l.updated_at,
             l.closed_at
         FROM leads l JOIN contacts c ON c.id = l.contact_id",
        name_or_number("c")
    )
}

fn lead(row: &Row<'_>) -> rusqlite::Result<Lead> {
    let content =
        LeadContent { title: row.get(3)?, stage_id: row.get(4)?, value_minor: row.get(5)?, source: row.get(6)? };
    Ok(Lead {
        id: row.get(0)?,
        contact_id: row.get(1)?,
        contact_name: row.get(2)?,
        content,
        created_by: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
        closed_at: row.get(10)?,
    })
}
