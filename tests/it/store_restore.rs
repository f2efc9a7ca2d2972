//! Starts after another file was put in place of the published file: the data that is used, the files that are kept,
//! and the reports.

use super::store_start::{files, is_installed, notice, run};
use super::support::setup::ORDINARY_USER;
use super::support::skipped;
use super::support::store::{Child, StoreFixture, check_copy, color_in, integrity, open_copy};
use agentlocator::store::{Choice, PublishState, StartEvent, Store};
use rusqlite::Connection;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The file that is put in place of the published one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Put {
    /// A copy of the published file.
    Same,
    /// A backup from before the last changes.
    Older,
    /// A backup with the first version of the schema.
    OlderSchema,
    Corrupt,
    /// A database of another program.
    OfAnotherProgram,
}

fn make(put: Put, fixture: &StoreFixture, older: &Path) -> PathBuf {
    let path = fixture.folder().join("backup.db");
    match put {
        Put::Same => drop(std::fs::copy(fixture.published(), &path).unwrap()),
        Put::Older => drop(std::fs::copy(older, &path).unwrap()),
        Put::OlderSchema => {
            let conn = Connection::open(&path).unwrap();
            conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL").unwrap();
            conn.execute_batch(include_str!("../fixtures/schema/v1.sql")).unwrap();
            conn.execute("INSERT INTO meta(key, value) VALUES ('color', 'of the first version')", []).unwrap();
        }
        Put::Corrupt => {
            let mut bytes = std::fs::read(older).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle..middle + 20_000].fill(0x55);
            std::fs::write(&path, bytes).unwrap();
        }
        Put::OfAnotherProgram => {
            Connection::open(&path)
                .unwrap()
                .execute_batch("CREATE TABLE theirs(a); INSERT INTO theirs VALUES (1)")
                .unwrap();
        }
    }
    path
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Cleanly,
    ByKill,
    /// Stopped by a kill, while `/proc` hides the boot id.
    ByKillUnknownBoot,
}

/// Prepares a stopped store in which the color was "old" when the returned backup was made, and is "new" now.
async fn with_an_older_copy(stopped: Stopped) -> (StoreFixture, PathBuf) {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "old")).await.unwrap();
    for number in 0..60 {
        store.write(move |tx| tx.set_meta(&format!("filler-{number}"), &"x".repeat(9_000))).await.unwrap();
    }
    let older = fixture.copy();
    store.write(|tx| tx.set_meta("color", "new")).await.unwrap();
    store.close();
    if stopped != Stopped::Cleanly {
        Child::start(&fixture, 0).kill9();
    }
    if stopped == Stopped::ByKillUnknownBoot {
        fixture.left_in_boot("");
    }
    (fixture, older)
}

/// Returns the color that a start uses if this file was put in place while the service was stopped. If the boot id is
/// unknown after a kill, a start uses "new" instead.
fn expected_color(put: Put) -> &'static str {
    match put {
        Put::Same | Put::Corrupt | Put::OfAnotherProgram => "new",
        Put::Older => "old",
        Put::OlderSchema => "of the first version",
    }
}

