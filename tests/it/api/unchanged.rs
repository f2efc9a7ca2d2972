//! A change to the values that an item already has changes nothing: neither its version nor the audit log.

use super::{change, with_data};
use crate::support::client::send;
use crate::support::{Client, Daemon};
use reqwest::Method;
use serde_json::{Value, json};

fn audit_rows(daemon: &Daemon) -> i64 {
    daemon.query_value("SELECT count(*) FROM audit_log")
}

/// Creates an item and sends it the values that it has. Returns the path of the item.
async fn resend(daemon: &Daemon, owner: &Client, list: &str, new: Value, fields: &[&str]) -> String {
    let created = owner.post_json(list, &new).await;
    assert_eq!(created.status, 201, "{list}: {}", created.text());
    let path = format!("{list}/{}", created.json()["id"]);
    let before = owner.get(&path).await;
    let rows = audit_rows(daemon);
    let same: Value = fields.iter().map(|field| ((*field).to_owned(), before.json()[*field].clone())).collect();
    for body in [json!({}), same] {
        let request = owner.request(Method::PATCH, &path).header("if-match", before.header("etag"));
        let changed = send(request.json(&body)).await;
        assert_eq!(changed.status, 200, "{path} {body}: {}", changed.text());
        assert_eq!(changed.header("etag"), before.header("etag"), "{path} {body}");
        assert_eq!(audit_rows(daemon), rows, "{path} {body}");
    }
    path
}

#[tokio::test]
async fn a_change_to_the_same_values_leaves_no_audit_row_and_no_new_version() {
    let (daemon, _) = with_data();
    let owner = daemon.logged_in("roni", "owner").await;
    daemon.until_backfilled().await;
    let reply = json!({"shortcut": "hi", "text": "hello"});
    let path = resend(&daemon, &owner, "/api/saved-replies", reply, &["shortcut", "text"]).await;
    let service = json!({"name": "cut", "duration_min": 30, "price_minor": 100});
    let service = resend(&daemon, &owner, "/api/services", service, &["name", "duration_min", "price_minor"]).await;
    let service: i64 = service.rsplit('/').next().unwrap().parse().unwrap();
    let resource = json!({"name": "chair", "service_ids": [service]});
    let resource = resend(&daemon, &owner, "/api/resources", resource, &["name", "kind", "service_ids"]).await;
    let closure = json!({"from_date": "2030-01-01", "to_date": "2030-01-02", "reason": "holiday"});
    resend(&daemon, &owner, "/api/closures", closure, &["from_date", "to_date", "reason"]).await;
    let fact = json!({"topic": "parking", "text": "behind the shop"});
    resend(&daemon, &owner, "/api/facts", fact, &["topic", "text", "source"]).await;
    let entry = json!({"contact_id": 1, "service_id": service, "from_date": "2030-01-01", "to_date": "2030-01-02", "note": "x"});
    resend(&daemon, &owner, "/api/waiting-list", entry, &["service_id", "from_date", "to_date", "note"]).await;
    let send_at = format!("{:.3}", jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1));
    let message = json!({"thread_id": 1, "text": "hello", "send_at": send_at});
    resend(&daemon, &owner, "/api/scheduled-messages", message, &["text", "send_at"]).await;
    let tool = json!({"name": "a_tool", "description": "a tool", "url": "https://shop.example/"});
    resend(&daemon, &owner, "/api/agent-tools", tool, &["name", "description", "url", "enabled"]).await;

    // A change to another value still counts.
    let rows = audit_rows(&daemon);
    change(&owner, "PATCH", &path, json!({"text": "good day"}), 200).await;
    assert_eq!(audit_rows(&daemon), rows + 1);

    let week =
        [json!({"weekday": 2, "from": "09:00", "to": "12:00"}), json!({"weekday": 0, "from": "08:00", "to": "24:00"})];
    let sorted: Vec<_> = week.iter().rev().collect();
    let rules = |hours: &Value| json!({"hours": hours, "holidays": "closed", "eves": "open", "notice_min": 30});
    for (path, body, same) in [
        ("/api/opening-hours".to_owned(), rules(&json!(week)), rules(&json!(sorted))),
        (format!("{resource}/hours"), json!({"hours": week}), json!({"hours": sorted})),
        (format!("{resource}/hours"), json!({"hours": null}), json!({"hours": null})),
    ] {
        let rows = audit_rows(&daemon);
        change(&owner, "PUT", &path, body.clone(), 200).await;
        assert_eq!(audit_rows(&daemon), rows + 1, "{path}");
        for body in [body, same] {
            change(&owner, "PUT", &path, body, 200).await;
            assert_eq!(audit_rows(&daemon), rows + 1, "{path}");
        }
    }
}

/// The set-up is done once an owner has saved the hours, also if they are those of a new installation.
#[tokio::test]
async fn the_first_request_saves_the_hours_of_a_new_installation() {
    let daemon = Daemon::start(|_| {});
    let owner = daemon.logged_in("roni", "owner").await;
    let hours = owner.get("/api/opening-hours").await.json();
    let rows = audit_rows(&daemon);
    for _ in 0..2 {
        change(&owner, "PUT", "/api/opening-hours", hours.clone(), 200).await;
        assert_eq!(audit_rows(&daemon), rows + 1);
    }
}
