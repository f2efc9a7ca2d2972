//! Schedules requests to a certificate authority: early enough for the renewal, and within the authority's rate limits.

use super::error::AcmeErrorKind;
use crate::domain::Timestamp;
use crate::tls::TlsError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Stored on disk: authorities count failures per hour, and a daemon that restarts repeatedly must not exceed that
/// limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Attempts {
    /// Consecutive failures.
    pub(super) failures: u32,
    /// The times of attempts whose validation failed. Those older than an hour no longer count.
    refused_at: Vec<Timestamp>,
    /// The earliest time of the next attempt.
    not_before: Option<Timestamp>,
    /// The end of the authority's `Retry-After`. This limit also applies to attempts that a user requests.
    asked_until: Option<Timestamp>,
    pub(super) last_error: Option<TlsError>,
}

impl Attempts {
    /// `retry_after` is the authority's `Retry-After`; `jitter` is from 0 to 1.
    pub(super) fn failed(&mut self, kind: AcmeErrorKind, retry_after: Option<Duration>, error: TlsError, jitter: f64) {
        let now = error.at;
        let doublings = self.failures.min(10);
        self.failures = self.failures.saturating_add(1);
        self.last_error = Some(error);
        if kind == AcmeErrorKind::Challenge {
            self.refused_at.retain(|at| now.since(*at) < AN_HOUR);
            self.refused_at.push(now);
        }
        let (first, most) = match kind {
            AcmeErrorKind::Challenge | AcmeErrorKind::Refused | AcmeErrorKind::Account => (AN_HOUR / 2, 12 * AN_HOUR),
            AcmeErrorKind::Limited => (AN_HOUR, 12 * AN_HOUR),
            AcmeErrorKind::Unreachable | AcmeErrorKind::Nonce | AcmeErrorKind::Local => (A_MINUTE, AN_HOUR),
            AcmeErrorKind::Clock => (A_MINUTE, 5 * A_MINUTE),
        };
        let wait = first.saturating_mul(1 << doublings).min(most);
        self.asked_until = retry_after.map(|asked| now.plus(asked.min(MAX_RETRY_AFTER)));
        self.not_before = Some(now.plus(wait + wait.mul_f64(jitter / 10.0)).max(self.asked_until.unwrap_or(now)));
    }

    /// The next attempt has a minimum delay, whatever dates the certificate contains.
    pub(super) fn succeeded(&mut self, now: Timestamp, lifetime: Duration) {
        *self = Self { not_before: Some(now.plus((lifetime / 4).min(MIN_INTERVAL))), ..Self::default() };
    }

    /// After a user has corrected the problem, the next attempt is due immediately, or as soon as the authority's rate
    /// limit allows it (<https://letsencrypt.org/docs/rate-limits/>: five failed validations per name and hour).
    pub(super) fn expedite(&mut self, now: Timestamp) {
        self.refused_at.retain(|at| now.since(*at) < AN_HOUR);
        let earliest = match self.refused_at.len() {
            0..MAX_RECENT_FAILURES => now,
            // One attempt may fail with both challenge types, so it counts as two failed validations.
            count => self.refused_at.get(count - MAX_RECENT_FAILURES).map_or(now, |at| at.plus(AN_HOUR)),
        };
        let earliest = earliest.max(self.asked_until.unwrap_or(now));
        self.not_before = self.not_before.map(|at| at.min(earliest));
    }

    /// When to contact the authority: when the certificate is due, but not before the earliest allowed time. An allowed
    /// time that is later than any wait is ignored: the clock was ahead when it was set.
    pub(super) fn next(&self, due_at: Timestamp, now: Timestamp) -> Timestamp {
        let max_wait = if self.asked_until.is_some() { MAX_RETRY_AFTER } else { MIN_INTERVAL };
        let not_before = self.not_before.filter(|at| *at <= now.plus(max_wait));
        not_before.map_or(due_at, |not_before| not_before.max(due_at))
    }
}

/// When a third of the lifetime is left, as authorities recommend, or up to a thirtieth of the lifetime later.
/// `jitter`, from 0 to 1 and always the same for one certificate, determines that delay.
pub(super) fn renewal(not_before: Timestamp, not_after: Timestamp, jitter: f64) -> Timestamp {
    let lifetime = not_after.since(not_before);
    not_before.plus(lifetime * 2 / 3 + (lifetime / 30).mul_f64(jitter))
}

