//! Two servers: the second one follows the replica of the first one, and takes over.

use super::litestream::{BESIDE_LITESTREAM, beside_litestream, messages_in, sid};
use super::support::litestream::Litestream;
use super::support::s3::S3;
use super::support::store::open_copy;
use super::support::whatsapp::{Shop, until};
use super::support::{Daemon, Log};
use agentlocator::clock;
use rusqlite::Connection;
use serde_json::Value;
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The second server: its daemon, and the process of `agentlocator standby` while this command runs.
struct Second {
    daemon: Daemon,
    standby: Option<Child>,
    log: Log,
    options: Vec<String>,
}

impl Second {
    fn new(litestream: &Litestream) -> Self {
        let daemon = Daemon::prepare(|setup| _ = setup.toml(BESIDE_LITESTREAM));
        Self { daemon, standby: None, log: Log::default(), options: litestream.options() }
    }

    /// Starts `agentlocator standby`, which runs until it is stopped.
    fn follow(&mut self) {
        let mut command = self.command("standby", &[]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        self.log.follow(child.stderr.take().unwrap());
        self.standby = Some(child);
    }

    fn stop_following(&mut self) {
        if let Some(mut child) = self.standby.take() {
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
            assert!(child.wait().unwrap().success());
        }
    }

    fn run(&self, verb: &str, more: &[&str]) -> Output {
        self.command(verb, more).output().unwrap()
    }

    fn promote(&self, more: &[&str]) -> Output {
        self.run("promote", &[&["--yes", "--no-service"], more].concat())
    }

    fn command(&self, verb: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agentlocator"));
        command
            .args(["--config", self.daemon.folder().join("config.toml").to_str().unwrap(), verb])
            .args(&self.options)
            .args(more)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", self.daemon.published_file());
        command
    }

    fn copy(&self) -> std::path::PathBuf {
        self.daemon.folder().join("standby/db.sqlite")
    }

    fn status(&self) -> Value {
        let output = self.run("standby", &["--status", "--json"]);
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        let is_current = status["follows"] == true && status["failure"].is_null();
        assert_eq!(output.status.code(), Some(i32::from(!is_current)), "{}", printed(&output));
        status
    }

    async fn has(&self, messages: u32) {
        until("the standby to have all messages", async || {
            if !self.copy().exists() {
                return None;
            }
            let conn = open_copy(&self.copy());
            let sql = "SELECT count(*) FROM messages WHERE direction = 'in'";
            let found: u32 = conn.query_row(sql, [], |row| row.get(0)).ok()?;
            (found == messages).then_some(())
        })
        .await;
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        if let Some(mut child) = self.standby.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- the standby's log ---\n{}", self.log.lines().join("\n"));
        }
    }
}

/// Starts a server with one message that Litestream replicates, and a second server that follows. Returns `None` if
/// Litestream is not installed.
async fn two_machines() -> Option<(Shop, Litestream, Second)> {
    let shop = Shop::open_with(beside_litestream, "").await;
    let litestream = Litestream::of(shop.daemon.folder())?;
    Some(follow(shop, litestream).await)
}

async fn follow(shop: Shop, mut litestream: Litestream) -> (Shop, Litestream, Second) {
    let mut second = Second::new(&litestream);
    litestream.start();
    shop.receive_by_twilio("whatsapp:+972501111111", &sid(1), "first").await;
    second.follow();
    second.has(1).await;
    (shop, litestream, second)
}

fn random_below(limit: u64) -> u64 {
    let bytes = agentlocator::entropy::random_hex::<4>();
    u64::from_str_radix(&bytes, 16).unwrap() % limit
}

