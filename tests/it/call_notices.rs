//! Messages to the owner about calls.

use super::booking::{monday, offer_haircuts};
use super::support::smtp::{FakeSmtpServer, MAIL_PASSWORD, Mail, SmtpBehavior, USER};
use super::support::telephony::CallHarness;
use super::support::whatsapp::{FakeBridge, until};
use super::support::{Client, Setup};
use agentlocator::simulator::caller::CallPlan;
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use serde_json::{Value, json};
use tempfile::TempDir;

const DANA: &str = "+972501234567";
const OWNER: &str = "+972521112233";

/// A shop whose owner receives mail.
pub(super) struct Shop {
    pub(super) harness: CallHarness,
    pub(super) owner: Client,
    smtp: FakeSmtpServer,
    _folder: TempDir,
}

impl Shop {
    /// Starts a shop whose owner receives a mail after the calls that `notices` selects.
    pub(super) async fn with_mail(notices: &str, options: OpenAiOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root.pem");
        let smtp = FakeSmtpServer::start(&root).await;
        let settings = format!(
            "[agent]\ncall_notices = \"{notices}\"\n[alerts]\nmail_to = [\"owner@shop.example\"]\n[mail]\nhost = \"localhost\"\n\
             port = {}\nca_file = \"{}\"\nusername = \"{USER}\"\n",
            smtp.port,
            root.display()
        );
        let harness = CallHarness::with_ai(options, |setup: &mut Setup| {
            setup.env("SMTP_PASSWORD", MAIL_PASSWORD).toml(&settings);
        })
        .await;
        let owner = harness.daemon.logged_in("roni", "owner").await;
        Self { harness, owner, smtp, _folder: folder }
    }

    async fn call(&self, from: &str, script: &str) -> Value {
        let report = self.harness.call(CallPlan { from: from.into(), ..self.harness.plan(script) }).await;
        self.harness.ended_call(&report.call_sid).await
    }

    /// Returns the mails about calls, without mails about alerts.
    pub(super) fn mails(&self) -> Vec<Mail> {
        self.smtp.mails().into_iter().filter(|mail| mail.body().contains("/app/calls/")).collect()
    }

    pub(super) async fn until_mails(&self, count: usize) -> Vec<Mail> {
        until("the mail", async || Some(self.mails()).filter(|mails| mails.len() >= count)).await
    }

    /// Waits until the mail jobs of this many calls have finished.
    async fn until_decided(&self, count: i64) {
        until_decided(&self.harness, "mail", count).await;
    }
}

async fn until_decided(harness: &CallHarness, channel: &str, count: i64) {
    let sql = format!(
        "SELECT count(*) FROM jobs WHERE kind = 'call_notice' AND state = 'done' AND payload ->> 'channel' = '{channel}'"
    );
    until("the decision", async || (harness.daemon.query_value::<i64>(&sql) >= count).then_some(())).await;
}

