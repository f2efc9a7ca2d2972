//! Measures the memory that logins, API requests and calls do not release.

use crate::machine::Machine;
use crate::process::{Folder, Server};
use crate::report::{MemoryRun, say};
use crate::target::{self, Endpoint, Target};
use crate::voice::{self, Load};
use reqwest::{Client, StatusCode};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const LOGINS: u8 = 100;
const API_REQUESTS: usize = 13_000;
const API_CONNECTIONS: usize = 16;
const CALLS_AT_ONCE: u16 = 50;
const ROUNDS_OF_CALLS: u16 = 20;
const SECONDS_OF_A_ROUND: u64 = 2;

/// Measures each kind of use with the same daemon, each followed by a minute of rest.
pub async fn measure(machine: Machine) -> Vec<MemoryRun> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = Folder::new("memory");
    let ai = TcpListener::bind("127.0.0.1:0").await.expect("a port for the AI");
    let ai_address = ai.local_addr().expect("its address");
    let (server, endpoint) = Target::daemon().start(machine, &folder, ai_address);
    let command = |words: &[&str]| target::run_command(&folder, words);
    command(&["user", "add", "owner", "--password-file", &password_file(&folder)]);
    let token = command(&["token", "create", "bench", "--role", "owner"]);
    // The first use of each kind is not measured, because it loads code and fills caches.
    voice::run(Load::new(1, 2), &server, &endpoint, ai).await;
    log_in(&server, 1, "owner", PASSWORD).await;
    ask(server.address, token.trim(), PATHS.len()).await;
    rest().await;
    let before = server.memory();

    let mut runs = Vec::new();
    say(&format!("{LOGINS} logins, half of them wrong"));
    runs.push(watch("logins", &server, before, logins(&server)).await);
    say(&format!("{API_REQUESTS} API requests"));
    runs.push(watch("API requests", &server, before, api_requests(&server, token.trim())).await);
    say(&format!("{} calls", CALLS_AT_ONCE * ROUNDS_OF_CALLS));
    runs.push(watch("calls", &server, before, calls(&server, &endpoint, ai_address)).await);
    server.stop();
    runs
}

/// Measures the memory at the peak of `work`, and a minute after its end.
async fn watch(what: &'static str, server: &Server, rest_before: u64, work: impl Future<Output = ()>) -> MemoryRun {
    let mut highest = 0;
    let mut every = tokio::time::interval(Duration::from_millis(100));
    tokio::pin!(work);
    loop {
        tokio::select! {
            () = &mut work => break,
            _ = every.tick() => highest = highest.max(server.memory()),
        }
    }
    rest().await;
    MemoryRun { what, rest: rest_before, highest, after: server.memory() }
}

async fn rest() {
    say("a minute of rest");
    tokio::time::sleep(Duration::from_mins(1)).await;
}

/// Logs in repeatedly. Each login has a different source address, so that no rate limit per address applies.
async fn logins(server: &Server) {
    for number in 0..LOGINS {
        // Each wrong password is for a different name, because attempts for a name with five failures are delayed.
        let (name, password, expected) = if number % 2 == 0 {
            ("owner".to_owned(), PASSWORD, StatusCode::OK)
        } else {
            (format!("unknown {number}"), "wrong password", StatusCode::UNAUTHORIZED)
        };
        assert_eq!(log_in(server, number + 2, &name, password).await, expected);
    }
}

async fn log_in(server: &Server, from: u8, name: &str, password: &str) -> StatusCode {
    let client = Client::builder().local_address(IpAddr::V4(Ipv4Addr::new(127, 0, 1, from))).build().expect("a client");
    let url = format!("http://{}/api/login", server.address);
    let answer = client.post(url).json(&json!({"name": name, "password": password})).send().await;
    answer.expect("no response to a login").status()
}

async fn api_requests(server: &Server, token: &str) {
    let mut connections = JoinSet::new();
    for _ in 0..API_CONNECTIONS {
        let (address, token) = (server.address, token.to_owned());
        connections.spawn(async move { ask(address, &token, API_REQUESTS / API_CONNECTIONS).await });
    }
    connections.join_all().await;
}

async fn ask(address: SocketAddr, token: &str, requests: usize) {
    let client = Client::new();
    for path in PATHS.iter().cycle().take(requests) {
        let answer = client.get(format!("http://{address}{path}")).bearer_auth(token).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let _ = answer.bytes().await;
    }
}

async fn calls(server: &Server, endpoint: &Endpoint, ai_address: SocketAddr) {
    for _ in 0..ROUNDS_OF_CALLS {
        let ai = TcpListener::bind(ai_address).await.expect("the AI's port again");
        let outcome = voice::run(Load::new(CALLS_AT_ONCE, SECONDS_OF_A_ROUND), server, endpoint, ai).await;
        assert!(outcome.failed_calls.is_empty(), "calls failed: {:?}", outcome.failed_calls);
    }
}

fn password_file(folder: &Folder) -> String {
    let file = folder.path().join("password");
    std::fs::write(&file, PASSWORD).expect("cannot write the password file");
    file.display().to_string()
}

/// Paths that the web page requests.
const PATHS: [&str; 6] =
    ["/api/contacts", "/api/threads", "/api/calls", "/api/settings", "/api/alerts", "/api/contacts?q=dana"];
const PASSWORD: &str = "bench-not-so-secret";
