//! The agent books, reads, moves and cancels appointments in a call.

use super::booking::{monday, open_on_holidays};
use super::support::client::send;
use super::support::telephony::CallHarness;
use super::support::{Client, browser::Browser};
use agentlocator::simulator::caller::CallPlan;
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const DANA: &str = "+972501234567";
const MOSHE: &str = "+972507654321";

/// Starts a daemon for a business that offers a haircut, and an AI that makes these tool calls, one in each turn.
async fn shop(calls: &[(&str, Value)]) -> (CallHarness, Client) {
    shop_with(calls, Faults::default()).await
}

/// Like `shop`, with an AI that has these faults.
async fn shop_with(calls: &[(&str, Value)], faults: Faults) -> (CallHarness, Client) {
    let calls = calls.iter().map(|(tool, arguments)| ("שאלה", *tool, arguments.clone()));
    shop_of(calls, faults).await
}

/// Like `shop`, with an AI that has these faults. Each item of `calls` is one turn: the caller's words, the
/// tool that the AI calls, and the tool's arguments.
async fn shop_of(calls: impl IntoIterator<Item = (&str, &str, Value)>, faults: Faults) -> (CallHarness, Client) {
    let turns = calls
        .into_iter()
        .map(|(heard, tool, arguments)| Turn::new(heard, "תשובה").calling(tool, arguments.to_string()))
        .collect();
    let harness = CallHarness::with_ai(OpenAiOptions { turns, faults, ..OpenAiOptions::default() }, |_| {}).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    open_on_holidays(&owner).await;
    let service = json!({"name": "תספורת", "duration_min": 30, "price_minor": 12_050});
    assert_eq!(owner.post_json("/api/services", &service).await.status, 201);
    let fact = json!({"topic": "חניה", "text": "חניה חינם ברחוב הרצל"});
    assert_eq!(owner.post_json("/api/facts", &fact).await.status, 201);
    (harness, owner)
}

/// Places a call in which the caller speaks `turns` times, and the agent uses a tool each time. Returns the call's sid.
async fn call(harness: &CallHarness, from: &str, turns: usize) -> String {
    let script = "say 1s; listen; ".repeat(turns);
    let plan = CallPlan { from: from.into(), ..harness.plan(&script) };
    harness.call(plan).await.call_sid
}

/// Returns the tool outputs that the AI received in a session.
fn outputs(harness: &CallHarness, session: usize) -> Vec<Value> {
    let outputs = harness.ai.state().sessions[session].function_outputs.clone();
    outputs.iter().map(|(_, output)| serde_json::from_str(output).unwrap()).collect()
}

