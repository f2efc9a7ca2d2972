//! Ids as the API gives them.

use crate::entropy;

/// Makes ids that are unlike those of every other session.
#[derive(Debug)]
pub(super) struct Ids {
    session: String,
    count: u64,
}

impl Ids {
    pub(super) fn new() -> Self {
        Self { session: entropy::random_hex::<6>(), count: 0 }
    }

    /// `item_…`, `resp_…` and so on.
    pub(super) fn next(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}_{}{:04}", self.session, self.count)
    }
}
