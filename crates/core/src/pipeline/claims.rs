//! The check of an answer's words before they are spoken.

use super::conversation::Conversation;
use crate::promise::{CheckResult, FalseClaim, Known, Promise, Words};

/// What the check of the agent's words needs.
#[derive(Clone, Debug)]
pub struct ClaimCheck {
    /// What may confirm the words, besides the tools of the call.
    pub known: Known,
    /// The sentence that is spoken in place of a repeated false claim: that it is not done yet, and a question.
    pub not_done: String,
    /// Like `not_done`, in place of a time that no tool has returned.
    pub not_read: String,
}

impl ClaimCheck {
    pub(super) fn sentence(&self, claim: FalseClaim) -> String {
        let sentence = if claim.promise == Promise::Offered { &self.not_read } else { &self.not_done };
        sentence.clone()
    }
}

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
