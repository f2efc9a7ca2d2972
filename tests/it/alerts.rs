//! Alerts that require a user's action are sent once by every configured channel, and once more when they clear.

use crate::support::client::send;
use crate::support::smtp::{FakeSmtpServer, MAIL_PASSWORD, SmtpBehavior, USER};
use crate::support::whatsapp::{Shop, until};
use crate::support::{Daemon, Setup};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

const OWNER: &str = "+972501112233";

/// A mail server, and the folder with the root certificate that clients of this server must trust.
struct MailFixture {
    smtp: FakeSmtpServer,
    folder: TempDir,
}

impl MailFixture {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let smtp = FakeSmtpServer::start(&folder.path().join("root.pem")).await;
        Self { smtp, folder }
    }

    /// Returns settings with this mail server, and with alerts that are sent immediately so that a test does not have
    /// to wait. `alerts` and `mail` are additional lines of the sections with these names.
    fn settings(&self, alerts: &str, mail: &str) -> String {
        format!(
            "[alerts]\nsettle_s = 0\nbridge_down_after_s = 0\nlanguage = \"en\"\n{alerts}\n\
             [mail]\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\nusername = \"{USER}\"\ntimeout_s = 2\n{mail}\n",
            self.smtp.port,
            self.folder.path().join("root.pem").display()
        )
    }
}

fn by_mail(setup: &mut Setup, mail_fixture: &MailFixture) {
    setup.env("SMTP_PASSWORD", MAIL_PASSWORD).toml(&mail_fixture.settings("mail_to = [\"owner@shop.example\"]", ""));
}

async fn alert(shop: &Shop, kind: &str) -> Option<Value> {
    let alerts = shop.api.get("/api/alerts").await.json();
    alerts["items"].as_array().unwrap().iter().find(|alert| alert["kind"] == kind).cloned()
}

