//! The phone calls that no AI answered, and the engines whose account was rejected.

use crate::domain::{AiFailure, AiFailureCause, AlertKind};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Which AI engines answered a phone call, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AiCall {
    pub configured: Vec<&'static str>,
    /// The engines that spoke in the call, except those that another engine had to replace.
    pub answered: Vec<&'static str>,
    /// The engines that failed before they spoke or had to be replaced, each with its failure.
    pub failed: Vec<(&'static str, AiFailure)>,
}

#[derive(Debug, Default)]
pub(super) struct FailedCalls {
    consecutive: AtomicU32,
    /// Each engine with its alert. The key [`OUTSIDE_CALLS`] is for a request outside calls.
    rejected: Mutex<BTreeMap<&'static str, AlertKind>>,
}

/// The key for a request outside calls, in place of an engine's name. An answer of any engine removes the entry,
/// because any engine may use the rejected account.
const OUTSIDE_CALLS: &str = "";
pub(super) const OF_ACCOUNTS: [AlertKind; 2] = [AlertKind::AiRefused, AlertKind::AiNoCredit];

impl FailedCalls {
    /// Updates the rejected engines after a call. Returns the alerts about accounts for which no rejected engine
    /// remains.
    pub(super) fn update_rejected(&self, call: &AiCall) -> Vec<AlertKind> {
        let mut rejected = self.rejected();
        let has_answered = !call.answered.is_empty();
        rejected.retain(|engine, _| match *engine {
            OUTSIDE_CALLS => !has_answered,
            engine => call.configured.contains(&engine) && !call.answered.contains(&engine),
        });
        rejected.extend(call.failed.iter().filter_map(|(engine, failure)| Some((*engine, of_account(failure.cause)?))));
        OF_ACCOUNTS.into_iter().filter(|kind| !rejected.values().any(|of| of == kind)).collect()
    }

    pub(super) fn reject_outside_calls(&self, kind: AlertKind) {
        self.rejected().insert(OUTSIDE_CALLS, kind);
    }

    /// Counts a call that no AI answered. Returns the number of such calls since an AI last answered one.
    pub(super) fn count(&self) -> u32 {
        self.consecutive.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    pub(super) fn reset(&self) {
        self.consecutive.store(0, Ordering::Relaxed);
    }

    fn rejected(&self) -> MutexGuard<'_, BTreeMap<&'static str, AlertKind>> {
        self.rejected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns `None` if the failure is not about the account.
pub(super) fn of_account(cause: AiFailureCause) -> Option<AlertKind> {
    match cause {
        AiFailureCause::BadKey => Some(AlertKind::AiRefused),
        AiFailureCause::NoCredit => Some(AlertKind::AiNoCredit),
        AiFailureCause::RateLimited | AiFailureCause::Rejected | AiFailureCause::Outage => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(answered: &[&'static str], failed: &[(&'static str, &str)]) -> AiCall {
        AiCall {
            configured: vec!["realtime", "pipeline"],
            answered: answered.to_vec(),
            failed: failed.iter().map(|(engine, reason)| (*engine, AiFailure::from_reason(reason))).collect(),
        }
    }

    #[test]
    fn an_engine_stays_rejected_until_it_answers_itself() {
        let (calls, none) = (FailedCalls::default(), OF_ACCOUNTS.to_vec());
        assert_eq!(calls.update_rejected(&call(&["realtime"], &[])), none);
        let no_credit = call(&["pipeline"], &[("realtime", "insufficient_quota")]);
        assert_eq!(calls.update_rejected(&no_credit), [AlertKind::AiRefused]);
        assert_eq!(calls.update_rejected(&call(&["pipeline"], &[])), [AlertKind::AiRefused]);
        assert_eq!(calls.update_rejected(&call(&["realtime"], &[])), none);
        let bad_key = call(&["pipeline"], &[("realtime", "HTTP 401")]);
        assert_eq!(calls.update_rejected(&bad_key), [AlertKind::AiNoCredit]);
        let without = AiCall { configured: vec!["pipeline"], ..call(&["pipeline"], &[]) };
        assert_eq!(calls.update_rejected(&without), none, "it answers no calls any more");
    }
}
