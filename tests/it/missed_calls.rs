//! Calls that arrived while the server was off. From Twilio's lists, the daemon reads these calls and the messages that
//! Twilio's fallback recorded. The daemon stores each of them only once, and notifies the owner.

use super::call_notices::Shop;
use super::catch_up::{count, launch, until_lists_read};
use super::support::client::send;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::audio::wav;
use agentlocator::clock;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use agentlocator::simulator::twilio::{Fault, Operation};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const OWN: &str = "+97235551234";
const DANA: &str = "+972501234567";
const MESSAGE: &str = "שלום, זאת דנה. נא לחזור אליי בקשר להצעת המחיר";

/// Starts a shop whose owner gets mail about important calls, waits until the daemon has read Twilio's lists, and kills
/// the daemon.
async fn switched_off() -> Shop {
    let structured = json!({"summary": "דנה מבקשת שיחזרו אליה.", "language": "he", "is_lead": false, "lead": "",
        "open_requests": ["לחזור לדנה"], "unanswered_questions": []});
    let turns = vec![Turn::new(MESSAGE, "")];
    let options = OpenAiOptions { turns, structured: Some(structured), ..OpenAiOptions::default() };
    let mut shop = Shop::with_mail("important", options).await;
    until_lists_read(&shop.harness).await;
    shop.harness.daemon.kill9();
    shop
}

/// Adds to the fake Twilio a call that ended 30 seconds ago, with a recorded message. Returns the call's sid.
fn message_at_twilio(harness: &CallHarness, from: &str) -> String {
    let sid = missed_at_twilio(harness, from, "completed");
    harness.twilio_state.insert_recording(&sid, recorded(), 4);
    sid
}

fn missed_at_twilio(harness: &CallHarness, from: &str, status: &str) -> String {
    let began = clock::now().minus(Duration::from_mins(1));
    let ended = began.plus(Duration::from_secs(30));
    harness.twilio_state.insert_call(from, OWN, status, began, Some(ended))
}

/// Returns how often the daemon requested Twilio's list of recordings.
fn listings(harness: &CallHarness) -> usize {
    harness.twilio.requests().iter().filter(|asked| asked.what.ends_with("/Recordings.json")).count()
}

