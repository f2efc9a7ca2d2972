//! Appointments in the timeline, at the time at which they were booked.

use super::{ReadTx, Result, Source, TimelineContent, TimelineKind};
use crate::domain::AppointmentId;

pub(super) const SOURCE: Source = Source {
    kind: TimelineKind::Appointment,
    sql: "SELECT created_at, id FROM appointments
          WHERE contact_id = :contact AND (:at IS NULL OR (created_at, id) < (:at, :id))
          ORDER BY created_at DESC, id DESC LIMIT :limit",
    load,
};

fn load(tx: &ReadTx<'_>, ids: &[i64]) -> Result<Vec<(i64, TimelineContent)>> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let appointment = tx.appointment(AppointmentId(*id))?;
        found.extend(appointment.map(|appointment| (*id, TimelineContent::Appointment(Box::new(appointment)))));
    }
    Ok(found)
}
