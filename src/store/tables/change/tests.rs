use crate::domain::{ActorId, BusinessId, ChangeKind, ThreadType, Timestamp, UserId};
use crate::store::testing::{database, transact};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

#[test]
fn followers_read_on_from_where_they_are() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        assert_eq!((tx.newest_change()?, tx.changes_since(0, 10)?), (0, Some(vec![])));
        for name in ["a", "b", "c"] {
            tx.insert_contact(BusinessId::FIRST, name, at(0))?;
        }
        let changes = tx.changes_since(1, 10)?.unwrap();
        assert_eq!(
            changes.iter().map(|change| (change.seq, change.ref_id)).collect::<Vec<_>>(),
            [(2, Some(2)), (3, Some(3))]
        );
        assert_eq!(tx.changes_since(0, 1)?.unwrap()[0].kind, ChangeKind::ContactUpdated);
        assert_eq!(tx.changes_since(3, 10)?, Some(vec![]));
        assert_eq!(tx.changes_since(4, 10)?, None, "there is no such change yet: the position is of another database");
        Ok(())
    });
}

#[test]
fn a_position_before_the_pruned_ones_is_gone() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        for _ in 0..10 {
            tx.insert_contact(BusinessId::FIRST, "", at(0))?;
        }
        assert_eq!((tx.prune_changes(4, 4)?, tx.prune_changes(4, 4)?, tx.prune_changes(4, 4)?), (4, 2, 0));
        assert_eq!(tx.changes_since(5, 10)?, None);
        assert_eq!(tx.changes_since(6, 10)?.map(|changes| changes.len()), Some(4));
        // The newest change is never deleted, because its number must not be reused.
        assert_eq!((tx.prune_changes(0, 100)?, tx.newest_change()?), (3, 10));
        tx.insert_contact(BusinessId::FIRST, "", at(0))?;
        assert_eq!(tx.newest_change()?, 11);
        Ok(())
    });
}

#[test]
fn after_a_restore_every_old_position_is_gone() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        tx.insert_contact(BusinessId::FIRST, "", at(0))?;
        tx.restart_changes(at(1_000_000))?;
        for known in [0, 1, 2, 999_998] {
            assert_eq!(tx.changes_since(known, 10)?, None, "{known}");
        }
        assert_eq!(tx.newest_change()?, 1_000_000);
        tx.restart_changes(at(5))?;
        assert_eq!(tx.newest_change()?, 1_000_001, "a clock that went back does not turn the numbers back");
        Ok(())
    });
}

#[test]
fn the_same_change_twice_in_one_transaction_is_one() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let id = tx.insert_contact(BusinessId::FIRST, "", at(0))?;
        tx.rename_contact_by_owner(id, "Noa", at(1))?;
        tx.insert_contact(BusinessId::FIRST, "", at(0))?;
        tx.rename_contact_by_owner(id, "Dana", at(1))?;
        assert_eq!(tx.newest_change()?, 3);
        Ok(())
    });
}

#[test]
fn drafts_of_one_user_in_two_threads_are_two_changes() {
    let (_folder, conn) = database();
    transact(&conn, |tx| {
        let contact = tx.insert_contact(BusinessId::FIRST, "", at(0))?;
        let [first, second] = [ThreadType::WhatsApp, ThreadType::Call]
            .map(|kind| tx.find_or_insert_thread(BusinessId::FIRST, kind, contact, None, at(0)).unwrap().0);
        let before = tx.newest_change()?;
        for thread in [first, first, second] {
            tx.record_draft(ActorId::User(UserId(1)), thread)?;
        }
        let changes = tx.changes_since(before, 10)?.unwrap();
        assert_eq!(changes.iter().map(|change| change.thread_id).collect::<Vec<_>>(), [Some(first), Some(second)]);
        Ok(())
    });
}
