//! WhatsApp messages to callers: messages from the agent during a call, confirmations of appointments, and messages to
//! callers who hung up too early or left no message.

use super::booking::{monday, offer_haircuts};
use super::support::client::send;
use super::support::telephony::CallHarness;
use super::support::whatsapp::{FakeBridge, until};
use super::support::{Client, Setup};
use agentlocator::simulator::caller::CallPlan;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use reqwest::Method;
use serde_json::{Value, json};

const DANA: &str = "+972501234567";
const MOSHE: &str = "+972507654321";
const LANDLINE: &str = "+97235551000";

/// Starts a shop with an AI that has these turns, and with a bridge to WhatsApp.
async fn shop(turns: Vec<Turn>, configure: impl FnOnce(&mut Setup)) -> (CallHarness, FakeBridge, Client) {
    let bridge = FakeBridge::start().await;
    let harness = CallHarness::with_ai(OpenAiOptions { turns, ..OpenAiOptions::default() }, |setup| {
        bridge.configure(setup);
        configure(setup);
    })
    .await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    (harness, bridge, owner)
}

fn tool(name: &str, arguments: &Value) -> Turn {
    Turn::new("שאלה", "תשובה").calling(name, arguments.to_string())
}

/// Places a call with this script. Returns the call as the API shows it.
async fn call(harness: &CallHarness, from: &str, script: &str) -> Value {
    let report = harness.call(CallPlan { from: from.into(), ..harness.plan(script) }).await;
    harness.ended_call(&report.call_sid).await
}

/// Waits until at least this many jobs of a kind are done.
async fn until_done(harness: &CallHarness, kind: &str, count: i64) {
    until(kind, async || {
        let done = format!("SELECT count(*) FROM jobs WHERE kind = '{kind}' AND state = 'done'");
        (harness.daemon.query_value::<i64>(&done) >= count).then_some(())
    })
    .await;
}

/// Returns the number of messages from the business, including those that the bridge has not received yet.
fn outbound(harness: &CallHarness) -> i64 {
    harness.daemon.query_value("SELECT count(*) FROM messages WHERE direction = 'out'")
}