/// Checks which data a start uses, which files it keeps, and what it reports.
async fn put_in_place(tool: &str, put: Put, stopped: Stopped) {
    let case = format!("{tool}, {put:?}, stopped {stopped:?}");
    let (fixture, older) = with_an_older_copy(stopped).await;
    let backup = make(put, &fixture, &older);
    let bytes = std::fs::read(&backup).unwrap();
    run(tool, &[&backup, &fixture.published()]);

    let (store, _) = Store::open(fixture.config()).unwrap();
    let color = store.read(|tx| tx.meta("color")).await.unwrap().unwrap();
    let start_notice = notice(&store).await;
    let (replaced, found) = (files(&fixture, "agentlocator-before-restore-"), files(&fixture, "agentlocator-found-"));
    let is_restored = matches!(put, Put::Older | Put::OlderSchema) && stopped != Stopped::ByKillUnknownBoot;
    if put == Put::Same {
        assert_eq!((color.as_str(), start_notice, replaced.len(), found.len()), ("new", None, 0, 0), "{case}");
    } else if is_restored {
        let start_notice = start_notice.unwrap();
        assert_eq!(
            (color.as_str(), start_notice.event, replaced.len(), found.len()),
            (expected_color(put), StartEvent::Restored, 1, 0),
            "{case}"
        );
        assert_eq!(start_notice.archived.as_ref(), replaced.first(), "{case}");
        assert_eq!(integrity(&replaced[0]), None, "{case}");
        let kept: String = open_copy(&replaced[0])
            .query_row("SELECT value FROM meta WHERE key = 'color'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, "new", "{case}");
    } else {
        let start_notice = start_notice.unwrap();
        assert_eq!(
            (color.as_str(), start_notice.event, replaced.len(), found.len()),
            ("new", StartEvent::FoundForeign, 0, 1),
            "{case}"
        );
        assert_eq!(start_notice.archived.as_ref(), found.first(), "{case}");
        assert!(std::fs::read(&found[0]).unwrap() == bytes, "{case}: the archived file differs");
    }
    fixture.until_current(&store).await;
    assert_eq!(fixture.copy_value::<String>("SELECT value FROM meta WHERE key = 'color'"), color, "{case}");
    assert_eq!(integrity(&fixture.copy()), None, "{case}");
    store.close();
    // The next start archives no other file.
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(store.health().publish, PublishState::Current, "{case}");
    assert_eq!(files(&fixture, "agentlocator-").len(), usize::from(put != Put::Same), "{case}");
}

#[tokio::test]
async fn a_file_put_in_place_of_the_published_one_is_restored_or_kept() {
    for stopped in [Stopped::Cleanly, Stopped::ByKill, Stopped::ByKillUnknownBoot] {
        for put in [Put::Same, Put::Older, Put::OlderSchema, Put::Corrupt, Put::OfAnotherProgram] {
            put_in_place("cp", put, stopped).await;
        }
    }
}

#[tokio::test]
async fn a_file_is_restored_or_kept_whichever_tool_puts_it_in_place() {
    for tool in ["cp -p", "mv", "rsync -a --ignore-times"] {
        if tool.starts_with("rsync") && !is_installed("rsync") {
            continue;
        }
        for stopped in [Stopped::Cleanly, Stopped::ByKill] {
            for put in [Put::Same, Put::Older, Put::OlderSchema, Put::Corrupt, Put::OfAnotherProgram] {
                put_in_place(tool, put, stopped).await;
            }
        }
    }
}

/// The backup that is moved into place belongs to another user or is read-only, so that the service's user can read it
/// but not write it.
#[tokio::test]
async fn a_backup_that_the_service_may_not_write_is_restored_and_then_replaced() {
    let is_root = rustix::process::geteuid().is_root();
    let by: &[&str] = if is_root { &ORDINARY_USER } else { &["env"] };
    for (of_another_user, mode) in [(true, 0o644), (false, 0o444)] {
        if of_another_user && !is_root {
            skipped("only root can give a file to another user");
            continue;
        }
        for put in [Put::Same, Put::Older, Put::OlderSchema] {
            for stopped in [Stopped::Cleanly, Stopped::ByKill] {
                let case = format!("{put:?}, mode {mode:o}, stopped {stopped:?}");
                let (fixture, older) = with_an_older_copy(stopped).await;
                let backup = make(put, &fixture, &older);
                if of_another_user {
                    chown(&backup, Some(65_534), Some(65_534)).unwrap();
                }
                std::fs::set_permissions(&backup, Permissions::from_mode(mode)).unwrap();
                std::fs::rename(&backup, fixture.published()).unwrap();

                let mut child = Child::start_by(&fixture, 1, by, &[]);
                child.wait_until_current();
                let acknowledged = fixture.acks(1).all();
                let copy = fixture.copy();
                assert_eq!(check_copy(&copy, &acknowledged), None, "{case}");
                assert_eq!(color_in(&copy), expected_color(put), "{case}");
                let found = std::fs::metadata(fixture.published()).unwrap();
                assert!(found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o600 == 0o600, "{case}");
                assert_eq!(files(&fixture, "agentlocator-").len(), usize::from(put != Put::Same), "{case}");
                child.stop();
                Child::start_by(&fixture, 1, by, &[]).stop();
                assert_eq!(check_copy(&fixture.copy(), &fixture.acks(1).all()), None, "{case}");
                assert_eq!(files(&fixture, "agentlocator-").len(), usize::from(put != Put::Same), "{case}");
            }
        }
    }
}

/// The state file says that the published file is being written, but the file of that name has other content.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_put_in_place_after_a_kill_in_the_middle_of_a_write_is_restored() {
    for tool in ["cp -p", "cp", "mv"] {
        let (fixture, older) = with_an_older_copy(Stopped::Cleanly).await;
        let is_being_written = || {
            let state = std::fs::read_to_string(fixture.live().with_file_name("state")).unwrap();
            state.lines().any(|line| line.starts_with("writing "))
        };
        let deadline = Instant::now() + Duration::from_mins(1);
        while !is_being_written() {
            assert!(Instant::now() < deadline, "no kill came in the middle of a write");
            let child = Child::start(&fixture, 6);
            while !is_being_written() && Instant::now() < deadline {}
            child.kill9();
        }
        let backup = make(Put::Older, &fixture, &older);
        run(tool, &[&backup, &fixture.published()]);
        let (store, _) = Store::open(fixture.config()).unwrap();
        let start_notice = notice(&store).await.expect("a notice for the owner");
        assert_eq!(start_notice.event, StartEvent::Restored, "{tool}");
        assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("old"), "{tool}");
        fixture.until_current(&store).await;
        assert_eq!(store.check_integrity().await.unwrap(), None, "{tool}");
        store.close();
        assert_eq!((integrity(&fixture.copy()), color_in(&fixture.copy())), (None, "old".into()), "{tool}");
        let kept = start_notice.archived.unwrap();
        assert_eq!((integrity(&kept), check_copy(&kept, &fixture.acks(6).all())), (None, None), "{tool}");
    }
}

