//! What calls and messages show about the providers: whether they accept the account, and whether the AI answers.

use super::Alerts;
use crate::domain::{AlertKind, Notice};
use std::sync::atomic::{AtomicU32, Ordering};

/// The outcome of a call for the AI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AiOutcome {
    /// The AI spoke.
    Answered,
    /// The AI connection was lost before the AI spoke.
    Failed {
        /// The reason, from the engine.
        reason: String,
    },
}

/// Counts consecutive calls that the AI did not answer.
#[derive(Debug)]
pub(super) struct FailedCalls {
    consecutive: AtomicU32,
    threshold: u32,
}

impl FailedCalls {
    pub(super) fn new(threshold: u32) -> Self {
        Self { consecutive: AtomicU32::new(0), threshold: threshold.max(1) }
    }
}

impl Alerts {
    /// Records the outcome of a call that the AI should answer.
    pub fn record_ai_outcome(&self, outcome: &AiOutcome) {
        let calls = &self.inner.failed_calls;
        match outcome {
            AiOutcome::Answered => {
                calls.consecutive.store(0, Ordering::Relaxed);
                self.clear(AlertKind::AiRefused);
                self.clear(AlertKind::AiUnavailable);
            }
            AiOutcome::Failed { reason } => {
                let count = calls.consecutive.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                if is_account_rejected(reason) {
                    self.raise(AlertKind::AiRefused, Notice::verbatim(reason));
                } else if count >= calls.threshold {
                    let notice = Notice::AiCallsFailed { count: count.into(), reason: reason.clone() };
                    self.raise(AlertKind::AiUnavailable, notice);
                }
            }
        }
    }

    /// Records that the AI refused the key outside a call. The next call that the AI answers shows that it accepts it again.
    pub fn record_ai_refusal(&self, reason: &str) {
        self.raise(AlertKind::AiRefused, Notice::verbatim(reason));
    }

    /// Records that Twilio accepted a request, or why it refused the account.
    pub fn record_twilio_access(&self, rejection: Option<Notice>) {
        self.set(AlertKind::TwilioRefused, rejection);
    }
}

/// Whether OpenAI's error text means that the account was rejected, so that a retry does not help.
fn is_account_rejected(reason: &str) -> bool {
    const CODES: [&str; 9] = [
        "HTTP 401",
        "HTTP 403",
        "invalid_api_key",
        "insufficient_quota",
        "billing_hard_limit_reached",
        "account_deactivated",
        "authentication_error",
        "permission_error",
        "unsupported_country_region_territory",
    ];
    CODES.iter().any(|code| reason.contains(code))
}
