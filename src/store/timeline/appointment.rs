//! Appointments in the timeline, at the time when they were booked.

use super::super::json::json_list;
use super::{ReadTx, Result, Source, TimelineContent, TimelineKind};

pub(super) const SOURCE: Source = Source {
    kind: TimelineKind::Appointment,
    sql: "SELECT created_at, id FROM appointments
          WHERE contact_id = :contact AND (:at IS NULL OR (created_at, id) < (:at, :id))
          ORDER BY created_at DESC, id DESC LIMIT :limit",
    load,
};

fn load(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let found = tx.appointments_by_ids(&json_list(ids))?;
    Ok(found.into_iter().map(|found| (found.id.0, TimelineContent::Appointment(Box::new(found)))).collect())
}
