//! The result of a step of a background data migration.

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All rows up to this id are done.
    UpTo(i64),
    /// Nothing was done: the jobs that it added before must finish first.
    Waits,
    /// Nothing was done: no row is left.
    Done,
}
