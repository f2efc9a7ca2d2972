//! A start never destroys a valid copy. Whatever changed in the files, a start uses the newest valid data, and keeps
//! every file that the service did not write.

use super::support::skipped;
use super::support::store::{Child, Load, StoreFixture, check_copy, open_copy};
use agentlocator::store::{Integrity, PublishState, StartEvent, StartNotice, Store};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) fn run(program: &str, arguments: &[&Path]) {
    let output = Command::new(program.split(' ').next().unwrap())
        .args(program.split(' ').skip(1))
        .args(arguments)
        .output()
        .unwrap();
    // Exit code 24 of rsync: files vanished while rsync read them.
    assert!(output.status.success() || output.status.code() == Some(24), "{program}: {output:?}");
}

pub(super) fn is_installed(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").output().is_ok();
    if !there {
        skipped(&format!("{tool} is not installed"));
    }
    there
}

pub(super) async fn notice(store: &Store) -> Option<StartNotice> {
    store.read(|tx| tx.start_notice()).await.unwrap()
}

/// Starts on a copy of the folder, as on another machine. Checks that the live database and the published file are
/// valid and have all writes that were acknowledged before the copy began.
async fn starts_elsewhere(copy: &StoreFixture, acknowledged: &[i64]) {
    assert_eq!(check_copy(&copy.copy(), acknowledged), None, "the published file as it was copied");
    // Another machine has another boot id.
    copy.left_in_boot("another");
    let (store, _) = Store::open(copy.config()).unwrap();
    copy.until_current(&store).await;
    assert_eq!(check_copy(&copy.copy(), acknowledged), None, "the published file after the start");
    let found = notice(&store).await.expect("a notice for the owner");
    assert_eq!(found.event, StartEvent::FolderCopied);
    assert!(found.archived.as_ref().is_some_and(|kept| kept.exists()), "{found:?}");
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    assert_eq!(store.check_integrity().await.unwrap(), None);
    store.close();
    assert_eq!(check_copy(&copy.copy(), acknowledged), None);
}

