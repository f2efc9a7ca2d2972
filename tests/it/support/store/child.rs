//! A store with writers in a separate process, which a test can kill. The process runs this test binary again.

use super::{Acks, Load, StoreFixture};
use agentlocator::config::StoreConfig;
use agentlocator::store::{PublishState, Store};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const ROLE: &str = "STORE_TEST_CHILD";

pub struct Child {
    process: std::process::Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Child {
    /// Starts the process, and waits until its store is open.
    pub fn start(fixture: &StoreFixture, clients: usize) -> Self {
        Self::start_by(fixture, clients, &["env"], &[])
    }

    /// Starts the process by a wrapper program, which executes the command in its arguments (`exec`).
    pub fn start_by(fixture: &StoreFixture, clients: usize, by: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut process = Command::new(by[0])
            .args(&by[1..])
            .arg(std::env::current_exe().unwrap())
            .envs(variables.iter().copied())
            .args(["--exact", "support::store::child::the_other_process", "--nocapture"])
            .env(ROLE, format!("{clients} {}", fixture.published().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        let mut child = Self { process, lines };
        child.line_with("OPEN");
        child
    }

    /// Waits until the published file contains everything that the process has acknowledged. On a large database, the
    /// file may be out of date while a start verifies the database, or while another program has the file open.
    pub fn wait_until_current(&mut self) {
        self.process.stdin.as_mut().unwrap().write_all(b"current?\n").unwrap();
        self.line_with("CURRENT");
    }

    /// Kills the process with SIGKILL, like a crash.
    pub fn kill9(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Ends the process by closing its stdin, and waits until it has closed its store.
    pub fn stop(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }

    fn line_with(&mut self, word: &str) {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the other process ended");
        }
    }
}

impl StoreFixture {
    /// Opens the record of the writes that the store acknowledged to the clients in the other process.
    pub fn acks(&self, clients: usize) -> Acks {
        Acks::open(&self.folder().join("acks"), clients)
    }
}

/// The code of the separate process, and not a test of its own: it returns immediately if the environment variable is
/// not set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_process() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (clients, published) = role.split_once(' ').unwrap();
    let config = StoreConfig { database_url: Some(published.into()), ..StoreConfig::default() };
    let (store, _) = Store::open(&config).unwrap();
    let acks = Acks::open(&config.published_file().with_file_name("acks"), clients.parse().unwrap());
    println!("OPEN");
    let load = Load::start(&store, &Arc::new(acks));
    // Runs until the parent closes stdin. Each line requests a current published file.
    let asked = || std::io::stdin().read_line(&mut String::new()).unwrap() > 0;
    while tokio::task::spawn_blocking(asked).await.unwrap() {
        until_current(&store).await;
        println!("CURRENT");
    }
    load.stop().await;
    store.close();
}

/// Waits until the published file is current. A write is acknowledged once it is published, unless the health state
/// reports that the file is out of date.
async fn until_current(store: &Store) {
    loop {
        store.write(|tx| tx.set_meta("published", "")).await.unwrap();
        if store.health().publish == PublishState::Current {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