async fn until_sent(bridge: &FakeBridge, count: usize) -> Vec<Value> {
    until("the message", async || Some(bridge.sent()).filter(|sent| sent.len() >= count)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_agent_are_confirmed_once_in_the_thread() {
    let day = monday(2);
    let (ten, noon) = (format!("{day}T10:00"), format!("{day}T12:00"));
    let book = json!({"service": "תספורת", "start": ten, "caller_name": "דנה"});
    let shift = json!({"start": ten, "new_start": noon});
    // The model repeats its tool call, which must create only one appointment and one message. After the move, the last
    // message has the new time.
    let turns =
        vec![tool("book_appointment", &book), tool("book_appointment", &book), tool("move_appointment", &shift)];
    let (harness, bridge, owner) = shop(turns, |_| {}).await;
    call(&harness, DANA, &"say 1s; listen; ".repeat(3)).await;
    until_done(&harness, "confirm_appointment", 2).await;
    let texts = until("the last message", async || {
        Some(bridge.texts()).filter(|texts| texts.iter().any(|text| text.contains("12:00")))
    })
    .await;
    // The daemon omits the confirmation of the booking if the appointment is moved before the confirmation is sent.
    assert!(texts.len() <= 2 && texts.iter().filter(|text| text.contains("12:00")).count() == 1, "{texts:#?}");
    let (text, sent) = (texts.last().unwrap(), bridge.sent());
    let date = noon_of(&owner).await;
    assert!(text.contains("תספורת, יום שני") && text.contains(&date) && text.contains("12:00"), "{text}");
    assert!(text.starts_with("התור שלך הועבר"), "{text}");
    assert_eq!(sent[0]["to"].as_str().unwrap().trim_start_matches('+'), DANA.trim_start_matches('+'));
    let threads = owner.get("/api/threads?type=whatsapp").await.json();
    let messages = owner.get(&format!("/api/threads/{}/messages", threads["threads"][0]["id"])).await.json();
    assert_eq!(messages["messages"].as_array().unwrap().last().unwrap()["author"], "agent", "{messages:#}");
}

/// Checks that there is exactly one appointment. Returns the second Monday from now in the form of the message.
async fn noon_of(owner: &Client) -> String {
    let appointments = owner.get("/api/appointments").await.json();
    assert_eq!(appointments["items"].as_array().unwrap().len(), 1, "{appointments:#}");
    monday(2).strftime("%-d.%-m.%Y").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_in_a_later_call_is_confirmed_too() {
    let ten = format!("{}T10:00", monday(2));
    let book = json!({"service": "תספורת", "start": ten, "caller_name": "דנה"});
    let cancel = tool("cancel_appointment", &json!({"start": ten}));
    // The name that the caller gave at the booking does not suffice, so the caller says the day.
    let heard = format!("תבטלי את התור שלי ב-{}", monday(2).strftime("%-d.%-m"));
    let turns = vec![tool("book_appointment", &book), Turn { heard, ..cancel }];
    let (harness, bridge, owner) = shop(turns, |_| {}).await;
    call(&harness, DANA, "say 1s; listen; ").await;
    until_sent(&bridge, 1).await;
    call(&harness, DANA, &"say 1s; listen; ".repeat(2)).await;
    until_sent(&bridge, 2).await;
    let texts = bridge.texts();
    assert!(texts[0].starts_with("התור שלך נקבע") && texts[1].starts_with("התור שלך בוטל"), "{texts:#?}");
    let appointments = owner.get("/api/appointments?state=cancelled").await.json();
    assert_eq!(appointments["items"].as_array().unwrap().len(), 1, "{appointments:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_may_not_be_sent_is_an_event_of_the_call() {
    let book = json!({"service": "תספורת", "start": format!("{}T10:00", monday(2)), "caller_name": "דנה"});
    let (harness, bridge, _) = shop(vec![tool("book_appointment", &book)], |_| {}).await;
    call(&harness, LANDLINE, "say 1s; listen; ").await;
    until_done(&harness, "confirm_appointment", 1).await;
    let why: String =
        harness.daemon.query_value("SELECT detail ->> 'why' FROM call_events WHERE kind = 'appointment_not_confirmed'");
    assert_eq!(why, "no_mobile_number");
    assert_eq!(outbound(&harness), 0, "{:#?}", bridge.sent());
    assert_eq!(harness.daemon.logs().events_named("CALLER_TEXT_NOT_SENT")[0]["why"], "no_mobile_number");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_no_appointment_is_confirmed() {
    let book = json!({"service": "תספורת", "start": format!("{}T10:00", monday(2)), "caller_name": "דנה"});
    let (harness, bridge, _) = shop(vec![tool("book_appointment", &book)], |setup| {
        setup.toml("[agent]\nconfirm_appointments = false\n");
    })
    .await;
    call(&harness, DANA, "say 1s; listen; ").await;
    until_done(&harness, "confirm_appointment", 1).await;
    assert_eq!(outbound(&harness), 0, "{:#?}", bridge.sent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_before_help_gets_one_text_a_day() {
    let (harness, bridge, _) = shop(vec![Turn::new("אפשר תור?", "בוודאי")], |setup| {
        setup.toml("[agent]\ntext_missed_callers = true\nmissed_call_text = \"אפשר לכתוב לנו\"\n");
    })
    .await;
    call(&harness, DANA, "wait 200ms; ").await;
    let sent = until_sent(&bridge, 1).await;
    let due = "SELECT (julianday(run_at) - julianday(created_at)) * 86400 FROM jobs WHERE kind = 'text_missed_caller'";
    let due: f64 = harness.daemon.query_value(due);
    assert!(due < 5.0, "due {due} s after the call: the message has to be sent within ten");
    assert_eq!(sent[0]["text"], "אפשר לכתוב לנו");
    // The daemon sends no message after any of these calls: a second call on the same day, an answered call, and calls
    // from a withheld number and from a landline.
    call(&harness, DANA, "wait 200ms; ").await;
    call(&harness, MOSHE, "say 1s; listen; ").await;
    call(&harness, "anonymous", "wait 200ms; ").await;
    call(&harness, LANDLINE, "wait 200ms; ").await;
    until_done(&harness, "text_missed_caller", 5).await;
    assert_eq!(outbound(&harness), 1, "{:#?}", bridge.sent());
    let refused: Vec<String> = harness
        .daemon
        .query_column("SELECT detail ->> 'why' FROM call_events WHERE kind = 'missed_caller_not_texted' ORDER BY id");
    assert_eq!(refused, ["no_number", "no_mobile_number"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_no_message_gets_a_text() {
    let (harness, bridge, _) = shop(Vec::new(), |setup| {
        setup.toml("[voice]\nengine = \"voicemail\"\n[agent]\ntext_missed_callers = true\n");
    })
    .await;
    call(&harness, DANA, "wait 1s; ").await;
    call(&harness, MOSHE, "wait 6s; say 3s; wait 1s; ").await;
    until_done(&harness, "text_missed_caller", 2).await;
    let sent = until_sent(&bridge, 1).await;
    assert_eq!(outbound(&harness), 1, "{sent:#?}");
    assert_eq!(sent[0]["to"].as_str().unwrap().trim_start_matches('+'), DANA.trim_start_matches('+'));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_to_missed_callers_are_off_by_default() {
    let (harness, bridge, _) = shop(vec![Turn::new("אפשר תור?", "בוודאי")], |_| {}).await;
    call(&harness, DANA, "wait 200ms; ").await;
    until_done(&harness, "text_missed_caller", 1).await;
    assert_eq!(outbound(&harness), 0, "{:#?}", bridge.sent());
}

/// Returns the names of the tools that the AI received in the last session.
fn tools(harness: &CallHarness) -> Vec<String> {
    let session = harness.ai.state().sessions.last().unwrap().config.clone();
    let tools = session["tools"].as_array().unwrap().iter();
    tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_sends_what_the_caller_asks_for_at_most_three_times_and_each_text_once() {
    let turn = |text: &str| Turn {
        answer: "שלחתי לך את זה בוואטסאפ. תודה רבה ולהתראות.".into(),
        ..tool("send_whatsapp", &json!({"text": text}))
    };
    let texts = ["הרצל 5, תל אביב", "הרצל 5, תל אביב", "https://shop.example", "תספורת: 100 ₪", "ועוד"];
    let (harness, bridge, owner) = shop(texts.map(turn).into(), |_| {}).await;
    // The caller has heard the last answer before the daemon can stop it.
    harness.ai.change(|options| (options.faults.late_answer_texts, options.speed) = (true, 1.0));
    call(&harness, DANA, &"say 1s; listen; ".repeat(5)).await;
    let sent = until_sent(&bridge, 3).await;
    assert_eq!(bridge.texts(), [texts[1], texts[2], texts[3]], "{sent:#?}");
    assert_eq!(sent[0]["to"].as_str().unwrap().trim_start_matches('+'), DANA.trim_start_matches('+'));
    let outputs = harness.ai.state().sessions[0].function_outputs.clone();
    let is_sent: Vec<_> = outputs.iter().map(|(_, output)| output.contains(r#""ok":true"#)).collect();
    assert_eq!(is_sent, [true, true, true, true, false], "{outputs:#?}");
    let threads = owner.get("/api/threads?type=whatsapp").await.json();
    let messages = owner.get(&format!("/api/threads/{}/messages", threads["threads"][0]["id"])).await.json();
    assert!(
        messages["messages"].as_array().unwrap().iter().all(|message| message["author"] == "agent"),
        "{messages:#}"
    );
    until_done(&harness, "review_call", 1).await;
    let broken = harness.daemon.query_value::<i64>("SELECT count(*) FROM call_events WHERE kind = 'promise_broken'");
    assert_eq!(broken, 1, "the first texts do not keep what is said after the last one, which was not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_says_that_a_message_is_not_sent_to_who_wants_none() {
    let (harness, bridge, owner) = shop(vec![tool("send_whatsapp", &json!({"text": "הרצל 5"}))], |_| {}).await;
    let contact = call(&harness, DANA, "wait 200ms; ").await["contact_id"].clone();
    let path = format!("/api/contacts/{contact}/opt-out");
    let set = send(owner.request(Method::PUT, &path).json(&json!({"opted_out": true}))).await;
    assert_eq!(set.status, 200, "{}", set.text());
    call(&harness, DANA, "say 1s; listen; ").await;
    let outputs = harness.ai.state().sessions.last().unwrap().function_outputs.clone();
    assert!(outputs[0].1.contains("it is not sent"), "{outputs:#?}");
    assert_eq!(outbound(&harness), 0, "{:#?}", bridge.sent());
    let why: String =
        harness.daemon.query_value("SELECT detail ->> 'why' FROM call_events WHERE kind = 'agent_text_not_sent'");
    assert_eq!(why, "contact_opted_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_offered_to_mobile_phones_alone_and_if_the_owner_wants_it() {
    let (harness, ..) = shop(vec![Turn::default()], |_| {}).await;
    for (from, is_offered) in [(DANA, true), (LANDLINE, false), ("anonymous", false)] {
        call(&harness, from, "say 1s; listen; ").await;
        assert_eq!(tools(&harness).contains(&"send_whatsapp".to_owned()), is_offered, "{from}");
    }
    let (harness, ..) = shop(vec![Turn::default()], |setup| {
        setup.toml("[agent]\nsend_whatsapp = false\n");
    })
    .await;
    call(&harness, DANA, "say 1s; listen; ").await;
    assert!(!tools(&harness).contains(&"send_whatsapp".to_owned()));
}
