//! How far the set-up is: one state for all browsers, which learn of a change at once.

use super::change;
use crate::support::Daemon;
use crate::support::client::send;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_step_is_skipped_for_all_devices_and_owners() {
    let mut daemon = Daemon::start(|_| {});
    let (dana, gal) = (daemon.logged_in("dana", "owner").await, daemon.logged_in("gal", "owner").await);
    let path = "/api/setup/progress";
    assert_eq!(dana.get(path).await.json(), json!({"skipped": [], "proved": [], "agent_answered_at": null}));
    let before = daemon.query_value::<i64>("SELECT max(seq) FROM changes");
    for (owner, step) in [(&dana, "whatsapp"), (&gal, "name"), (&gal, "name")] {
        change(owner, "PUT", path, json!({"step": step, "skipped": true}), 200).await;
    }
    let expected = json!(["name", "whatsapp"]);
    assert_eq!(dana.get(path).await.json()["skipped"], expected, "in the order of the steps");
    let told = format!("SELECT count(*) FROM changes WHERE kind = 'setup_updated' AND seq > {before}");
    assert_eq!(daemon.query_value::<i64>(&told), 2, "what changes nothing is not reported");
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
async fn what_the_daemon_knows_proves_a_step() {
    let daemon = Daemon::start(|_| {});
    let owner = daemon.logged_in("dana", "owner").await;
    let before = owner.get("/api/setup/progress").await.json()["proved"].clone();
    change(&owner, "PATCH", "/api/settings", json!({"changes": {"business.name": "Shop"}}), 200).await;
    let hours =
        json!({"hours": [{"weekday": 0, "from": "09:00", "to": "17:00"}], "holidays": "closed", "eves": "closed"});
    change(&owner, "PUT", "/api/opening-hours", hours, 200).await;
    let after = owner.get("/api/setup/progress").await.json()["proved"].clone();
    assert_eq!((before, after), (json!([]), json!(["name"])), "hours without a service are half of a step");
    let service = json!({"name": "תספורת", "duration_min": 30});
    change(&owner, "POST", "/api/services", service, 201).await;
    assert_eq!(owner.get("/api/setup/progress").await.json()["proved"], json!(["name", "business"]));
}
