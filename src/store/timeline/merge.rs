//! Merges of contacts in the timeline.

use super::super::json::json_list;
use super::{ReadTx, Result, Source, TimelineContent, TimelineKind};
use crate::domain::ContactMerge;

pub(super) const SOURCE: Source = Source {
    kind: TimelineKind::Merge,
    sql: "SELECT merged_at, id FROM contact_merges
          WHERE kept_contact_id = :contact AND undone_at IS NULL AND (:at IS NULL OR (merged_at, id) < (:at, :id))
          ORDER BY merged_at DESC, id DESC LIMIT :limit",
    load,
};

fn load(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let mut query = tx.conn.prepare_cached(
        "SELECT g.id, coalesce(c.display_name, ''), g.merged_at
         FROM contact_merges g LEFT JOIN contacts c ON c.id = g.merged_contact_id
         WHERE g.id IN (SELECT value FROM json_each(?1))",
    )?;
    let rows = query.query_map([json_list(ids)], |row| {
        let id = row.get(0)?;
        let merge = ContactMerge { merge_id: id, contact_name: row.get(1)?, merged_at: row.get(2)? };
        Ok((id, TimelineContent::Merge(merge)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
