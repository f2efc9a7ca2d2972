//! A copy of the published file, made at any time with any tool, contains all writes that were acknowledged before.

use super::support::skipped;
use super::support::store::{Acks, Child, Load, StoreFixture, check_copy, integrity};
use agentlocator::store::Store;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Copies with a tool while writers write. Returns how often the tool reported an error.
async fn copies_under_load(count: usize, clients: usize, tool: fn(&Path, &Path) -> Command) -> usize {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let acks = Arc::new(fixture.acks(clients));
    let load = Load::start(&store, &acks);
    let mut refused = 0;
    for _ in 0..count {
        let (acknowledged, copy, published) = (acks.all(), fixture.fresh_path(), fixture.published());
        let target = copy.clone();
        let run = move || tool(&published, &target).output().unwrap();
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        if !output.status.success() {
            assert!(!output.stderr.is_empty());
            refused += 1;
            continue;
        }
        let found =
            tokio::task::spawn_blocking(move || (check_copy(&copy, &acknowledged), std::fs::remove_file(&copy)));
        assert_eq!(found.await.unwrap().0, None);
    }
    load.stop().await;
    assert_eq!(store.health().publish, agentlocator::store::PublishState::Current);
    // Also checks a copy that is made while no client writes.
    assert_eq!(check_copy(&fixture.copy(), &acks.all()), None);
    store.close();
    assert_eq!(check_copy(&fixture.copy(), &acks.all()), None);
    refused
}

fn cp(from: &Path, to: &Path) -> Command {
    let mut command = Command::new("cp");
    command.arg(from).arg(to);
    command
}

fn rsync(from: &Path, to: &Path) -> Command {
    let mut command = Command::new("rsync");
    command.arg("-a").arg(from).arg(to);
    command
}

fn tar(from: &Path, to: &Path) -> Command {
    let mut command = Command::new("sh");
    let script =
        r#"set -e; tar cf "$2.tar" -C "$(dirname "$1")" "$(basename "$1")"; tar xOf "$2.tar" > "$2"; rm "$2.tar""#;
    command.args(["-c", script, "sh"]).arg(from).arg(to);
    command
}

