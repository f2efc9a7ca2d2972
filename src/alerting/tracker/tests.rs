use super::*;
use crate::domain::Notice;
use proptest::prelude::*;

const MAIL: AlertChannel = AlertChannel::Mail;
const KIND: AlertKind = AlertKind::DiskLow;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(seconds))
}

fn tracker() -> AlertTracker {
    let thresholds = AlertThresholds {
        bridge_down: Duration::from_mins(10),
        replication: Duration::from_mins(2),
        settle: Duration::from_mins(2),
        repeat: Duration::from_hours(24),
    };
    AlertTracker::new(thresholds, Vec::new())
}

fn notify(tracker: &mut AlertTracker, seconds: u64) -> Vec<(AlertKind, AlertTransition)> {
    tracker.tick(at(seconds));
    let due: Vec<_> =
        tracker.due(MAIL, at(seconds)).into_iter().map(|(alert, transition)| (alert.kind, transition)).collect();
    for (kind, transition) in &due {
        tracker.note_delivery(*kind, MAIL, *transition, at(seconds));
    }
    due
}

#[test]
fn an_alert_is_notified_once_then_daily_and_once_when_cleared() {
    let mut tracker = tracker();
    let day = 24 * 3600;
    assert!(tracker.raise(KIND, Notice::verbatim("1 MB").into(), at(0)));
    assert_eq!(notify(&mut tracker, 0), [(KIND, AlertTransition::Raised)]);
    for second in [1, 60, 3600, day - 1] {
        assert!(!tracker.raise(KIND, Notice::verbatim("0 MB").into(), at(second)));
        assert_eq!(notify(&mut tracker, second), []);
    }
    assert_eq!(notify(&mut tracker, day), [(KIND, AlertTransition::Lasts)]);
    assert_eq!(tracker.all()[0].detail, AlertDetail::from(Notice::verbatim("0 MB")));
    tracker.clear(KIND, at(day + 10));
    assert_eq!(notify(&mut tracker, day + 129), [], "it may come back");
    assert_eq!(notify(&mut tracker, day + 130), [(KIND, AlertTransition::Cleared)]);
    assert!(tracker.is_idle(at(day + 131)));
    assert_eq!(notify(&mut tracker, 9 * day), []);
    assert!(tracker.all().is_empty(), "what is long over is forgotten");
}

#[test]
fn a_short_condition_raises_no_alert() {
    let mut tracker = tracker();
    tracker.raise(AlertKind::BridgeDown, AlertDetail::default(), at(0));
    assert_eq!(notify(&mut tracker, 599), []);
    tracker.clear(AlertKind::BridgeDown, at(599));
    assert!(tracker.all().is_empty());
    tracker.raise(AlertKind::BridgeDown, AlertDetail::default(), at(700));
    assert_eq!(notify(&mut tracker, 1299), []);
    assert_eq!(notify(&mut tracker, 1300), [(AlertKind::BridgeDown, AlertTransition::Raised)]);
}

#[test]
fn an_alert_does_not_wait_for_the_time_from_before_the_clock_was_set_back() {
    let (mut tracker, ahead, day) = (tracker(), 365 * 24 * 3600, 24 * 3600);
    tracker.raise(AlertKind::BridgeDown, AlertDetail::default(), at(ahead));
    assert_eq!(notify(&mut tracker, 0), []);
    assert_eq!(notify(&mut tracker, 600), [(AlertKind::BridgeDown, AlertTransition::Raised)]);

    tracker.note_delivery(AlertKind::BridgeDown, MAIL, AlertTransition::Raised, at(ahead));
    assert_eq!(notify(&mut tracker, 700), []);
    assert_eq!(notify(&mut tracker, 700 + day), [(AlertKind::BridgeDown, AlertTransition::Lasts)]);

    tracker.clear(AlertKind::BridgeDown, at(ahead));
    assert_eq!(notify(&mut tracker, 800 + day), []);
    assert_eq!(notify(&mut tracker, 920 + day), [(AlertKind::BridgeDown, AlertTransition::Cleared)]);
}

