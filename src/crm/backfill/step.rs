//! The result of a step of a background data migration.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All rows up to and including this id are processed.
    UpTo(i64),
    /// The step processed no rows, because the jobs that earlier steps queued must finish first.
    Waits,
    /// The step processed no rows, because none are left: the migration is complete.
    Done,
}
