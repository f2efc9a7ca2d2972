use super::*;
use proptest::prelude::*;

const MAIL: AlertChannel = AlertChannel::Mail;
const KIND: AlertKind = AlertKind::DiskLow;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(seconds))
}

fn board() -> Board {
    let patience = Patience {
        bridge_down: Duration::from_mins(10),
        replication: Duration::from_mins(2),
        settle: Duration::from_mins(2),
        repeat: Duration::from_hours(24),
        failed_calls: 3,
    };
    Board::new(patience, Vec::new())
}

/// Marks the due notifications as sent and returns them.
fn tell(board: &mut Board, seconds: u64) -> Vec<(AlertKind, AlertTransition)> {
    board.advance(at(seconds));
    let due: Vec<_> =
        board.due(MAIL, at(seconds)).into_iter().map(|(alert, transition)| (alert.kind, transition)).collect();
    for (kind, transition) in &due {
        board.note_delivery(*kind, MAIL, *transition, at(seconds));
    }
    due
}

#[test]
fn it_is_told_once_then_daily_and_once_when_it_is_over() {
    let mut board = board();
    let day = 24 * 3600;
    assert!(board.raise(KIND, "1 MB".into(), at(0)));
    assert_eq!(tell(&mut board, 0), [(KIND, AlertTransition::Raised)]);
    for second in [1, 60, 3600, day - 1] {
        assert!(!board.raise(KIND, "0 MB".into(), at(second)));
        assert_eq!(tell(&mut board, second), []);
    }
    assert_eq!(tell(&mut board, day), [(KIND, AlertTransition::Lasts)]);
    assert_eq!(board.all()[0].detail.en, "0 MB");
    board.clear(KIND, at(day + 10));
    assert_eq!(tell(&mut board, day + 129), [], "it may come back");
    assert_eq!(tell(&mut board, day + 130), [(KIND, AlertTransition::Cleared)]);
    assert!(board.is_quiet(at(day + 131)));
    assert_eq!(tell(&mut board, 9 * day), []);
    assert!(board.all().is_empty(), "what is long over is forgotten");
}

#[test]
fn what_does_not_last_troubles_nobody() {
    let mut board = board();
    board.raise(AlertKind::BridgeDown, "".into(), at(0));
    assert_eq!(tell(&mut board, 599), []);
    board.clear(AlertKind::BridgeDown, at(599));
    assert!(board.all().is_empty());
    board.raise(AlertKind::BridgeDown, "".into(), at(700));
    assert_eq!(tell(&mut board, 1299), []);
    assert_eq!(tell(&mut board, 1300), [(AlertKind::BridgeDown, AlertTransition::Raised)]);
}

#[test]
fn who_was_not_told_of_the_beginning_is_not_told_of_the_end() {
    let mut board = board();
    board.raise(KIND, "".into(), at(0));
    board.advance(at(0));
    board.clear(KIND, at(1));
    assert_eq!(tell(&mut board, 500), []);
    assert_eq!(board.all()[0].state, AlertState::Cleared);
}

#[test]
fn what_did_not_arrive_is_told_again() {
    let mut board = board();
    board.raise(KIND, "".into(), at(0));
    assert_eq!(tell(&mut board, 0), [(KIND, AlertTransition::Raised)]);
    board.withdraw_delivery(KIND, MAIL, AlertTransition::Raised);
    assert_eq!(tell(&mut board, 60), [(KIND, AlertTransition::Raised)]);
}

#[test]
fn a_muted_one_is_silent_until_its_time_or_its_end() {
    let mut board = board();
    assert!(board.mute(KIND, Some(Mute::WhileItLasts)).is_none(), "there is nothing to mute");
    board.raise(KIND, "".into(), at(0));
    board.mute(KIND, Some(Mute::WhileItLasts));
    assert_eq!(tell(&mut board, 0), []);
    board.clear(KIND, at(10));
    assert_eq!(tell(&mut board, 200), []);
    board.raise(KIND, "".into(), at(300));
    assert_eq!(tell(&mut board, 300), [(KIND, AlertTransition::Raised)], "the next one is another one");
    board.mute(KIND, Some(Mute::Until(at(9 * 24 * 3600))));
    assert_eq!(tell(&mut board, 8 * 24 * 3600), []);
    assert_eq!(tell(&mut board, 9 * 24 * 3600), [(KIND, AlertTransition::Lasts)]);
}

#[test]
fn it_goes_on_after_a_restart_where_it_was() {
    let mut before = board();
    before.raise(KIND, "x".into(), at(0));
    tell(&mut before, 0);
    let mut after = board();
    after = Board::new(after.patience, before.all());
    assert!(!after.raise(KIND, "x".into(), at(100)));
    assert_eq!(tell(&mut after, 100), []);
    after.clear(KIND, at(100));
    assert_eq!(tell(&mut after, 220), [(KIND, AlertTransition::Cleared)]);
}

proptest! {
    /// A flapping condition causes few notifications in a day, because the time before clearing doubles.
    #[test]
    fn flapping_is_damped(up in 1_u64..900, down in 1_u64..900) {
        let mut board = board();
        let (mut second, mut told) = (0, 0);
        while second < 24 * 3600 {
            board.raise(KIND, "".into(), at(second));
            told += tell(&mut board, second).len();
            second += up;
            board.clear(KIND, at(second));
            for step in 1..=down.div_ceil(30) {
                told += tell(&mut board, second + (step * 30).min(down)).len();
            }
            second += down;
        }
        prop_assert!(told <= 10, "{told} in a day");
    }
}
