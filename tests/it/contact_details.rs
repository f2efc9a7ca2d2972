//! Contact details that a caller gives in a call: name, number and e-mail address.

use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::CallPlan;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use reqwest::Method;
use serde_json::{Value, json};

use super::support::client::send;

const DANA: &str = "+972501234567";

/// Returns a turn in which the agent stores these details.
fn saving(details: &Value) -> Turn {
    Turn::new("אני דנה", "רשמתי, תודה.").calling("save_contact_details", details.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn details_are_stored_once_and_never_over_what_the_owner_entered() {
    let details = json!({"name": "דנה כהן", "email": "dana@example.com", "phone": "03-5551000"});
    let other = json!({"name": "רות"});
    let wrong = json!({"email": "dana at example"});
    let turns = vec![saving(&details), saving(&details), saving(&wrong), saving(&other)];
    let harness = CallHarness::with_ai(OpenAiOptions { turns, ..OpenAiOptions::default() }, |_| {}).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    let call = async |script: &str| {
        let report = harness.call(CallPlan { from: DANA.into(), ..harness.plan(script) }).await;
        harness.ended_call(&report.call_sid).await
    };
    let first = call("say 1s; listen; say 1s; listen; say 1s; listen").await;
    let path = format!("/api/contacts/{}", first["contact_id"]);
    let contact = owner.get(&path).await;
    assert_eq!(contact.json()["display_name"], "דנה כהן", "{}", contact.text());
    let notes = || harness.daemon.query_value::<String>("SELECT group_concat(text, '|') FROM contact_notes");
    assert_eq!(notes(), "\u{2709} dana@example.com\n\u{260E} 03-5551000");
    let outputs = harness.ai.state().sessions[0].function_outputs.clone();
    let is_done: Vec<_> = outputs.iter().map(|(_, output)| output.contains(r#""ok":true"#)).collect();
    assert_eq!(is_done, [true, true, false], "{outputs:#?}");
    let etag = contact.headers["etag"].to_str().unwrap().to_owned();
    let renamed = owner.request(Method::PATCH, &path).header("if-match", etag).json(&json!({"display_name": "דנה ל."}));
    assert_eq!(send(renamed).await.status, 200);
    harness.ai.change(|options| options.turns = vec![saving(&other)]);
    call("say 1s; listen").await;
    assert_eq!(owner.get(&path).await.json()["display_name"], "דנה ל.");
    assert!(notes().ends_with("|רות"), "{}", notes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_the_agent_asks_for_is_entered_with_the_keys_and_is_in_the_transcript() {
    let turns = vec![
        Turn::new("רציתי לברר על הזמנה", "נא להקיש תשע ספרות.").calling("collect_keys", r#"{"digits": 9}"#),
        Turn::new("", "תודה, מצאתי."),
    ];
    let harness = CallHarness::with_ai(OpenAiOptions { turns, ..OpenAiOptions::default() }, |_| {}).await;
    let report = harness.call(harness.plan("say 1s; listen; press 12*123456782#; listen")).await;
    let session = harness.ai.state().sessions[0].clone();
    assert!(session.function_outputs[0].1.contains(r#""ok":true"#), "{:?}", session.function_outputs);
    let keys: Vec<_> = session.messages.iter().filter(|(_, text)| text.contains("pressed")).collect();
    assert!(matches!(&keys[..], [(_, text)] if text.contains("123456782") && !text.contains('#')), "{keys:?}");
    assert_eq!(session.answers.last().unwrap().text, "תודה, מצאתי.");
    let call = harness.ended_call(&report.call_sid).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    let call = owner.get(&format!("/api/calls/{}", call["id"])).await.json();
    let turns = call["turns"].as_array().unwrap();
    let tool = turns.iter().find(|turn| turn["speaker"] == "tool").unwrap();
    assert_eq!(tool["tool"]["output"], json!({"keys": "123456782"}), "{call:#}");
}
