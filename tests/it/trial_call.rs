//! Trial calls: a user talks to the agent in the browser, and nothing that is said in the call is stored.

use super::support::browser::{self, Browser};
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use super::support::{Client, Daemon};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

async fn harness(options: OpenAiOptions) -> CallHarness {
    CallHarness::with_ai(options, |_| {}).await
}

async fn staff(harness: &CallHarness) -> Client {
    harness.daemon.logged_in("dana", "staff").await
}

/// Returns the number of rows of each table after the background work of the start. The audit log is excluded, because
/// a trial call and a login add rows to it.
async fn rows(daemon: &Daemon) -> BTreeMap<String, i64> {
    daemon.until_backfilled().await;
    daemon.until_indexed().await;
    let database = daemon.database();
    let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |table: &String| database.query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0));
    tables
        .into_iter()
        .filter(|table| table != "audit_log")
        .map(|table| (table.clone(), count(&table).unwrap()))
        .collect()
}

/// Returns the expected rows after the first trial call. The only stored fact is that the agent has answered, which the
/// set-up waits for.
fn with_answer(mut before: BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    for table in ["meta", "changes"] {
        *before.entry(table.to_owned()).or_default() += 1;
    }
    before
}

/// Returns the close code of a socket.
async fn closed(
    mut socket: impl futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
) -> Option<u16> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_shown_word_by_word_and_not_stored() {
    let harness = harness(OpenAiOptions::default()).await;
    let client = staff(&harness).await;
    let before = rows(&harness.daemon).await;
    let browser = Browser::call(&harness.daemon, &client).await;
    browser.until_state("listening").await;
    browser.say(1200);
    browser.until_state("caller_speaking").await;
    browser.until_state("speaking").await;
    let caller = browser.until_turn(1, "caller").await;
    assert_eq!(caller["text"], "שלום, אתם פתוחים היום?", "{caller:#}");
    let answered = |message: &Value| message["text"].as_str().is_some_and(|text| text.starts_with("שלום! כן"));
    let words = browser.until("part of the answer", |message| {
        answered(message) && message["is_final"] == false && message["heard_text"] != ""
    });
    let words = words.await;
    let (text, heard) = (words["text"].as_str().unwrap(), words["heard_text"].as_str().unwrap());
    assert!(text.starts_with(heard) && heard.len() < text.len(), "{words:#}");
    let answer = browser.until("the answer", |message| answered(message) && message["is_final"] == true).await;
    assert_eq!(answer["heard_text"], answer["text"], "{answer:#}");
    assert!(answer["latency_ms"].as_u64().unwrap() < 2000, "{answer:#}");
    browser.say(1000);
    browser.until_turn(2, "caller").await;
    browser.hang_up();
    let ended = tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("TRIAL_CALL_ENDED"));
    assert_eq!(ended["end_reason"], "caller_hung_up", "{ended:#}");
    assert_eq!(rows(&harness.daemon).await, with_answer(before));
    let audited = "SELECT group_concat(action) FROM audit_log WHERE action LIKE '%trial%'";
    assert_eq!(harness.daemon.query_value::<String>(audited), "create_trial_call");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_a_trial_call_completes_a_step_of_the_set_up() {
    let harness = harness(OpenAiOptions::default()).await;
    let owner = harness.daemon.logged_in("dana", "owner").await;
    let answered_at = async || owner.get("/api/setup/progress").await.json()["agent_answered_at"].clone();
    // A call in which the caller says nothing does not count as answered, although the agent may have played its greeting.
    let silent = Browser::call(&harness.daemon, &owner).await;
    silent.until_state("listening").await;
    silent.hang_up();
    tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("TRIAL_CALL_ENDED"));
    assert_eq!(answered_at().await, Value::Null);
    let browser = Browser::call(&harness.daemon, &owner).await;
    browser.until_state("listening").await;
    browser.say(1200);
    browser
        .until("the answer", |turn| {
            turn["speaker"] == "agent" && turn["seq"].as_i64() > Some(1) && turn["is_final"] == true
        })
        .await;
    let first = until("the proof", async || Some(answered_at().await).filter(Value::is_string)).await;
    // A later answer does not change the stored time of the first one.
    browser.say(1200);
    browser.until_turn(2, "caller").await;
    browser.hang_up();
    assert_eq!(answered_at().await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_answer_is_cut_at_what_was_heard() {
    let long = Turn::new("מה השעות?", "אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר").lasting(Duration::from_secs(6));
    let harness = harness(OpenAiOptions { turns: vec![long], ..OpenAiOptions::default() }).await;
    let browser = Browser::call(&harness.daemon, &staff(&harness).await).await;
    browser.until_state("listening").await;
    browser.say(1000);
    let is_heard = |message: &Value| message["heard_text"].as_str().is_some_and(|heard| heard.starts_with("אחת שתיים"));
    browser.until("the first words", is_heard).await;
    browser.say(1000);
    browser.until("a clear", |message| message["event"] == "clear").await;
    let turn = browser.until("the cut turn", |message| message["interrupted"] == true).await;
    let (text, heard) = (turn["text"].as_str().unwrap(), turn["heard_text"].as_str().unwrap());
    assert!(text.starts_with(heard) && heard.len() < text.len() && !heard.is_empty(), "{heard} of {text}");
    let cut = until("the truncation", async || {
        let state = harness.ai.state();
        assert!(state.sessions[0].errors.is_empty(), "{:?}", state.sessions[0].errors);
        state.sessions[0].answers.iter().find_map(|answer| answer.truncated_ms)
    })
    .await;
    assert!((500..5500).contains(&cut), "{cut} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_answer_that_it_is_a_trial_and_have_no_effect() {
    let turns = vec![
        Turn::new("תשאיר הודעה", "רשמתי.").calling("take_message", r#"{"message":"נא לחזור"}"#),
        Turn::new("תעביר אותי", "הייתי מעבירה.").calling("transfer_to_person", r#"{"reason":"מחיר"}"#),
        Turn::new("ביי", "להתראות.").calling("end_call", "{}"),
    ];
    let options = OpenAiOptions { turns, ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.toml("[agent]\ntransfer_to = \"+972501112222\"\n");
    })
    .await;
    let client = staff(&harness).await;
    let before = rows(&harness.daemon).await;
    let browser = Browser::call(&harness.daemon, &client).await;
    browser.until_state("listening").await;
    for (tool, words) in [("take_message", "רשמתי."), ("transfer_to_person", "הייתי מעבירה.")] {
        browser.say(1000);
        browser.until(tool, |message| message["event"] == "tool" && message["name"] == tool).await;
        browser.until(words, |message| message["text"] == words && message["is_final"] == true).await;
    }
    browser.say(1000);
    let ended = browser.until_ended().await;
    assert_eq!(ended["reason"], "agent_hung_up", "{ended:#}");
    assert!(ended["cost_micros"].as_i64().unwrap() > 0, "{ended:#}");
    let outputs = harness.ai.state().sessions[0].function_outputs.clone();
    assert_eq!(outputs.len(), 2, "{outputs:?}");
    assert!(outputs.iter().all(|(_, output)| output.contains("This is a trial call")), "{outputs:?}");
    assert!(outputs.iter().all(|(_, output)| output.contains(r#""ok":true"#)), "{outputs:?}");
    assert_eq!(rows(&harness.daemon).await, with_answer(before));
    let changes: Vec<_> =
        harness.twilio.requests().into_iter().filter(|request| request.what.starts_with("POST ")).collect();
    assert!(changes.is_empty(), "{changes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_one_socket_of_our_own_page() {
    let harness = harness(OpenAiOptions::default()).await;
    let (daemon, client) = (&harness.daemon, staff(&harness).await);
    for origin in [None, Some("https://elsewhere.example"), Some("null")] {
        let refused = browser::open(daemon, origin).await.unwrap_err();
        assert!(refused.to_string().contains("403"), "{origin:?}: {refused}");
    }
    let ticket = browser::ticket(&client).await;
    let own = daemon.url();
    let mut forged = ticket.clone();
    forged["token"] = json!("0".repeat(64));
    let mut wrong = browser::open(daemon, Some(&own)).await.unwrap();
    browser::send(&mut wrong, &browser::start(&forged)).await;
    assert_eq!(closed(&mut wrong).await, Some(1008), "a wrong token");
    let mut audio = browser::open(daemon, Some(&own)).await.unwrap();
    browser::send(&mut audio, &json!({"event": "media", "media": {"timestamp": 0, "payload": "//8="}})).await;
    assert_eq!(closed(&mut audio).await, Some(1008), "audio before the token");

    let mut first = browser::open(daemon, Some(&own)).await.unwrap();
    browser::send(&mut first, &browser::start(&ticket)).await;
    let first = Browser::on(first);
    first.until_state("listening").await;
    let mut second = browser::open(daemon, Some(&own)).await.unwrap();
    browser::send(&mut second, &browser::start(&ticket)).await;
    assert_eq!(closed(&mut second).await, Some(1008), "a second use");
    let mut twilio = harness.open_socket().await;
    browser::send(&mut twilio, &browser::start(&ticket)).await;
    assert_eq!(closed(&mut twilio).await, Some(1008), "not on Twilio's socket");
    let silent = browser::open(daemon, Some(&own)).await.unwrap();
    assert_eq!(closed(silent).await, Some(1008), "no message in time");

    assert_eq!(daemon.client().post_json("/api/trial-calls", &json!({})).await.status, 401);
    first.say(1000);
    first.until_turn(1, "caller").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_or_over_a_limit_there_is_no_trial() {
    let harness = CallHarness::without_ai(|_| {}).await;
    let refused = staff(&harness).await.post_json("/api/trial-calls", &json!({})).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("no_engine")));
    assert_eq!(refused.json()["error"]["params"]["setting"], "openai.api_key");

    let harness = CallHarness::with_ai(OpenAiOptions::default(), |setup| {
        setup.toml("[voice]\nai_calls_at_once = 1\n");
    })
    .await;
    let client = staff(&harness).await;
    let late = browser::ticket(&client).await;
    let browser = Browser::call(&harness.daemon, &client).await;
    browser.until_state("listening").await;
    let refused = client.post_json("/api/trial-calls", &json!({})).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("limit_reached")));
    assert_eq!(refused.json()["error"]["params"]["setting"], "voice.ai_calls_at_once");
    let mut socket = browser::open(&harness.daemon, Some(&harness.daemon.url())).await.unwrap();
    browser::send(&mut socket, &browser::start(&late)).await;
    assert_eq!(Browser::on(socket).until_ended().await["reason"], "limit_reached");
    let sid = "CA00000000000000000000000000000001";
    harness.ring(sid).await;
    let over = tokio::task::block_in_place(|| harness.daemon.logs().wait_for_event("CALL_OVER_LIMIT"));
    assert_eq!(over["limit"], "voice.ai_calls_at_once", "a trial call counts for phone calls too");
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_the_trial_call() {
    let harness = harness(OpenAiOptions::default()).await;
    let client = staff(&harness).await;
    let browser = Browser::call(&harness.daemon, &client).await;
    let unused = browser::ticket(&client).await;
    browser.until_state("listening").await;
    assert_eq!(client.post_json("/api/logout", &json!({})).await.status, 200);
    assert_eq!(browser.until_ended().await["reason"], "logged_out");
    let mut socket = browser::open(&harness.daemon, Some(&harness.daemon.url())).await.unwrap();
    browser::send(&mut socket, &browser::start(&unused)).await;
    assert_eq!(closed(&mut socket).await, Some(1008), "the ticket of a login that is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_of_the_daemon_lets_the_agent_finish_its_sentence() {
    let turn = Turn::new("שלום", "אנחנו פתוחים היום עד שבע.").lasting(Duration::from_secs(2));
    let mut harness = harness(OpenAiOptions { turns: vec![turn], ..OpenAiOptions::default() }).await;
    let browser = Browser::call(&harness.daemon, &staff(&harness).await).await;
    browser.until_state("listening").await;
    browser.say(1000);
    browser.until("the answer", |message| message["speaker"] == "agent" && message["heard_text"] != "").await;
    harness.daemon.signal(libc::SIGTERM);
    let ended = browser.until_ended().await;
    assert_eq!(ended["reason"], "shutdown", "{ended:#}");
    let answer = browser.until_turn(1, "agent").await;
    assert_eq!((&answer["interrupted"], &answer["heard_text"]), (&json!(false), &answer["text"]), "{answer:#}");
    let status = tokio::task::block_in_place(|| harness.daemon.wait(Duration::from_secs(20)));
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ai_that_fails_ends_the_trial_with_its_reason() {
    let faults = Faults { refuse_sockets: Some(401), ..Faults::default() };
    let harness = harness(OpenAiOptions { faults, ..OpenAiOptions::default() }).await;
    let client = staff(&harness).await;
    let before = rows(&harness.daemon).await;
    let browser = Browser::call(&harness.daemon, &client).await;
    let ended = browser.until_ended().await;
    assert_eq!(ended["reason"], "engine_failed", "{ended:#}");
    assert!(ended["detail"].as_str().unwrap().contains("401"), "{ended:#}");
    assert_eq!(rows(&harness.daemon).await, before, "nothing is stored");
}
