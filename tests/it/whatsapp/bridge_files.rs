//! Files that the bridge keeps until the daemon has fetched them, tested with the simulated bridge.

use crate::support::client::send;
use crate::support::whatsapp::until;
use crate::support::{Daemon, Setup};
use agentlocator::simulator::EventLog;
use agentlocator::simulator::bridge::{Bridge, BridgeFile, BridgeOptions};
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpListener;

const SECRET: &str = "the-bridge-s-secret";
const VOICE: BridgeFile = BridgeFile::Ready { mime: "audio/ogg", content: "a voice" };

async fn open() -> (Daemon, Bridge) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bridge = Bridge::start(listener, BridgeOptions::connected(SECRET), EventLog::new()).unwrap();
    let daemon = Daemon::start(|setup: &mut Setup| {
        setup.env("BAILEYS_WEBHOOK_SECRET", SECRET).env("BAILEYS_OUTBOUND_URL", bridge.send_url());
    });
    (daemon, bridge)
}

async fn bring(daemon: &Daemon, id: &str, url: &str) {
    let body = json!({ "from": "+972501234567", "id": id, "type": "voice", "mime": "audio/ogg", "media_url": url });
    let request = daemon.client().request(Method::POST, "/webhook/whatsapp/baileys");
    assert_eq!(send(request.header("X-BAILEYS-SECRET", SECRET).json(&body)).await.status, 204);
}

/// Waits until this many files have this state.
async fn until_state(daemon: &Daemon, state: &str, files: i64) {
    let sql = format!("SELECT count(*) FROM message_media WHERE state = '{state}'");
    until(state, async || (daemon.query_value::<i64>(&sql) == files).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_file_is_released_at_the_bridge() {
    let (daemon, bridge) = open().await;
    let url = bridge.keep_file("f1", VOICE);
    bring(&daemon, "1", &url).await;
    until("the release", async || (bridge.state().released == ["f1"]).then_some(())).await;
    until_state(&daemon, "stored", 1).await;
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM jobs WHERE state = 'failed'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_file_is_retried_and_a_missing_one_is_not() {
    let (daemon, bridge) = open().await;
    let late = bridge.keep_file("late", BridgeFile::OnItsWay);
    let gone = bridge.keep_file("gone", BridgeFile::Gone);
    bring(&daemon, "1", &late).await;
    bring(&daemon, "2", &gone).await;
    until_state(&daemon, "failed", 1).await;
    let failed: String = daemon.query_value("SELECT source_url FROM message_media WHERE state = 'failed'");
    assert_eq!(failed, gone);
    daemon.logs().wait_until("a first attempt", |lines| {
        lines.iter().find(|line| line.contains("JOB_RETRY") && line.contains("503")).cloned()
    });
    until_state(&daemon, "waiting", 1).await;
    bridge.keep_file("late", VOICE);
    until_state(&daemon, "stored", 1).await;
    // Only the abandoned file causes a warning.
    assert_eq!(daemon.logs().events_named("JOB_FAILED").len(), 1);
    until("the release", async || (bridge.state().released == ["late"]).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_fetch_finds_the_stored_file() {
    let (mut daemon, bridge) = open().await;
    let url = bridge.keep_file("f1", VOICE);
    bring(&daemon, "1", &url).await;
    until("the release", async || (bridge.state().released == ["f1"]).then_some(())).await;
    until("the end of the job", async || {
        (daemon.query_value::<i64>("SELECT count(*) FROM jobs WHERE state = 'done'") == 1).then_some(())
    })
    .await;
    // Simulates that the end of the job was not recorded: the job runs again, and the bridge no longer has the file.
    assert!(daemon.stop().success());
    daemon.seed("UPDATE jobs SET state = 'waiting', run_at = '2020-01-01T00:00:00.000Z'");
    daemon.launch();
    until("the second release", async || (bridge.state().released.len() == 2).then_some(())).await;
    until_state(&daemon, "stored", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_fetched_from_where_the_settings_find_the_bridge() {
    let (daemon, bridge) = open().await;
    let id = "00112233445566778899aabbccddeeff";
    bridge.keep_file(id, VOICE);
    // The file's URL has the bridge's own address, which the daemon cannot reach. The daemon uses the configured
    // address.
    bring(&daemon, "1", &format!("http://10.255.255.1:8000/media/{id}")).await;
    until("the release", async || (bridge.state().released == [id]).then_some(())).await;
    until_state(&daemon, "stored", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_waited_for_as_long_as_whatsapp_keeps_it() {
    let (mut daemon, bridge) = open().await;
    let url = bridge.keep_file("f1", BridgeFile::OnItsWay);
    // After the days for which WhatsApp keeps a file, the job still gets a minimum number of attempts.
    for (days, attempts, state) in [(13, 0, "waiting"), (15, 0, "waiting"), (15, 20, "failed")] {
        if days == 13 {
            bring(&daemon, "1", &url).await;
        }
        assert!(daemon.stop().success());
        daemon.seed(&format!(
            "UPDATE jobs SET state = 'waiting', run_at = '2020-01-01T00:00:00.000Z', attempts = {attempts},
                 created_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{days} days')"
        ));
        daemon.launch();
        until("an attempt", async || {
            let tried = format!("SELECT count(*) FROM jobs WHERE attempts > {attempts}");
            (daemon.query_value::<i64>(&tried) == 1).then_some(())
        })
        .await;
        until_state(&daemon, state, 1).await;
    }
}
