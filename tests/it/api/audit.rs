//! A change through the API adds a row to the audit log.

mod booking;
mod contact_examples;
mod filters;
mod inbox_examples;
mod owner_examples;

use crate::support::access::PASSWORD;
use crate::support::client::send;
use crate::support::whatsapp::until;
use crate::support::{Client, Daemon};
use agentlocator::simulator::bridge::{Bridge, BridgeOptions};
use agentlocator::simulator::twilio::{Account, TwilioOptions, TwilioRest, TwilioState};
use agentlocator::simulator::{DaemonConnector, EventLog};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::net::TcpListener;

const SECRET: &str = "the-bridge-s-secret";
const ALERT: &str = r#"{"kind":"ai_refused","state":"raised","detail":{"he":"x","en":"x"},"since":"2026-11-01T08:00:00.000Z",
    "cleared_at":null,"mute":null,"deliveries":[],"recurrences":0}"#;

/// A request that succeeds: method, path, body, and the action and subject of its audit row.
struct Example {
    method: Method,
    path: String,
    body: Value,
    action: String,
    subject: String,
}

/// A daemon in which the operations of [`Shop::example`] can succeed.
struct Shop {
    daemon: Daemon,
    bridge: Bridge,
    twilio_state: TwilioState,
    _twilio: TwilioRest,
    owner: Client,
    /// A client with a token, which stays valid after all sessions have ended.
    auditor: Client,
}

impl Shop {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bridge = Bridge::start(listener, BridgeOptions::connected(SECRET), EventLog::new()).unwrap();
        let account = Account::random();
        let twilio_state = TwilioState::new(account.clone());
        twilio_state.add_number("+97237654321", |_| {});
        let connector = DaemonConnector::new(None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = TwilioOptions::default();
        let twilio = TwilioRest::start(listener, twilio_state.clone(), connector, options, EventLog::new()).unwrap();
        let mut daemon = Daemon::prepare(|setup| {
            setup.env("TWILIO_ACCOUNT_SID", &account.sid).env("TWILIO_AUTH_TOKEN", &account.auth_token);
            setup.env("TWILIO_API_BASE_URL", twilio.base_url());
            setup.env("BAILEYS_WEBHOOK_SECRET", SECRET).env("BAILEYS_OUTBOUND_URL", bridge.send_url());
            setup.env("WA_PACING", "off");
        });
        daemon.seed(include_str!("data.sql"));
        daemon.seed(booking::BOOKED_BY_AGENT);
        daemon.seed(&format!("INSERT INTO alerts VALUES ('ai_refused', '{ALERT}', '2026-11-01T08:00:00.000Z')"));
        daemon.launch();
        let (owner, auditor) = (daemon.client(), daemon.api());
        Self { daemon, bridge, twilio_state, _twilio: twilio, owner, auditor }
    }

