//! What calls and messages show about the vendors: whether they accept us, and whether the AI answers.

use super::Alerts;
use crate::domain::{AlertDetail, AlertKind};
use std::sync::atomic::{AtomicU32, Ordering};

/// How a call that the AI should answer went, as far as the AI is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AiOutcome {
    /// It spoke.
    Answered,
    /// It was lost before it spoke.
    Failed {
        /// Why, in the engine's words.
        reason: String,
    },
}

/// Counts calls in a row that the AI did not answer.
#[derive(Debug)]
pub(super) struct FailedCalls {
    in_a_row: AtomicU32,
    too_many: u32,
}

impl FailedCalls {
    pub(super) fn new(too_many: u32) -> Self {
        Self { in_a_row: AtomicU32::new(0), too_many: too_many.max(1) }
    }
}

impl Alerts {
    /// A call is over that the AI should answer.
    pub fn note_call(&self, outcome: &AiOutcome) {
        let calls = &self.inner.failed_calls;
        match outcome {
            AiOutcome::Answered => {
                calls.in_a_row.store(0, Ordering::Relaxed);
                self.clear(AlertKind::AiRefused);
                self.clear(AlertKind::AiUnavailable);
            }
            AiOutcome::Failed { reason } => {
                let count = calls.in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                if is_refusal(reason) {
                    self.raise(AlertKind::AiRefused, reason.as_str());
                } else if count >= calls.too_many {
                    let he = format!("{count} שיחות ברצף. הסיבה האחרונה: {reason}");
                    let en = format!("{count} calls in a row. The last reason: {reason}");
                    self.raise(AlertKind::AiUnavailable, (he, en));
                }
            }
        }
    }

    /// Twilio took a request of ours, or refused our account, in its own words.
    pub fn note_twilio(&self, refusal: Option<&str>) {
        self.set(AlertKind::TwilioRefused, refusal.map(AlertDetail::from));
    }
}

/// Whether the AI said that it does not want us, which no waiting mends: the words are OpenAI's.
fn is_refusal(reason: &str) -> bool {
    const WORDS: [&str; 9] = [
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
    WORDS.iter().any(|word| reason.contains(word))
}