fn is_installed(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        skipped(&format!("{tool} is not installed"));
    }
    there
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_by_cp_hold_everything() {
    assert_eq!(copies_under_load(200, 8, cp).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_by_rsync_hold_everything() {
    if is_installed("rsync") {
        assert_eq!(copies_under_load(5, 8, rsync).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_by_tar_hold_everything() {
    // tar opens the file without waiting until the store has finished a write to it, so the open may fail. In this
    // case, tar reports an error.
    let refused = copies_under_load(20, 8, tar).await;
    assert!(refused <= 5, "refused {refused} of 20 times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_keeps_its_file_and_delays_no_writer() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let acks = Arc::new(fixture.acks(4));
    let load = Load::start(&store, &acks);
    for _ in 0..3 {
        let acknowledged = acks.all();
        let slow = std::fs::File::open(fixture.published()).unwrap();
        // Waits for 200 writes of each client. The store has replaced the file that the slow reader holds open.
        let enough = acks.all().iter().map(|number| number + 200).collect::<Vec<_>>();
        wait_for(&acks, &enough).await;
        assert_eq!(check_copy(&fixture.copy(), &enough), None);
        let copy = fixture.fresh_path();
        std::io::copy(&mut &slow, &mut std::fs::File::create(&copy).unwrap()).unwrap();
        assert_eq!(check_copy(&copy, &acknowledged), None);
    }
    load.stop().await;
    assert_eq!(check_copy(&fixture.copy(), &acks.all()), None);
    store.close();
    let left: Vec<_> = std::fs::read_dir(fixture.live().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("spare"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hard_link_keeps_its_content() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "blue")).await.unwrap();
    let link = fixture.folder().join("linked.db");
    std::fs::hard_link(fixture.published(), &link).unwrap();
    let before = std::fs::read(&link).unwrap();
    store.write(|tx| tx.set_meta("color", "green")).await.unwrap();
    assert_eq!(fixture.copy_value::<String>("SELECT value FROM meta WHERE key = 'color'"), "green");
    assert_eq!(std::fs::read(&link).unwrap(), before);
    assert_eq!(integrity(&link), None);
}

/// Shows why the published file exists: most copies of the live file that are made with `cp` are damaged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_most_copies_of_the_live_file_are_damaged() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let acks = Arc::new(fixture.acks(8));
    let load = Load::start(&store, &acks);
    let mut bad = 0;
    for _ in 0..200 {
        let (acknowledged, copy) = (acks.all(), fixture.fresh_path());
        assert!(cp(&fixture.live(), &copy).status().unwrap().success());
        let checked = std::panic::catch_unwind(|| check_copy(&copy, &acknowledged));
        bad += usize::from(!matches!(checked, Ok(None)));
    }
    load.stop().await;
    assert!(bad > 100, "only {bad} of 200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_copies_by_cp_hold_everything() {
    assert_eq!(copies_under_load(1000, 16, cp).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_overlapping_copies_hold_everything() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let acks = Arc::new(fixture.acks(8));
    let load = Load::start(&store, &acks);
    let copiers: Vec<_> =
        (0..3).map(|copier| tokio::task::spawn_blocking(one_copier(&fixture, &acks, copier))).collect();
    for copier in copiers {
        copier.await.unwrap();
    }
    load.stop().await;
    assert_eq!(check_copy(&fixture.copy(), &acks.all()), None);
}

/// A database of two gigabytes, of which each commit changes little. The test makes copies while the process runs and
/// after it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_copies_of_a_large_database_hold_everything() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    for thousand in 0..20 {
        for ten in 0..100 {
            let fill = move |tx: &agentlocator::store::WriteTx<'_>| {
                (0..10).try_for_each(|one| tx.set_meta(&format!("filler-{thousand}-{ten}-{one}"), &"x".repeat(100_000)))
            };
            store.write(fill).await.unwrap();
        }
    }
    store.close();
    let clients = 4;
    let acks = Arc::new(fixture.acks(clients));
    for _ in 0..3 {
        let mut child = Child::start(&fixture, clients);
        for tool in [cp, rsync, tar] {
            child.wait_until_current();
            let (acknowledged, copy) = (acks.all(), fixture.fresh_path());
            let output = tool(&fixture.published(), &copy).output().unwrap();
            if output.status.success() {
                assert_eq!(check_copy(&copy, &acknowledged), None);
            }
            let _ = std::fs::remove_file(&copy);
        }
        child.wait_until_current();
        child.kill9();
        let (acknowledged, dead) = (acks.all(), fixture.copy());
        if std::fs::read(&dead).unwrap()[..16] != [0; 16] {
            assert_eq!(check_copy(&dead, &acknowledged), None);
        }
        std::fs::remove_file(dead).unwrap();
    }
    let mut child = Child::start(&fixture, clients);
    child.wait_until_current();
    child.stop();
    assert_eq!(check_copy(&fixture.copy(), &acks.all()), None);
}

fn borg(from: &Path, to: &Path) -> Command {
    script(
        from,
        to,
        r#"export BORG_REPO="$2.repo" BORG_BASE_DIR="$2.base" BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes
        borg init -e none; borg create ::a "$1"; cd "$2.base"; borg extract --stdout ::a > "$2"; rm -rf "$2.repo" "$2.base""#,
    )
}

fn restic(from: &Path, to: &Path) -> Command {
    script(
        from,
        to,
        r#"export RESTIC_PASSWORD=x RESTIC_REPOSITORY="$2.repo" RESTIC_CACHE_DIR="$2.cache"
        restic init -q; restic backup -q "$1"; restic dump -q latest "$1" > "$2"; rm -rf "$2.repo" "$2.cache""#,
    )
}

fn script(from: &Path, to: &Path, script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("set -e; {script}"), "sh"]).arg(from).arg(to);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_copies_by_borg_hold_everything() {
    if is_installed("borg") {
        let refused = copies_under_load(20, 8, borg).await;
        assert!(refused <= 5, "refused {refused} of 20 times");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: make test-all"]
async fn long_copies_by_restic_hold_everything() {
    if Command::new("restic").arg("version").output().is_ok() {
        let refused = copies_under_load(20, 8, restic).await;
        assert!(refused <= 5, "refused {refused} of 20 times");
    }
}

fn one_copier(fixture: &StoreFixture, acks: &Arc<Acks>, copier: usize) -> impl FnOnce() + Send + 'static {
    let (published, acks) = (fixture.published(), acks.clone());
    let copy: PathBuf = fixture.folder().join(format!("copier-{copier}.db"));
    move || {
        for _ in 0..200 {
            let acknowledged = acks.all();
            let output = cp(&published, &copy).output().unwrap();
            if output.status.success() {
                assert_eq!(check_copy(&copy, &acknowledged), None);
            } else {
                // The file was replaced between the tool's stat and its open.
                assert!(String::from_utf8_lossy(&output.stderr).contains("replaced while being copied"));
            }
        }
    }
}

async fn wait_for(acks: &Acks, enough: &[i64]) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while acks.all().iter().zip(enough).any(|(now, enough)| now < enough) {
        assert!(std::time::Instant::now() < deadline, "the writers hang");
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}
