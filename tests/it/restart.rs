//! Stops and restarts of the daemon. The listening socket stays open, as under systemd, so that no connection is
//! refused.

use super::support::faults::Faults;
use super::support::telephony::{CallHarness, start};
use super::support::{Client, Daemon};
use agentlocator::simulator::openai::OpenAiOptions;
use futures_util::StreamExt;
use serde_json::json;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SECRET: &str = "the-webhook-secret";

/// Sends requests until `done`. Every response must be successful. Returns the number of responses and the longest
/// response time.
async fn keep_asking(client: Client, who: u64, done: Arc<AtomicBool>, stored: Arc<AtomicU64>) -> (u64, Duration) {
    let (mut answers, mut longest) = (0, Duration::ZERO);
    while !done.load(Ordering::Relaxed) {
        let began = Instant::now();
        if answers % 2 == 0 {
            let reply = client.get("/livez").await;
            assert_eq!((reply.status, reply.text().as_str()), (200, "ok"));
        } else {
            let message =
                json!({"from": format!("9725000000{who:02}"), "text": "hi", "id": format!("{who}-{answers}")});
            assert_eq!(client.post_json("/webhook/whatsapp/baileys", &message).await.status, 204);
            stored.fetch_add(1, Ordering::Relaxed);
        }
        longest = longest.max(began.elapsed());
        answers += 1;
    }
    (answers, longest)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_restarts_under_load_refuse_no_connection_and_fail_no_request() {
    let mut daemon = Daemon::start(|setup| {
        setup.env("BAILEYS_WEBHOOK_SECRET", SECRET);
    });
    let (done, stored) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let askers: Vec<_> = (0..6)
        .map(|who| {
            let client = daemon.client().with_header("x-baileys-secret", SECRET);
            tokio::spawn(keep_asking(client, who, done.clone(), stored.clone()))
        })
        .collect();
    for _ in 0..10 {
        tokio::task::block_in_place(|| daemon.restart());
    }
    done.store(true, Ordering::Relaxed);
    let (mut answers, mut longest) = (0, Duration::ZERO);
    for asker in askers {
        let (count, wait) = asker.await.unwrap();
        (answers, longest) = (answers + count, longest.max(wait));
    }
    println!("{answers} requests, none refused, none failed; the longest wait was {longest:?}");
    assert!(answers > 20, "{answers} requests are no load");
    let kept: i64 = daemon.query_value("SELECT count(*) FROM messages");
    assert_eq!(u64::try_from(kept).unwrap(), stored.load(Ordering::Relaxed), "acknowledged messages are missing");
}

#[test]
fn a_name_server_that_does_not_answer_delays_no_stop() {
    let mut faults = None;
    let mut daemon = Daemon::start(|setup| {
        let none = Faults::none(setup);
        none.block_name_resolution();
        faults = Some(none);
        setup.env("BAILEYS_WEBHOOK_SECRET", SECRET).env("BAILEYS_OUTBOUND_URL", "http://localhost:1/send");
    });
    // The daemon's first request to the bridge has failed.
    daemon.logs().wait_for_event("BRIDGE_DOWN");
    let began = Instant::now();
    daemon.signal(15);
    assert!(daemon.wait(Duration::from_secs(15)).success());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_on_ends_in_the_recorder_when_the_daemon_is_restarted() {
    let folder = tempfile::tempdir().unwrap();
    let systemd = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    systemd.set_nonblocking(true).unwrap();
    let mut harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("NOTIFY_SOCKET", folder.path().join("notify").to_str().unwrap());
    })
    .await;
    let mut sockets = Vec::new();
    for sid in ["CA00000000000000000000000000000001", "CA00000000000000000000000000000002"] {
        let token = harness.ring(sid).await;
        let mut socket = harness.open_socket().await;
        start(&mut socket, sid, &token).await;
        sockets.push(socket);
    }
    tokio::task::block_in_place(|| {
        harness.daemon.logs().wait_until("both calls", |lines| {
            (lines.iter().filter(|line| line.contains("\"CALL_LIVE\"")).count() == 2).then_some(())
        });
    });
    let began = Instant::now();
    harness.daemon.signal(15);
    for socket in &mut sockets {
        while socket.next().await.is_some_and(|message| message.is_ok_and(|message| !message.is_close())) {}
    }
    // A new caller is answered without waiting for the end of other calls.
    let rang = Instant::now();
    harness.ring("CA00000000000000000000000000000003").await;
    assert!(rang.elapsed() < Duration::from_secs(2), "{:?}", rang.elapsed());
    // The listeners are still open for the requests that Twilio sends after a stream is closed.
    let asked = [("CallSid", "CA00000000000000000000000000000001"), ("CallStatus", "in-progress")];
    let xml = harness.hook("/webhook/stream_ended", &asked).await.text();
    assert!(xml.contains("<Record"), "{xml}");
    let status = tokio::task::block_in_place(|| harness.daemon.wait(Duration::from_secs(15)));
    assert!(status.success() && began.elapsed() < Duration::from_secs(15), "{status} after {:?}", began.elapsed());
    let mut notifications = String::new();
    let mut datagram = [0; 4096];
    while let Ok(length) = systemd.recv(&mut datagram) {
        notifications.push_str(&String::from_utf8_lossy(&datagram[..length]));
    }
    assert!(notifications.contains("STATUS=Stopping: 2 calls are ending"), "{notifications}");
    tokio::task::block_in_place(|| harness.daemon.relaunch());
    // The new daemon has only the stored state of the calls.
    for sid in ["CA00000000000000000000000000000001", "CA00000000000000000000000000000002"] {
        let xml =
            harness.hook("/webhook/stream_ended", &[("CallSid", sid), ("CallStatus", "in-progress")]).await.text();
        assert!(xml.contains("<Record"), "{xml}");
    }
}