#[test]
fn clearing_is_not_notified_if_raising_was_not() {
    let mut tracker = tracker();
    tracker.raise(KIND, AlertDetail::default(), at(0));
    tracker.tick(at(0));
    tracker.clear(KIND, at(1));
    assert_eq!(notify(&mut tracker, 500), []);
    assert_eq!(tracker.all()[0].state, AlertState::Cleared);
}

#[test]
fn an_undelivered_notification_is_sent_again() {
    let mut tracker = tracker();
    tracker.raise(KIND, AlertDetail::default(), at(0));
    assert_eq!(notify(&mut tracker, 0), [(KIND, AlertTransition::Raised)]);
    tracker.withdraw_delivery(KIND, MAIL, AlertTransition::Raised);
    assert_eq!(notify(&mut tracker, 60), [(KIND, AlertTransition::Raised)]);
}

#[test]
fn an_undelivered_reminder_or_all_clear_is_sent_again_as_what_it_was() {
    const DAYS: u64 = 24 * 3600;
    let mut tracker = tracker();
    tracker.raise(KIND, AlertDetail::default(), at(0));
    notify(&mut tracker, 0);
    assert_eq!(notify(&mut tracker, 2 * DAYS), [(KIND, AlertTransition::Lasts)]);
    tracker.withdraw_delivery(KIND, MAIL, AlertTransition::Lasts);
    assert_eq!(notify(&mut tracker, 2 * DAYS + 300), [(KIND, AlertTransition::Lasts)]);
    assert_eq!(notify(&mut tracker, 2 * DAYS + 600), []);
    tracker.clear(KIND, at(2 * DAYS + 700));
    assert_eq!(notify(&mut tracker, 2 * DAYS + 2000), [(KIND, AlertTransition::Cleared)]);
    tracker.withdraw_delivery(KIND, MAIL, AlertTransition::Cleared);
    assert_eq!(notify(&mut tracker, 2 * DAYS + 2300), [(KIND, AlertTransition::Cleared)]);
    assert_eq!(notify(&mut tracker, 2 * DAYS + 2600), []);
}

#[test]
fn an_undelivered_all_clear_is_sent_again_twice_at_most() {
    let cleared = || {
        let mut tracker = tracker();
        tracker.raise(KIND, AlertDetail::default(), at(0));
        notify(&mut tracker, 0);
        tracker.clear(KIND, at(60));
        assert_eq!(notify(&mut tracker, 180), [(KIND, AlertTransition::Cleared)]);
        tracker
    };
    let mut tracker = cleared();
    let withdrawn = tracker.withdraw_delivery(KIND, MAIL, AlertTransition::Cleared).unwrap();
    assert_eq!(withdrawn.deliveries[0].at, at(180), "the time of the message is shown");
    let mut sent_at = Vec::new();
    for second in (480..7 * 24 * 3600).step_by(300) {
        if !notify(&mut tracker, second).is_empty() {
            sent_at.push(second);
        }
        tracker.withdraw_delivery(KIND, MAIL, AlertTransition::Cleared);
    }
    assert_eq!(sent_at, [480, 780]);

    // The provider reports the failure hours later.
    let mut tracker = cleared();
    for (second, expected) in [(3 * 3600, &[(KIND, AlertTransition::Cleared)][..]), (3 * 3600 + 300, &[])] {
        tracker.withdraw_delivery(KIND, MAIL, AlertTransition::Cleared);
        assert_eq!(notify(&mut tracker, second), expected);
    }
}