async fn until_state(shop: &Shop, kind: &str, state: &str) -> Value {
    until(&format!("{kind} to be {state}"), async || alert(shop, kind).await.filter(|alert| alert["state"] == state))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_mailed_when_it_starts_and_when_it_ends() {
    let mail_fixture = MailFixture::open().await;
    let mut shop = Shop::open_with(|setup| by_mail(setup, &mail_fixture), "").await;
    assert_eq!(alert(&shop, "bridge_down").await, None);
    shop.bridge.down(true);
    let mails = mail_fixture.smtp.until(1).await;
    let mail = &mails[0];
    assert_eq!((mail.from.as_str(), mail.to.as_slice()), (USER, ["owner@shop.example".to_owned()].as_slice()));
    assert!(mail.protected, "by TLS alone");
    assert_eq!(mail.header("subject"), "AgentLocator: The business's WhatsApp is not connected");
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    assert!(mail.header("message-id").ends_with("@mail.example>") && !mail.header("date").is_empty());
    let body = mail.body();
    assert!(
        body.contains("The WhatsApp page says what to do") && body.contains("\nSince 2") && body.contains("/app/"),
        "{body}"
    );

    let shown = until_state(&shop, "bridge_down", "raised").await;
    assert_eq!((&shown["muted"], &shown["headline"]["he"]), (&json!(false), &json!("WhatsApp של העסק אינו מחובר")));
    let metrics = shop.daemon.client().get("/metrics").await.text();
    assert!(metrics.contains("agentlocator_alert{kind=\"bridge_down\"} 1"), "{metrics}");
    assert!(metrics.contains("agentlocator_alert{kind=\"disk_low\"} 0"), "{metrics}");
    shop.daemon.logs().wait_for_event("ALERT_SENT");
    until("it to be noted", async || {
        let sent = alert(&shop, "bridge_down").await?["deliveries"].as_array()?.len();
        (sent == 1).then_some(())
    })
    .await;

    // After a restart, the alert is still raised and is not sent again.
    tokio::task::block_in_place(|| shop.daemon.restart());
    until_state(&shop, "bridge_down", "raised").await;
    shop.bridge.down(false);
    let mails = mail_fixture.smtp.until(2).await;
    assert_eq!(mails[1].header("subject"), "AgentLocator: Resolved: The business's WhatsApp is not connected");
    until_state(&shop, "bridge_down", "cleared").await;
    let logged: Vec<_> =
        ["ALERT_RAISED", "ALERT_CLEARED"].map(|event| shop.daemon.logs().events_named(event).len()).into();
    assert_eq!(logged, [1, 1]);
    let history = until("the history", async || {
        let events = shop.api.get("/api/alerts/history").await.json()["items"].as_array().unwrap().clone();
        (events.len() >= 4).then_some(events)
    })
    .await;
    assert_eq!(history[0]["headline"]["en"], "The business's WhatsApp is not connected");
    let first = shop.api.get("/api/alerts/history?limit=1").await.json();
    assert_eq!(first["items"], json!([history[0]]));
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = shop.api.get(&format!("/api/alerts/history?cursor={cursor}")).await.json();
    assert_eq!((&rest["items"], &rest["next_cursor"]), (&json!(history[1..]), &json!(null)));
    let transitions: Vec<_> =
        history.iter().rev().map(|event| format!("{} {}", event["transition"], event["channel"])).collect();
    assert_eq!(transitions, [r#""raised" """#, r#""raised" "mail""#, r#""cleared" """#, r#""cleared" "mail""#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_mail_server_is_retried() {
    let mail_fixture = MailFixture::open().await;
    mail_fixture.smtp.set_behavior(SmtpBehavior::Busy);
    let shop = Shop::open_with(|setup| by_mail(setup, &mail_fixture), "").await;
    shop.bridge.down(true);
    let logged = shop.daemon.logs().wait_for_event("ALERT_SEND_FAILED");
    assert!(logged["reason"].as_str().unwrap().contains("too busy, come again"), "{logged}");
    mail_fixture.smtp.set_behavior(SmtpBehavior::Take);
    mail_fixture.smtp.until(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_notification_reports_the_result_of_each_channel() {
    let mail_fixture = MailFixture::open().await;
    let mut shop = Shop::open_with(
        |setup| {
            let both = format!("whatsapp_to = \"{OWNER}\"\nmail_to = \"owner@shop.example, second@shop.example\"");
            setup.env("SMTP_PASSWORD", MAIL_PASSWORD).toml(&mail_fixture.settings(&both, ""));
        },
        "",
    )
    .await;
    let test = |shop: &Shop| {
        let output = tokio::task::block_in_place(|| shop.daemon.cli(&["alerts", "test", "--json"]));
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        let tried: Value = serde_json::from_slice(&output.stdout).expect(&printed);
        (output.status.code(), tried)
    };
    let (code, tried) = test(&shop);
    assert_eq!((code, &tried[0]["ok"], &tried[1]["ok"]), (Some(0), &json!(true), &json!(true)), "{tried}");
    assert_eq!(tried[1]["result"], "sent by baileys");
    let mail = mail_fixture.smtp.until(1).await.remove(0);
    assert_eq!(mail.to, ["owner@shop.example", "second@shop.example"]);
    assert_eq!(mail.header("subject"), "AgentLocator: a test");
    assert!(shop.bridge.texts()[0].starts_with("This is a test notification."), "{:?}", shop.bridge.texts());

    shop.daemon.reconfigure(|setup| by_mail(setup, &mail_fixture));
    for (behavior, expected) in [
        (SmtpBehavior::Busy, "too busy, come again"),
        (SmtpBehavior::RefuseLogin, "check mail.username and mail.password"),
        (SmtpBehavior::Silent, "it took too long"),
        (SmtpBehavior::NoTls, "STARTTLS"),
    ] {
        mail_fixture.smtp.set_behavior(behavior);
        let (code, tried) = test(&shop);
        let result = tried[0]["result"].as_str().unwrap();
        assert_eq!((code, &tried[0]["ok"]), (Some(1), &json!(false)), "{behavior:?}");
        assert!(result.contains(expected) && !result.contains(MAIL_PASSWORD), "{behavior:?}: {result}");
    }
    assert_eq!(mail_fixture.smtp.mails().len(), 1, "a mail was sent without TLS");
    let listed = tokio::task::block_in_place(|| shop.daemon.cli(&["alerts", "list", "--json"]));
    assert_eq!(String::from_utf8(listed.stdout).unwrap().trim(), "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_sent_by_implicit_tls() {
    let folder = tempfile::tempdir().unwrap();
    let smtp = FakeSmtpServer::start_tls(&folder.path().join("root.pem")).await;
    let mail_fixture = MailFixture { smtp, folder };
    let daemon = Daemon::prepare(|setup| {
        let text = mail_fixture.settings("mail_to = \"owner@shop.example\"", "tls = \"tls\"");
        setup.env("SMTP_PASSWORD", MAIL_PASSWORD).toml(&text);
    });
    let output = tokio::task::block_in_place(|| daemon.cli(&["alerts", "test"]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(mail_fixture.smtp.mails().len(), 1);
    // The daemon rejects a certificate that no trusted authority has signed.
    std::fs::remove_file(mail_fixture.folder.path().join("root.pem")).unwrap();
    let other = FakeSmtpServer::start_tls(&mail_fixture.folder.path().join("root.pem")).await;
    drop(other);
    let output = tokio::task::block_in_place(|| daemon.cli(&["alerts", "test"]));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && printed.contains("certificate"), "{printed}");
    assert_eq!(mail_fixture.smtp.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_sent_by_the_whatsapp_provider_that_works() {
    let mail_fixture = MailFixture::open().await;
    let template = r#"{"1": "{{text}}"}"#;
    let shop = Shop::open_with(
        |setup| {
            setup.env("TWILIO_WA_TEMPLATE_SID", "HX0123456789abcdef0123456789abcdef");
            setup.env("TWILIO_WA_TEMPLATE_VARIABLES", template);
            setup.toml(&mail_fixture.settings(&format!("whatsapp_to = \"{OWNER}\""), ""));
        },
        "",
    )
    .await;
    shop.bridge.down(true);
    let sent = until("a message", async || shop.twilio.taken().first().cloned()).await;
    assert_eq!(sent.value("To"), Some("whatsapp:+972501112233"));
    assert_eq!(
        sent.value("ContentSid"),
        Some("HX0123456789abcdef0123456789abcdef"),
        "a template outside of the 24 hours"
    );
    assert!(sent.value("ContentVariables").unwrap().contains("The business's WhatsApp is not connected"));
    shop.daemon.logs().wait_for_event("ALERT_SENT");
    assert_eq!(shop.bridge.requests().len(), 0, "not by what is broken");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_alert_is_queued_while_every_provider_is_down() {
    let mail_fixture = MailFixture::open().await;
    let shop = Shop::open_with(
        |setup| {
            setup.env("WHATSAPP_PROVIDER", "baileys");
            let both = format!("whatsapp_to = \"{OWNER}\"\nmail_to = \"owner@shop.example\"");
            setup.env("SMTP_PASSWORD", MAIL_PASSWORD).toml(&mail_fixture.settings(&both, ""));
        },
        "",
    )
    .await;
    shop.bridge.down(true);
    mail_fixture.smtp.until(1).await;
    shop.daemon.logs().wait_for_event("ALERT_SEND_FAILED");
    assert_eq!(shop.count("messages"), 0);
    // When the alert clears, only the channels that received the alert are notified.
    shop.bridge.down(false);
    mail_fixture.smtp.until(2).await;
    assert_eq!(shop.bridge.texts(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_alert_sends_no_notification() {
    let mail_fixture = MailFixture::open().await;
    mail_fixture.smtp.set_behavior(SmtpBehavior::Busy);
    // The undelivered message raises a second alert, which is not muted.
    let mut shop = Shop::open_with(|setup| by_mail(setup, &mail_fixture), &sent_minutes_ago(1, 11)).await;
    let path = "/api/alerts/bridge_down/mute";
    assert_eq!(shop.api.post_json(path, &json!({})).await.status, 404, "there is no alert to mute");
    shop.bridge.down(true);
    for kind in ["bridge_down", "outbox_undelivered"] {
        until_state(&shop, kind, "raised").await;
    }
    let staff = shop.daemon.client().with_token(&tokio::task::block_in_place(|| shop.daemon.token("staff")));
    assert_eq!(staff.post_json(path, &json!({})).await.status, 403);
    assert_eq!(staff.get("/api/alerts").await.status, 200);
    assert_eq!(shop.api.post_json(path, &json!({"hours": 0})).await.status, 400);
    let muted = shop.api.post_json(path, &json!({"hours": 5})).await.json();
    assert_eq!((&muted["muted"], muted["muted_until"].is_string()), (&json!(true), true));
    // The stop ends an attempt that may have begun before the alert was muted.
    tokio::task::block_in_place(|| assert!(shop.daemon.stop().success()));
    mail_fixture.smtp.set_behavior(SmtpBehavior::Take);
    tokio::task::block_in_place(|| shop.daemon.launch());
    // Alerts that are due together are sent in one mail. Without the mute, both alerts are due after the start.
    let body = mail_fixture.smtp.until(1).await[0].body();
    assert!(body.contains("Messages that were sent have not been delivered"), "{body}");
    assert!(!body.contains("The business's WhatsApp is not connected"), "{body}");
    let unmuted = send(shop.api.request(Method::DELETE, path)).await;
    assert_eq!(unmuted.json()["muted"], false);
    let body = mail_fixture.smtp.until(2).await[1].body();
    assert!(body.contains("The business's WhatsApp is not connected"), "{body}");
    assert_eq!(shop.api.post_json("/api/alerts/nonsense/mute", &json!({})).await.status, 404);
    assert_eq!(shop.count("audit_log WHERE action LIKE '%mute_alert'"), 2);
}

#[test]
fn unencrypted_mail_is_sent_to_loopback_only() {
    let daemon = Daemon::prepare(|setup| {
        setup.toml("[mail]\nhost = \"mail.example\"\ntls = \"none\"\n[alerts]\nmail_to = \"dana\"\n");
    });
    let checked = daemon.cli(&["config", "check"]);
    let printed = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(!checked.status.success());
    assert!(printed.contains("config.toml:3:") && printed.contains("mail.tls: found none"), "{printed}");
    assert!(printed.contains("config.toml:5:") && printed.contains("allowed: a mail address"), "{printed}");
}

/// Returns SQL that inserts a contact and a message that the bridge sent to the contact this many minutes ago.
fn sent_minutes_ago(id: u32, minutes: u32) -> String {
    let at = format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{minutes} minutes')");
    format!(
        "INSERT INTO contacts(id, business_id, created_at, updated_at) VALUES ({id}, 1, {at}, {at});
         INSERT INTO threads(id, type, contact_id, provider, peer_number, last_message_at, created_at)
             VALUES ({id}, 'whatsapp', {id}, 'baileys', '+97250123456{id}', {at}, {at});
         INSERT INTO messages(id, thread_id, direction, message_type, content_text, provider, provider_msg_id, status, author,
             sent_at, created_at)
             VALUES ({id}, {id}, 'out', 'text', 'hello', 'baileys', '3EB{id}', 'sent', 'user:1', {at}, {at});
         INSERT INTO outbox(message_id, contact_id, recipient, send_key, requested, provider, state, attempts,
             next_attempt_at, attempt_at, created_at, updated_at)
             VALUES ({id}, {id}, '+97250123456{id}', 'key-{id}', 'auto', 'baileys', 'done', 1, {at}, {at}, {at}, {at});"
    )
}

/// Returns the contacts that both lists show as not reached, in order.
async fn undelivered_to(shop: &Shop) -> Vec<i64> {
    let ids = |page: &Value, list: &str| {
        let rows = page[list].as_array().unwrap();
        let mut ids: Vec<_> = rows.iter().map(|row| row["contact_id"].as_i64().unwrap()).collect();
        ids.sort_unstable();
        ids
    };
    let inbox = ids(&shop.api.get("/api/inbox?filter=undelivered").await.json(), "items");
    let threads = ids(&shop.api.get("/api/threads?filter=undelivered").await.json(), "threads");
    assert_eq!(inbox, threads);
    inbox
}

#[tokio::test(flavor = "multi_thread")]
async fn undelivered_messages_are_reported_after_ten_minutes() {
    let sent = [(1, 8), (2, 11), (3, 25 * 60), (4, 5), (5, 25 * 60)].map(|(id, minutes)| sent_minutes_ago(id, minutes));
    let seed = sent.concat() + "UPDATE messages SET status = 'failed' WHERE id IN (4, 5);";
    let mut shop = Shop::open_with(
        |setup| {
            setup.toml("[alerts]\nsettle_s = 0\n");
        },
        &seed,
    )
    .await;
    let alert = until_state(&shop, "outbox_undelivered", "raised").await;
    let detail = alert["detail"]["en"].as_str().unwrap();
    assert!(detail.contains("not delivered: 1 (Twilio: 0, bridge: 1), to contacts: 1"), "{detail}");
    let params = json!({"count": 1, "by_twilio": 0, "by_bridge": 1, "contacts": 1});
    assert_eq!(alert["notices"], json!([{"code": "outbox-undelivered", "params": params}]));
    assert_eq!(undelivered_to(&shop).await, [2, 4], "the inbox lists to whom, and what failed within a day");
    let delivered = json!({ "event": "status", "id": "3EB2", "status": "delivered" });
    assert_eq!(shop.bridge_posts(&delivered).await.status, 204);
    tokio::task::block_in_place(|| shop.daemon.restart());
    until_state(&shop, "outbox_undelivered", "cleared").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_only_wait_for_the_rate_limit_are_reported_after_ten_minutes() {
    let queued = |id| {
        let sent = sent_minutes_ago(id, 11);
        sent.replace("'done', 1,", "'queued', 0,").replace("'sent', 'user:1'", "'queued', 'user:1'")
    };
    let seed = (1..=8).map(queued).collect::<String>();
    let shop = Shop::open_with(
        |setup| {
            setup.env("WA_PACING", "on");
            setup.toml("[alerts]\nsettle_s = 0\n[whatsapp]\nper_minute = 1\n");
        },
        &seed,
    )
    .await;
    let alert = until_state(&shop, "outbox_stuck", "raised").await;
    let detail = alert["detail"]["en"].as_str().unwrap();
    assert!(detail.contains("the bridge sends at most 1 messages a minute"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_receives_nothing_is_reported_and_still_used() {
    let shop = Shop::open_with(
        |setup| {
            setup.toml("[alerts]\nsettle_s = 0\nbridge_down_after_s = 0\n");
        },
        "",
    )
    .await;
    shop.bridge.set_no_echo(true);
    let alert = until_state(&shop, "bridge_not_receiving", "raised").await;
    assert!(alert["detail"]["en"].as_str().unwrap().contains("2023-11-14"), "{alert}");
    let link = shop.api.get("/api/whatsapp/bridge").await.json();
    assert_eq!(
        (link["connected"].clone(), link["not_receiving_since"].clone()),
        (json!(true), json!("2023-11-14T22:13:20.000Z"))
    );
    let answer = shop.say("+972501234567", "still out").await;
    shop.until_status(&answer, "sent").await;
    shop.bridge.set_no_echo(false);
    until_state(&shop, "bridge_not_receiving", "cleared").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_refuses_the_secret_is_reported_although_it_is_healthy() {
    let shop = Shop::open_with(
        |setup| {
            setup.toml("[alerts]\nsettle_s = 0\nbridge_down_after_s = 0\n");
        },
        "",
    )
    .await;
    shop.bridge.set_refuses_secret(true);
    let alert = until_state(&shop, "bridge_link", "raised").await;
    assert!(alert["detail"]["en"].as_str().unwrap().contains("secret"), "{alert}");
    assert_eq!(shop.api.get("/api/whatsapp/bridge").await.json()["state"], "unauthorized");
    shop.bridge.set_refuses_secret(false);
    until_state(&shop, "bridge_link", "cleared").await;
}