    /// Creates the objects that the operation needs, and returns a request with which the operation succeeds.
    #[expect(clippy::too_many_lines, reason = "an arm for each operation")]
    async fn example(&self, operation: &str) -> Example {
        let owner = &self.owner;
        let example = |method: Method, path: &str, body: Value, action: &str, subject: &str| Example {
            method,
            path: path.to_owned(),
            body,
            action: action.to_owned(),
            subject: subject.to_owned(),
        };
        if let Some((method, path, body, subject)) = booking::request(owner, operation).await {
            return example(method, &path, body, operation, &subject);
        }
        let (post, delete, none) = (Method::POST, Method::DELETE, json!({}));
        let me = owner.get("/api/session").await.json()["user"]["id"].clone();
        match operation {
            "log_in" => {
                let body = json!({"name": "dana", "password": PASSWORD});
                example(post, "/api/login", body, "login", &format!("user:{me}"))
            }
            "log_out" => example(post, "/api/logout", none, "logout", &format!("user:{me}")),
            "change_password" => {
                let body = json!({"current_password": PASSWORD, "new_password": PASSWORD});
                example(post, "/api/password", body, "password_set", &format!("user:{me}"))
            }
            "end_other_sessions" => example(delete, "/api/sessions", none, "sessions_ended", &format!("user:{me}")),
            "end_session" => {
                self.daemon.log_in("dana", PASSWORD).await;
                let sessions = owner.get("/api/sessions").await.json();
                let other = sessions["items"].as_array().unwrap().iter().find(|s| s["is_current"] == false);
                let id = other.unwrap()["id"].as_str().unwrap().to_owned();
                let path = format!("/api/sessions/{id}");
                example(delete, &path, none, "session_ended", &format!("session:{id}"))
            }
            "mute_alert" => example(post, "/api/alerts/ai_refused/mute", none, "mute_alert", "alert:ai_refused"),
            "unmute_alert" => example(delete, "/api/alerts/ai_refused/mute", none, "unmute_alert", "alert:ai_refused"),
            "start_whatsapp_pairing" => {
                self.bridge.change(|options| options.connected = false);
                example(post, "/api/whatsapp/bridge/pair", none, "start_whatsapp_pairing", "")
            }
            "request_whatsapp_pairing_code" => {
                self.bridge.change(|options| options.connected = false);
                let body = json!({"phone": "0541112233"});
                let path = "/api/whatsapp/bridge/pairing-code";
                example(post, path, body, "request_whatsapp_pairing_code", "+9725•••••33")
            }
            "log_out_whatsapp" => {
                self.bridge.change(|options| options.connected = true);
                example(post, "/api/whatsapp/bridge/logout", none, "log_out_whatsapp", "")
            }
            "reconnect_whatsapp" => example(post, "/api/whatsapp/bridge/reconnect", none, "reconnect_whatsapp", ""),
            "confirm_merge_suggestion" => {
                let (id, contact) = self.merge_suggestion("+972502222221").await;
                let path = format!("/api/merge-suggestions/{id}/confirm");
                example(post, &path, none, "contacts_merged", &format!("contact:{contact}"))
            }
            "dismiss_merge_suggestion" => {
                let (id, _) = self.merge_suggestion("+972502222222").await;
                let path = format!("/api/merge-suggestions/{id}/dismiss");
                example(post, &path, none, "merge_suggestion_dismissed", &format!("merge_suggestion:{id}"))
            }
            "merge_contacts" => {
                let body = json!({"contact_id": 3});
                example(post, "/api/contacts/1/merge", body, "contacts_merged", "contact:1")
            }
            "undo_contact_merge" => {
                let body = json!({"contact_id": 2});
                let merge = owner.post_json("/api/contacts/1/merge", &body).await.json()["merge_id"].clone();
                let path = format!("/api/merges/{merge}/undo");
                example(post, &path, none, "merge_undone", &format!("merge:{merge}"))
            }
            "mark_thread_read" => example(post, "/api/threads/1/read", none, "mark_thread_read", "thread:1"),
            "choose_database" => {
                // A foreign file replaces the published file.
                let file = self.daemon.published_file();
                let foreign = file.with_extension("foreign");
                let conn = rusqlite::Connection::open(&foreign).unwrap();
                conn.execute_batch("CREATE TABLE theirs(a)").unwrap();
                drop(conn);
                std::fs::rename(&foreign, &file).unwrap();
                until("the foreign file is noticed", async || {
                    let change = owner.request(Method::PUT, "/api/threads/1/draft").json(&json!({"text": "x"}));
                    send(change).await;
                    let shown = owner.get("/api/database").await.json();
                    shown["published"].to_string().contains("foreign").then_some(())
                })
                .await;
                let body = json!({"data": "current"});
                example(post, "/api/database/found", body, "choose_database", "current")
            }
            "review_held_messages" => {
                let body = json!({"action": "discard"});
                example(post, "/api/database/held", body, "outbox_discarded", "0")
            }
            "dismiss_start_notice" => example(delete, "/api/database/notice", none, "dismiss_start_notice", ""),
            "start_self_check" => example(post, "/api/self-check", none, "start_self_check", ""),
            "create_token" => {
                let next = self.daemon.query_value::<i64>("SELECT count(*) + 1 FROM api_tokens");
                let body = json!({"name": "till"});
                example(post, "/api/tokens", body, "token_created", &format!("token:{next}"))
            }
            "revoke_token" => {
                let id = owner.post_json("/api/tokens", &json!({"name": "till"})).await.json()["id"].clone();
                let path = format!("/api/tokens/{id}");
                example(delete, &path, none, "token_revoked", &format!("token:{id}"))
            }
            "create_user" => {
                let next = self.daemon.query_value::<i64>("SELECT count(*) + 1 FROM users");
                let body = json!({"name": "gal", "role": "staff", "password": PASSWORD});
                example(post, "/api/users", body, "user_added", &format!("user:{next}"))
            }
            "reset_user_password" | "end_user_sessions" | "delete_user" | "update_user" => {
                let body = json!({"name": operation, "role": "staff", "password": PASSWORD});
                let id = owner.post_json("/api/users", &body).await.json()["id"].clone();
                let (path, subject) = (format!("/api/users/{id}"), format!("user:{id}"));
                match operation {
                    "delete_user" => example(delete, &path, none, "user_removed", &subject),
                    "update_user" => {
                        owner.confirm().await;
                        example(Method::PATCH, &path, json!({"role": "owner"}), "user_made_owner", &subject)
                    }
                    "end_user_sessions" => {
                        example(delete, &format!("{path}/sessions"), none, "sessions_ended", &subject)
                    }
                    _ => {
                        owner.confirm().await;
                        let body = json!({"password": "another horse"});
                        example(post, &format!("{path}/password"), body, "password_set", &subject)
                    }
                }
            }
            "send_message" => {
                let next = self.daemon.query_value::<i64>("SELECT max(id) + 1 FROM messages");
                let body = json!({"to": "+972501234567", "text": "עד שש"});
                example(post, "/api/whatsapp/send", body, "send_message", &format!("message:{next}"))
            }
            "update_settings" => {
                let body = json!({"changes": {"voice.max_call_s": 700}});
                example(Method::PATCH, "/api/settings", body, "setting_changed", "setting:voice.max_call_s")
            }
            "run_check" => example(post, "/api/checks", json!({"check": "bridge"}), "run_check", ""),
            "set_twilio_webhooks" | "undo_twilio_webhooks" => {
                let sid = self.twilio_state.numbers()[0].sid.clone();
                let path = format!("/api/twilio/numbers/{sid}/webhooks");
                if operation == "set_twilio_webhooks" {
                    example(post, &path, none, "set_twilio_webhooks", &format!("number:{sid}"))
                } else {
                    owner.post_json(&path, &none).await;
                    example(post, &format!("{path}/undo"), none, "undo_twilio_webhooks", &format!("number:{sid}"))
                }
            }
            other => {
                if let Some(example) = self.inbox_example(other).await {
                    return example;
                }
                match self.owner_example(other).await {
                    Some(example) => example,
                    None => self.contact_example(other).await,
                }
            }
        }
    }
}

