//! Derives from calls and messages whether the providers accept the account, and whether the AI answers.

use super::Alerts;
use crate::domain::{AiFailure, AiFailureCause, AlertKind, Notice};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// The outcome of a call for each AI engine, identified by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AiCall {
    /// The engines that may answer calls.
    pub configured: Vec<&'static str>,
    /// The engines that spoke.
    pub answered: Vec<&'static str>,
    /// The engines that failed before they spoke, each with its failure.
    pub failed: Vec<(&'static str, AiFailure)>,
}

/// Counts consecutive calls that no AI answered, and holds the engines whose account was rejected.
#[derive(Debug)]
pub(super) struct FailedCalls {
    consecutive: AtomicU32,
    threshold: u32,
    /// The engines whose account was rejected, each with its alert. [`OUTSIDE_CALLS`] is the key for a request outside
    /// calls.
    rejected: Mutex<BTreeMap<&'static str, AlertKind>>,
}

/// The key for a request outside calls, in place of an engine's name. An answer of any engine removes the entry, because
/// any engine may use the rejected account.
const OUTSIDE_CALLS: &str = "";
/// The alerts about accounts.
const OF_ACCOUNTS: [AlertKind; 2] = [AlertKind::AiRefused, AlertKind::AiNoCredit];
/// The alerts about calls that no AI has answered.
const OF_CALLS: [AlertKind; 2] = [AlertKind::AiUnavailable, AlertKind::AiRateLimited];

impl FailedCalls {
    pub(super) fn new(threshold: u32) -> Self {
        Self { consecutive: AtomicU32::new(0), threshold: threshold.max(1), rejected: Mutex::default() }
    }

    /// Updates the rejected engines after a call. Returns the alerts about accounts for which no rejected engine
    /// remains.
    fn update_rejected(&self, call: &AiCall) -> Vec<AlertKind> {
        let mut rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        let has_answered = !call.answered.is_empty();
        rejected.retain(|engine, _| match *engine {
            OUTSIDE_CALLS => !has_answered,
            engine => call.configured.contains(&engine) && !call.answered.contains(&engine),
        });
        rejected.extend(call.failed.iter().filter_map(|(engine, failure)| Some((*engine, of_account(failure.cause)?))));
        OF_ACCOUNTS.into_iter().filter(|kind| !rejected.values().any(|of| of == kind)).collect()
    }
}

/// Returns the alert about the account for this cause, if the account is the cause.
fn of_account(cause: AiFailureCause) -> Option<AlertKind> {
    match cause {
        AiFailureCause::BadKey => Some(AlertKind::AiRefused),
        AiFailureCause::NoCredit => Some(AlertKind::AiNoCredit),
        AiFailureCause::RateLimited | AiFailureCause::Rejected | AiFailureCause::Outage => None,
    }
}

fn refusal(failure: &AiFailure) -> Notice {
    Notice::AiServiceRefuses { part: failure.part.as_str().to_owned(), reason: failure.into() }
}

impl Alerts {
    /// Records a call that the AI should answer. If the account of an engine was rejected, the alert remains while that
    /// engine is configured and has not answered, even if other engines answer calls meanwhile.
    pub fn record_ai_call(&self, call: &AiCall) {
        let calls = &self.inner.failed_calls;
        let accepted = calls.update_rejected(call);
        let has_answered = !call.answered.is_empty();
        if has_answered {
            calls.consecutive.store(0, Ordering::Relaxed);
            OF_CALLS.into_iter().chain(accepted).for_each(|kind| self.clear(kind));
        }
        for kind in OF_ACCOUNTS {
            let last = call.failed.iter().rfind(|(_, failure)| of_account(failure.cause) == Some(kind));
            if let Some((_, failure)) = last {
                self.raise(kind, refusal(failure));
            }
        }
        let Some((_, failure)) = call.failed.last().filter(|_| !has_answered) else { return };
        let count = calls.consecutive.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if of_account(failure.cause).is_none() && count >= calls.threshold {
            let notice = Notice::AiCallsFailed { count: count.into(), reason: failure.into() };
            let [unavailable, limited] = OF_CALLS;
            let (kind, other) = match failure.cause {
                AiFailureCause::RateLimited => (limited, unavailable),
                _ => (unavailable, limited),
            };
            self.clear(other);
            self.raise(kind, notice);
        }
    }

    /// Records that the AI rejected the account outside a call. The alert clears after the next call that the AI
    /// answers, unless an engine's account was rejected in a call.
    pub fn record_ai_refusal(&self, failure: &AiFailure) {
        let Some(kind) = of_account(failure.cause) else { return };
        self.inner.failed_calls.rejected.lock().unwrap_or_else(PoisonError::into_inner).insert(OUTSIDE_CALLS, kind);
        self.raise(kind, refusal(failure));
    }

    /// Records that Twilio accepted a request, or why it rejected the account.
    pub fn record_twilio_access(&self, rejection: Option<Notice>) {
        self.set(AlertKind::TwilioRefused, rejection);
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
        let (calls, none) = (FailedCalls::new(3), OF_ACCOUNTS.to_vec());
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
