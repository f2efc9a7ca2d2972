//! The bridge's link to WhatsApp in the API, tested with the simulated bridge.

use crate::support::client::send;
use crate::support::whatsapp::until;
use crate::support::{Client, Daemon, Setup};
use agentlocator::simulator::EventLog;
use agentlocator::simulator::bridge::{Bridge, BridgeBehavior, BridgeOptions};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const PATH: &str = "/api/whatsapp/bridge";
const SECRET: &str = "the-bridge-s-secret";
const QR: &str = "2@the-code-that-links-the-account";

/// A daemon with the simulated bridge.
struct Link {
    daemon: Daemon,
    bridge: Bridge,
    owner: Client,
    log: EventLog,
}

impl Link {
    async fn with(change: impl FnOnce(&mut BridgeOptions)) -> Self {
        Self::configured(change, |_| {}).await
    }

    async fn configured(change: impl FnOnce(&mut BridgeOptions), configure: impl FnOnce(&mut Setup)) -> Self {
        let mut options = BridgeOptions::connected(SECRET);
        change(&mut options);
        let log = EventLog::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bridge = Bridge::start(listener, options, log.clone()).unwrap();
        let daemon = Daemon::start(|setup| {
            setup.env("BAILEYS_WEBHOOK_SECRET", SECRET).env("BAILEYS_OUTBOUND_URL", bridge.send_url());
            setup.env("WA_PACING", "off");
            configure(setup);
        });
        let owner = daemon.api();
        Self { daemon, bridge, owner, log }
    }

    async fn show(&self) -> Value {
        show(&self.owner).await
    }

    async fn post(&self, what: &str, body: &Value) -> (u16, Value) {
        let reply = self.owner.post_json(&format!("{PATH}/{what}"), body).await;
        (reply.status, reply.json())
    }

    /// Returns the audit log's actions about WhatsApp with their subjects, oldest first.
    async fn audit(&self) -> Vec<(String, String)> {
        let page = self.owner.get("/api/audit").await.json();
        let entries = page["items"].as_array().unwrap().iter().rev();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        let ours = entries.map(|entry| (text(entry, "action"), text(entry, "subject")));
        ours.filter(|(action, _)| action.contains("whatsapp")).collect()
    }
}

