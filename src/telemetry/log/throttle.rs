//! Rate limit for log events that clients can cause in large numbers. A limited number of lines per event and minute is
//! logged; further lines are counted, and the count is reported in one line.

use crate::domain::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Default)]
pub(super) struct Throttle {
    windows: BTreeMap<&'static str, Window>,
}

struct Window {
    started: Timestamp,
    logged: u32,
    suppressed: u64,
}

impl Throttle {
    /// Returns true if the line may be logged.
    pub(super) fn allows(&mut self, event: &str, now: Timestamp) -> bool {
        let Some(event) = RATE_LIMITED_EVENTS.iter().find(|known| **known == event) else { return true };
        let window = self.windows.entry(event).or_insert(Window { started: now, logged: 0, suppressed: 0 });
        if has_ended(window, now) {
            *window = Window { started: now, logged: 0, suppressed: window.suppressed };
        }
        if window.logged < MAX_PER_MINUTE {
            window.logged += 1;
            return true;
        }
        window.suppressed += 1;
        false
    }

    /// The events whose minute has ended, with the numbers of suppressed lines.
    pub(super) fn take_suppressed(&mut self, now: Timestamp) -> Vec<(&'static str, u64)> {
        let over = self.windows.iter_mut().filter(|(_, window)| window.suppressed > 0 && has_ended(window, now));
        let suppressed: Vec<_> = over.map(|(event, window)| (*event, std::mem::take(&mut window.suppressed))).collect();
        for (event, _) in &suppressed {
            self.windows.remove(event);
        }
        suppressed
    }
}

/// A system clock that was set back also ends the minute.
fn has_ended(window: &Window, now: Timestamp) -> bool {
    now < window.started || now.since(window.started) >= MINUTE
}

/// Events that clients can cause without a limit on the rate, most of them without authentication.
const RATE_LIMITED_EVENTS: [&str; 13] = [
    "ACCEPT_FAILED",
    "CONNECTION_FAILED",
    "CONNECTION_REFUSED",
    "LOGIN_FAILED",
    "LOGIN_RATE_LIMITED",
    "REQUEST_TIMEOUT",
    "STORE_UNAVAILABLE",
    "TLS_HANDSHAKE_FAILED",
    "TWILIO_BAD_SIG",
    "WA_BAILEYS_BAD_SIG",
    "WA_IN_FAILED",
    "WEBHOOK_MALFORMED",
    "WS_REFUSED",
];

/// Per event. Real problems cause fewer lines.
const MAX_PER_MINUTE: u32 = 120;
const MINUTE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_event_is_a_few_lines_and_a_count() {
        let mut throttle = Throttle::default();
        let at = |ms: i64| Timestamp::from_millis(1_800_000_000_000 + ms);
        let logged = (0..10_000).filter(|i| throttle.allows("TWILIO_BAD_SIG", at(*i))).count();
        assert_eq!(logged, 120);
        assert!((0..10_000).all(|i| throttle.allows("CALL_IN", at(i))), "what we do ourselves is always shown");
        assert_eq!(throttle.take_suppressed(at(59_000)), []);
        assert_eq!(throttle.take_suppressed(at(60_000)), [("TWILIO_BAD_SIG", 9_880)]);
        assert_eq!(throttle.take_suppressed(at(60_000)), []);
        assert!(throttle.allows("TWILIO_BAD_SIG", at(60_001)));
        // A new minute starts a new count; the count of the previous minute is kept until it is reported.
        for i in 0..200 {
            throttle.allows("WS_REFUSED", at(i));
        }
        assert!(throttle.allows("WS_REFUSED", at(61_000)));
        assert_eq!(throttle.take_suppressed(at(200_000)), [("WS_REFUSED", 80)]);
    }
}
