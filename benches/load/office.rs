//! The office: lists, searches and events of a business with a year of messages and calls.
//!
//! In this part, the server has no reserved core and no real-time priority, as on a customer's machine. The system
//! schedules its threads on all cores. A thread that searches must not delay other threads. Only this process, the
//! clients, keeps its core and its priority.

mod client;
mod events;
mod report;
mod requests;

use crate::machine::Machine;
use crate::process::{Folder, Server};
use crate::report::say;
use crate::stats::{Samples, Summary};
use crate::target::{self, Endpoint, Target};
use crate::voice::{self, Load};
use crate::webhooks::{self, Hook};
use client::Client;
use requests::Request;
use serde::Serialize;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::LocalSet;

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    pub contacts: u32,
    pub messages: u32,
    pub calls: u32,
}

#[derive(Clone, Serialize)]
pub struct RequestLatency {
    pub what: &'static str,
    pub alone: Summary,
    /// The mean of the best round, which is affected the least by other processes.
    pub best_ms: f64,
    pub beside_searches: Option<Summary>,
}

/// The results of the office part. `seed_s` and `index_s` are the durations of filling and indexing, in seconds.
#[derive(Clone, Serialize)]
pub struct Office {
    pub size: Size,
    pub seed_s: f64,
    pub index_s: f64,
    /// The round trip of `/livez`, a request without a database query.
    pub floor: Summary,
    pub floor_best_ms: f64,
    pub lists: Vec<RequestLatency>,
    pub searches: Vec<RequestLatency>,
    /// The time from a webhook to the event of its message.
    pub to_event: Summary,
    /// Webhooks without and with ten event streams.
    pub streams: (webhooks::Outcome, webhooks::Outcome),
    /// Calls without and with concurrent searches.
    pub calls: (voice::Outcome, voice::Outcome),
}

pub async fn measure(machine: Machine, size: Size, seconds: u64) -> Office {
    let machine = machine.with_normal_server();
    let folder = Folder::new("office");
    let seed_s = seed(&folder, size);
    let ai = TcpListener::bind("127.0.0.1:0").await.expect("a port for the AI");
    let ai_address = ai.local_addr().expect("its address");
    let (server, endpoint) = Target::daemon().start(machine, &folder, ai_address);
    let token = target::run_command(&folder, &["token", "create", "bench", "--role", "owner"]).trim().to_owned();
    let index_s = wait_for_index(&folder).await;
    let local = LocalSet::new();
    local
        .run_until(async {
            add_tasks(&server, &token).await;
            let (contact, thread) = busiest(&folder);
            let today = jiff::Zoned::now().date();
            let week = (today.to_string(), today.saturating_add(jiff::Span::new().days(7)).to_string());
            let lists = requests::lists(contact, thread, (&week.0, &week.1));
            say("the office: lists and searches");
            let floor = alone(&server, &token, &[("floor", "/livez".into())]).await.remove(0);
            let mut lists_asked = alone(&server, &token, &lists).await;
            let mut searches_asked = alone(&server, &token, &requests::searches()).await;
            say("the office: the same while eight clients search");
            beside_searches(&server, &token, &lists, &mut lists_asked).await;
            beside_searches(&server, &token, &requests::searches(), &mut searches_asked).await;
            say("the office: webhooks with event streams");
            let hook = Hook { address: server.address, path: "/webhook/whatsapp/twilio", auth_token: endpoint.token() };
            let to_event = events::to_event(&hook, &token, 200).await;
            let streams = streams(&server, &hook, &token, seconds.min(6)).await;
            let calls = calls(&server, &endpoint, &token, ai, seconds).await;
            server.stop();
            Office {
                size,
                seed_s,
                index_s,
                floor: floor.alone,
                floor_best_ms: floor.best_ms,
                lists: lists_asked,
                searches: searches_asked,
                to_event,
                streams,
                calls,
            }
        })
        .await
}

fn seed(folder: &Folder, size: Size) -> f64 {
    let Size { contacts, messages, calls } = size;
    say(&format!("the office: {contacts} contacts, {messages} messages and {calls} calls"));
    let began = Instant::now();
    std::fs::write(folder.path().join("config.toml"), "").expect("a settings file");
    let [contacts, messages, calls] = [contacts, messages, calls].map(|number| number.to_string());
    target::run_command(
        folder,
        &["simulate", "crm", "--people", &contacts, "--messages", &messages, "--calls", &calls],
    );
    began.elapsed().as_secs_f64()
}

/// Returns how long it took until all data was indexed, in seconds.
async fn wait_for_index(folder: &Folder) -> f64 {
    say("the office: waiting for the search index");
    let began = Instant::now();
    let is_complete = || -> rusqlite::Result<bool> {
        read(folder)?.query_row(
            "SELECT EXISTS (SELECT 1 FROM search_progress) AND NOT EXISTS (SELECT 1 FROM search_backlog)",
            [],
            |row| row.get(0),
        )
    };
    while !is_complete().unwrap_or(false) {
        assert!(began.elapsed() < Duration::from_mins(20), "the search index does not become complete");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    began.elapsed().as_secs_f64()
}

fn read(folder: &Folder) -> rusqlite::Result<rusqlite::Connection> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    rusqlite::Connection::open_with_flags(folder.path().join("live/db.sqlite"), flags)
}

