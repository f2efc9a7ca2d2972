//! The watchdog notifications for systemd. The daemon sends none while its writer thread or the whole process hangs. A
//! publisher that hangs and a full disk do not stop the notifications.

use super::support::Daemon;
use super::support::freeze::Frozen;
use super::support::log::WAIT_TIMEOUT;
use super::support::whatsapp::until;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

/// The socket on which systemd receives notifications.
struct Systemd {
    socket: UnixDatagram,
    _folder: tempfile::TempDir,
}

/// Starts a daemon with systemd's watchdog, and waits for the daemon's first watchdog notification.
fn watched() -> (Daemon, Systemd) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let systemd = Systemd { socket: UnixDatagram::bind(&path).unwrap(), _folder: folder };
    let daemon = Daemon::start(|setup| {
        setup.env("NOTIFY_SOCKET", path.to_str().unwrap()).env("WATCHDOG_USEC", "400000");
    });
    assert!(systemd.receives_watchdog_ping(WAIT_TIMEOUT));
    (daemon, systemd)
}

impl Systemd {
    /// Returns true if a watchdog notification arrives within this time.
    fn receives_watchdog_ping(&self, limit: Duration) -> bool {
        self.receive("WATCHDOG=1", limit).is_some()
    }

    fn receive(&self, beginning: &str, limit: Duration) -> Option<String> {
        let deadline = Instant::now() + limit;
        let mut datagram = [0; 4096];
        while let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.socket.set_read_timeout(Some(left)).unwrap();
            let Ok(length) = self.socket.recv(&mut datagram) else { continue };
            let datagram = String::from_utf8_lossy(&datagram[..length]).into_owned();
            if let Some(line) = datagram.lines().find(|line| line.starts_with(beginning)) {
                return Some(line.to_owned());
            }
        }
        None
    }

    /// Discards the notifications received so far.
    fn forget(&self) {
        self.socket.set_nonblocking(true).unwrap();
        while self.socket.recv(&mut [0; 4096]).is_ok() {}
        self.socket.set_nonblocking(false).unwrap();
    }
}

#[test]
fn a_store_that_hangs_gives_no_sign_of_life_and_one_that_comes_back_does() {
    let (daemon, systemd) = watched();
    let Some(frozen) = Frozen::thread(daemon.pid(), "store-writer") else { return };
    // Discards a notification that the daemon may have sent before its writer thread was stopped.
    systemd.receives_watchdog_ping(Duration::from_millis(500));
    systemd.forget();
    assert!(!systemd.receives_watchdog_ping(Duration::from_secs(2)), "its store hangs");
    daemon.logs().wait_for_event("STORE_UNRESPONSIVE");
    drop(frozen);
    assert!(systemd.receives_watchdog_ping(WAIT_TIMEOUT), "it was only slow");
}

/// Each notification follows an empty write through the writer and the publisher. At most one such write a minute
/// reaches the disk.
#[test]
fn an_idle_daemon_writes_next_to_nothing() {
    let (daemon, systemd) = watched();
    let folder = daemon.folder().to_owned();
    // Detects each change of a database file, its write-ahead log or the state file.
    let changes = move || {
        let files = ["agentlocator.db", "live/db.sqlite", "live/db.sqlite-wal", "live/state"];
        files
            .map(|name| std::fs::metadata(folder.join(name)).map(|found| (found.len(), found.modified().unwrap())).ok())
    };
    let ping = || assert!(systemd.receives_watchdog_ping(WAIT_TIMEOUT));
    // The work of the start has finished when ten notifications in a row cause no change.
    let deadline = Instant::now() + WAIT_TIMEOUT;
    loop {
        let before = changes();
        (0..10).for_each(|_| ping());
        if changes() == before {
            break;
        }
        assert!(Instant::now() < deadline, "it never becomes idle");
    }
    let (mut seen, mut writes, written) = (changes(), 0, daemon.written_bytes());
    for _ in 0..40 {
        ping();
        let now = changes();
        writes += usize::from(now != seen);
        seen = now;
    }
    // The write of this minute may be detected in two steps, before and after its publication.
    assert!(writes <= 2, "{writes} of 40 signs of life reached the disk");
    let written = daemon.written_bytes() - written;
    assert!(written <= 128 << 10, "{written} bytes");
}

#[test]
fn a_publisher_that_hangs_is_no_reason_to_kill() {
    let (daemon, systemd) = watched();
    let Some(_frozen) = Frozen::thread(daemon.pid(), "store-publish") else { return };
    systemd.forget();
    for _ in 0..2 {
        assert!(systemd.receives_watchdog_ping(WAIT_TIMEOUT), "writes are acknowledged without it");
    }
}

#[tokio::test]
async fn a_full_disk_is_no_reason_to_kill() {
    let (daemon, systemd) = watched();
    daemon.let_files_grow("1024:unlimited");
    // After a write has failed, every heartbeat writes to the disk.
    until("a write to fail", async || {
        let ready = daemon.client().get("/readyz").await.json();
        (ready["db"] == "error").then_some(())
    })
    .await;
    for _ in 0..5 {
        daemon.logs().wait_for_event_from(daemon.logs().mark(), "STORE_COMMIT_FAILED");
        systemd.forget();
        assert!(systemd.receives_watchdog_ping(WAIT_TIMEOUT), "writes fail, but the store answers");
    }
}

#[test]
fn a_daemon_that_stands_still_gives_no_sign_of_life() {
    let (daemon, systemd) = watched();
    daemon.signal(19);
    systemd.forget();
    assert!(!systemd.receives_watchdog_ping(Duration::from_secs(1)));
    daemon.signal(18);
    assert!(systemd.receives_watchdog_ping(WAIT_TIMEOUT));
}

#[test]
fn systemd_is_notified_of_the_start_and_then_of_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let systemd = Systemd { socket: UnixDatagram::bind(&path).unwrap(), _folder: folder };
    let mut daemon = Daemon::prepare(|setup| {
        setup.env("NOTIFY_SOCKET", path.to_str().unwrap());
    });
    daemon.spawn();
    let mut first = [0; 4096];
    let length = systemd.socket.recv(&mut first).unwrap();
    let first = String::from_utf8_lossy(&first[..length]).into_owned();
    assert!(first.starts_with("STATUS=Bringing the database up to date\nEXTEND_TIMEOUT_USEC="), "{first}");
    let status = systemd.receive("STATUS=Answering", WAIT_TIMEOUT).expect("what there is");
    assert!(status.starts_with("STATUS=Answering: the page is at http://"), "{status}");
}