impl Shop {
    /// Creates two contacts with messages, and moves the number of the first contact to the second. Returns the ids of
    /// the merge suggestion and of the contact that the merge keeps.
    async fn merge_suggestion(&self, number: &str) -> (Value, Value) {
        let lid = format!("{}@lid", &number[1..]);
        for body in [
            json!({"from": number, "text": "a", "id": format!("{number}a")}),
            json!({"from": lid, "text": "b", "id": format!("{number}b")}),
            json!({"from": number, "lid": lid, "text": "c", "id": format!("{number}c")}),
        ] {
            let request = self.daemon.client().request(Method::POST, "/webhook/whatsapp/baileys");
            assert_eq!(send(request.header("X-BAILEYS-SECRET", SECRET).json(&body)).await.status, 204);
        }
        let listed = self.owner.get("/api/merge-suggestions").await.json();
        let [suggestion] = &listed["items"].as_array().unwrap()[..] else { panic!("{listed}") };
        (suggestion["id"].clone(), suggestion["contact"]["id"].clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_adds_an_audit_row() {
    let mut shop = Shop::open().await;
    // Set-up is rejected once an owner exists, so it runs first.
    let url = shop.daemon.logs().wait_for_event("SETUP_CODE")["url"].as_str().unwrap().to_owned();
    let code = url.split_once("#code=").unwrap().1;
    let owner = json!({"code": code, "name": "dana", "password": PASSWORD});
    let made = shop.owner.post_json("/api/setup", &owner).await;
    shop.owner = shop.owner.clone().with_login(&made);
    let rows: Vec<_> = shop.entries_since(0).await.iter().map(|e| format!("{} {}", e["actor"], e["action"])).collect();
    assert_eq!(rows, [r#""cli" "token_created""#, r#""nobody" "user_added""#, r#""user:1" "login""#]);

    let document = shop.owner.get("/api/openapi.json").await.json();
    let mut operations = BTreeSet::new();
    for (_, item) in document["paths"].as_object().unwrap() {
        let changing = item.as_object().unwrap().iter().filter(|(method, _)| *method != "get");
        operations.extend(changing.map(|(_, operation)| operation["operationId"].as_str().unwrap().to_owned()));
    }
    assert!(operations.remove("complete_setup") && operations.len() >= 27, "{}", operations.len());
    // `put_draft` and `report_typing` are not audited. The remaining operations in this list need an AI, a call in
    // progress or a supervisor, and have separate tests.
    let elsewhere = [
        "put_draft",
        "report_typing",
        "create_trial_call",
        "request_outbound_calls",
        "cancel_outbound_call",
        "hang_up_call",
        "hint_call",
        "transfer_call",
        "answer_call",
        "decline_call",
        "restart",
    ];
    let mut operations: Vec<_> = operations.into_iter().filter(|id| !elsewhere.contains(&id.as_str())).collect();
    // These operations run last because they change state that other operations need: a muted alert, a linked account,
    // and the published file.
    let last = ["unmute_alert", "log_out_whatsapp", "choose_database"];
    operations.sort_by_key(|id| last.iter().position(|last| last == id));
    for operation in operations {
        let Example { method, path, body, action, subject } = shop.example(&operation).await;
        let before = shop.entries_since(0).await.last().unwrap()["id"].as_i64().unwrap();
        let reply = send(shop.owner.request(method, &path).json(&body)).await;
        assert!((200..300).contains(&reply.status), "{operation}: {} {}", reply.status, reply.text());
        let entries = shop.entries_since(before).await;
        let [entry] = &entries[..] else { panic!("{operation} leaves one row: {entries:?}") };
        let wanted = json!({
            "id": entry["id"], "at": entry["at"], "actor": "user:1", "actor_name": "dana", "token_created_by": null,
            "action": action, "subject": subject, "subject_name": entry["subject_name"], "contact_id": entry["contact_id"],
        });
        assert_eq!(*entry, wanted, "{operation}");
        if operation == "log_out" {
            shop.owner = shop.daemon.log_in("dana", PASSWORD).await;
        }
    }
    let all = shop.auditor.get("/api/audit?limit=200").await.text();
    assert!(!all.contains(PASSWORD) && !all.contains("agl_") && !all.contains(code), "a secret is in {all}");
}

impl Shop {
    /// Returns those of the newest 20 audit entries whose id is above this one, oldest first.
    async fn entries_since(&self, id: i64) -> Vec<Value> {
        let page = self.auditor.get("/api/audit?limit=20").await.json();
        let entries = page["items"].as_array().unwrap().iter().rev();
        entries.filter(|entry| entry["id"].as_i64().unwrap() > id).cloned().collect()
    }
}

#[tokio::test]
async fn a_request_that_changes_nothing_adds_no_audit_row() {
    let mut daemon = Daemon::prepare(|setup| _ = setup.env("BAILEYS_WEBHOOK_SECRET", SECRET));
    daemon.seed(include_str!("data.sql"));
    daemon.launch();
    let dana = daemon.logged_in("dana", "staff").await;
    let rows = || daemon.query_value::<i64>("SELECT count(*) FROM audit_log");
    let before = rows();
    for _ in 0..3 {
        let reply = dana.post_json("/api/threads/1/read", &json!({})).await;
        assert_eq!((reply.status, reply.json()["unread_count"].clone()), (200, json!(0)));
    }
    assert_eq!(rows(), before + 1, "the thread was unread once");
    let keyed = dana.clone().with_header("idempotency-key", "order-17");
    for _ in 0..3 {
        let reply = keyed.post_json("/api/whatsapp/send", &json!({"to": "+972501234567", "text": "hi"})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    assert_eq!(rows(), before + 2, "the message was sent once");
}

#[tokio::test]
async fn a_refused_change_adds_no_audit_row_and_a_token_is_named_with_its_creator() {
    let (daemon, _) = super::with_data();
    let dana = daemon.logged_in("dana", "owner").await;
    let made = dana.post_json("/api/tokens", &json!({"name": "till"})).await.json();
    let till = daemon.client().with_token(made["token"].as_str().unwrap());
    let before: i64 = daemon.query_value("SELECT count(*) FROM audit_log");
    for (path, body) in [
        ("/api/contacts/99", json!({"display_name": "x"})),
        ("/api/contacts/1", json!({"display_name": 7})),
        ("/api/contacts/1", json!({"display_name": "x".repeat(500)})),
    ] {
        let reply = send(till.request(Method::PATCH, path).json(&body)).await;
        assert!((400..500).contains(&reply.status), "{}", reply.text());
    }
    assert_eq!(daemon.query_value::<i64>("SELECT count(*) FROM audit_log"), before);
    let body = json!({"display_name": "Dana"});
    assert_eq!(send(till.request(Method::PATCH, "/api/contacts/1").json(&body)).await.status, 200);
    let entry = dana.get("/api/audit?limit=1").await.json()["items"][0].clone();
    assert_eq!(
        (&entry["actor"], &entry["actor_name"], &entry["token_created_by"], &entry["action"], &entry["subject"]),
        (
            &json!(format!("token:{}", made["id"])),
            &json!("till"),
            &dana_id(&dana).await,
            &json!("update_contact"),
            &json!("contact:1")
        )
    );
    assert_eq!((&entry["subject_name"], &entry["contact_id"]), (&json!("Dana"), &json!(1)));
}

#[tokio::test]
async fn the_log_names_what_was_changed_and_never_what_has_its_id_now() {
    let (daemon, api) = super::with_data();
    let make = async |path: &str, body: Value| super::change(&api, "POST", path, body, 201).await;
    make("/api/tags", json!({"name": "קבועה"})).await;
    make("/api/contacts/1/notes", json!({"text": "x"})).await;
    let task = make("/api/tasks", json!({"title": "להתקשר", "contact_id": 1})).await;
    let named = async || {
        let items = api.get("/api/audit").await.json()["items"].clone();
        let row = |item: &Value| json!([item["action"], item["subject_name"], item["contact_id"]]);
        items.as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    let found = named().await;
    for wanted in [
        json!(["create_tag", "קבועה", null]),
        json!(["create_note", "דנה לוי", 1]),
        json!(["create_task", "להתקשר", 1]),
    ] {
        assert!(found.contains(&wanted), "{wanted} in {found:?}");
    }
    super::change(&api, "DELETE", &format!("/api/tasks/{}", task["id"]), Value::Null, 200).await;
    let again = make("/api/tasks", json!({"title": "אחרת"})).await;
    assert_eq!(again["id"], task["id"], "the id is used again");
    let found = named().await;
    assert!(found.contains(&json!(["create_task", "אחרת", null])), "{found:?}");
    assert!(found.contains(&json!(["create_task", null, null])), "the first one is gone: {found:?}");
    drop(daemon);
}

async fn dana_id(dana: &Client) -> Value {
    json!(format!("user:{}", dana.get("/api/session").await.json()["user"]["id"]))
}

/// The change and its audit row are written in one transaction.
#[tokio::test]
async fn a_change_that_cannot_be_recorded_is_not_made() {
    let mut daemon = Daemon::prepare(|_| {});
    let hash = agentlocator::crm::token::hash("agl_till");
    daemon.seed(&format!(
        "{}
         INSERT INTO api_tokens(name, role, token_hash, created_at) VALUES ('till', 'owner', '{hash}', '2026-01-01T00:00:00.000Z');
         CREATE TRIGGER no_rows BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no rows'); END;",
        include_str!("data.sql")
    ));
    daemon.launch();
    let till = daemon.client().with_token("agl_till");
    let body = json!({"display_name": "Dana"});
    let reply = send(till.request(Method::PATCH, "/api/contacts/1").json(&body)).await;
    assert!(reply.status >= 500, "{} {}", reply.status, reply.text());
    assert_eq!(till.get("/api/contacts/1").await.json()["display_name"], "דנה לוי");
}
