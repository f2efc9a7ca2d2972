//! A restart by the API: the daemon exits, and systemd starts it again.

use super::with_data;
use crate::support::client::send;
use crate::support::telephony::{CallHarness, start};
use crate::support::{Daemon, log::WAIT_TIMEOUT};
use agentlocator::simulator::openai::OpenAiOptions;
use reqwest::Method;
use serde_json::json;

const SOCKET: &str = "/run/no-such-socket";

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_on_request_drains_and_is_recorded() {
    let mut daemon = Daemon::start(|setup| {
        setup.env("NOTIFY_SOCKET", SOCKET);
    });
    let api = daemon.api();
    assert_eq!(api.get("/api/restart").await.json(), json!({"supported": true, "calls": 0, "waiting": false}));
    let staff = daemon.client().with_token(&daemon.token("staff"));
    assert_eq!(staff.post_json("/api/restart", &json!({"when": "now"})).await.status, 403);
    assert_eq!(api.post_json("/api/restart", &json!({"when": "later"})).await.status, 422);
    assert_eq!(api.post_json("/api/restart", &json!({"when": "now"})).await.status, 202);
    // systemd restarts a daemon that exits successfully, too.
    assert!(tokio::task::block_in_place(|| daemon.wait(WAIT_TIMEOUT)).success());
    daemon.logs().wait_for_event("STOPPED");
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM audit_log WHERE action = 'restart'"), 1);
}

#[tokio::test]
async fn a_restart_without_a_supervisor_is_refused() {
    let (daemon, api) = with_data();
    assert_eq!(api.get("/api/restart").await.json()["supported"], false);
    let refused = api.post_json("/api/restart", &json!({"when": "now"})).await;
    assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (409, json!("not_supervised")));
    assert_eq!(daemon.client().get("/livez").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_waits_for_calls_and_can_be_cancelled() {
    let mut harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.env("NOTIFY_SOCKET", SOCKET);
    })
    .await;
    let sid = "CA00000000000000000000000000000001";
    let token = harness.ring(sid).await;
    let mut socket = harness.open_socket().await;
    start(&mut socket, sid, &token).await;
    let api = tokio::task::block_in_place(|| {
        harness.daemon.logs().wait_for_event("CALL_LIVE");
        harness.daemon.api()
    });
    let refused = api.post_json("/api/restart", &json!({"when": "now"})).await;
    let error = refused.json()["error"].clone();
    assert_eq!((refused.status, &error["code"], &error["params"]["calls"]), (409, &json!("calls_active"), &json!("1")));
    for _ in 0..2 {
        let waits = api.post_json("/api/restart", &json!({"when": "after_calls"})).await;
        assert_eq!((waits.status, waits.json()["waiting"].clone()), (202, json!(true)));
        assert_eq!(send(api.request(Method::DELETE, "/api/restart")).await.status, 200);
        assert_eq!(api.get("/api/restart").await.json()["waiting"], false);
    }
    assert_eq!(api.post_json("/api/restart", &json!({"when": "after_calls"})).await.status, 202);
    // The caller hangs up.
    harness.hook("/webhook/call_status", &[("CallSid", sid), ("CallStatus", "completed")]).await;
    drop(socket);
    assert!(tokio::task::block_in_place(|| harness.daemon.wait(WAIT_TIMEOUT)).success());
}
