//! Calls that Twilio's fallback answered while the server was off: the calls and the messages of their callers are read
//! from Twilio's lists, once, and the owner hears of them.

use super::support::smtp::{FakeSmtpServer, MAIL_PASSWORD, Mail, USER};
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::audio::wav;
use agentlocator::domain::Timestamp;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use agentlocator::simulator::twilio::{Fault, Operation};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

const OWN: &str = "+97235551234";
const DANA: &str = "+972501234567";
const MESSAGE: &str = "שלום, זאת דנה. נא לחזור אליי בקשר להצעת המחיר";

struct Shop {
    harness: CallHarness,
    smtp: FakeSmtpServer,
    _folder: TempDir,
}

impl Shop {
    /// Starts a shop whose owner gets mail about important calls, waits until it has read Twilio's lists, and kills it.
    async fn switched_off() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root.pem");
        let smtp = FakeSmtpServer::start(&root).await;
        let settings = format!(
            "[agent]\ncall_notices = \"important\"\n[alerts]\nmail_to = [\"owner@shop.example\"]\nlanguage = \"en\"\n\
             [mail]\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\nusername = \"{USER}\"\n",
            smtp.port,
            root.display()
        );
        let structured = json!({"summary": "דנה מבקשת שיחזרו אליה.", "language": "he", "is_lead": false, "lead": "",
            "open_requests": ["לחזור לדנה"], "unanswered_questions": []});
        let turns = vec![Turn::new(MESSAGE, "")];
        let options = OpenAiOptions { turns, structured: Some(structured), ..OpenAiOptions::default() };
        let harness = CallHarness::with_ai(options, |setup| {
            setup.env("SMTP_PASSWORD", MAIL_PASSWORD).toml(&settings);
        })
        .await;
        let mut shop = Self { harness, smtp, _folder: folder };
        until("the first look into the lists", async || shop.has_mark().then_some(())).await;
        shop.harness.daemon.kill9();
        shop
    }

    fn has_mark(&self) -> bool {
        self.count("meta WHERE key = 'twilio.catch_up' AND value LIKE '%\"recordings\":\"%'") == 1
    }

    fn launch(&mut self) {
        tokio::task::block_in_place(|| self.harness.daemon.launch());
    }

    fn count(&self, rows: &str) -> i64 {
        self.harness.daemon.query_value(&format!("SELECT count(*) FROM {rows}"))
    }

    /// Inserts a call that ended 30 seconds ago, with a message that Twilio recorded. Returns the call's sid.
    fn message_at_twilio(&self, from: &str) -> String {
        let sid = self.missed_at_twilio(from, "completed");
        self.harness.twilio_state.insert_recording(&sid, recorded(), 4);
        sid
    }

    fn missed_at_twilio(&self, from: &str, status: &str) -> String {
        let began = now().minus(Duration::from_mins(1));
        let ended = began.plus(Duration::from_secs(30));
        self.harness.twilio_state.insert_call(from, OWN, status, began, Some(ended))
    }

    /// Returns how often the recordings were listed.
    fn listings(&self) -> usize {
        self.harness.twilio.requests().iter().filter(|asked| asked.what.ends_with("/Recordings.json")).count()
    }

    fn mails(&self) -> Vec<Mail> {
        self.smtp.mails().into_iter().filter(|mail| mail.body().contains("/app/calls/")).collect()
    }

    async fn until_mails(&self, count: usize) -> Vec<Mail> {
        until("the mails", async || Some(self.mails()).filter(|mails| mails.len() >= count)).await
    }

    async fn call_when(&self, sid: &str, is_right: impl Fn(&Value) -> bool) -> Value {
        let api = tokio::task::block_in_place(|| self.harness.daemon.api());
        until("the call", async || {
            let calls = api.get("/api/calls").await.json();
            let calls = calls["calls"].as_array().unwrap().clone();
            calls.into_iter().find(|call| call["call_sid"] == sid).filter(&is_right)
        })
        .await
    }
}