const A_MINUTE: Duration = Duration::from_mins(1);
const AN_HOUR: Duration = Duration::from_hours(1);

/// Minimum time between a success and the next order; a quarter of the lifetime for certificates of less than 4 days.
/// If every new certificate seems to be due immediately, a clock or an authority is wrong. No wait after a failure is
/// longer, unless the authority requests it.
const MIN_INTERVAL: Duration = Duration::from_hours(24);

const MAX_RETRY_AFTER: Duration = Duration::from_hours(7 * 24);

/// A third failed attempt per hour, with two challenge types each, would make six failed validations and exceed the
/// limit.
const MAX_RECENT_FAILURES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Causes;
    use proptest::prelude::*;

    fn error(at: Timestamp) -> TlsError {
        TlsError { at, causes: Causes::default() }
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
    fn retry_after_is_respected() {
        let mut attempts = Attempts::default();
        attempts.failed(AcmeErrorKind::Limited, Some(AN_HOUR * 30), error(start()), 0.0);
        assert_eq!(attempts.next(start(), start()), start().plus(AN_HOUR * 30));
        attempts.expedite(start());
        assert_eq!(attempts.next(start(), start()), start().plus(AN_HOUR * 30), "also by those who are in a hurry");
        let mut attempts = Attempts::default();
        attempts.failed(AcmeErrorKind::Challenge, None, error(start()), 0.0);
        attempts.expedite(start());
        assert_eq!(attempts.next(start(), start()), start());
    }

    #[test]
    fn attempts_while_the_clock_was_ahead_do_not_delay_the_next_one() {
        let ahead = start().plus(AN_HOUR * 24 * 365);
        let failed = |kind, retry_after| {
            let mut attempts = Attempts::default();
            attempts.failed(kind, retry_after, error(ahead), 0.0);
            attempts
        };
        let mut succeeded = Attempts::default();
        succeeded.succeeded(ahead, AN_HOUR * 24 * 90);
        let of_failures = [failed(AcmeErrorKind::Clock, None), failed(AcmeErrorKind::Challenge, Some(MAX_RETRY_AFTER))];
        for attempts in of_failures.into_iter().chain([succeeded]) {
            assert!(attempts.next(ahead, ahead) > ahead, "{attempts:?}");
            assert_eq!(attempts.next(start(), start()), start(), "{attempts:?}");
        }
    }

    #[test]
    fn an_unreachable_authority_is_retried_sooner_than_one_that_refuses() {
        let waits = |kind| {
            let (mut attempts, mut now) = (Attempts::default(), start());
            let waits = (0..9).map(|_| {
                attempts.failed(kind, None, error(now), 0.0);
                let next = attempts.next(now, now);
                let wait = next.since(now).as_secs() / 60;
                now = next;
                wait
            });
            waits.collect::<Vec<_>>()
        };
        assert_eq!(waits(AcmeErrorKind::Unreachable), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(waits(AcmeErrorKind::Challenge), [30, 60, 120, 240, 480, 720, 720, 720, 720]);
        assert_eq!(waits(AcmeErrorKind::Clock), [1, 2, 4, 5, 5, 5, 5, 5, 5]);
    }

    proptest! {
        /// At most five validations fail per hour; each attempt counts as two.
        #[test]
        fn the_rate_limit_is_never_exceeded(steps in proptest::collection::vec((0..90_u64, any::<bool>()), 1..200)) {
            let (mut attempts, mut now) = (Attempts::default(), start());
            let mut refusals: Vec<Timestamp> = Vec::new();
            for (minutes, expedite) in steps {
                now = now.plus(Duration::from_mins(minutes));
                if expedite {
                    attempts.expedite(now);
                }
                let kept: Attempts = serde_json::from_str(&serde_json::to_string(&attempts).unwrap()).unwrap();
                prop_assert_eq!(&kept, &attempts);
                if attempts.next(now, now) <= now {
                    attempts.failed(AcmeErrorKind::Challenge, None, error(now), 0.5);
                    refusals.extend([now, now]);
                }
                prop_assert!(refusals.iter().filter(|at| now.since(**at) < AN_HOUR).count() <= 5);
            }
        }
    }
}