fn recorded() -> Vec<u8> {
    let sound = vec![0x10_u8; 64_000];
    [&wav::header(1, sound.len() as u64)[..], &sound].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_messages_of_an_outage_are_stored_once_and_the_owner_is_notified() {
    let mut shop = switched_off().await;
    let with_message = message_at_twilio(&shop.harness, DANA);
    let silent = missed_at_twilio(&shop.harness, "+972502222222", "no-answer");
    let twilio = &shop.harness.twilio;
    twilio.fail_next(Operation::ListCalls, Fault::Status(500), 1);
    twilio.fail_next(Operation::ListRecordings, Fault::Status(429), 1);
    for status in [429, 500, 404] {
        twilio.fail_next(Operation::Fetch, Fault::Status(status), 1);
    }
    launch(&mut shop.harness);

    let call = shop.harness.call_when(&with_message, |call| call["message_text"] == MESSAGE).await;
    assert_eq!(
        (&call["outcome"], &call["missed"], &call["has_audio"]),
        (&json!("message"), &json!(true), &json!(true))
    );
    assert_eq!(call["peer_number"], DANA);
    let call = shop.harness.known_call(&silent).await;
    assert_eq!(
        (&call["outcome"], &call["missed"], &call["has_audio"]),
        (&json!("missed"), &json!(true), &json!(false))
    );

    let mails: Vec<_> = shop.until_mails(2).await.iter().map(|mail| mail.body()).collect();
    let of_message = mails.iter().find(|body| body.contains(DANA)).unwrap();
    assert!(of_message.contains(MESSAGE) && of_message.contains("לחזור לדנה"), "{of_message}");
    assert!(mails.iter().any(|body| body.contains("+972502222222")), "{mails:#?}");
    assert_eq!(count(&shop.harness, "tasks"), 1);
    let waiting = shop.owner.get("/api/inbox?filter=waiting").await.json();
    assert_eq!(waiting["items"].as_array().unwrap().len(), 2, "{waiting:#}");

    // The next start reads the same entries again, and changes nothing.
    shop.harness.daemon.kill9();
    let before = listings(&shop.harness);
    launch(&mut shop.harness);
    until("the lists", async || (listings(&shop.harness) > before).then_some(())).await;
    shop.harness.until_jobs_done().await;
    for (rows, expected) in [("calls", 2), ("recordings WHERE state = 'complete'", 1), ("tasks", 1), ("contacts", 2)] {
        assert_eq!(count(&shop.harness, rows), expected, "{rows}");
    }
    let call = shop.harness.known_call(&with_message).await;
    assert_eq!((call["message_text"].as_str(), shop.mails().len()), (Some(MESSAGE), 2));
    shop.harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_of_a_call_whose_webhook_arrived_belongs_to_this_call() {
    let mut shop = switched_off().await;
    launch(&mut shop.harness);
    let sid = format!("CA{:032x}", 7);
    shop.harness.ring_from(&sid, DANA).await;
    shop.harness.daemon.kill9();
    // Twilio could not reach the media socket, and its fallback recorded a message.
    let began = clock::now().minus(Duration::from_secs(40));
    shop.harness.twilio_state.insert_call_of(&sid, DANA, OWN, "completed", began, Some(clock::now()));
    shop.harness.twilio_state.insert_recording(&sid, recorded(), 4);
    launch(&mut shop.harness);
    shop.harness.call_when(&sid, |call| call["message_text"] == MESSAGE).await;
    assert_eq!((count(&shop.harness, "calls"), count(&shop.harness, "recordings")), (1, 1));
}

/// Calls as DANA, who leaves a message at the recorder and hangs up. Returns the fields of the webhook about the
/// recording. The recording is known only by the webhooks: Twilio's list is read at the next start.
async fn hung_up_at_recorder(harness: &CallHarness, sid: &str) -> [(&'static str, String); 7] {
    harness.ring_from(sid, DANA).await;
    let recording = harness.twilio_state.insert_recording(sid, recorded(), 4);
    let account = &harness.twilio_state.account().sid;
    let url = format!("{}/2010-04-01/Accounts/{account}/Recordings/{recording}", harness.twilio.base_url());
    [
        ("CallSid", sid.to_owned()),
        ("From", DANA.to_owned()),
        ("To", OWN.to_owned()),
        ("RecordingSid", recording),
        ("RecordingUrl", url),
        ("RecordingDuration", "4".to_owned()),
        ("Digits", "hangup".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_of_a_caller_who_hangs_up_at_the_recorder_is_transcribed() {
    let mut shop = switched_off().await;
    launch(&mut shop.harness);
    let harness = &shop.harness;
    let sid = format!("CA{:032x}", 9);
    let fields = hung_up_at_recorder(harness, &sid).await;
    let hung_up = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    // The report of the recorder's state may arrive before the recording's own webhook.
    let state = [&hung_up[..6], &[("RecordingStatus", "completed")]].concat();
    assert!(harness.hook("/webhook/recording_status", &state).await.status < 300);
    harness.until_jobs_done().await;
    assert_eq!(harness.hook("/webhook/handle_recording", &hung_up).await.status, 200);
    harness.call_when(&sid, |call| call["message_text"] == MESSAGE).await;
}

/// The AI answers the first recording. The caller hangs up after the second one, or the AI fails before its answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_at_the_recorder_is_transcribed_although_the_agent_has_answered_before() {
    for digits in ["hangup", ""] {
        let turns = vec![Turn::new("מתי אתם פתוחים?", "עד שבע בערב"), Turn::new(MESSAGE, "")];
        let harness = CallHarness::with_ai(OpenAiOptions { turns, ..OpenAiOptions::default() }, |_| {}).await;
        until_lists_read(&harness).await;
        let sid = format!("CA{:032x}", 13);
        let first = hung_up_at_recorder(&harness, &sid).await;
        let first = first.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answered = harness.hook("/webhook/handle_recording", &first[..6]).await.text();
        assert!(answered.contains("עד שבע בערב"), "{answered}");
        let mut second = hung_up_at_recorder(&harness, &sid).await;
        digits.clone_into(&mut second[6].1);
        let second = second.each_ref().map(|(name, value)| (*name, value.as_str()));
        if digits.is_empty() {
            harness.ai.change(|options| options.faults.refuse_requests = Some(503));
        }
        assert_eq!(harness.hook("/webhook/handle_recording", &second).await.status, 200);
        harness.ai.change(|options| options.faults.refuse_requests = None);
        let call = harness.call_when(&sid, |call| call["message_text"] == MESSAGE).await;
        assert_eq!(call["outcome"], "message", "{digits}: {call:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_raises_an_alert_and_the_message_is_transcribed_with_the_next_key() {
    let mut shop = switched_off().await;
    launch(&mut shop.harness);
    let harness = &shop.harness;
    harness.ai.change(|options| options.faults.refuse_requests = Some(401));
    let sid = format!("CA{:032x}", 15);
    let fields = hung_up_at_recorder(harness, &sid).await;
    let hung_up = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(harness.hook("/webhook/handle_recording", &hung_up).await.status, 200);
    let tried = "jobs WHERE kind = 'transcribe_recording' AND attempts > 0 AND state = 'waiting'";
    until("an attempt", async || (count(harness, tried) == 1).then_some(())).await;
    until("the alert", async || {
        let raised = harness.daemon.logs().events_named("ALERT_RAISED");
        raised.iter().any(|alert| alert["alert.kind"] == "ai_refused").then_some(())
    })
    .await;
    harness.ai.change(|options| options.faults.refuse_requests = None);
    harness.call_when(&sid, |call| call["message_text"] == MESSAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_voicemail_of_a_blocked_contact_is_not_sent_to_the_ai() {
    let mut shop = switched_off().await;
    launch(&mut shop.harness);
    let id = shop.owner.post_json("/api/contacts", &json!({"number": DANA})).await.json()["id"].clone();
    let block = shop.owner.request(Method::PUT, &format!("/api/contacts/{id}/block"));
    assert_eq!(send(block.json(&json!({"blocked": true}))).await.status, 200);
    shop.harness.daemon.kill9();
    let sid = message_at_twilio(&shop.harness, DANA);
    launch(&mut shop.harness);
    until("the recording", async || (count(&shop.harness, "recordings WHERE state = 'complete'") == 1).then_some(()))
        .await;
    shop.harness.until_jobs_done().await;
    let call = shop.harness.ended_call(&sid).await;
    assert_eq!((&call["outcome"], &call["message_text"]), (&json!("blocked"), &Value::Null), "{call:#}");
    assert_eq!((count(&shop.harness, "tasks"), count(&shop.harness, "leads")), (0, 0));
    let requests = shop.harness.ai.state().requests;
    assert!(requests.is_empty(), "{requests:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_message_has_the_words_of_a_recording_that_arrives_after_the_first_summary() {
    let mut shop = switched_off().await;
    launch(&mut shop.harness);
    let harness = &shop.harness;
    let sid = format!("CA{:032x}", 11);
    let fields = hung_up_at_recorder(harness, &sid).await;
    let hung_up = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    // The summary is due five seconds after the end of the call. The fifth attempt to fetch the file, the first one that
    // succeeds, is later.
    harness.twilio.fail_next(Operation::Fetch, Fault::Status(503), 4);
    assert_eq!(harness.hook("/webhook/handle_recording", &hung_up).await.status, 200);
    let ended = [("CallSid", sid.as_str()), ("From", DANA), ("To", OWN), ("CallStatus", "completed")];
    assert_eq!(harness.hook("/webhook/call_status", &ended).await.status, 204);
    let mail = shop.until_mails(1).await;
    assert!(mail[0].body().contains(MESSAGE), "{}", mail[0].body());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_was_deleted_at_twilio_delays_the_owners_message_no_longer() {
    let mut shop = switched_off().await;
    let sid = message_at_twilio(&shop.harness, DANA);
    shop.harness.twilio.fail_next(Operation::Fetch, Fault::Status(404), 1000);
    launch(&mut shop.harness);
    let tried = "jobs WHERE kind = 'fetch_recording' AND attempts > 0 AND state = 'waiting'";
    until("an attempt", async || (count(&shop.harness, tried) == 1).then_some(())).await;
    assert_eq!(shop.mails().len(), 0);
    shop.harness.daemon.kill9();
    let yesterday = clock::now().minus(Duration::from_hours(25));
    shop.harness.daemon.seed(&format!("UPDATE jobs SET created_at = '{yesterday}' WHERE kind = 'fetch_recording'"));
    launch(&mut shop.harness);
    let mail = shop.until_mails(1).await;
    assert!(mail[0].body().contains(DANA), "{}", mail[0].body());
    let call = shop.harness.known_call(&sid).await;
    assert_eq!((&call["outcome"], &call["has_audio"]), (&json!("missed"), &json!(false)));
    assert_eq!(count(&shop.harness, "recordings WHERE state = 'failed'"), 1);
}
