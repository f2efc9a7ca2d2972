//! Schedules requests to a certificate authority: early enough, and within its rate limits.

use super::trouble::TroubleKind;
use crate::domain::Timestamp;
use crate::ops::tls::TlsTrouble;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The record of past attempts, stored over restarts: authorities count failures by the hour, and a daemon that
/// restarts repeatedly must not use them up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Attempts {
    /// Number of consecutive failures.
    pub(super) failures: u32,
    /// Times of failed validations in the last hour.
    refused_at: Vec<Timestamp>,
    /// The next attempt is not before this time.
    not_before: Option<Timestamp>,
    /// The authority's `Retry-After`: applies also to attempts that a user requests.
    asked_until: Option<Timestamp>,
    /// The last error.
    pub(super) last_error: Option<TlsTrouble>,
}

impl Attempts {
    /// Records a failure, and when to try again. `asked_to_wait` is the authority's `Retry-After`, `chance` is from 0 to 1.
    pub(super) fn failed(
        &mut self,
        kind: TroubleKind,
        asked_to_wait: Option<Duration>,
        trouble: TlsTrouble,
        chance: f64,
    ) {
        let now = trouble.at;
        let doublings = self.failures.min(10);
        self.failures = self.failures.saturating_add(1);
        self.last_error = Some(trouble);
        if kind == TroubleKind::Challenge {
            self.refused_at.retain(|at| now.since(*at) < AN_HOUR);
            self.refused_at.push(now);
        }
        let (first, most) = match kind {
            TroubleKind::Challenge | TroubleKind::Refused | TroubleKind::Account => (AN_HOUR / 2, 12 * AN_HOUR),
            TroubleKind::Limited => (AN_HOUR, 12 * AN_HOUR),
            TroubleKind::Unreachable | TroubleKind::Nonce | TroubleKind::Local => (A_MINUTE, AN_HOUR),
            TroubleKind::Clock => (A_MINUTE, 5 * A_MINUTE),
        };
        let wait = first.saturating_mul(1 << doublings).min(most);
        self.asked_until = asked_to_wait.map(|asked| now.plus(asked.min(LONGEST_ASKED)));
        self.not_before = Some(now.plus(wait + wait.mul_f64(chance / 10.0)).max(self.asked_until.unwrap_or(now)));
    }

    /// Records a success, with the certificate's lifetime. The next attempt waits, whatever the certificate's dates
    /// say.
    pub(super) fn succeeded(&mut self, now: Timestamp, life: Duration) {
        *self = Self { not_before: Some(now.plus((life / 4).min(AT_REST))), ..Self::default() };
    }

    /// Makes the next attempt due after a user's correction: at once, or as soon as the authority's rate limit allows
    /// (<https://letsencrypt.org/docs/rate-limits/>: five failed validations for a name in an hour).
    pub(super) fn hurry(&mut self, now: Timestamp) {
        self.refused_at.retain(|at| now.since(*at) < AN_HOUR);
        let patience = match self.refused_at.len() {
            0..PATIENCE => now,
            // One attempt may fail with both challenge types.
            count => self.refused_at.get(count - PATIENCE).map_or(now, |at| at.plus(AN_HOUR)),
        };
        let patience = patience.max(self.asked_until.unwrap_or(now));
        self.not_before = self.not_before.map(|at| at.min(patience));
    }

    /// When to contact the authority: as soon as the certificate is due, but not before the limit.
    pub(super) fn next(&self, wanted: Timestamp) -> Timestamp {
        self.not_before.map_or(wanted, |not_before| not_before.max(wanted))
    }
}

/// When a certificate is renewed, as every authority advises: when a third of its lifetime is left, spread out in time.
/// `chance` is from 0 to 1, always the same for one certificate.
pub(super) fn renewal(not_before: Timestamp, not_after: Timestamp, chance: f64) -> Timestamp {
    let life = not_after.since(not_before);
    not_before.plus(life * 2 / 3 + (life / 30).mul_f64(chance))
}

const A_MINUTE: Duration = Duration::from_mins(1);
const AN_HOUR: Duration = Duration::from_hours(1);

/// If every new certificate seems due for renewal, a clock or an authority is wrong: this limits the rate of orders.
const AT_REST: Duration = Duration::from_hours(24);

/// Maximum of an authority's `Retry-After`.
const LONGEST_ASKED: Duration = Duration::from_hours(7 * 24);

/// Maximum number of failed attempts in an hour before the next one: three, of two challenge types each, would be six
/// failed validations.
const PATIENCE: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trouble(at: Timestamp) -> TlsTrouble {
        TlsTrouble { at, text: "no".to_owned() }
    }

    fn start() -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }

    #[test]
    fn a_certificate_is_renewed_when_a_third_is_left() {
        let (from, day) = (start(), Duration::from_hours(24));
        assert_eq!(renewal(from, from.plus(day * 90), 0.0), from.plus(day * 60));
        assert_eq!(renewal(from, from.plus(day * 90), 1.0), from.plus(day * 63));
    }

    #[test]
    fn the_authority_is_heard() {
        let mut attempts = Attempts::default();
        attempts.failed(TroubleKind::Limited, Some(AN_HOUR * 30), trouble(start()), 0.0);
        assert_eq!(attempts.next(start()), start().plus(AN_HOUR * 30));
        attempts.hurry(start());
        assert_eq!(attempts.next(start()), start().plus(AN_HOUR * 30), "also by those who are in a hurry");
        let mut attempts = Attempts::default();
        attempts.failed(TroubleKind::Challenge, None, trouble(start()), 0.0);
        attempts.hurry(start());
        assert_eq!(attempts.next(start()), start());
    }

    #[test]
    fn what_cannot_be_reached_is_tried_sooner_than_what_refuses() {
        let waits = |kind| {
            let (mut attempts, mut now) = (Attempts::default(), start());
            let waits = (0..9).map(|_| {
                attempts.failed(kind, None, trouble(now), 0.0);
                let next = attempts.next(now);
                let wait = next.since(now).as_secs() / 60;
                now = next;
                wait
            });
            waits.collect::<Vec<_>>()
        };
        assert_eq!(waits(TroubleKind::Unreachable), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(waits(TroubleKind::Challenge), [30, 60, 120, 240, 480, 720, 720, 720, 720]);
        assert_eq!(waits(TroubleKind::Clock), [1, 2, 4, 5, 5, 5, 5, 5, 5]);
    }

    proptest! {
        /// However often a user asks for an attempt, and however often the daemon starts: at most five failed
        /// validations in any hour, two for each attempt.
        #[test]
        fn patience_is_never_used_up(steps in proptest::collection::vec((0..90_u64, any::<bool>()), 1..200)) {
            let (mut attempts, mut now) = (Attempts::default(), start());
            let mut refusals: Vec<Timestamp> = Vec::new();
            for (minutes, hurry) in steps {
                now = now.plus(Duration::from_mins(minutes));
                if hurry {
                    attempts.hurry(now);
                }
                let kept: Attempts = serde_json::from_str(&serde_json::to_string(&attempts).unwrap()).unwrap();
                prop_assert_eq!(&kept, &attempts);
                if attempts.next(now) <= now {
                    attempts.failed(TroubleKind::Challenge, None, trouble(now), 0.5);
                    refusals.extend([now, now]);
                }
                prop_assert!(refusals.iter().filter(|at| now.since(**at) < AN_HOUR).count() <= 5);
            }
        }
    }
}
