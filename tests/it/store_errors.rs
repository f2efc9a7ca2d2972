//! On a full disk, and after writes that panic or fail, no write is stored in part, and the store recovers by itself.

use super::support::forget_clean_stop;
use super::support::skipped;
use super::support::small_disk::SmallDisk;
use super::support::store::{StoreFixture, check_copy, integrity, write};
use agentlocator::domain::{ActorId, Timestamp};
use agentlocator::store::{AuditFilter, Error, PublishState, Store};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_then_takes_again() {
    let Some(small) = SmallDisk::mount(16) else { return };
    let fixture = StoreFixture::on(&small);
    let (store, _) = Store::open(fixture.config()).unwrap();
    let mut acknowledged = 0;
    for number in 1..=20 {
        write(&store, "client-0", number).await.unwrap();
        acknowledged = number;
    }
    let ballast = small.fill(64 << 10);
    let deadline = Instant::now() + Duration::from_secs(20);
    let refused = loop {
        match write(&store, "client-0", acknowledged + 1).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(Instant::now() < deadline, "it never filled up");
    };
    assert!(matches!(refused, Error::NotWritable(_)), "{refused:?}");
    assert!(!store.health().writable);
    assert_eq!(store.read(|tx| tx.meta("client-0")).await.unwrap(), Some(acknowledged.to_string()));

    std::fs::remove_file(ballast).unwrap();
    for _ in 0..20 {
        acknowledged += 1;
        write(&store, "client-0", acknowledged).await.unwrap();
    }
    assert!(store.health().writable);
    fixture.until_current(&store).await;
    assert_eq!(check_copy(&fixture.copy(), &[acknowledged]), None);
    store.close();
    assert_eq!(check_copy(&fixture.copy(), &[acknowledged]), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_finds_no_space_stays_complete_and_catches_up() {
    let Some(small) = SmallDisk::mount(64) else { return };
    let fixture = StoreFixture::on(&small);
    let (store, _) = Store::open(fixture.config()).unwrap();
    let grow = |number: i64, bytes: usize| {
        let (store, now) = (store.clone(), Timestamp::from_millis(0));
        async move {
            store.write(move |tx| tx.insert_audit(ActorId::Agent, "grown", &"x".repeat(bytes), now)).await.unwrap();
            write(&store, "client-0", number).await.unwrap();
        }
    };
    // Makes the write-ahead log grow. Its file keeps this size, and the log starts again at its beginning once a
    // checkpoint is complete: from then on a write does not need more space.
    grow(1, 16 << 20).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut number = 1;
    loop {
        let before = wal_size(&fixture);
        number += 1;
        grow(number, 100).await;
        if wal_size(&fixture) == before {
            break;
        }
        assert!(Instant::now() < deadline, "the log never started again");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let ballast = small.fill(0);
    let most = number + 100;
    while !matches!(store.health().publish, PublishState::Late { .. }) {
        // The data exceeds the free space for the published file, but fits in the write-ahead log. On a busy machine,
        // the store updates the published file later.
        if number < most {
            number += 1;
            grow(number, 50_000).await;
        } else {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(Instant::now() < deadline, "it never filled up");
    }
    // The published file is out of date but intact, because the store did not write to it.
    assert_eq!(integrity(&fixture.published()), None);
    std::fs::remove_file(ballast).unwrap();
    number += 1;
    write(&store, "client-0", number).await.unwrap();
    fixture.until_current(&store).await;
    assert_eq!(check_copy(&fixture.copy(), &[number]), None);
}

/// Returns the size of the write-ahead log in bytes.
fn wal_size(fixture: &StoreFixture) -> u64 {
    std::fs::metadata(agentlocator::store::with_suffix(&fixture.live(), "-wal")).unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_holds_the_file_open_on_a_small_disk_does_not_delay_a_start() {
    let Some(small) = SmallDisk::mount(32) else { return };
    let fixture = StoreFixture::on(&small);
    let (store, _) = Store::open(fixture.config()).unwrap();
    write(&store, "client-0", 1).await.unwrap();
    store.close();
    // The start has to compare the published file with the live database, and the disk has no space for a second copy.
    rusqlite::Connection::open(fixture.live())
        .unwrap()
        .execute("INSERT INTO meta VALUES ('color', 'blue')", [])
        .unwrap();
    forget_clean_stop(fixture.live().parent().unwrap());
    let reader = std::fs::File::open(fixture.published()).unwrap();
    let began = Instant::now();
    let config = fixture.config().clone();
    let (store, _) = tokio::task::spawn_blocking(move || Store::open(&config).unwrap()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(15));
    write(&store, "client-0", 2).await.unwrap();
    assert!(matches!(store.health().publish, PublishState::Late { .. }), "{:?}", store.health().publish);
    drop(reader);
    write(&store, "client-0", 3).await.unwrap();
    fixture.until_current(&store).await;
    assert_eq!(check_copy(&fixture.copy(), &[3]), None);
}

#[tokio::test]
async fn work_that_panics_or_fails_affects_no_other_work() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let now = Timestamp::from_millis(0);
    let note = |store: &Store, what: &'static str| {
        let store = store.clone();
        async move { store.write(move |tx| tx.insert_audit(ActorId::Agent, what, "", now)).await }
    };
    let panicking = store.write::<()>(move |tx| {
        tx.insert_audit(ActorId::Agent, "panicking", "", now)?;
        panic!("on purpose")
    });
    let failing = store.write::<()>(move |tx| {
        tx.insert_audit(ActorId::Agent, "failing", "", now)?;
        Err(Error::NotFound("thing"))
    });
    // The store most likely commits these concurrent writes as one group.
    let (first, panicked, second, failed, third) =
        tokio::join!(note(&store, "first"), panicking, note(&store, "second"), failing, note(&store, "third"));
    first.unwrap();
    second.unwrap();
    third.unwrap();
    assert!(matches!(panicked, Err(Error::Panicked)));
    assert!(matches!(failed, Err(Error::NotFound("thing"))));
    // A panic in a separate commit.
    assert!(store.write::<()>(|_| panic!("on purpose")).await.is_err());
    let mut seen: Vec<String> = store
        .read(|tx| tx.audit_log(&AuditFilter::default(), None, 10))
        .await
        .unwrap()
        .0
        .into_iter()
        .map(|entry| entry.action)
        .collect();
    seen.sort();
    assert_eq!(seen, ["first", "second", "third"]);
    assert!(matches!(store.read::<()>(|_| panic!("on purpose")).await, Err(Error::Panicked)));
    store.read(|tx| tx.meta("x")).await.unwrap();
}

/// The log lines at INFO and above.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Logged {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A slow write delays all other writes, so the program logs the function that requested the slow write.
#[tokio::test]
async fn a_slow_write_is_logged_with_its_name() {
    let logged = Logged::default();
    let lines = logged.clone();
    // The writer runs in its own thread, so the subscriber must be set for the whole process. No other test sets a
    // subscriber.
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || lines.clone()).init();
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.write(|tx| tx.set_meta("color", "quick")).await.unwrap();
    let slowly = |tx: &agentlocator::store::WriteTx<'_>| {
        std::thread::sleep(Duration::from_millis(25));
        tx.set_meta("color", "slow")
    };
    store.write(slowly).await.unwrap();
    store.close();
    let logged = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    let mut slow = logged.lines().filter(|line| line.contains("STORE_WRITE_SLOW"));
    assert!(slow.any(|line| line.contains("store_errors::a_slow_write_is_logged_with_its_name")), "{logged}");
}

#[tokio::test]
async fn a_probe_writes_and_reads_and_is_shared() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    assert_eq!(store.health().last_probe_at, None);
    let probes = futures_util::future::join_all((0..50).map(|_| store.probe())).await;
    assert!(probes.into_iter().all(|outcome| outcome.is_ok()));
    let first = store.read(|tx| tx.meta("probed_at")).await.unwrap();
    store.probe().await.unwrap();
    assert_eq!(store.read(|tx| tx.meta("probed_at")).await.unwrap(), first);
    assert!(store.health().last_probe_at.is_some() && store.health().writable);
    store.close();
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert!(store.probe().await.is_err());
}