/// Returns an analysis that finds this summary of a call, and no lead, requests or questions.
fn nothing_but(summary: &str) -> Value {
    json!({"summary": summary, "language": "he", "is_lead": false, "lead": "", "open_requests": [], "unanswered_questions": []})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_hears_of_calls_from_which_something_has_come() {
    let day = monday(2);
    let start = format!("{day}T10:00");
    let book = json!({"service": "תספורת", "start": start, "caller_name": "דנה"}).to_string();
    let turns =
        vec![Turn::new("מה השעות?", "עד שבע"), Turn::new("אפשר תור?", "קבעתי").calling("book_appointment", book)];
    let structured = Some(nothing_but("שאלה על שעות הפתיחה."));
    let shop = Shop::with_mail("important", OpenAiOptions { turns, structured, ..OpenAiOptions::default() }).await;
    offer_haircuts(&shop.owner).await;

    shop.call(DANA, "say 1s; listen; ").await;
    shop.until_decided(1).await;
    assert!(shop.mails().is_empty(), "a question that was answered is not important: {:#?}", shop.mails());

    let call = shop.call("anonymous", "wait 200ms; ").await;
    let mails = shop.until_mails(1).await;
    assert_eq!(mails[0].header("subject"), "\u{200f}AgentLocator: שיחה בלי מענה מאת מספר חסוי");
    assert!(mails[0].body().contains(&format!("/app/calls/{}", call["id"])), "{}", mails[0].body());

    shop.call(DANA, &"say 1s; listen; ".repeat(2)).await;
    let body = shop.until_mails(2).await[1].body();
    let expected = format!("נקבע: תספורת, יום שני {} בשעה 10:00", day.strftime("%-d.%-m.%Y"));
    for part in ["נקבע תור בשיחה עם", "דנה", "\u{2066}+972501234567\u{2069}", "שאלה על שעות הפתיחה.", &expected]
    {
        assert!(body.contains(part), "{part} is missing in\n{body}");
    }
    shop.until_decided(3).await;
    assert_eq!(shop.mails().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_is_sent_again_and_once() {
    let shop = Shop::with_mail("all", OpenAiOptions::default()).await;
    shop.smtp.set_behavior(SmtpBehavior::Busy);
    shop.call(DANA, "wait 200ms; ").await;
    until("an attempt", async || {
        let sql = "SELECT max(attempts) FROM jobs WHERE kind = 'call_notice' AND payload ->> 'channel' = 'mail'";
        (shop.harness.daemon.query_value::<i64>(sql) > 0).then_some(())
    })
    .await;
    shop.smtp.set_behavior(SmtpBehavior::Take);
    shop.until_mails(1).await;
    shop.until_decided(1).await;
    assert_eq!(shop.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_one_mail_is_sent() {
    let shop = Shop::with_mail("all", OpenAiOptions::default()).await;
    let daemon = &shop.harness.daemon;
    shop.smtp.set_behavior(SmtpBehavior::Busy);
    shop.call(DANA, "wait 200ms; ").await;
    until("an attempt", async || {
        let sql = "SELECT max(attempts) FROM jobs WHERE kind = 'call_notice' AND payload ->> 'channel' = 'mail'";
        (daemon.query_value::<i64>(sql) > 0).then_some(())
    })
    .await;
    // The disk becomes full before the next attempt, which follows a second later.
    daemon.let_files_grow("1024:unlimited");
    shop.smtp.set_behavior(SmtpBehavior::Take);
    shop.until_mails(1).await;
    let failures = || {
        let failures = daemon.logs().events_named("JOBS_FAILED");
        failures.iter().filter(|event| event.to_string().contains("a mail about call")).count()
    };
    until("two records that fail", async || (failures() >= 2).then_some(())).await;
    assert_eq!(shop.mails().len(), 1);
    daemon.let_files_grow("unlimited:unlimited");
    shop.until_decided(1).await;
    assert_eq!(shop.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_that_takes_too_long_is_not_waited_for() {
    let faults = Faults { refuse_requests: Some(429), ..Faults::default() };
    let turns = vec![Turn::new("מה השעות?", "עד שבע")];
    let shop = Shop::with_mail("all", OpenAiOptions { turns, faults, ..OpenAiOptions::default() }).await;
    shop.call(DANA, "say 1s; listen; ").await;
    let waits = "SELECT (julianday(run_at) - julianday(created_at)) * 86400 FROM jobs WHERE kind = 'call_notice'";
    let waits: Vec<f64> = shop.harness.daemon.query_column(waits);
    assert!(waits.len() == 2 && waits.iter().all(|seconds| (*seconds - 90.0).abs() < 1.0), "{waits:?}");
    assert!(shop.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn by_whatsapp_the_message_has_the_summary_and_comes_once() {
    let bridge = FakeBridge::start().await;
    let turns = vec![Turn::new("מה השעות?", "עד שבע")];
    let options =
        OpenAiOptions { turns, structured: Some(nothing_but("Asked about hours.")), ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        bridge.configure(setup);
        setup.toml(&format!(
            "[agent]\ncall_notices = \"all\"\n[alerts]\nwhatsapp_to = \"{OWNER}\"\nlanguage = \"en\"\n[business]\nname = \"Ron\"\n"
        ));
    })
    .await;
    let report = harness.call(CallPlan { from: DANA.into(), ..harness.plan("say 1s; listen; ") }).await;
    let call = harness.ended_call(&report.call_sid).await;
    until_decided(&harness, "whatsapp", 1).await;
    let sent = until("the message", async || Some(bridge.sent()).filter(|sent| !sent.is_empty())).await;
    assert_eq!(sent.len(), 1, "{sent:#?}");
    assert_eq!(sent[0]["to"].as_str().unwrap().trim_start_matches('+'), OWNER.trim_start_matches('+'));
    let lines: Vec<_> = sent[0]["text"].as_str().unwrap().lines().collect();
    assert_eq!(lines[0], format!("The agent talked with \u{2066}{DANA}\u{2069}"));
    assert!(lines[1].ends_with(" min"), "{lines:#?}");
    assert_eq!(lines[2], "Asked about hours.");
    assert!(lines[3].ends_with(&format!("/app/calls/{}", call["id"])) && lines.len() == 4, "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_about_a_call_is_erased_with_its_caller() {
    const NOA: &str = "+972507654321";
    let bridge = FakeBridge::start().await;
    let turns = vec![Turn::new("מה השעות?", "עד שבע")];
    let options =
        OpenAiOptions { turns, structured: Some(nothing_but("Asked about hours.")), ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        bridge.configure(setup);
        setup.toml(&format!("[agent]\ncall_notices = \"all\"\n[alerts]\nwhatsapp_to = \"{OWNER}\"\n"));
    })
    .await;
    for from in [DANA, NOA] {
        let report = harness.call(CallPlan { from: from.into(), ..harness.plan("say 1s; listen; ") }).await;
        harness.ended_call(&report.call_sid).await;
    }
    until_decided(&harness, "whatsapp", 2).await;
    until("both messages", async || (bridge.sent().len() == 2).then_some(())).await;
    let texts = || harness.daemon.query_column::<String>("SELECT content_text FROM messages");
    assert!(texts().iter().any(|text| text.contains(DANA)), "{:#?}", texts());

    let id: i64 = harness.daemon.query_value(&format!("SELECT contact_id FROM addresses WHERE value = '{DANA}'"));
    let owner = harness.daemon.logged_in("roni", "owner").await;
    let erased = owner.post_json(&format!("/api/contacts/{id}/erase"), &json!({"confirm": DANA})).await;
    assert_eq!(erased.status, 200, "{}", erased.text());
    let left = texts();
    assert!(left.len() == 1 && left[0].contains(NOA), "{left:#?}");
}
