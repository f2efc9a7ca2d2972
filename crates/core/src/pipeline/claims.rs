//! The check of an answer's words before they are spoken.

use super::conversation::Conversation;
use crate::promise::{CheckResult, ClaimCheck, Words};

/// Checks words with what is known in a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checker<'a> {
    /// None if words are not checked.
    pub(super) check: Option<&'a ClaimCheck>,
    pub(super) conversation: &'a Conversation,
}

impl Checker<'_> {
    pub(super) fn result(self, words: Words<'_>) -> CheckResult {
        let Some(ClaimCheck { known, .. }) = self.check else { return CheckResult::Clean };
        known.check(words, || self.conversation.conduct(known))
    }
}
