//! What a start serves, keeps and reports if another file was put in place of the published one.

use super::store_start::{files, is_installed, notice, run};
use super::support::store::{Child, StoreFixture, integrity, open_copy};
use agentlocator::store::{PublishState, StartEvent, Store};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// The file that is put in place of the published one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Put {
    /// The same file.
    Same,
    /// A backup from before the last changes.
    Older,
    /// A backup by the first version of the schema.
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
    /// By a kill, while `/proc` hides the boot id.
    ByKillUnknownBoot,
}

/// What a start serves, what it keeps, and what it reports.
async fn put_in_place(tool: &str, put: Put, stopped: Stopped) {
    let case = format!("{tool}, {put:?}, stopped {stopped:?}");
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
    let backup = make(put, &fixture, &older);
    let bytes = std::fs::read(&backup).unwrap();
    run(tool, &[&backup, &fixture.published()]);

    let (store, _) = Store::open(fixture.config()).unwrap();
    let color = store.read(|tx| tx.meta("color")).await.unwrap().unwrap();
    let told = notice(&store).await;
    let (replaced, found) = (files(&fixture, "agentlocator-before-restore-"), files(&fixture, "agentlocator-found-"));
    let is_restored = matches!(put, Put::Older | Put::OlderSchema) && stopped != Stopped::ByKillUnknownBoot;
    if put == Put::Same {
        assert_eq!((color.as_str(), told, replaced.len(), found.len()), ("new", None, 0, 0), "{case}");
    } else if is_restored {
        let expected = if put == Put::Older { "old" } else { "of the first version" };
        let told = told.unwrap();
        assert_eq!(
            (color.as_str(), told.event, replaced.len(), found.len()),
            (expected, StartEvent::Restored, 1, 0),
            "{case}"
        );
        assert_eq!(told.archived.as_ref(), replaced.first(), "{case}");
        assert_eq!(integrity(&replaced[0]), None, "{case}");
        let kept: String = open_copy(&replaced[0])
            .query_row("SELECT value FROM meta WHERE key = 'color'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, "new", "{case}");
    } else {
        let told = told.unwrap();
        assert_eq!(
            (color.as_str(), told.event, replaced.len(), found.len()),
            ("new", StartEvent::FoundForeign, 0, 1),
            "{case}"
        );
        assert_eq!(told.archived.as_ref(), found.first(), "{case}");
        assert!(std::fs::read(&found[0]).unwrap() == bytes, "{case}: the archived file differs");
    }
    fixture.until_current(&store).await;
    assert_eq!(fixture.copy_value::<String>("SELECT value FROM meta WHERE key = 'color'"), color, "{case}");
    assert_eq!(integrity(&fixture.copy()), None, "{case}");
    store.close();
    // Reported once: the next start finds everything in order.
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(store.health().publish, PublishState::Current, "{case}");
    assert_eq!(files(&fixture, "agentlocator-").len(), usize::from(put != Put::Same), "{case}");
}

#[tokio::test]
async fn what_is_put_in_place_of_the_published_file_is_restored_or_kept() {
    for stopped in [Stopped::Cleanly, Stopped::ByKill, Stopped::ByKillUnknownBoot] {
        for put in [Put::Same, Put::Older, Put::OlderSchema, Put::Corrupt, Put::OfAnotherProgram] {
            put_in_place("cp", put, stopped).await;
        }
    }
}

#[tokio::test]
async fn whichever_tool_puts_it_there() {
    for tool in ["cp -p", "mv", "rsync -a --ignore-times"] {
        if tool.starts_with("rsync") && !is_installed("rsync") {
            continue;
        }
        for stopped in [Stopped::Cleanly, Stopped::ByKill] {
            for put in [Put::Same, Put::Older, Put::Corrupt] {
                put_in_place(tool, put, stopped).await;
            }
        }
    }
}

/// If it is put there while the service runs, the owner has to decide; a start decides nothing.
#[tokio::test]
async fn what_is_put_there_while_the_service_runs_waits_for_the_owner() {
    for tool in ["cp", "cp -p", "mv", "rsync -a --ignore-times"] {
        if tool.starts_with("rsync") && !is_installed("rsync") {
            continue;
        }
        let (fixture, _) = with_a_foreign_file(tool).await;
        let bytes = std::fs::read(fixture.published()).unwrap();
        let (store, _) = Store::open(fixture.config()).unwrap();
        assert!(matches!(store.health().publish, PublishState::Foreign { .. }), "{tool}");
        assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("new"), "{tool}");
        assert!(std::fs::read(fixture.published()).unwrap() == bytes, "{tool}");
    }
}

/// A backup that was detected while the service ran, and is put there again after the stop, is adopted.
#[tokio::test]
async fn what_is_put_there_again_after_a_stop_is_restored() {
    for tool in ["cp -p", "rsync -a --ignore-times --inplace"] {
        if tool.starts_with("rsync") && !is_installed("rsync") {
            continue;
        }
        let (fixture, older) = with_a_foreign_file(tool).await;
        run(tool, &[&older, &fixture.published()]);
        let (store, _) = Store::open(fixture.config()).unwrap();
        assert_eq!(notice(&store).await.map(|told| told.event), Some(StartEvent::Restored), "{tool}");
        assert_eq!(store.read(|tx| tx.meta("color")).await.unwrap().as_deref(), Some("old"), "{tool}");
        store.close();
    }
}

/// The same file, incomplete when the service first detected it, or with other permissions since, is held all the
/// same.
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

/// A store that was closed with an older backup under the published name, which was detected while it ran. Returns
/// the backup.
async fn with_a_foreign_file(tool: &str) -> (StoreFixture, PathBuf) {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "old")).await.unwrap();
    let older = fixture.copy();
    store.write(|tx| tx.set_meta("color", "new")).await.unwrap();
    run(tool, &[&older, &fixture.published()]);
    store.write(|tx| tx.set_meta("other", "1")).await.unwrap();
    fixture.until(&store, |state| matches!(state, PublishState::Foreign { .. })).await;
    store.close();
    (fixture, older)
}
