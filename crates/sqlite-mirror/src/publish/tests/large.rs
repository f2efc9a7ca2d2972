//! Tests with files that take long to write or replace.

use super::*;

#[test]
fn a_large_file_that_a_process_has_open_gets_no_spare_for_minutes_and_no_caller_waits() {
    fault_injection::treat_as_large();
    let mut rig = rig();
    let reader = Reader::open(&rig);
    let spare = rig.folder.spare(1);
    let held_for = |rig: &mut Rig, time: Duration| {
        rig.publisher.busy_since = clock::instant().checked_sub(time);
        let batch = rig.publisher.queue.take_now();
        rig.publisher.pending.add(batch, &mut rig.publisher.images);
        rig.publisher.advance();
    };
    let caller = Caller::default();
    rig.commit_for("INSERT INTO filler(content) VALUES (randomblob(9000))", vec![Box::new(caller.clone())]);
    held_for(&mut rig, Duration::from_millis(50));
    assert!(!caller.is_answered() && rig.publisher.queue.is_current());
    held_for(&mut rig, Duration::from_millis(150));
    assert!(caller.is_answered() && !rig.publisher.queue.is_current(), "late, and it says so");
    // More content than the publisher keeps in memory, so it keeps only the page numbers.
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(18000000))");
    held_for(&mut rig, Duration::from_mins(4));
    assert!(!spare.exists());
    reader.sees_no_change();
    drop(reader);
    held_for(&mut rig, Duration::from_mins(4));
    assert_eq!(rig.difference(), None);
    assert!(rig.publisher.queue.is_current() && !spare.exists(), "it was written in place");

    let reader = Reader::open(&rig);
    rig.commit("INSERT INTO filler(content) VALUES (randomblob(9000))");
    for _ in 0..20 {
        held_for(&mut rig, Duration::from_mins(6));
    }
    assert_eq!(rig.difference(), None);
    assert!(spare.exists());
    reader.sees_no_change();
}

/// A long write has several steps, and the header is zeroed between them. A program that opens the file meanwhile must
/// wait until the file is complete, however short the kernel's lease break time is.
#[test]
fn a_program_that_opens_the_file_during_a_long_write_reads_the_complete_file() {
    fault_injection::treat_as_large();
    fault_injection::set_lease_break_time(Duration::ZERO);
    let mut rig = rig();
    for round in 0..3 {
        let folder = rig.folder.clone();
        let opener = std::thread::spawn(move || {
            let is_being_written = || {
                let left = open_state(&folder).1;
                left.is_some_and(|left| left.published.is_some_and(|ours| ours.writing.is_some()))
            };
            let deadline = clock::instant() + Duration::from_secs(20);
            while !is_being_written() {
                assert!(clock::instant() < deadline, "nothing was written");
                std::thread::yield_now();
            }
            std::fs::read(&folder.published).unwrap()
        });
        rig.commit(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
             INSERT INTO filler(content) SELECT randomblob(1000000) FROM n",
        );
        rig.publish();
        let read = opener.join().unwrap();
        assert!(read == rig.exact_copy(), "round {round}: begins with {:?}", &read[..16]);
        assert!(!rig.folder.spare(1).exists(), "round {round}: it was not written in place");
    }
}
