//! What the agent says was done is checked before the caller hears it.

use super::booking::offer_haircuts;
use super::call_pipeline::Shop;
use super::call_replay::{assert_reproduced, replay};
use super::call_silence::assert_no_silence;
use super::pipeline_shop::{PIPELINE, QUESTION, turns_of};
use super::support::whatsapp::until;
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use agentlocator::simulator::soniox::SonioxOptions;
use serde_json::{Value, json};

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
    until("the review", async || {
        let done = "SELECT count(*) FROM jobs WHERE kind = 'review_call' AND state = 'done'";
        (shop.harness.daemon.query_value::<i64>(done) == 1).then_some(())
    })
    .await;
    assert_eq!(owner.get("/api/tasks").await.json()["items"], json!([]), "the caller heard no false claim");
    (shop, call, spoken)
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
    let sid: String = daemon.query_value("SELECT call_sid FROM calls");
    let replayed = "call: a false claim is stopped, not heard: that an appointment is booked";
    assert_reproduced(&replay(daemon, &sid).await, &[replayed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_is_repeated_becomes_a_sentence_that_is_true() {
    for (said, sentences) in [
        ("קבעתי לך תור ליום שני בעשר.", ["זה עדיין לא נעשה.", "לנסות שוב?"]),
        ("יש לנו מקום מחר בעשר בבוקר.", ["את השעה הזאת עוד לא בדקתי.", "לבדוק?"]),
    ] {
        let (_shop, call, spoken) = call(Turn::new(QUESTION, said)).await;
        assert_eq!(spoken.join(" "), sentences.join(" "), "{said}");
        assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", &*sentences.join(" "))], "{call:#}");
    }
}
