//! Background data migrations. Schema migrations do not move data, except for a few small tables in the first ones, so
//! the daemon starts quickly even with a large database. The data is migrated afterwards, in short transactions, while
//! the service runs.
//!
//! Each step records its progress in the same transaction, so an interrupted migration resumes where it stopped.

mod step;

use super::{contact, conversation, recording};
use crate::domain::Timestamp;
use crate::store::{BackfillProgress, Error, Result, WriteTx};
pub use step::Step;

pub struct Backfill {
    /// The name under which the progress is stored; never changed and never reused.
    pub name: &'static str,
    pub rows_per_step: u32,
    /// Processes rows with ids above `done_to`, at most `rows_per_step` of them, in ascending order of id.
    pub step: fn(tx: &WriteTx<'_>, done_to: i64, rows: u32, now: Timestamp) -> Result<Step>,
}

/// All migrations, in the order in which they run.
pub const BACKFILLS: [Backfill; 3] = [
    // Earlier versions did not compress recordings.
    Backfill { name: "compress_wav_recordings", rows_per_step: 16, step: recording::queue_wav_recordings },
    // Earlier versions did not record whether a contact waits for an answer.
    Backfill { name: "start_turns", rows_per_step: 200, step: conversation::start_turns },
    // Earlier versions did not sort the contact list by activity.
    Backfill { name: "contact_activity", rows_per_step: 500, step: contact::set_last_activity },
];

pub fn advance(tx: &WriteTx<'_>, backfill: &Backfill, now: Timestamp) -> Result<(Step, BackfillProgress)> {
    let progress = tx.start_backfill(backfill.name, now)?;
    if progress.finished_at.is_some() {
        return Ok((Step::Done, progress));
    }
    let step = (backfill.step)(tx, progress.done_to, backfill.rows_per_step, now)?;
    match step {
        Step::UpTo(id) if id <= progress.done_to => {
            return Err(Error::Value(format!("backfill {} does not advance", backfill.name)));
        }
        Step::UpTo(id) => tx.advance_backfill(backfill.name, id)?,
        Step::Done => tx.finish_backfill(backfill.name, now)?,
        Step::Waits => {}
    }
    Ok((step, tx.start_backfill(backfill.name, now)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{database, transact};

    #[test]
    fn steps_follow_one_another_until_no_row_is_left() {
        let (_folder, conn) = database();
        let at = |ms| Timestamp::from_millis(ms);
        let backfill = Backfill {
            name: "numbers",
            rows_per_step: 4,
            step: |tx, done_to, rows, _| {
                tx.set_meta(&format!("moved-after-{done_to}"), "")?;
                Ok(if done_to < 10 { Step::UpTo((done_to + i64::from(rows)).min(10)) } else { Step::Done })
            },
        };
        let run = |now| transact(&conn, |tx| advance(tx, &backfill, at(now)));
        let steps: Vec<_> = (1..=5).map(run).map(|(step, progress)| (step, progress.done_to)).collect();
        assert_eq!(
            steps,
            [(Step::UpTo(4), 4), (Step::UpTo(8), 8), (Step::UpTo(10), 10), (Step::Done, 10), (Step::Done, 10)]
        );
        let progress = transact(&conn, |tx| tx.backfills());
        assert_eq!(progress[0].started_at, at(1));
        assert_eq!(progress[0].finished_at, Some(at(4)), "it is finished once");
    }

    #[test]
    fn a_step_that_does_not_advance_is_an_error_and_not_an_endless_loop() {
        let (_folder, conn) = database();
        let backfill = Backfill { name: "stuck", rows_per_step: 1, step: |_, done_to, _, _| Ok(Step::UpTo(done_to)) };
        transact(&conn, |tx| {
            assert!(advance(tx, &backfill, Timestamp::from_millis(0)).is_err());
            Ok(())
        });
    }

    #[test]
    fn names_are_used_once() {
        let names: std::collections::BTreeSet<_> = BACKFILLS.iter().map(|backfill| backfill.name).collect();
        assert_eq!(names.len(), BACKFILLS.len());
    }
}