#[tokio::test]
async fn a_probe_never_takes_a_second() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    let (let_go, held) = std::sync::mpsc::channel::<()>();
    let busy = tokio::spawn({
        let store = store.clone();
        async move { store.write(move |_| Ok(held.recv().is_err())).await }
    });
    tokio::task::yield_now().await;
    let began = Instant::now();
    assert!(matches!(store.probe().await, Err(Error::Slow(_))));
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(!store.health().writable);
    drop(let_go);
    assert!(busy.await.unwrap().unwrap());
    store.probe().await.unwrap();
    assert!(store.health().writable);
}

#[tokio::test]
async fn a_heartbeat_of_a_busy_or_idle_store_writes_at_most_once_a_minute() {
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.heartbeat().await.unwrap();
    let beat = store.read(|tx| tx.meta("beat_at")).await.unwrap();
    assert!(beat.is_some());
    let size = wal_size(&fixture);
    for _ in 0..20 {
        store.heartbeat().await.unwrap();
    }
    assert_eq!(store.read(|tx| tx.meta("beat_at")).await.unwrap(), beat);
    assert_eq!(wal_size(&fixture), size, "nothing was written");
    store.close();
    assert!(store.heartbeat().await.is_err());
}

#[test]
fn a_file_of_another_user_is_not_called_a_full_disk() {
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    if !rustix::process::geteuid().is_root() {
        skipped("only root can run a process as another user");
        return;
    }
    let fixture = StoreFixture::new();
    let (store, _) = Store::open(fixture.config()).unwrap();
    store.close();
    // Root puts a backup in place as the documentation describes, with a strict umask.
    std::fs::remove_dir_all(fixture.live().parent().unwrap()).unwrap();
    std::fs::set_permissions(fixture.published(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let unprivileged = 65_534;
    std::fs::set_permissions(fixture.folder(), std::fs::Permissions::from_mode(0o755)).unwrap();
    chown(fixture.folder(), Some(unprivileged), Some(unprivileged)).unwrap();
    // The folder of the built program may be accessible to root only.
    let program = fixture.folder().join("agentlocator");
    std::fs::copy(env!("CARGO_BIN_EXE_agentlocator"), &program).unwrap();
    let output = std::process::Command::new(program)
        .arg("migrate")
        .env_clear()
        .env("DATABASE_URL", fixture.published())
        .uid(unprivileged)
        .gid(unprivileged)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && !printed.contains("disk is full"), "{printed}");
    let remedy = format!("chown nobody: {}", fixture.published().canonicalize().unwrap().display());
    assert!(printed.contains("belongs to root and has the mode 0600") && printed.contains(&remedy), "{printed}");
}
