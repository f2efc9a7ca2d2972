//! Derives from phone calls and messages whether the providers accept the account, and whether the AI answers.

use super::Alerts;
use super::failed_calls::{AiCall, OF_ACCOUNTS, of_account};
use crate::domain::{AiFailure, AiFailureCause, AlertKind, Notice};

const OF_CALLS: [AlertKind; 2] = [AlertKind::AiUnavailable, AlertKind::AiRateLimited];

fn refusal(failure: &AiFailure) -> Notice {
    Notice::AiServiceRefuses { part: failure.part.as_str().to_owned(), reason: failure.into() }
}

impl Alerts {
    /// Records a call that the AI should answer. If the account of an engine was rejected, the alert remains while that
    /// engine is configured and has not answered, even if other engines answer calls meanwhile. `threshold` is the
    /// number of consecutive calls without an answer of the AI after which the alert is raised.
    pub fn record_ai_call(&self, call: &AiCall, threshold: u32) {
        let calls = &self.inner.failed_calls;
        let accepted = calls.update_rejected(call);
        let has_answered = !call.answered.is_empty();
        if has_answered {
            calls.reset();
            OF_CALLS.into_iter().chain(accepted).for_each(|kind| self.clear(kind));
        }
        for kind in OF_ACCOUNTS {
            let last = call.failed.iter().rfind(|(_, failure)| of_account(failure.cause) == Some(kind));
            if let Some((_, failure)) = last {
                self.raise(kind, refusal(failure));
            }
        }
        let Some((_, failure)) = call.failed.last().filter(|_| !has_answered) else { return };
        let count = calls.count();
        if of_account(failure.cause).is_none() && count >= threshold {
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
        self.inner.failed_calls.reject_outside_calls(kind);
        self.raise(kind, refusal(failure));
    }

    /// `rejection` is `None` if Twilio accepted a request.
    pub fn record_twilio_access(&self, rejection: Option<Notice>) {
        self.set(AlertKind::TwilioRefused, rejection);
    }
}
