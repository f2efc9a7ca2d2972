//! What the agent says was done is checked before the caller hears it.

use super::booking::offer_haircuts;
use super::call_pipeline::Shop;
use super::call_replay::{assert_reproduced, replay};
use super::call_silence::assert_no_silence;
use super::pipeline_shop::{PIPELINE, QUESTION, turns_of};
use super::support::Client;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::openai::{OpenAiOptions, SessionRecord, Turn};
use agentlocator::simulator::soniox::SonioxOptions;
use serde_json::{Value, json};

/// A true sentence, which is long enough that the next one is stopped before it is heard.
const OPEN: &str = "שלום! כן, אנחנו פתוחים היום עד שבע בערב.";

/// The end of an answer that takes the model so long that the answer is stopped before.
const END: &str = "נתראה! ואם משהו משתנה, פשוט להתקשר אלינו שוב, אנחנו כאן.";

/// Places a call in which the pipeline's model answers with `turn`. Returns the shop, the stored call and the texts that
/// were spoken.
async fn call(turn: Turn) -> (Shop, Value, Vec<String>) {
    let soniox = SonioxOptions { heard: vec![QUESTION.into()], ..SonioxOptions::default() };
    let ai = OpenAiOptions { turns: vec![turn], ..OpenAiOptions::default() };
    let shop = Shop::new(soniox, ai, PIPELINE).await;
    let owner = shop.harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    let (report, call) = shop.call("say 1s; listen").await;
    assert_no_silence(&report);
    shop.assert_no_violations();
    let spoken = shop.services.state().speeches.into_iter().map(|speech| speech.text).collect();
    assert_nothing_broken(&shop.harness, &owner).await;
    (shop, call, spoken)
}

/// Waits for the review of the call, and checks that the caller heard no false claim.
async fn assert_nothing_broken(harness: &CallHarness, owner: &Client) {
    until("the review", async || {
        let done = "SELECT count(*) FROM jobs WHERE kind = 'review_call' AND state = 'done'";
        (harness.daemon.query_value::<i64>(done) == 1).then_some(())
    })
    .await;
    assert_eq!(owner.get("/api/tasks").await.json()["items"], json!([]), "the caller heard no false claim");
}

/// Places a call with OpenAI Realtime, whose model answers with the first of these turns. Returns the harness, the
/// stored call and the AI's record.
async fn call_realtime(turns: Vec<Turn>) -> (CallHarness, Value, SessionRecord) {
    let ai = OpenAiOptions { turns, speed: 8.0, ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(ai, |_| {}).await;
    let owner = harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    let report = harness.call(harness.plan("say 1s; listen; wait 7s")).await;
    let call = harness.ended_call(&report.call_sid).await;
    assert_no_silence(&report);
    let wrong = harness.log.violations();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_nothing_broken(&harness, &owner).await;
    let session = harness.ai.state().sessions[0].clone();
    assert!(session.errors.is_empty(), "{session:#?}");
    (harness, call, session)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_that_was_not_booked_is_not_said_to_be_booked() {
    let false_claim = Turn::new(QUESTION, "בשמחה רבה, קבעתי לך תור ליום שני בעשר. נתראה!");
    let (shop, call, spoken) = call(false_claim.instructed("no tool has done this", "לאיזו שעה לקבוע?")).await;
    assert_eq!(spoken, ["בשמחה רבה,", "לאיזו שעה לקבוע?"]);
    assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", "בשמחה רבה, לאיזו שעה לקבוע?")], "{call:#}");
    let daemon = &shop.harness.daemon;
    let stopped = daemon.logs().wait_for_event("CLAIM_STOPPED");
    assert_eq!((&stopped["promise"], &stopped["was_heard"]), (&json!("booked"), &json!(false)), "{stopped:#}");
    let details = "SELECT detail ->> 'promise' FROM call_events WHERE kind = 'claim_stopped'";
    assert_eq!(daemon.query_column::<String>(details), ["booked"]);
    let metrics = daemon.client().get("/metrics").await;
    assert!(metrics.text().contains("agentlocator_call_claims_stopped_total 1"), "{}", metrics.text());
    let call_sid: String = daemon.query_value("SELECT call_sid FROM calls");
    let replayed = "call: a false claim is stopped, not heard: that an appointment is booked";
    assert_reproduced(&replay(daemon, &call_sid).await, &[replayed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_is_repeated_becomes_a_sentence_that_is_true() {
    for (said, sentences) in [
        ("קבעתי לך תור ליום שני בעשר.", ["זה עדיין לא נעשה.", "לנסות שוב?"]),
        ("יש לנו מקום מחר בעשר בבוקר.", ["את השעה הזאת עוד לא בדקתי.", "לבדוק?"]),
        ("I have booked you for Monday at ten.", ["This is not done yet.", "Shall I try again?"]),
    ] {
        let (_shop, call, spoken) = call(Turn::new(QUESTION, said)).await;
        assert_eq!(spoken.join(" "), sentences.join(" "), "{said}");
        assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", &*sentences.join(" "))], "{call:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speech_to_speech_model_is_stopped_before_a_false_claim_is_heard() {
    let said = format!("{OPEN} קבעתי לך תור ליום שני בעשר. {END}");
    let turn = Turn::new(QUESTION, &said).instructed("no tool has done this", "לאיזו שעה לקבוע?");
    let (harness, call, session) = call_realtime(vec![turn]).await;
    let statuses: Vec<_> = session.answers.iter().map(|answer| answer.status.as_str()).collect();
    assert_eq!(statuses, ["cancelled", "completed"], "{session:#?}");
    let truncated_ms = session.answers[0].truncated_ms.unwrap();
    assert!(truncated_ms < 1_600, "the model knows that the claim was not heard: {truncated_ms} ms");
    let turns = turns_of(&call);
    let [("caller", _), ("agent", first), ("agent", "לאיזו שעה לקבוע?")] = turns[..] else {
        panic!("{call:#}")
    };
    assert!(said.starts_with(first) && !first.contains("קבעתי"), "{call:#}");
    let daemon = &harness.daemon;
    let stopped = daemon.logs().wait_for_event("CLAIM_STOPPED");
    assert_eq!((&stopped["promise"], &stopped["was_heard"]), (&json!("booked"), &json!(false)), "{stopped:#}");
    let details = "SELECT detail ->> 'promise' FROM call_events WHERE kind = 'claim_stopped'";
    assert_eq!(daemon.query_column::<String>(details), ["booked"]);
    let metrics = daemon.client().get("/metrics").await;
    assert!(metrics.text().contains("agentlocator_call_claims_stopped_total 1"), "{}", metrics.text());
    let call_sid: String = daemon.query_value("SELECT call_sid FROM calls");
    let replayed = "call: a false claim is stopped, not heard: that an appointment is booked";
    assert_reproduced(&replay(daemon, &call_sid).await, &[replayed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speech_to_speech_model_that_repeats_a_claim_says_a_sentence_that_is_true() {
    let (claim, sentence) = (format!("{OPEN} קבעתי לך תור ליום שני בעשר. {END}"), "זה עדיין לא נעשה. לנסות שוב?");
    let turn = Turn::new(QUESTION, &claim).instructed("no tool has done this", &claim);
    let (_harness, call, session) = call_realtime(vec![turn, Turn::default().instructed(sentence, sentence)]).await;
    let answers: Vec<_> = session.answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(answers, [&claim, &claim, sentence]);
    assert_eq!(turns_of(&call).last(), Some(&("agent", sentence)), "{call:#}");
}