/// How long before the kill a missing write may have been acknowledged. Litestream reads the write-ahead log twice a
/// second and uploads changes twice a second, so the writes of about the last second are missing. The remaining time
/// allows for the load of tests that run in parallel.
const MAX_LAG: Duration = Duration::from_secs(5);

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_machine_has_all_that_was_replicated_when_the_first_was_killed() {
    let Some((mut shop, mut litestream, mut second)) = two_machines().await else { return };
    assert_eq!(second.status()["follows"], true);

    // Sends messages until a random time, and records when each one was acknowledged.
    let load = MAX_LAG + Duration::from_millis(1000 + random_below(3000));
    eprintln!("the first machine is killed after {load:?}");
    let (began, mut acknowledged) = (Instant::now(), vec![(sid(1), clock::now())]);
    while began.elapsed() < load {
        let number = u32::try_from(acknowledged.len()).unwrap() + 1;
        shop.receive_by_twilio("whatsapp:+972501111111", &sid(number), "שלום").await;
        acknowledged.push((sid(number), clock::now()));
    }
    let killed_at = clock::now();
    shop.daemon.kill9();
    litestream.kill9();
    second.stop_following();

    let output = second.promote(&[]);
    let said = printed(&output);
    assert!(output.status.success(), "{said}");
    let until_when = said.split("replicated until ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    let until_when: agentlocator::domain::Timestamp = until_when.parse().unwrap();
    let missing: Vec<_> = {
        let conn = Connection::open(second.daemon.published_file()).unwrap();
        let mut find = conn.prepare("SELECT 1 FROM messages WHERE provider_msg_id = ?1").unwrap();
        acknowledged.iter().filter(|(sid, _)| !find.exists([sid]).unwrap()).collect()
    };
    for (sid, at) in &missing {
        assert!(*at >= until_when, "{sid} was acknowledged at {at}, before {until_when}");
        let before = killed_at.since(*at);
        assert!(before < MAX_LAG, "{sid} is missing, which was acknowledged {before:?} before the kill");
    }
    let oldest = missing.first().map(|(_, at)| killed_at.since(*at));
    eprintln!("{} of {} messages are missing, the oldest of {oldest:?} before", missing.len(), acknowledged.len());

    // The copy is now the active database, so it cannot be promoted again.
    let again = second.promote(&[]);
    assert!(again.status.code() == Some(1) && printed(&again).contains("there is no copy"), "{}", printed(&again));

    second.daemon.launch();
    let api = tokio::task::block_in_place(|| second.daemon.api());
    until("the page to say so", async || {
        api.get("/api/alerts").await.text().contains("in place of another one").then_some(())
    })
    .await;
    let served: u32 = second.daemon.query_value("SELECT count(*) FROM messages WHERE direction = 'in'");
    assert_eq!(served, u32::try_from(acknowledged.len() - missing.len()).unwrap());
}

/// The replica is in an S3 bucket, as in the example settings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_follows_a_bucket_of_s3_across_an_outage_and_takes_over() {
    let s3 = S3::start().await;
    let shop = Shop::open_with(beside_litestream, "").await;
    let Some(litestream) = Litestream::in_bucket(shop.daemon.folder(), &s3) else { return };
    let (mut shop, mut litestream, mut second) = follow(shop, litestream).await;
    assert!(s3.keys().iter().all(|key| key.starts_with("box-1/litestream/")), "{:?}", s3.keys());

    s3.be_down(true);
    for number in 2..6 {
        shop.receive_by_twilio("whatsapp:+972501111111", &sid(number), "meanwhile").await;
    }
    s3.be_down(false);
    second.has(5).await;
    shop.receive_by_twilio("whatsapp:+972501111111", &sid(6), "last").await;
    // Litestream replicates all changes before it exits.
    litestream.stop();
    shop.daemon.kill9();
    second.stop_following();
    let output = second.promote(&[]);
    assert!(output.status.success(), "{}", printed(&output));
    assert_eq!(messages_in(&second.daemon.published_file()), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_outlives_an_interrupted_line_and_its_own_kill() {
    let Some((shop, mut litestream, mut second)) = two_machines().await else { return };

    // Stops Litestream first, because it would create a new bucket while the bucket is missing.
    litestream.kill9();
    let away = litestream.bucket().with_extension("away");
    std::fs::rename(litestream.bucket(), &away).unwrap();
    shop.receive_by_twilio("whatsapp:+972501111111", &sid(2), "second").await;
    std::fs::rename(&away, litestream.bucket()).unwrap();
    litestream.start();
    second.has(2).await;

    let mut standby = second.standby.take().unwrap();
    standby.kill().unwrap();
    standby.wait().unwrap();
    shop.receive_by_twilio("whatsapp:+972501111111", &sid(3), "third").await;
    second.follow();
    second.has(3).await;
}

/// Litestream by itself cannot continue a copy that is newer than the newest complete copy in the bucket, which
/// Litestream uploads once a day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_was_off_for_a_while_keeps_its_copy_and_is_promoted_with_the_newest_changes() {
    let Some((shop, mut litestream, mut second)) = two_machines().await else { return };
    let first_copy = std::fs::metadata(second.copy()).unwrap().ino();
    for number in 2..5 {
        shop.receive_by_twilio("whatsapp:+972501111111", &sid(number), "more").await;
        second.has(number).await;
    }
    second.stop_following();
    for number in 5..8 {
        shop.receive_by_twilio("whatsapp:+972501111111", &sid(number), "meanwhile").await;
        until("the replica to have it", async || (messages_in(&litestream.restored()?) == number).then_some(())).await;
    }
    second.follow();
    second.has(7).await;
    assert_eq!(std::fs::metadata(second.copy()).unwrap().ino(), first_copy, "the whole database was downloaded again");

    second.stop_following();
    shop.receive_by_twilio("whatsapp:+972501111111", &sid(8), "last").await;
    litestream.stop();
    let output = second.promote(&["--json"]);
    assert!(output.status.success(), "{}", printed(&output));
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(done["replicated_until"].is_string(), "{done}");
    assert_eq!(messages_in(&second.daemon.published_file()), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_another_replica_is_not_continued() {
    let Some((_shop, litestream, mut second)) = two_machines().await else { return };
    second.stop_following();
    let copy = std::fs::metadata(second.copy()).unwrap().ino();

    let settings = std::fs::read_to_string(litestream.config()).unwrap();
    std::fs::write(litestream.config(), format!("{settings}# another one\n")).unwrap();
    second.follow();
    until("a new copy", async || (std::fs::metadata(second.copy()).ok()?.ino() != copy).then_some(())).await;
    second.has(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_that_cannot_be_right_changes_nothing() {
    let shop = Shop::open_with(beside_litestream, "").await;
    let Some(mut litestream) = Litestream::of(shop.daemon.folder()) else { return };
    let mut second = Second::new(&litestream);
    let refused = |output: &Output, reason: &str| {
        let said = printed(output);
        assert!(output.status.code() == Some(1) && said.contains(reason), "{said}");
    };
    refused(&second.promote(&[]), "there is no copy of another machine here");

    litestream.start();
    shop.receive_by_twilio("whatsapp:+972501111111", &sid(1), "first").await;
    second.follow();
    second.has(1).await;
    refused(&second.promote(&[]), "stop it first");

    second.stop_following();
    litestream.stop();
    let bucket = litestream.bucket();
    std::fs::rename(&bucket, bucket.with_extension("away")).unwrap();
    refused(&second.promote(&[]), "--without-replica");
    assert!(!second.daemon.published_file().exists());

    // Simulates an incomplete change, during which the database is newer than the recorded position.
    let position = second.copy().with_extension("sqlite-txid");
    let noted = std::fs::File::options().write(true).open(position).unwrap();
    noted.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    refused(&second.promote(&["--without-replica"]), "incomplete change");
    noted.set_modified(std::time::SystemTime::now()).unwrap();
    let output = second.promote(&["--without-replica"]);
    assert!(output.status.success(), "{}", printed(&output));
    assert_eq!(messages_in(&second.daemon.published_file()), 1);
}