/// A folder is moved to another machine after a clean stop, and a backup is put in place by `cp`.
#[tokio::test]
async fn a_backup_in_a_moved_folder_is_restored() {
    for put in [Put::Same, Put::Older, Put::OlderSchema, Put::Corrupt] {
        let (fixture, older) = with_an_older_copy(Stopped::Cleanly).await;
        let backup = make(put, &fixture, &older);
        let moved = StoreFixture::new();
        run("cp -rp", &[&fixture.published().with_file_name("live"), moved.folder()]);
        run("cp -p", &[&fixture.published(), &moved.published()]);
        moved.left_in_boot("another");
        run("cp", &[&backup, &moved.published()]);

        let (store, _) = Store::open(moved.config()).unwrap();
        let event = notice(&store).await.map(|start_notice| start_notice.event);
        let expected = match put {
            Put::Same => None,
            Put::Corrupt | Put::OfAnotherProgram => Some(StartEvent::FoundForeign),
            Put::Older | Put::OlderSchema => Some(StartEvent::Restored),
        };
        assert_eq!(event, expected, "{put:?}");
        let color = store.read(|tx| tx.meta("color")).await.unwrap().unwrap();
        assert_eq!(color, expected_color(put), "{put:?}");
        moved.until_current(&store).await;
        store.close();
        assert_eq!((integrity(&moved.copy()), color_in(&moved.copy())), (None, expected_color(put).into()), "{put:?}");
    }
}

/// A file that is put in place while the service runs stays unchanged until the owner decides, also over a restart. The
/// decision has the same effect as if the file had been put in place while the service was stopped.
#[tokio::test]
async fn a_file_put_in_place_while_the_service_runs_waits_for_the_owner() {
    for tool in ["cp", "cp -p", "mv", "rsync -a --ignore-times"] {
        if tool.starts_with("rsync") && !is_installed("rsync") {
            continue;
        }
        for put in [Put::Older, Put::OlderSchema, Put::Corrupt, Put::OfAnotherProgram] {
            for choice in [Choice::Found, Choice::Current] {
                put_there_while_it_runs(tool, put, choice).await;
            }
        }
    }
}