/// Requests the status of the link. The daemon must answer in time even if the bridge does not.
async fn show(client: &Client) -> Value {
    let asked = Instant::now();
    let reply = client.get(PATH).await;
    assert!(asked.elapsed() < Duration::from_millis(1900), "it took {:?}", asked.elapsed());
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{}", reply.text());
    reply.json()
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"]["code"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_link_reports_all_its_details() {
    let link = Link::with(|_| {}).await;
    let shown = link.show().await;
    let wanted = json!({
        "enabled": true, "reachable": true, "connected": true, "state": "connected", "reason": null,
        "since": shown["since"], "last_code": null, "version": "simulated",
        "account": { "phone": "+972541112233", "name": "Shop" },
        "waiting": { "inbox": 2, "media": 1, "refused": 0 },
        "restriction": null, "not_receiving_since": null, "pairing": null, "pairing_code": null, "pairing_code_expires_at": null,
    });
    assert_eq!(shown, wanted);
    assert!(shown["since"].as_str().unwrap().ends_with('Z'));
    link.bridge.change(|options| options.restricted = true);
    let shown = link.show().await;
    assert!(shown["reason"].as_str().unwrap().contains("הגבילה"), "{shown}");
    assert!(shown["restriction"]["until"].is_string() && shown["restriction"]["kind"] == "reach_out", "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_has_its_reason_and_remedy_in_the_business_s_language() {
    let english = Link::configured(
        |options| options.connected = false,
        |setup| {
            setup.toml("[agent]\nlanguage = \"en\"\n");
        },
    )
    .await;
    let hebrew = Link::with(|options| options.connected = false).await;
    for (state, shown_state, he, en) in [
        ("starting", "starting", "עולה", "starting"),
        ("unpaired", "unpaired", "קוד חדש", "ask for a new code"),
        ("pairing", "pairing", "סרקו", "scan the code"),
        ("connecting", "connecting", "אינטרנט", "internet"),
        ("unanswered", "unanswered", "אינה מאשרת", "acknowledges no message"),
        ("logged_out", "logged_out", "ניתקה", "ended the link"),
        ("replaced", "replaced", "תוכנה אחרת", "another program"),
        ("banned", "banned", "חסמה", "blocked"),
        ("outdated", "outdated", "עדכנו", "update the bridge"),
        ("multidevice_mismatch", "multidevice_mismatch", "מכשירים מקושרים", "linked devices"),
        ("disk", "disk", "לדיסק", "disk"),
        ("damaged", "damaged", "גיבוי", "backup"),
        ("on_holiday", "other", "ביומן", "log"),
        ("unreachable", "other", "ביומן", "log"),
    ] {
        for (link, words) in [(&hebrew, he), (&english, en)] {
            link.bridge.change(|options| options.state = state);
            let shown = link.show().await;
            assert_eq!((&shown["connected"], &shown["state"]), (&json!(false), &json!(shown_state)), "{state}");
            let reason = shown["reason"].as_str().unwrap();
            assert!(reason.contains(words), "{state}: {reason}");
        }
    }
    assert_eq!(hebrew.show().await["last_code"], 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_linked_by_a_code_that_only_owners_see() {
    let link = Link::with(|options| {
        (options.connected, options.state, options.account) = (false, "unpaired", None);
    })
    .await;
    let staff = link.daemon.client().with_token(&link.daemon.token("staff"));
    assert_eq!(link.show().await["pairing"], Value::Null);
    assert_eq!(link.post("pair", &json!({})).await, (200, json!({ "ok": true, "state": "pairing" })));
    link.bridge.change(|options| options.qr = Some(QR.into()));
    let shown = link.show().await;
    assert_eq!((&shown["state"], &shown["pairing"]["qr"]), (&json!("pairing"), &json!(QR)));
    assert!(shown["pairing"]["svg"].as_str().unwrap().starts_with("<svg "), "{shown}");
    assert!(shown["pairing"]["expires_at"].is_string());

    let reply = link.post("pairing-code", &json!({ "phone": "054-111 2233" })).await;
    assert_eq!(reply.0, 200, "{}", reply.1);
    let typed = reply.1["code"].as_str().unwrap().to_owned();
    assert_eq!(typed.len(), 8);
    let shown = link.show().await;
    assert_eq!(shown["pairing_code"], json!(typed));
    assert!(shown["pairing_code_expires_at"].is_string(), "{shown}");

    let shown = show(&staff).await;
    assert_eq!(
        (&shown["state"], &shown["pairing"], &shown["pairing_code"]),
        (&json!("pairing"), &Value::Null, &Value::Null)
    );
    for what in ["pair", "pairing-code", "logout", "reconnect"] {
        let reply = staff.post_json(&format!("{PATH}/{what}"), &json!({ "phone": "0541112233" })).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (403, json!("forbidden")), "{what}");
    }
    assert_eq!(link.bridge.state().link_requests, ["/pair", "/pairing-code 972541112233"]);
    assert_eq!(link.log.violations().len(), 0, "{:?}", link.log);
    let audit = link.audit().await;
    let subject = "+9725•••••33".to_owned();
    assert_eq!(
        audit,
        [("start_whatsapp_pairing".to_owned(), String::new()), ("request_whatsapp_pairing_code".to_owned(), subject)]
    );
    for line in link.daemon.logs().lines() {
        assert!(!line.contains(QR) && !line.contains(&typed) && !line.contains("<svg"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_link_is_not_linked_again_until_it_is_logged_out() {
    let link = Link::with(|_| {}).await;
    assert_eq!(code(&link.post("pair", &json!({})).await), (409, "already_paired"));
    assert_eq!(code(&link.post("pairing-code", &json!({ "phone": "0541112233" })).await), (409, "already_paired"));
    assert_eq!(link.post("logout", &json!({})).await, (200, json!({ "ok": true })));
    let shown = link.show().await;
    assert_eq!((&shown["state"], &shown["account"]), (&json!("unpaired"), &Value::Null));
    assert_eq!(link.audit().await, [("log_out_whatsapp".to_owned(), String::new())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_session_is_reconnected_on_request() {
    let link = Link::with(|options| (options.connected, options.state) = (false, "replaced")).await;
    assert_eq!(link.show().await["state"], "replaced");
    assert_eq!(link.post("reconnect", &json!({})).await, (200, json!({ "ok": true })));
    assert_eq!(link.show().await["connected"], true);
    assert_eq!(link.audit().await, [("reconnect_whatsapp".to_owned(), String::new())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_number_is_not_sent_to_the_bridge() {
    let link = Link::with(|options| options.connected = false).await;
    for body in
        [json!({ "phone": "" }), json!({ "phone": "dana" }), json!({ "phone": "12" }), json!({ "phone": "1@lid" })]
    {
        assert_eq!(code(&link.post("pairing-code", &body).await), (422, "invalid_phone"), "{body}");
    }
    for body in [json!({}), json!({ "phone": 5 }), json!([])] {
        assert_eq!(code(&link.post("pairing-code", &body).await), (422, "invalid"), "{body}");
    }
    assert_eq!(link.bridge.state().link_requests.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_hangs_delays_no_request() {
    let link = Link::with(|options| options.behavior = BridgeBehavior::Hanging).await;
    let shown = link.show().await;
    assert_eq!(
        (&shown["enabled"], &shown["reachable"], &shown["connected"]),
        (&json!(true), &json!(false), &json!(false))
    );
    assert_eq!(shown["state"], "silent");
    assert!(shown["reason"].as_str().unwrap().contains("אינו עונה"), "{shown}");
    link.bridge.change(|options| options.behavior = BridgeBehavior::Full);
    assert_eq!(link.show().await["state"], "connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_has_exited_is_reported_as_down() {
    let link = Link::with(|_| {}).await;
    let Link { daemon, bridge, owner, .. } = link;
    bridge.stop().await;
    // The daemon may first notice that a pooled connection is broken.
    until("the bridge to be missed", async || (show(&owner).await["state"] == "unreachable").then_some(())).await;
    assert_eq!(show(&owner).await["reachable"], false);
    for what in ["pair", "logout", "reconnect"] {
        let reply = owner.post_json(&format!("{PATH}/{what}"), &json!({})).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (503, json!("bridge_unreachable")), "{what}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains("not running"));
    }
    assert_eq!(daemon.client().get("/readyz").await.json()["baileys"], "error");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bridge_there_is_nothing_to_link() {
    let daemon = Daemon::start(|_| {});
    let owner = daemon.api();
    let shown = show(&owner).await;
    assert_eq!(
        (&shown["enabled"], &shown["state"], &shown["reachable"]),
        (&json!(false), &json!("disabled"), &json!(false))
    );
    for what in ["pair", "pairing-code", "logout", "reconnect"] {
        let reply = owner.post_json(&format!("{PATH}/{what}"), &json!({ "phone": "0541112233" })).await;
        assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (409, json!("bridge_disabled")), "{what}");
    }
    assert!(!daemon.client().get("/metrics").await.text().contains("whatsapp_bridge_up"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_knows_only_the_plain_paths_is_understood_as_far_as_it_goes() {
    let link = Link::with(|options| options.behavior = BridgeBehavior::Minimal).await;
    let shown = link.show().await;
    assert_eq!(
        (&shown["connected"], &shown["state"], &shown["reason"]),
        (&json!(true), &json!("connected"), &Value::Null)
    );
    assert_eq!(
        (&shown["version"], &shown["account"], &shown["waiting"]["inbox"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    link.bridge.change(|options| {
        (options.connected, options.state, options.qr) = (false, "qr", Some(QR.into()));
    });
    let shown = link.show().await;
    assert_eq!(
        (&shown["reachable"], &shown["state"], &shown["pairing"]["qr"]),
        (&json!(true), &json!("other"), &json!(QR))
    );
    assert_eq!(link.post("pairing-code", &json!({ "phone": "0541112233" })).await.0, 200);
    for what in ["pair", "reconnect"] {
        assert_eq!(code(&link.post(what, &json!({})).await), (501, "bridge_unsupported"), "{what}");
    }
    assert_eq!(link.post("logout", &json!({})).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_reported_and_ends_no_session() {
    let link = Link::with(|options| options.secret = Some("another".into())).await;
    let shown = link.show().await;
    assert_eq!((&shown["reachable"], &shown["state"]), (&json!(true), &json!("unauthorized")));
    assert!(shown["reason"].as_str().unwrap().contains("BAILEYS_WEBHOOK_SECRET"), "{shown}");
    for what in ["pair", "logout", "reconnect"] {
        assert_eq!(code(&link.post(what, &json!({})).await), (503, "bridge_unauthorized"), "{what}");
    }
    assert_eq!(link.audit().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_reported_once_and_waiting_messages_show_the_reason() {
    let link = Link::with(|options| (options.connected, options.state) = (false, "logged_out")).await;
    let logs = link.daemon.logs();
    let down = |state: &str| {
        logs.wait_until(state, |lines| {
            let mut events = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            events.find(|event| event["event"] == "BRIDGE_DOWN" && event["state"] == state)
        })
    };
    assert!(down("logged_out")["msg"].as_str().unwrap().contains("scan a new code"));
    let gauge = async || {
        let numbers = link.daemon.client().get("/metrics").await.text();
        let found = numbers.lines().find(|line| line.starts_with("agentlocator_whatsapp_bridge_up "));
        found.map(|line| line.split(' ').nth(1).unwrap().to_owned())
    };
    assert_eq!(gauge().await.as_deref(), Some("0"));
    let sent = link.owner.post_json("/api/whatsapp/send", &json!({ "to": "0501234567", "text": "hi" })).await;
    assert_eq!(sent.status, 200);
    until("the reason", async || {
        let why: Option<String> = link.daemon.query_value("SELECT max(last_error) FROM outbox");
        why.filter(|why| why.contains("bridge-logged-out"))
    })
    .await;
    let asked = link.bridge.state().health_checks;
    until("another look", async || (link.bridge.state().health_checks > asked).then_some(())).await;
    link.bridge.change(|options| options.state = "disk");
    down("disk");
    link.bridge.change(|options| options.connected = true);
    logs.wait_for_event("BRIDGE_UP");
    assert_eq!((logs.events_named("BRIDGE_DOWN").len(), logs.events_named("BRIDGE_UP").len()), (2, 1));
    until("an event of each change", async || {
        let changes: i64 = link.daemon.query_value("SELECT count(*) FROM changes WHERE kind = 'bridge_updated'");
        (changes >= 3).then_some(())
    })
    .await;
    assert_eq!(gauge().await.as_deref(), Some("1"));
    until("the message", async || (link.bridge.state().sent.len() == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_code_is_reported_by_an_event() {
    let link = Link::with(|options| {
        (options.connected, options.state, options.qr) = (false, "pairing", Some(QR.into()));
    })
    .await;
    let events = || -> i64 { link.daemon.query_value("SELECT count(*) FROM changes WHERE kind = 'bridge_updated'") };
    until("the first event", async || (events() > 0).then_some(())).await;
    let before = events();
    let asked = link.bridge.state().health_checks;
    until("more probes", async || (link.bridge.state().health_checks >= asked + 4).then_some(())).await;
    assert_eq!(events(), before, "the same code is not reported again");
    link.bridge.change(|options| options.qr = Some("2@the-next-code".into()));
    until("an event of the new code", async || (events() > before).then_some(())).await;
    assert_eq!(link.show().await["pairing"]["qr"], "2@the-next-code");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_keeps_to_the_document() {
    let link = Link::with(|options| (options.connected, options.qr) = (false, Some(QR.into()))).await;
    let document = link.owner.get("/api/openapi.json").await.json();
    let schema = &document["paths"][PATH]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    let schema = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let shown = link.show().await;
    let errors: Vec<_> = validator.iter_errors(&shown).map(|error| error.to_string()).collect();
    assert!(errors.is_empty() && shown["pairing"].is_object(), "{errors:?}\n{shown:#}");
    let unauthenticated = send(link.daemon.client().request(Method::GET, PATH)).await;
    assert_eq!(unauthenticated.status, 401);
}
