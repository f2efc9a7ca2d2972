//! When an authority is asked: early enough, and never more often than it allows.

use super::trouble::TroubleKind;
use crate::domain::Timestamp;
use crate::ops::tls::TlsTrouble;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is remembered of past attempts, also over a restart: authorities count failures by the hour, and a daemon that is
/// started again and again must not use them up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Attempts {
    /// How many in a row went wrong.
    pub(super) failures: u32,
    /// When names were found not to be ours, in the last hour.
    refused_at: Vec<Timestamp>,
    /// Not before this.
    not_before: Option<Timestamp>,
    /// The authority's own word: not before this, whoever is in a hurry.
    asked_until: Option<Timestamp>,
    /// What went wrong last.
    pub(super) last_error: Option<TlsTrouble>,
}

impl Attempts {
    /// Notes what went wrong, and when it may be tried again. `asked_to_wait` is the authority's own word, `chance` is
    /// from 0 to 1.
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

    /// Notes that it went well, with a certificate that lives so long. Whatever its dates say, the next one has time.
    pub(super) fn succeeded(&mut self, now: Timestamp, life: Duration) {
        *self = Self { not_before: Some(now.plus((life / 4).min(AT_REST))), ..Self::default() };
    }

    /// Somebody has mended something and wants to see whether it helps: at once, or as soon as the authority's patience
    /// allows (<https://letsencrypt.org/docs/rate-limits/>: five refusals for a name in an hour).
    pub(super) fn hurry(&mut self, now: Timestamp) {
        self.refused_at.retain(|at| now.since(*at) < AN_HOUR);
        let patience = match self.refused_at.len() {
            0..PATIENCE => now,
            // One attempt may be refused by both ways.
            count => self.refused_at.get(count - PATIENCE).map_or(now, |at| at.plus(AN_HOUR)),
        };
        let patience = patience.max(self.asked_until.unwrap_or(now));
        self.not_before = self.not_before.map(|at| at.min(patience));
    }

    /// When the authority is to be asked: as soon as the certificate wants it, and not before it is allowed.
    pub(super) fn next(&self, wanted: Timestamp) -> Timestamp {
        self.not_before.map_or(wanted, |not_before| not_before.max(wanted))
    }
}

/// When a certificate is renewed, as every authority advises: when a third of its life is left, and not all of the world's
/// at once. `chance` is from 0 to 1, always the same for one certificate.
pub(super) fn renewal(not_before: Timestamp, not_after: Timestamp, chance: f64) -> Timestamp {
    let life = not_after.since(not_before);
    not_before.plus(life * 2 / 3 + (life / 30).mul_f64(chance))
}

const A_MINUTE: Duration = Duration::from_mins(1);
const AN_HOUR: Duration = Duration::from_hours(1);

/// Where every new certificate looks as if it had to be renewed, a clock is wrong, or an authority: not one a minute then.
const AT_REST: Duration = Duration::from_hours(24);

/// What an authority may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(7 * 24);

/// How many refused attempts an hour there may be before the next one: three, of two ways each, would be six refusals.
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
        /// However often somebody asks to hurry, and however often the daemon starts: at most five refusals in any hour,
        /// two for each attempt.
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
