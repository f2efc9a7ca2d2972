//! What Twilio's voice says when no stream is open: numbers in words, and the owner's words as the owner says them.

use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::{CallPlan, CallReport, StreamPlan};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};

const QUESTION: &str = "מתי התור שלי?";

/// Returns the report of a call without a stream, in which the agent gives this answer to Twilio's recorder.
async fn answered_at_the_recorder(answer: &str, toml: &str) -> CallReport {
    let options = OpenAiOptions { turns: vec![Turn::new(QUESTION, answer)], ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |setup| {
        setup.toml(toml);
    })
    .await;
    harness.call(CallPlan { stream: StreamPlan::Fails, ..harness.plan("stay") }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_at_the_recorder_is_spoken_like_that_of_a_stream() {
    let dictionary = "[agent]\npronunciation = \"Ron = רון\"\n";
    let answer = "התור אצל Ron בשעה 16:30, וזה עולה **120 ₪**.";
    let report = answered_at_the_recorder(answer, dictionary).await;
    let said: Vec<_> = report.prompts.iter().map(|prompt| prompt.what.as_str()).collect();
    let answered = said.iter().find(|text| text.contains("התור אצל")).unwrap_or_else(|| panic!("{said:#?}"));
    assert_eq!(*answered, "התור אצל רון בשעה ארבע וחצי, וזה עולה מאה ועשרים שקלים.");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_english_voice_keeps_the_numbers_that_it_reads_itself() {
    let english = "[agent]\nlanguage = \"en\"\npronunciation = \"Cohen = Ko-hen\"\n[voice]\nsay_voice = \"Google.en-US-Wavenet-A\"\n";
    let report = answered_at_the_recorder("Mr. Cohen expects you at 16:30.", english).await;
    let said: Vec<_> = report.prompts.iter().map(|prompt| prompt.what.as_str()).collect();
    assert!(said.contains(&"Mr. Ko-hen expects you at 16:30."), "{said:#?}");
}
