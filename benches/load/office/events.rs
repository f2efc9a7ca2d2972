//! Event streams: the latency of a message's event, and the cost of ten streams.

use super::client;
use crate::process::Server;
use crate::stats::{Samples, Summary};
use crate::webhooks::{self, Hook, Outcome, Rate};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Sends webhooks one at a time, and measures the time until the event stream reports the message.
pub async fn to_event(hook: &Hook, token: &str, webhooks: u64) -> Summary {
    let mut stream = client::open_events(hook.address, token).await.expect("a stream of events");
    let mut sender = webhooks::Sender::connect(hook).await.expect("a connection for webhooks");
    let mut text = Vec::new();
    // The first event shows that the stream has started.
    wait_for(&mut stream, &mut text, b"id:").await;
    let mut samples = Samples::default();
    for n in 0..webhooks {
        text.clear();
        let began = Instant::now();
        sender.send(OWN_CONNECTION, n).await.expect("an answer to a webhook");
        wait_for(&mut stream, &mut text, b"\"message_created\"").await;
        samples.add(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    samples.summary()
}

/// Sends as many webhooks as possible for this many seconds, while this many event streams are read.
pub async fn with_streams(
    server: &Server,
    hook: &Hook,
    token: &str,
    streams: usize,
    seconds: u64,
    run: u64,
) -> Outcome {
    let mut readers = Vec::new();
    for _ in 0..streams {
        let mut stream = client::open_events(hook.address, token).await.expect("a stream of events");
        readers.push(tokio::task::spawn_local(async move {
            let mut bytes = vec![0; 1 << 16];
            // Pages read all events that have arrived since the last read.
            while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }));
    }
    let outcome = webhooks::run(hook, Rate::Closed { connections: 64 }, seconds, run, server).await;
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    outcome
}

async fn wait_for(stream: &mut TcpStream, text: &mut Vec<u8>, word: &[u8]) {
    let reading = async {
        while memchr::memmem::find(text, word).is_none() {
            assert!(stream.read_buf(text).await.expect("events") > 0, "the stream of events has ended");
        }
    };
    timeout(Duration::from_secs(10), reading).await.expect("no event of a message");
}

/// The number of the connection, which distinguishes these messages from those of other loads.
const OWN_CONNECTION: u64 = 0xE7E7 << 16;