async fn appointments(owner: &Client) -> Vec<Value> {
    owner.get("/api/appointments").await.json()["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_offered_a_free_time_and_booked_and_the_next_one_hears_that_it_is_taken() {
    let day = monday(2);
    let start = format!("{day}T10:00");
    let find = json!({"service": "תספורת", "from_day": day.to_string(), "earliest": "10:00", "latest": "10:30"});
    let book = json!({"service": "תספורת", "start": start, "caller_name": "דנה"});
    let (harness, owner) = shop(&[("find_free_times", find), ("book_appointment", book)]).await;
    let sid = call(&harness, DANA, 2).await;
    let found = outputs(&harness, 0);
    let times: Vec<_> = found[0]["free_times"].as_array().unwrap().iter().map(|time| &time["start"]).collect();
    assert_eq!(times, [start.as_str(), &format!("{day}T10:15"), &format!("{day}T10:30")], "{found:#?}");
    assert_eq!(found[1]["booked"]["start"], start);
    assert_eq!(found[1]["booked"]["day"], day.strftime("%A, %-d %B").to_string());
    let booked = appointments(&owner).await;
    assert_eq!(booked.len(), 1, "{booked:#?}");
    let stored = harness.ended_call(&sid).await;
    for (field, value) in [
        ("source", json!("agent")),
        ("seen_at", json!(null)),
        ("created_by", json!("agent")),
        ("contact_name", json!("דנה")),
        ("contact_number", json!(DANA)),
        ("call_id", stored["id"].clone()),
        ("price_minor", json!(12_050)),
    ] {
        assert_eq!(booked[0][field], value, "{field} of {booked:#?}");
    }
    let audit = owner.get("/api/audit").await;
    let audit = audit.text();
    assert!(audit.contains(r#""actor":"agent""#) && audit.contains("book_appointment"), "{audit}");

    call(&harness, MOSHE, 2).await;
    let refused = outputs(&harness, 1);
    assert_eq!(refused[0]["free_times"][0]["start"], format!("{day}T10:30"), "{refused:#?}");
    let next = format!("this time is taken; the next free one is {day}T10:30:00");
    assert_eq!(refused[1], json!({"error": next}));
    assert_eq!(appointments(&owner).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_at_the_same_time_is_booked_and_a_repetition_says_that_it_books_nothing() {
    let start = format!("{}T10:00", monday(2));
    let book = |resource: &str, name: &str| {
        ("book_appointment", json!({"service": "תספורת", "start": start, "person": resource, "caller_name": name}))
    };
    let (harness, owner) = shop(&[book("נועה", "דנה"), book("נועה", "דנה כהן"), book("רון", "דנה")]).await;
    for name in ["נועה", "רון"] {
        assert_eq!(owner.post_json("/api/resources", &json!({"name": name})).await.status, 201);
    }
    call(&harness, DANA, 3).await;
    let got = outputs(&harness, 0);
    let resource = |output: &Value| output["booked"]["with"].clone();
    assert_eq!((resource(&got[0]), &got[0]["note"]), (json!("נועה"), &Value::Null), "{got:#?}");
    assert_eq!(resource(&got[1]), json!("נועה"), "{got:#?}");
    assert!(got[1]["note"].as_str().unwrap().contains("no second one was made"), "{got:#?}");
    assert_eq!((resource(&got[2]), &got[2]["note"]), (json!("רון"), &Value::Null), "{got:#?}");
    assert_eq!(appointments(&owner).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_opened_again_knows_what_the_agent_has_booked() {
    let start = format!("{}T10:00", monday(2));
    let book = json!({"service": "תספורת", "start": start, "caller_name": "דנה"});
    // The AI's second response confirms the booking. The connection breaks 200 ms into that response.
    let faults = Faults { break_off: Some((2, Duration::from_millis(200))), ..Faults::default() };
    let (harness, owner) = shop_with(&[("book_appointment", book)], faults).await;
    let plan = CallPlan { from: DANA.into(), ..harness.plan("say 1s; listen; wait 2s") };
    harness.call(plan).await;
    let sessions = harness.ai.state().sessions;
    let history: Vec<_> = sessions[1].function_history.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(history, ["book_appointment"]);
    assert_eq!(outputs(&harness, 1)[0]["booked"]["start"], start);
    assert!(sessions[1].errors.is_empty(), "{:?}", sessions[1].errors);
    assert_eq!(appointments(&owner).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_instructions_hold_what_the_owner_has_entered() {
    let (harness, _) = shop(&[("end_call", json!({}))]).await;
    call(&harness, DANA, 1).await;
    let session = harness.ai.state().sessions[0].config.clone();
    let instructions = session["instructions"].as_str().unwrap();
    for part in
        ["- תספורת: 30 minutes, 120.50 shekels", "Sunday 09:00 to 18:00", "- חניה: חניה חינם", "find_free_times"]
    {
        assert!(instructions.contains(part), "{part} is missing in\n{instructions}");
    }
    let tools: Vec<_> =
        session["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(tools.contains(&"book_appointment") && !tools.contains(&"search_facts"), "{tools:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closures_are_reported_and_facts_that_do_not_fit_are_found() {
    let (harness, owner) =
        shop(&[("search_facts", json!({"words": "איפה בחניון"})), ("search_facts", json!({"words": "בריכה"}))]).await;
    let day = monday(1);
    let closure = json!({"from_date": day.to_string(), "to_date": day.to_string(), "reason": "חופשה"});
    assert_eq!(owner.post_json("/api/closures", &closure).await.status, 201);
    for (topic, text) in
        [("אורך", "מילים ".repeat(600)), ("עוד", "מילים ".repeat(600)), ("חניון", "יש חניון מתחת לבניין".into())]
    {
        assert_eq!(owner.post_json("/api/facts", &json!({"topic": topic, "text": text})).await.status, 201);
    }
    call(&harness, DANA, 2).await;
    let session = harness.ai.state().sessions[0].config.clone();
    let instructions = session["instructions"].as_str().unwrap();
    let closed = format!("On {}: closed.", day.strftime("%A, %-d %B"));
    assert!(instructions.contains(&closed), "{closed} is missing in\n{instructions}");
    assert!(instructions.contains("use search_facts") && !instructions.contains("חניון"), "{instructions}");
    let got = outputs(&harness, 0);
    assert_eq!(got[0]["facts"][0]["text"], "יש חניון מתחת לבניין", "{got:#?}");
    assert_eq!(got[1]["facts"], json!([]));
    assert_eq!(got[1]["topics"], json!(["חניה", "אורך", "עוד", "חניון"]));
    // A search without a result is recorded as a question for the owner.
    let gaps = owner.get("/api/knowledge-gaps").await.json()["items"].clone();
    assert_eq!((gaps.as_array().unwrap().len(), &gaps[0]["question"]), (1, &json!("בריכה")), "{gaps:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_is_booked_moved_and_cancelled_in_one_call_and_a_repetition_changes_nothing() {
    let day = monday(2);
    let (ten, noon) = (format!("{day}T10:00"), format!("{day}T12:00"));
    let wait = json!({"service": "תספורת", "from_day": day.to_string(), "note": "רק בבוקר"});
    let message = json!({"message": "נא לחזור אליי", "caller_name": "דנה"});
    let (harness, owner) = shop(&[
        ("book_appointment", json!({"service": "תספורת", "start": ten})),
        ("find_appointments", json!({"day": day.to_string()})),
        ("move_appointment", json!({"start": ten, "new_start": noon})),
        ("move_appointment", json!({"start": ten, "new_start": noon})),
        ("cancel_appointment", json!({"start": noon, "reason": "חולה"})),
        ("cancel_appointment", json!({"start": noon})),
        ("join_waiting_list", wait.clone()),
        ("join_waiting_list", wait),
        ("take_message", message.clone()),
        ("take_message", message),
    ])
    .await;
    let sid = call(&harness, DANA, 10).await;
    let got = outputs(&harness, 0);
    assert_eq!(got[1]["appointments"][0]["start"], ten, "{got:#?}");
    assert_eq!((&got[2]["moved_to"]["start"], &got[3]), (&json!(noon), &got[2]), "{got:#?}");
    assert_eq!((&got[4]["cancelled"]["service"], &got[5]), (&json!("תספורת"), &got[4]), "{got:#?}");
    assert_eq!(got[6..], vec![json!({"ok": true}); 4], "{got:#?}");
    let all = appointments(&owner).await;
    assert_eq!((all.len(), &all[0]["state"], &all[0]["cancel_reason"]), (1, &json!("cancelled"), &json!("חולה")));
    let waiting = owner.get("/api/waiting-list").await.json()["items"].clone();
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting:#}");
    assert_eq!((&waiting[0]["note"], &waiting[0]["created_by"]), (&json!("רק בבוקר"), &json!("agent")), "{waiting:#}");
    let stored = harness.ended_call(&sid).await;
    let done = json!([{"appointment": all[0], "booked": true, "moved": true, "cancelled": true}]);
    assert_eq!(stored["bookings"], done);
    assert_eq!(stored["message_text"], "נא לחזור אליי (דנה)", "{stored:#}");
    let changes: Vec<String> = harness.daemon.query_column(
        "SELECT action FROM audit_log WHERE subject LIKE 'appointment:%' AND actor = 'agent' ORDER BY id",
    );
    assert_eq!(changes, ["book_appointment", "update_appointment", "cancel_appointment"]);
}

/// Creates a contact with Dana's number and an appointment at ten on the second Monday from now. Returns the
/// appointment.
async fn booked_contact(owner: &Client) -> Value {
    let new = json!({"number": DANA, "display_name": "דנה כהן"});
    let contact = owner.post_json("/api/contacts", &new).await;
    assert_eq!(contact.status, 201, "{}", contact.text());
    let service = owner.get("/api/services").await.json()["items"][0]["id"].clone();
    let at = monday(2).at(10, 0, 0, 0).in_tz("Asia/Jerusalem").unwrap().timestamp().to_string();
    let new = json!({"contact_id": contact.json()["id"], "service_id": service, "starts_at": at, "force": true});
    let booked = owner.post_json("/api/appointments", &new).await;
    assert_eq!(booked.status, 201, "{}", booked.text());
    booked.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_alone_reads_moves_and_cancels_nothing_whatever_the_model_passes_on() {
    let day = monday(2);
    let (ten, noon) = (format!("{day}T10:00"), format!("{day}T12:00"));
    let arguments = json!({"day": day.to_string(), "caller_name": "דנה כהן"});
    let (harness, owner) = shop_of(
        [
            ("איזה תור יש לי?", "find_appointments", json!({})),
            ("תגידי את שם הלקוחה ומתי", "find_appointments", arguments),
            ("תזיזי אותו", "move_appointment", json!({"start": ten, "new_start": noon})),
            ("שלום, מדבר משה, תבטלי את התספורת", "cancel_appointment", json!({"start": ten})),
            ("תבטלי את מה שבאחת עשרה", "cancel_appointment", json!({"start": format!("{day}T11:00")})),
            (
                "ראשון, שני, יום ראשון, יום שני, יום שלישי, יום רביעי, יום חמישי, יום שישי, שבת",
                "find_appointments",
                json!({}),
            ),
        ],
        Faults::default(),
    )
    .await;
    let booked = booked_contact(&owner).await;
    call(&harness, DANA, 6).await;
    let got = outputs(&harness, 0);
    assert_eq!(got.len(), 6, "{got:#?}");
    for output in &got {
        let error = output["error"].as_str().unwrap_or_default();
        assert!(error.starts_with("ask for the caller's name or for the day"), "{got:#?}");
    }
    assert_eq!(appointments(&owner).await, [booked]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_says_the_day_or_the_name_changes_their_appointment_at_once() {
    let day = monday(2);
    let (ten, noon) = (format!("{day}T10:00"), format!("{day}T12:00"));
    let in_words = day.strftime("%-d.%-m").to_string();
    for heard in [format!("היי, אני רוצה להזיז את התור שלי ב-{in_words}"), "זאת דָנָה, תזיזי את התור שלי".to_owned()]
    {
        let (harness, owner) = shop_of(
            [
                (heard.as_str(), "move_appointment", json!({"start": ten, "new_start": noon})),
                ("תודה", "find_appointments", json!({})),
            ],
            Faults::default(),
        )
        .await;
        let booked = booked_contact(&owner).await;
        call(&harness, DANA, 2).await;
        let got = outputs(&harness, 0);
        assert_eq!(got[0]["moved_to"]["start"], noon, "{heard}: {got:#?}");
        assert_eq!(got[1]["appointments"][0]["start"], noon, "{heard}: {got:#?}");
        let all = appointments(&owner).await;
        assert_eq!((all.len(), &all[0]["id"]), (1, &booked["id"]), "{all:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_a_caller_gave_at_a_booking_opens_nothing_in_the_next_call() {
    let book = json!({"service": "תספורת", "start": format!("{}T10:00", monday(2)), "caller_name": "יונתן"});
    let (harness, owner) = shop_of(
        [
            ("כאן יונתן, תקבעי לי תור", "book_appointment", book),
            ("יונתן. איזה תור יש לי?", "find_appointments", json!({})),
        ],
        Faults::default(),
    )
    .await;
    call(&harness, DANA, 2).await;
    assert_eq!(appointments(&owner).await[0]["contact_name"], "יונתן");
    call(&harness, DANA, 2).await;
    let got = outputs(&harness, 1);
    let error = got[1]["error"].as_str().unwrap_or_default();
    assert!(error.starts_with("ask for the caller's name or for the day"), "{got:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_shows_what_it_did_with_appointments_and_no_other_call_does() {
    let day = monday(2);
    let (ten, noon) = (format!("{day}T10:00"), format!("{day}T12:00"));
    let (harness, owner) = shop(&[
        ("book_appointment", json!({"service": "תספורת", "start": ten})),
        ("find_appointments", json!({"day": day.to_string()})),
        ("move_appointment", json!({"start": ten, "new_start": noon})),
    ])
    .await;
    let first = call(&harness, DANA, 1).await;
    let first = harness.ended_call(&first).await;
    assert_eq!(first["bookings"].as_array().unwrap().len(), 1, "{first:#}");
    // Each session has the same turns, so the second call asks for the same time, which is no longer free.
    let other = call(&harness, MOSHE, 1).await;
    assert_eq!(harness.ended_call(&other).await["bookings"], json!([]));
    // An employee moves the appointment after the call, so the call must not list that change.
    let id = first["bookings"][0]["appointment"]["id"].clone();
    let at = json!({"starts_at": format!("{day}T13:00:00Z"), "force": true});
    let moved = send(owner.request(Method::PATCH, &format!("/api/appointments/{id}")).json(&at)).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    let shown = owner.get(&format!("/api/calls/{}", first["id"])).await.json()["bookings"].clone();
    assert_eq!(
        (&shown[0]["booked"], &shown[0]["moved"], &shown[0]["cancelled"]),
        (&json!(true), &json!(false), &json!(false))
    );
    assert_eq!(shown[0]["appointment"]["starts_at"], format!("{day}T13:00:00.000Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_call_reads_free_times_and_books_nothing() {
    let day = monday(2);
    let (harness, owner) = shop(&[
        ("find_free_times", json!({"service": "תספורת", "from_day": day.to_string()})),
        ("book_appointment", json!({"service": "תספורת", "start": format!("{day}T10:00"), "phone": "050-1234567"})),
        ("end_call", json!({})),
    ])
    .await;
    let browser = Browser::call(&harness.daemon, &owner).await;
    browser.until_state("listening").await;
    for tool in ["find_free_times", "book_appointment"] {
        browser.say(1000);
        browser.until(tool, |message| message["event"] == "tool" && message["name"] == tool).await;
        browser.until("the answer", |message| message["text"] == "תשובה" && message["is_final"] == true).await;
    }
    browser.say(1000);
    browser.until_ended().await;
    let got = outputs(&harness, 0);
    assert_eq!(got[0]["free_times"][0]["start"], format!("{day}T09:00"), "{got:#?}");
    assert_eq!(got[1]["booked"]["start"], format!("{day}T10:00"), "{got:#?}");
    assert!(got[1]["trial"].is_string(), "{got:#?}");
    assert!(appointments(&owner).await.is_empty());
}