/// Waits until the write-ahead log has restarted at its beginning.
async fn until_log_begins_again(fixture: &StoreFixture, since: [u8; 8]) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while salt(fixture) == since {
        assert!(Instant::now() < deadline, "the log never restarted at its beginning");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn salt(fixture: &StoreFixture) -> [u8; 8] {
    let mut salt = [0; 8];
    let log = std::fs::File::open(format!("{}-wal", fixture.live().display())).unwrap();
    log.read_exact_at(&mut salt, 16).unwrap();
    salt
}

/// Copies the folder file by file while clients write, with a checkpoint between the copies of the database and of its
/// write-ahead log.
async fn copied_with_a_pause(rounds: usize) {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let acks = Arc::new(fixture.acks(6));
    let load = Load::start(&store, &acks);
    for round in 0..rounds {
        let copy = StoreFixture::new();
        std::fs::create_dir_all(copy.live().parent().unwrap()).unwrap();
        let begun = salt(&fixture);
        until_log_begins_again(&fixture, begun).await;
        let acknowledged = acks.all();
        // Uses `cp`: if this process opened and closed the live database, it would release all locks that the store
        // holds on the file.
        let take = |name: &str| run("cp -p", &[&fixture.folder().join(name), &copy.folder().join(name)]);
        let published_first = round % 2 == 0;
        if published_first {
            take("agentlocator.db");
        }
        let begun = salt(&fixture);
        take("live/db.sqlite");
        until_log_begins_again(&fixture, begun).await;
        for name in ["live/db.sqlite-wal", "live/db.sqlite-shm", "live/state"] {
            take(name);
        }
        if !published_first {
            take("agentlocator.db");
        }
        starts_elsewhere(&copy, &acknowledged).await;
    }
    load.stop().await;
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_copied_with_a_pause_between_database_and_log_holds_everything() {
    copied_with_a_pause(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_folders_copied_with_a_pause_hold_everything() {
    copied_with_a_pause(20).await;
}

/// Copies the whole folder slowly with rsync while clients write.
async fn copied_slowly(rounds: usize) {
    if !is_installed("rsync") {
        return;
    }
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    for number in 0..20 {
        let text = "x".repeat(100_000);
        store.write(move |tx| tx.set_meta(&format!("filler-{number}"), &text)).await.unwrap();
    }
    let acks = Arc::new(fixture.acks(6));
    let load = Load::start(&store, &acks);
    for _ in 0..rounds {
        let copy = StoreFixture::new();
        let acknowledged = acks.all();
        let (from, to) = (fixture.folder().join("."), copy.folder().to_owned());
        tokio::task::spawn_blocking(move || run("rsync -a --bwlimit=8000", &[&from, &to])).await.unwrap();
        let _ = std::fs::remove_file(copy.folder().join("acks"));
        starts_elsewhere(&copy, &acknowledged).await;
    }
    load.stop().await;
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_copied_slowly_under_load_holds_everything() {
    copied_slowly(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_folders_copied_slowly_under_load_hold_everything() {
    copied_slowly(20).await;
}

/// Prepares a store with some content, whose process was killed. Returns the last acknowledged write of each client.
async fn killed() -> (StoreFixture, Vec<i64>) {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    for number in 0..60 {
        store.write(move |tx| tx.set_meta(&format!("filler-{number}"), &"x".repeat(9_000))).await.unwrap();
    }
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    store.close();
    let child = Child::start(&fixture, 2);
    let acks = fixture.acks(2);
    let deadline = Instant::now() + Duration::from_secs(20);
    while acks.all().iter().any(|number| *number < 20) {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    child.kill9();
    // A kill in the middle of a write leaves no valid copy.
    if std::fs::read(fixture.published()).unwrap().starts_with(&[0; 16]) {
        Child::start(&fixture, 0).kill9();
    }
    let acknowledged = fixture.acks(2).all();
    (fixture, acknowledged)
}

async fn until_checked(store: &Store) -> Integrity {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let found = store.health().integrity;
        if found != Integrity::Checking {
            return found;
        }
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn damaged_while_down(power_cut: bool) {
    let (fixture, acknowledged) = killed().await;
    let live = std::fs::OpenOptions::new().write(true).open(fixture.live()).unwrap();
    // Damages a part that a start does not read, so that only the full check detects the damage.
    let published = open_copy(&fixture.copy());
    let mut roots =
        published.prepare("SELECT rootpage FROM sqlite_schema WHERE name IN ('contacts', 'media')").unwrap();
    for page in roots.query_map([], |row| row.get::<_, u32>(0)).unwrap() {
        live.write_all_at(&[0x55; 4096], u64::from(page.unwrap() - 1) * 4096).unwrap();
    }
    if power_cut {
        fixture.left_in_boot("another");
    }
    let before = std::fs::read(fixture.published()).unwrap();
    assert_eq!(check_copy(&fixture.copy(), &acknowledged), None);

    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "green")).await.unwrap();
    assert!(matches!(until_checked(&store).await, Integrity::Damaged { .. }));
    fixture.until(&store, |state| *state == PublishState::Frozen).await;
    store.write(|tx| tx.set_meta("color", "red")).await.unwrap();
    assert!(std::fs::read(fixture.published()).unwrap() == before, "the last valid copy was changed");
    store.close();
    // The published file stays frozen at the next start, which follows a clean stop.
    let (store, _) = Store::open(fixture.config()).unwrap();
    fixture.until(&store, |state| *state == PublishState::Frozen).await;
    store.close();
    assert!(std::fs::read(fixture.published()).unwrap() == before);
}

#[tokio::test]
async fn a_live_database_damaged_while_down_does_not_replace_the_good_copy() {
    damaged_while_down(false).await;
}

#[tokio::test]
async fn a_live_database_damaged_by_a_power_cut_does_not_replace_the_good_copy() {
    damaged_while_down(true).await;
}

#[tokio::test]
async fn a_live_database_that_cannot_be_opened_is_replaced_by_the_good_copy() {
    for power_cut in [false, true] {
        let (fixture, acknowledged) = killed().await;
        std::fs::write(fixture.live(), "no database any more").unwrap();
        if power_cut {
            fixture.left_in_boot("another");
        }
        let (store, _) = Store::open(fixture.config()).unwrap();
        let found = notice(&store).await.unwrap();
        assert_eq!(found.event, StartEvent::LiveDamaged);
        let kept = found.archived.unwrap();
        assert_eq!(std::fs::read_to_string(kept).unwrap(), "no database any more");
        fixture.until_current(&store).await;
        assert_eq!(check_copy(&fixture.copy(), &acknowledged), None);
        store.close();
    }
}

#[tokio::test]
async fn after_a_power_cut_the_copy_is_made_current_once_the_database_is_verified() {
    let (fixture, acknowledged) = killed().await;
    fixture.left_in_boot("another");
    let (store, _) = Store::open(fixture.config()).unwrap();
    // A process that opens the file during the start waits, or reads the state of the last run.
    assert_eq!(check_copy(&fixture.copy(), &acknowledged), None);
    fixture.until_current(&store).await;
    assert_eq!(notice(&store).await, None);
    assert_eq!(store.health().integrity, Integrity::Ok);
    assert_eq!(files(&fixture, "agentlocator-"), Vec::<PathBuf>::new());
    store.close();
    assert_eq!(check_copy(&fixture.copy(), &acknowledged), None);
}

#[tokio::test]
async fn a_file_that_was_only_touched_stays_ours() {
    for clean in [true, false] {
        let (fixture, acknowledged) = killed().await;
        if clean {
            let (store, _) = Store::open(fixture.config()).unwrap();
            store.write(|tx| tx.set_meta("color", "green")).await.unwrap();
            fixture.until_current(&store).await;
            store.close();
        }
        run("touch", &[&fixture.published()]);
        let (store, _) = Store::open(fixture.config()).unwrap();
        fixture.until_current(&store).await;
        // After a kill between two writes, the live database may have one more write that was not acknowledged.
        if clean {
            assert_eq!(notice(&store).await, None);
        }
        assert_eq!(check_copy(&fixture.copy(), &acknowledged), None);
    }
}

pub(super) fn files(fixture: &StoreFixture, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(fixture.folder()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix)).collect()
}

#[tokio::test]
async fn backup_programs_skip_the_live_folder() {
    let fixture = StoreFixture::new();
    Store::open(fixture.config()).unwrap().0.close();
    let tag = std::fs::read_to_string(fixture.live().with_file_name("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55"), "{tag}");
    let readme = std::fs::read_to_string(fixture.live().with_file_name("README")).unwrap();
    assert!(readme.contains("agentlocator.db"));
    // If the folder of the live database is missing, the store opens from the published file.
    std::fs::remove_dir_all(fixture.live().parent().unwrap()).unwrap();
    let (store, _) = Store::open(fixture.config()).unwrap();
    fixture.until_current(&store).await;
}

/// The service's own systemd unit hides everything in `/proc` except processes.
#[tokio::test]
async fn under_the_units_view_of_the_kernel_a_crash_is_no_power_cut() {
    let hidden = ["unshare", "-m", "sh", "-c", r#"mount -t proc -o subset=pid proc /proc && exec "$0" "$@""#];
    let probe = Command::new(hidden[0]).args(&hidden[1..]).args(["test", "!", "-e", "/proc/sys"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        skipped("this machine does not allow the mount of a /proc with subset=pid");
        return;
    }
    let boot = |fixture: &StoreFixture| {
        let text = std::fs::read_to_string(fixture.live().with_file_name("state")).unwrap();
        text.lines().find_map(|line| line.strip_prefix("boot ")).unwrap_or_default().to_owned()
    };
    let fixture = StoreFixture::new();
    Child::start_by(&fixture, 1, &hidden, &[]).kill9();
    assert_eq!(boot(&fixture), "", "without the unit's variable the boot id is unknown");
    Store::open(fixture.config()).unwrap().0.close();

    let id = "0123456789abcdef0123456789abcdef";
    let passed = [("AGENTLOCATOR_BOOT_ID", id)];
    Child::start_by(&fixture, 2, &hidden, &passed).kill9();
    assert_eq!(boot(&fixture), id);
    // The write-ahead log contains the changes that the published file lacks. Therefore a start does not compare the
    // files, and detects a backup that is put in place.
    let older = fixture.copy();
    let before = fixture.acks(2).all();
    let child = Child::start_by(&fixture, 2, &hidden, &passed);
    let deadline = Instant::now() + Duration::from_secs(20);
    while fixture.acks(2).all()[0] < before[0] + 20 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    child.kill9();
    run("cp -p", &[&older, &fixture.published()]);
    let child = Child::start_by(&fixture, 0, &hidden, &passed);
    child.stop();
    assert_eq!(files(&fixture, "agentlocator-before-restore-").len(), 1, "it was restored");
}
