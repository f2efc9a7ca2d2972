//! The phases of the publisher, and the results of its steps.

use crate::clock;
use std::time::Instant;

#[derive(Debug)]
pub(super) enum Phase {
    /// The service wrote the published file, and all pages that it lacks are known.
    Exact,
    /// The service wrote the published file. The publisher does not write to that file before the live database has
    /// been verified.
    Verifying(Comparison),
    /// The live database is damaged: the published file is kept as the last undamaged copy.
    Frozen,
    /// The publisher writes a new file, the last of the images, which then gets the published name.
    Building(InstallMode),
    /// The published file cannot be leased: a new file replaces it at each update.
    Renaming,
    /// The published name belongs to a foreign file.
    Foreign,
}

/// How a new file is given the published name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InstallMode {
    /// No file has that name.
    Free,
    /// The service wrote the existing file, which is replaced.
    Replace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The published file contains all commits that had been added.
    Current,
    /// The step is incomplete, and the next step can run at once.
    Working,
    /// Another process has the published file open, the file has a second name, or a foreign file has the published
    /// name.
    Busy,
    /// The publisher waits for the verification or the repair of the live database.
    Waiting,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    /// The next page to compare; `None` when no page remains to be compared.
    pub next: Option<u32>,
    pub began: Instant,
    /// The publisher holds the lease, which makes processes that open the file wait.
    pub leased: bool,
    /// The time since when a program has waited to open the file.
    pub opener_since: Option<Instant>,
}

impl Comparison {
    /// Compares all pages, while holding a lease if `leased`.
    pub(super) fn of_all_pages(leased: bool) -> Self {
        Self { next: Some(1), began: clock::instant(), leased, opener_since: None }
    }

    /// Compares no pages, because the missing pages are known.
    pub(super) fn of_no_pages() -> Self {
        Self { next: None, began: clock::instant(), leased: false, opener_since: None }
    }
}
