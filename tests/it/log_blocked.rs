//! A journal that stops reading the log delays neither a call nor a health check nor a stop of the daemon.

use super::support::Daemon;
use super::support::telephony::CallHarness;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The number of requests. They cause more log lines than the pipe and the queue can hold.
const REQUESTS: usize = 16_000;
/// The number of requests that are sent before their responses are read.
const BATCH: usize = 100;
/// The maximum response time, on a machine that is busy with other tests.
const PROMPT: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_prompt_while_the_log_is_not_read() {
    let mut harness = CallHarness::without_ai(|setup| {
        setup.env("LOG_LEVEL", "debug");
    })
    .await;
    let daemon = &harness.daemon;
    assert_eq!(dropped(daemon).await, 0);
    let stopped = daemon.logs().stop_reading();
    let mut connection = Connection::open(daemon);
    for _ in 0..REQUESTS / BATCH {
        connection.ask_livez();
    }
    let asked = Instant::now();
    harness.ring("CA00000000000000000000000000000001").await;
    assert!(asked.elapsed() < PROMPT, "{:?}", asked.elapsed());
    let so_far = dropped(daemon).await;
    assert!(so_far > 0, "the queue has a limit");

    drop(stopped);
    harness.daemon.logs().wait_for_event("LOG_DROPPED");
    assert!(harness.daemon.stop().success());
    harness.daemon.logs().wait_for_event("STOPPED");
    let reported: u64 =
        harness.daemon.logs().events_named("LOG_DROPPED").iter().map(|event| event["count"].as_u64().unwrap()).sum();
    assert!(reported >= so_far, "{reported} of {so_far}");
}

#[test]
fn a_daemon_whose_log_is_not_read_still_stops() {
    let mut daemon = Daemon::start(|setup| {
        setup.env("LOG_LEVEL", "debug");
    });
    let log = daemon.logs().clone();
    let _stopped = log.stop_reading();
    let mut connection = Connection::open(&daemon);
    for _ in 0..10 {
        connection.ask_livez();
    }
    daemon.signal(15);
    assert!(daemon.wait(Duration::from_secs(15)).success());
}

async fn dropped(daemon: &Daemon) -> u64 {
    let metrics = daemon.client().get("/metrics").await.text();
    let line = metrics.lines().find_map(|line| line.strip_prefix("agentlocator_log_lines_dropped_total "));
    line.unwrap().parse().unwrap()
}

struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(daemon: &Daemon) -> Self {
        let stream = TcpStream::connect(daemon.address()).unwrap();
        stream.set_read_timeout(Some(PROMPT)).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a batch of requests and reads the responses. Fails if a response takes too long.
    fn ask_livez(&mut self) {
        let requests = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".repeat(BATCH);
        self.stream.get_mut().write_all(&requests).unwrap();
        for _ in 0..BATCH {
            let mut length = 0;
            let mut line = String::new();
            self.stream.read_line(&mut line).expect("a prompt answer");
            assert!(line.starts_with("HTTP/1.1 200"), "{line}");
            while line != "\r\n" {
                line.clear();
                self.stream.read_line(&mut line).unwrap();
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).unwrap();
        }
    }
}