async fn put_there_while_it_runs(tool: &str, put: Put, choice: Choice) {
    let case = format!("{tool}, {put:?}, {choice:?}");
    let (fixture, _, bytes) = with_a_foreign_file(tool, put).await;
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert!(matches!(store.health().publish, PublishState::Foreign { .. }), "{case}");
    assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("new"), "{case}");
    assert_eq!((notice(&store).await, files(&fixture, "agentlocator-").len()), (None, 0), "{case}");
    assert!(std::fs::read(fixture.published()).unwrap() == bytes, "{case}");

    assert!(store.choose_data(choice).unwrap(), "{case}");
    store.close();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let is_restored = choice == Choice::Found && matches!(put, Put::Older | Put::OlderSchema);
    let color = store.read(|tx| tx.meta("color")).await.unwrap().unwrap();
    assert_eq!(color, if is_restored { expected_color(put) } else { "new" }, "{case}");
    let event = match choice {
        // The owner has already decided, so the start reports nothing.
        Choice::Current => None,
        Choice::Found if is_restored => Some(StartEvent::Restored),
        Choice::Found => Some(StartEvent::FoundForeign),
    };
    assert_eq!(notice(&store).await.map(|start_notice| start_notice.event), event, "{case}");
    let kept = files(&fixture, if is_restored { "agentlocator-before-restore-" } else { "agentlocator-found-" });
    assert_eq!((kept.len(), files(&fixture, "agentlocator-").len()), (1, 1), "{case}");
    if is_restored {
        assert_eq!((integrity(&kept[0]), color_in(&kept[0])), (None, "new".into()), "{case}");
    } else {
        assert!(std::fs::read(&kept[0]).unwrap() == bytes, "{case}: the archived file differs");
    }
    fixture.until_current(&store).await;
    store.close();
    assert_eq!((integrity(&fixture.copy()), color_in(&fixture.copy())), (None, color), "{case}");
}

/// A backup that was detected while the service ran is adopted if it is put in place again after the stop.
#[tokio::test]
async fn a_file_put_in_place_again_after_a_stop_is_restored() {
    for tool in ["cp -p", "rsync -a --ignore-times --inplace"] {
        if tool.starts_with("rsync") && !is_installed("rsync") {
            continue;
        }
        let (fixture, older, _) = with_a_foreign_file(tool, Put::Older).await;
        run(tool, &[&older, &fixture.published()]);
        let (store, _) = Store::open(fixture.config()).unwrap();
        assert_eq!(notice(&store).await.map(|start_notice| start_notice.event), Some(StartEvent::Restored), "{tool}");
        assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("old"), "{tool}");
        store.close();
    }
}

/// The file waits for the owner's decision even if it was incomplete when the service detected it.
#[tokio::test]
async fn a_foreign_file_that_changes_while_the_service_runs_waits_for_the_owner() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "old")).await.unwrap();
    let backup = std::fs::read(fixture.copy()).unwrap();
    store.write(|tx| tx.set_meta("color", "new")).await.unwrap();
    let (first, rest) = backup.split_at(backup.len() / 2);
    std::fs::write(fixture.published(), first).unwrap();
    store.write(|tx| tx.set_meta("other", "1")).await.unwrap();
    fixture.until(&store, |state| matches!(state, PublishState::Foreign { .. })).await;
    let mut file = std::fs::OpenOptions::new().append(true).open(fixture.published()).unwrap();
    std::io::Write::write_all(&mut file, rest).unwrap();
    store.close();
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert!(matches!(store.health().publish, PublishState::Foreign { .. }), "{:?}", store.health().publish);
    assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("new"));
    store.close();
}

/// Prepares a closed store, which detected this file under the published name while the store was open. Returns the
/// store's folder, the backup from before the last change, and the content of the file.
async fn with_a_foreign_file(tool: &str, put: Put) -> (StoreFixture, PathBuf, Vec<u8>) {
    let (fixture, older) = with_an_older_copy(Stopped::Cleanly).await;
    let (store, _) = Store::open(fixture.config()).unwrap();
    let found = make(put, &fixture, &older);
    let bytes = std::fs::read(&found).unwrap();
    run(tool, &[&found, &fixture.published()]);
    store.write(|tx| tx.set_meta("other", "1")).await.unwrap();
    fixture.until(&store, |state| matches!(state, PublishState::Foreign { .. })).await;
    store.close();
    (fixture, older, bytes)
}
