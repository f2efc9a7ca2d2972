//! Notes in the timeline. Deleted notes are left out.

use super::super::json::json_list;
use super::{ReadTx, Result, Source, TimelineContent, TimelineKind};

pub(super) const SOURCE: Source = Source {
    kind: TimelineKind::Note,
    sql: "SELECT created_at, id FROM contact_notes
          WHERE contact_id = :contact AND deleted_at IS NULL AND (:at IS NULL OR (created_at, id) < (:at, :id))
          ORDER BY created_at DESC, id DESC LIMIT :limit",
    load,
};

fn load(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let notes = tx.notes_by_ids(&json_list(ids))?;
    Ok(notes.into_iter().map(|note| (note.id.0, TimelineContent::Note(note))).collect())
}