fn recorded() -> Vec<u8> {
    let sound = vec![0x10_u8; 64_000];
    [&wav::header(1, sound.len() as u64)[..], &sound].concat()
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_messages_of_an_outage_are_stored_once_and_the_owner_hears_of_them() {
    let mut shop = Shop::switched_off().await;
    let with_message = shop.message_at_twilio(DANA);
    let silent = shop.missed_at_twilio("+972502222222", "no-answer");
    let twilio = &shop.harness.twilio;
    twilio.fail_next(Operation::ListCalls, Fault::Status(500), 1);
    twilio.fail_next(Operation::ListRecordings, Fault::Status(429), 1);
    for status in [429, 500, 404] {
        twilio.fail_next(Operation::Fetch, Fault::Status(status), 1);
    }
    shop.launch();

    let call = shop.call_when(&with_message, |call| call["message_text"] == MESSAGE).await;
    assert_eq!(
        (&call["outcome"], &call["missed"], &call["has_audio"]),
        (&json!("message"), &json!(true), &json!(true))
    );
    assert_eq!(call["peer_number"], DANA);
    let call = shop.call_when(&silent, |_| true).await;
    assert_eq!(
        (&call["outcome"], &call["missed"], &call["has_audio"]),
        (&json!("missed"), &json!(true), &json!(false))
    );

    let mails: Vec<_> = shop.until_mails(2).await.iter().map(|mail| mail.body()).collect();
    let of_message = mails.iter().find(|body| body.contains(DANA)).unwrap();
    assert!(of_message.contains(MESSAGE) && of_message.contains("לחזור לדנה"), "{of_message}");
    assert!(mails.iter().any(|body| body.contains("+972502222222")), "{mails:#?}");
    assert_eq!(shop.count("tasks"), 1);
    let api = tokio::task::block_in_place(|| shop.harness.daemon.api());
    let waiting = api.get("/api/inbox?filter=waiting").await.json();
    assert_eq!(waiting["items"].as_array().unwrap().len(), 2, "{waiting:#}");

    // The next start reads the same entries again, and changes nothing.
    shop.harness.daemon.kill9();
    let listings = shop.listings();
    shop.launch();
    until("the lists", async || (shop.listings() > listings).then_some(())).await;
    until("no open job", async || (shop.count("jobs WHERE state = 'waiting'") == 0).then_some(())).await;
    for (rows, expected) in [("calls", 2), ("recordings WHERE state = 'complete'", 1), ("tasks", 1), ("contacts", 2)] {
        assert_eq!(shop.count(rows), expected, "{rows}");
    }
    let call = shop.call_when(&with_message, |_| true).await;
    assert_eq!((call["message_text"].as_str(), shop.mails().len()), (Some(MESSAGE), 2));
    shop.harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_of_a_call_whose_webhook_arrived_belongs_to_this_call() {
    let mut shop = Shop::switched_off().await;
    shop.launch();
    let sid = format!("CA{:032x}", 7);
    shop.harness.ring_from(&sid, DANA).await;
    shop.harness.daemon.kill9();
    // Twilio could not reach the media socket, and its fallback recorded a message.
    let began = now().minus(Duration::from_secs(40));
    shop.harness.twilio_state.insert_call_of(&sid, DANA, OWN, "completed", began, Some(now()));
    shop.harness.twilio_state.insert_recording(&sid, recorded(), 4);
    shop.launch();
    shop.call_when(&sid, |call| call["message_text"] == MESSAGE).await;
    assert_eq!((shop.count("calls"), shop.count("recordings")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_was_deleted_at_twilio_delays_the_owners_message_no_longer() {
    let mut shop = Shop::switched_off().await;
    let sid = shop.message_at_twilio(DANA);
    shop.harness.twilio.fail_next(Operation::Fetch, Fault::Status(404), 1000);
    shop.launch();
    let tried = "jobs WHERE kind = 'fetch_recording' AND attempts > 0 AND state = 'waiting'";
    until("an attempt", async || (shop.count(tried) == 1).then_some(())).await;
    assert_eq!(shop.mails().len(), 0);
    shop.harness.daemon.kill9();
    let yesterday = now().minus(Duration::from_hours(25));
    shop.harness.daemon.seed(&format!("UPDATE jobs SET created_at = '{yesterday}' WHERE kind = 'fetch_recording'"));
    shop.launch();
    let mail = shop.until_mails(1).await;
    assert!(mail[0].body().contains(DANA), "{}", mail[0].body());
    let call = shop.call_when(&sid, |_| true).await;
    assert_eq!((&call["outcome"], &call["has_audio"]), (&json!("missed"), &json!(false)));
    assert_eq!(shop.count("recordings WHERE state = 'failed'"), 1);
}
