//! The facts about the business that the agent may use.

use super::page::{page, rows_for};
use crate::domain::{BusinessId, ChangeKind, Cursor, Fact, FactId, FactSource, GapId, Timestamp};
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, params};

impl ReadTx<'_> {
    /// Oldest first, with the position of the next page if one exists.
    pub fn facts(
        &self,
        business: BusinessId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Fact>, Option<Cursor>)> {
        let mut query = self.conn.prepare_cached(
            "SELECT * FROM facts WHERE business_id = ?1 AND (?2 IS NULL OR (created_at, id) > (?2, ?3))
             ORDER BY created_at, id LIMIT ?4",
        )?;
        let (at, id) = (after.map(|cursor| cursor.at), after.map(|cursor| cursor.id));
        let rows = query.query_map(params![business, at, id, rows_for(limit)], fact)?;
        let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(found, limit, |last| Cursor { at: last.created_at, id: last.id.0 }))
    }

    pub fn fact(&self, id: FactId) -> Result<Option<Fact>> {
        let mut query = self.conn.prepare_cached("SELECT * FROM facts WHERE id = ?1")?;
        Ok(query.query_row([id], fact).optional()?)
    }
}

impl WriteTx<'_> {
    pub fn insert_fact(
        &self,
        business: BusinessId,
        (topic, text): (&str, &str),
        source: FactSource,
        actor: &str,
        now: Timestamp,
    ) -> Result<FactId> {
        self.conn
            .prepare_cached(
                "INSERT INTO facts(business_id, topic, text, source, created_by, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            )?
            .execute(params![business, topic, text, stored(source), actor, now])?;
        let id = FactId(self.conn.last_insert_rowid());
        self.record_fact(id)?;
        Ok(id)
    }

    pub fn update_fact(
        &self,
        id: FactId,
        (topic, text): (&str, &str),
        source: FactSource,
        now: Timestamp,
    ) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE facts SET topic = ?2, text = ?3, source = ?4, gap_id = iif(?6, gap_id, NULL), updated_at = ?5
                 WHERE id = ?1",
            )?
            .execute(params![id, topic, text, stored(source), now, source == FactSource::Answer])?;
        self.record_fact(id)
    }

    /// `gap` is the question that the fact answers.
    pub fn set_fact_gap(&self, id: FactId, gap: GapId) -> Result<()> {
        self.conn.prepare_cached("UPDATE facts SET gap_id = ?2 WHERE id = ?1")?.execute(params![id, gap])?;
        self.record_fact(id)
    }

    pub fn delete_fact(&self, id: FactId) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM facts WHERE id = ?1")?.execute([id])?;
        self.record_fact(id)
    }

    fn record_fact(&self, id: FactId) -> Result<()> {
        self.record_in(ChangeKind::FactUpdated, None, Some(id.0))
    }
}

/// `Answer` is stored as `User`: a fact with a `gap_id` is read as an answer.
fn stored(source: FactSource) -> FactSource {
    if source == FactSource::Answer { FactSource::User } else { source }
}

fn fact(row: &Row<'_>) -> rusqlite::Result<Fact> {
    let gap: Option<GapId> = row.get("gap_id")?;
    Ok(Fact {
        id: row.get("id")?,
        topic: row.get("topic")?,
        text: row.get("text")?,
        source: if gap.is_some() { FactSource::Answer } else { row.get("source")? },
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
