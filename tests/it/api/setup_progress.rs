//! The progress of the set-up. All browsers share one state, and receive each change as an event.

use super::change;
use crate::support::Daemon;
use crate::support::client::send;
use crate::support::telephony::CallHarness;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_step_is_skipped_for_all_devices_and_owners() {
    let mut daemon = Daemon::start(|_| {});
    let (dana, gal) = (daemon.logged_in("dana", "owner").await, daemon.logged_in("gal", "owner").await);
    let path = "/api/setup/progress";
    assert_eq!(
        dana.get(path).await.json(),
        json!({
            "skipped": [], "completed": [], "has_opening_hours": false, "agent_answered_at": null,
            "forwarded_call": null,
        })
    );
    let before = daemon.query_value::<i64>("SELECT max(seq) FROM changes");
    for (owner, step) in [(&dana, "whatsapp"), (&gal, "name"), (&gal, "name")] {
        change(owner, "PUT", path, json!({"step": step, "skipped": true}), 200).await;
    }
    let expected = json!(["name", "whatsapp"]);
    assert_eq!(dana.get(path).await.json()["skipped"], expected, "in the order of the steps");
    let updates = format!("SELECT count(*) FROM changes WHERE kind = 'setup_updated' AND seq > {before}");
    assert_eq!(daemon.query_value::<i64>(&updates), 2, "what changes nothing is not reported");
    tokio::task::block_in_place(|| daemon.restart());
    assert_eq!(gal.get(path).await.json()["skipped"], expected);
    let left = change(&gal, "PUT", path, json!({"step": "name", "skipped": false}), 200).await;
    assert_eq!(left["skipped"], json!(["whatsapp"]));

    change(&gal, "PUT", path, json!({"step": "wine", "skipped": true}), 422).await;
    let staff = daemon.logged_in("roni", "staff").await;
    let body = json!({"step": "name", "skipped": true});
    assert_eq!(send(staff.request(Method::PUT, path).json(&body)).await.status, 403);
    assert_eq!(staff.get(path).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_openai_completes_the_step_of_the_ai() {
    let daemon = Daemon::start(|setup| {
        setup.env("DEEPGRAM_API_KEY", "key").env("ELEVENLABS_API_KEY", "key");
        setup.toml(
            "[pipeline]\ntranscriber = \"deepgram\"\nsynthesiser = \"elevenlabs\"\n\
             model_base_url = \"http://127.0.0.1:9/v1\"\n",
        );
    });
    let owner = daemon.logged_in("dana", "owner").await;
    assert_eq!(owner.get("/api/setup/progress").await.json()["completed"], json!(["ai"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_completed_by_what_the_daemon_knows() {
    let daemon = Daemon::start(|_| {});
    let owner = daemon.logged_in("dana", "owner").await;
    let before = owner.get("/api/setup/progress").await.json()["completed"].clone();
    change(&owner, "PATCH", "/api/settings", json!({"changes": {"business.name": "Shop"}}), 200).await;
    let hours =
        json!({"hours": [{"weekday": 0, "from": "09:00", "to": "17:00"}], "holidays": "closed", "eves": "closed"});
    change(&owner, "PUT", "/api/opening-hours", hours, 200).await;
    let after = owner.get("/api/setup/progress").await.json()["completed"].clone();
    assert_eq!((before, after), (json!([]), json!(["name"])), "hours without a service are half of a step");
    let service = json!({"name": "תספורת", "duration_min": 30});
    change(&owner, "POST", "/api/services", service, 201).await;
    assert_eq!(owner.get("/api/setup/progress").await.json()["completed"], json!(["name", "business"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hours_of_a_new_installation_count_once_an_owner_has_confirmed_them() {
    let daemon = Daemon::start(|_| {});
    let owner = daemon.logged_in("dana", "owner").await;
    let service = json!({"name": "תספורת", "duration_min": 30});
    change(&owner, "POST", "/api/services", service, 201).await;
    let progress = async || owner.get("/api/setup/progress").await.json();
    let before = progress().await;
    assert_eq!((&before["completed"], &before["has_opening_hours"]), (&json!([]), &json!(false)));
    let hours = owner.get("/api/opening-hours").await.json();
    change(&owner, "PUT", "/api/opening-hours", hours, 200).await;
    let after = progress().await;
    assert_eq!((&after["completed"], &after["has_opening_hours"]), (&json!(["business"]), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_forwarded_call_is_known_with_the_number_that_forwarded_it() {
    let shop = CallHarness::without_ai(|_| {}).await;
    let owner = shop.daemon.logged_in("dana", "owner").await;
    let known = async || owner.get("/api/setup/progress").await.json()["forwarded_call"].clone();
    let ring = async |sid: &str, by: &[(&str, &str)]| {
        let call = [("CallSid", sid), ("From", "+972501234567"), ("To", "+97235551234")];
        assert_eq!(shop.hook("/webhook/incoming_call", &[&call, by].concat()).await.status, 200);
    };
    ring("CA00000000000000000000000000000001", &[]).await;
    assert_eq!(known().await, json!(null), "the call was dialled directly");
    ring("CA00000000000000000000000000000002", &[("ForwardedFrom", "03-765-4321")]).await;
    let forwarded = json!({"call_id": 2, "forwarded_from": "+97237654321"});
    assert_eq!(known().await, forwarded);
    ring("CA00000000000000000000000000000003", &[]).await;
    assert_eq!(known().await, forwarded, "another call completes nothing, and reopens nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_step_is_complete_once_a_caller_has_heard_the_agent() {
    let shop = CallHarness::without_ai(|_| {}).await;
    let owner = shop.daemon.logged_in("dana", "owner").await;
    let completed = async || owner.get("/api/setup/progress").await.json()["completed"].clone();
    let sid = "CA00000000000000000000000000000001";
    shop.ring(sid).await;
    let ended = [("CallSid", sid), ("CallStatus", "completed"), ("CallDuration", "1")];
    assert_eq!(shop.hook("/webhook/call_status", &ended).await.status, 204);
    shop.ended_call(sid).await;
    assert_eq!(completed().await, json!(["phone"]), "the call came in, but the caller heard nothing");
    let report = shop.call(shop.plan("wait 4500ms")).await;
    shop.ended_call(&report.call_sid).await;
    assert_eq!(completed().await, json!(["phone", "call"]));
}
