//! Requests of the pipeline that are sent twice because the caller already waits.

use super::call_pipeline::Shop;
use super::call_silence::assert_no_silence;
use super::pipeline_shop::{ANSWER, PIPELINE, QUESTION, turns_of};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use agentlocator::simulator::soniox::{SonioxFaults, SonioxOptions};
use std::time::Duration;

const SECOND: &str = "אפשר לקבוע תור?";
const SECOND_ANSWER: &str = "כן, למתי?";

/// Starts a shop whose transcriber is slow, so that both turns of the call wait for their words.
async fn slow_shop(soniox: SonioxFaults, ai: Faults, api: &str) -> Shop {
    let soniox = SonioxOptions {
        heard: vec![QUESTION.into(), SECOND.into()],
        transcribe: Duration::from_millis(600),
        faults: soniox,
        ..SonioxOptions::default()
    };
    let turns = vec![Turn::new(QUESTION, ANSWER), Turn::new(SECOND, SECOND_ANSWER)];
    let ai = OpenAiOptions { turns, faults: ai, ..OpenAiOptions::default() };
    let toml = PIPELINE.replace("duplicate_requests = false", "duplicate_requests = true");
    Shop::new(soniox, ai, &format!("{toml}model_api = \"{api}\"\n")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_is_requested_twice_and_heard_once() {
    // A failure of one of two equal requests is not noticed.
    let refused = Faults { rate_limited_chats: vec![2], ..Faults::default() };
    let limited = SonioxFaults { rate_limited_streams: vec![1], ..SonioxFaults::default() };
    for (api, path, soniox, ai) in [
        ("chat", "/chat/completions", SonioxFaults::default(), Faults::default()),
        ("chat", "/chat/completions", limited, refused),
        ("responses", "/responses", SonioxFaults::default(), Faults::default()),
    ] {
        let is_faulty = !soniox.rate_limited_streams.is_empty();
        let shop = slow_shop(soniox, ai, api).await;
        let (report, call) = shop.call("say 1500ms; listen; say 1s; listen").await;
        let expected = [("caller", QUESTION), ("agent", ANSWER), ("caller", SECOND), ("agent", SECOND_ANSWER)];
        assert_eq!(turns_of(&call), expected, "{api}: {call:#}");
        let requests = shop.harness.ai.state().requests;
        // The first request of a call is sent once: half of its requests would be discarded otherwise.
        assert_eq!(requests.iter().filter(|(asked, _)| asked == path).count(), 3, "{api}: {requests:#?}");
        let speeches = shop.services.state().speeches;
        let copies = |clause: &str| {
            let copies = speeches.iter().filter(|speech| speech.text == clause);
            (copies.clone().count(), copies.filter(|speech| speech.cancelled).count())
        };
        // The fake records no text of a synthesis that it rejects.
        let expected = if is_faulty { (1, 0) } else { (2, 1) };
        assert_eq!(copies("שמחה לעזור,"), expected, "{api}: {speeches:#?}");
        assert_eq!(copies(SECOND_ANSWER), (2, 1), "{api}: {speeches:#?}");
        assert_eq!(copies("תרצה לקבוע תור?"), (1, 0), "{api}: {speeches:#?}");
        // The fake speaks for 65 ms for each character.
        let heard_ms = report.streams[0].heard.iter().filter(|sample| **sample != 0xff).count() / 8;
        let expected_ms = (ANSWER.chars().count() + SECOND_ANSWER.chars().count()) * 65;
        // On a busy machine the caller also hears "one moment".
        let one_moment = include_bytes!("../../packaging/audio/one_moment_he.ulaw");
        let one_moment_ms = one_moment.iter().filter(|sample| **sample != 0xff).count() / 8;
        let possible = [expected_ms, expected_ms + one_moment_ms];
        let is_heard_once = possible.iter().any(|expected| heard_ms.abs_diff(*expected) < 500);
        assert!(is_heard_once, "{api}: {heard_ms} ms instead of {possible:?}");
        assert_no_silence(&report);
        shop.assert_no_violations();
    }
}