#[test]
fn a_muted_alert_is_silent_until_the_mute_or_the_alert_ends() {
    let mut tracker = tracker();
    assert!(tracker.mute(KIND, Some(Mute::WhileItLasts)).is_none(), "there is nothing to mute");
    tracker.raise(KIND, AlertDetail::default(), at(0));
    tracker.mute(KIND, Some(Mute::WhileItLasts));
    assert_eq!(notify(&mut tracker, 0), []);
    tracker.clear(KIND, at(10));
    assert_eq!(notify(&mut tracker, 200), []);
    tracker.raise(KIND, AlertDetail::default(), at(300));
    assert_eq!(notify(&mut tracker, 300), [(KIND, AlertTransition::Raised)], "the next one is another one");
    tracker.mute(KIND, Some(Mute::Until(at(9 * 24 * 3600))));
    assert_eq!(notify(&mut tracker, 8 * 24 * 3600), []);
    assert_eq!(notify(&mut tracker, 9 * 24 * 3600), [(KIND, AlertTransition::Lasts)]);
}

#[test]
fn the_tracker_continues_after_a_restart_where_it_was() {
    let mut before = tracker();
    before.raise(KIND, Notice::verbatim("x").into(), at(0));
    notify(&mut before, 0);
    let mut after = tracker();
    after = AlertTracker::new(after.thresholds, before.all());
    assert!(!after.raise(KIND, Notice::verbatim("x").into(), at(100)));
    assert_eq!(notify(&mut after, 100), []);
    after.clear(KIND, at(100));
    assert_eq!(notify(&mut after, 220), [(KIND, AlertTransition::Cleared)]);
}

#[test]
fn another_replaced_database_is_another_alert() {
    let kind = AlertKind::DatabaseReplaced;
    let mut before = tracker();
    before.raise(kind, Notice::verbatim("first").into(), at(0));
    assert_eq!(notify(&mut before, 0), [(kind, AlertTransition::Raised)]);
    before.mute(kind, Some(Mute::WhileItLasts));
    let mut after = AlertTracker::new(before.thresholds, before.all());
    assert!(!after.raise(kind, Notice::verbatim("first").into(), at(100)));
    assert!(after.raise(kind, Notice::verbatim("second").into(), at(101)));
    assert_eq!(notify(&mut after, 101), [(kind, AlertTransition::Raised)]);
    assert_eq!((after.all()[0].since, &after.all()[0].detail), (at(101), &Notice::verbatim("second").into()));
    assert!(!after.raise(kind, Notice::verbatim("second").into(), at(102)));
    assert_eq!(notify(&mut after, 102), []);
}

#[test]
fn a_new_detail_is_stored_at_most_once_a_minute() {
    let mut tracker = tracker();
    tracker.raise(KIND, Notice::verbatim("3 MB").into(), at(0));
    notify(&mut tracker, 0);
    let stored = |tracker: &mut AlertTracker, text: &str, second| {
        tracker.raise(KIND, Notice::verbatim(text).into(), at(second));
        tracker.take_new_detail(KIND, at(second)).map(|alert| alert.detail)
    };
    assert_eq!(stored(&mut tracker, "3 MB", 100), None);
    assert_eq!(stored(&mut tracker, "2 MB", 100), Some(Notice::verbatim("2 MB").into()));
    assert_eq!(stored(&mut tracker, "1 MB", 101), None);
    assert_eq!(stored(&mut tracker, "1 MB", 160), Some(Notice::verbatim("1 MB").into()));
    assert_eq!(stored(&mut tracker, "1 MB", 300), None);
}

proptest! {
    #[test]
    fn flapping_is_damped(up in 1_u64..900, down in 1_u64..900) {
        let mut tracker = tracker();
        let (mut second, mut notified) = (0, 0);
        while second < 24 * 3600 {
            tracker.raise(KIND, AlertDetail::default(), at(second));
            notified += notify(&mut tracker, second).len();
            second += up;
            tracker.clear(KIND, at(second));
            for step in 1..=down.div_ceil(30) {
                notified += notify(&mut tracker, second + (step * 30).min(down)).len();
            }
            second += down;
        }
        prop_assert!(notified <= 10, "{notified} in a day");
    }
}