/// Finds the thread with the most messages. Returns the ids of its contact and of the thread.
fn busiest(folder: &Folder) -> (i64, i64) {
    let sql = "SELECT t.contact_id, t.id FROM messages m JOIN threads t ON t.id = m.thread_id
               GROUP BY t.id ORDER BY count(*) DESC LIMIT 1";
    let found = read(folder).and_then(|database| database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))));
    found.expect("a contact with messages")
}

/// Adds tasks, and thereby audit log entries, because the seed has none.
async fn add_tasks(server: &Server, token: &str) {
    let mut client = Client::connect(server.address, token).await.expect("a connection");
    for n in 1..=TASKS {
        let body = format!(r#"{{"title":"להתקשר בעניין ההזמנה {n}","contact_id":{n}}}"#);
        let (status, _) = client.send("POST", "/api/tasks", &body).await.expect("an answer");
        assert!((200..300).contains(&status), "a task is answered with {status}");
    }
}

/// Measures each request in turn, so that a disturbance affects all requests equally. The first round is not measured,
/// because it fills caches.
async fn alone(server: &Server, token: &str, requests: &[Request]) -> Vec<RequestLatency> {
    let mut client = Client::connect(server.address, token).await.expect("a connection");
    let mut samples: Vec<(Samples, f64)> = requests.iter().map(|_| (Samples::default(), f64::MAX)).collect();
    for round in 0..=ROUNDS {
        for ((_, path), (samples, best)) in requests.iter().zip(&mut samples) {
            let mut sum = 0.0;
            for _ in 0..IN_A_ROW {
                let micros = ask(&mut client, path).await;
                if round > 0 {
                    samples.add(micros);
                    sum += micros as f64 / 1_000.0;
                }
            }
            if round > 0 {
                *best = best.min(sum / f64::from(IN_A_ROW));
            }
        }
    }
    let asked = |((what, _), (mut samples, best_ms)): (&Request, (Samples, f64))| RequestLatency {
        what,
        alone: samples.summary(),
        best_ms,
        beside_searches: None,
    };
    requests.iter().zip(samples).map(asked).collect()
}

async fn ask(client: &mut Client, path: &str) -> u64 {
    let began = Instant::now();
    let (status, _) = client.get(path).await.expect("an answer");
    assert_eq!(status, 200, "{path}");
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}

async fn beside_searches(server: &Server, token: &str, requests: &[Request], asked: &mut [RequestLatency]) {
    let searching = Searching::start(server, token, SEARCHERS);
    let mut client = Client::connect(server.address, token).await.expect("a connection");
    let mut samples: Vec<Samples> = requests.iter().map(|_| Samples::default()).collect();
    for _ in 0..ROUNDS {
        for ((_, path), samples) in requests.iter().zip(&mut samples) {
            samples.add(ask(&mut client, path).await);
        }
    }
    searching.stop().await;
    for (asked, samples) in asked.iter_mut().zip(&mut samples) {
        asked.beside_searches = Some(samples.summary());
    }
}

struct Searching {
    is_over: Rc<Cell<bool>>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Searching {
    fn start(server: &Server, token: &str, clients: usize) -> Self {
        let is_over = Rc::new(Cell::new(false));
        let tasks = (0..clients).map(|first| {
            let (address, token, is_over) = (server.address, token.to_owned(), is_over.clone());
            tokio::task::spawn_local(async move {
                let mut client = Client::connect(address, &token).await.expect("a connection");
                let searches = requests::searches();
                for (_, path) in searches.iter().cycle().skip(first * 2) {
                    if is_over.get() {
                        return;
                    }
                    ask(&mut client, path).await;
                }
            })
        });
        Self { tasks: tasks.collect(), is_over }
    }

    async fn stop(self) {
        self.is_over.set(true);
        for task in self.tasks {
            task.await.expect("a client that searches");
        }
    }
}

/// Measures webhooks without and with event streams, in turn. Returns the better of two runs each.
async fn streams(server: &Server, hook: &Hook, token: &str, seconds: u64) -> (webhooks::Outcome, webhooks::Outcome) {
    let mut best = (webhooks::Outcome::default(), webhooks::Outcome::default());
    for round in 0..2 {
        let without = events::with_streams(server, hook, token, 0, seconds, 100 + round * 2).await;
        let with = events::with_streams(server, hook, token, STREAMS, seconds, 101 + round * 2).await;
        if without.is_better_than(&best.0) {
            best.0 = without;
        }
        if with.is_better_than(&best.1) {
            best.1 = with;
        }
    }
    best
}

async fn calls(
    server: &Server,
    endpoint: &Endpoint,
    token: &str,
    ai: TcpListener,
    seconds: u64,
) -> (voice::Outcome, voice::Outcome) {
    let address = ai.local_addr().expect("the AI's address");
    say("the office: 20 calls");
    let without = voice::run(Load::new(20, seconds), server, endpoint, ai).await;
    say("the office: 20 calls while four clients search");
    let ai = TcpListener::bind(address).await.expect("the AI's port again");
    let searching = Searching::start(server, token, 4);
    let with = voice::run(Load::new(20, seconds), server, endpoint, ai).await;
    searching.stop().await;
    (without, with)
}

/// 40 rounds of [`IN_A_ROW`] samples are enough for a 99th percentile. While clients search, a round has one sample, so
/// the 99th percentile is the maximum.
const ROUNDS: u32 = 40;
const IN_A_ROW: u32 = 3;
const SEARCHERS: usize = 8;
const STREAMS: usize = 10;
const TASKS: u32 = 200;
