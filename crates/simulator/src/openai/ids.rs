//! Ids in the API's format.

use crate::entropy;

/// Creates ids that are unique across sessions.
#[derive(Debug)]
pub(super) struct Ids {
    session: String,
    count: u64,
}

impl Ids {
    pub(super) fn new() -> Self {
        Self { session: entropy::random_hex::<6>(), count: 0 }
    }

    /// Returns a new id, such as `item_…` or `resp_…`.
    pub(super) fn next(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}_{}{:04}", self.session, self.count)
    }
}
