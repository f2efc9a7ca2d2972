//! Sounds of the caller during the agent's speech: which sounds interrupt the answer, observed at the phone and at the
//! AI.

use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::{CallReport, Clip, Script, Step};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use agentlocator::simulator::sound::encode_sample;
use std::sync::Arc;
use std::time::Duration;

const ANSWER: &str = "אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר";
/// A recorded voice in mu-law, 8 samples per ms. The detector of the daemon accepts it as a voice.
const VOICE: &[u8] = include_bytes!("../../packaging/audio/leave_message_he.ulaw");

/// Returns the first part of the recorded voice, without the silence before it.
fn voice(ms: usize) -> Clip {
    let begin = VOICE.iter().position(|sample| sample & 0x7f < 0x50).unwrap();
    Clip::Sound(Arc::from(&VOICE[begin..begin + ms * 8]))
}

/// Returns a noise without voice.
fn noise(ms: usize) -> Clip {
    let mut seed = 1u32;
    let mut sample = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        encode_sample(i16::try_from(seed >> 19).unwrap() - 4096)
    };
    Clip::Sound((0..ms * 8).map(|_| sample()).collect())
}

/// Places a call in which the caller makes these sounds during an answer of 6 s. `words` lists the sounds that are not
/// turns, each with the number of its utterance and its transcript.
async fn call(sounds: Vec<Clip>, words: &[(usize, &str)]) -> (CallHarness, CallReport) {
    let turns = vec![Turn::new("מה השעות?", ANSWER).lasting(Duration::from_secs(6)), Turn::new("רגע", "כן?")];
    let asides = words.iter().map(|(number, words)| (*number, (*words).to_owned())).collect();
    let options = OpenAiOptions { turns, asides, ..OpenAiOptions::default() };
    let harness = CallHarness::with_ai(options, |_| {}).await;
    let mut plan = harness.plan("wait 1s");
    let mut steps = vec![Step::Say(voice(1000)), Step::ListenFor(Duration::from_millis(1500))];
    for sound in sounds {
        steps.extend([Step::Say(sound), Step::Wait(Duration::from_millis(1800))]);
    }
    steps.push(Step::Wait(Duration::from_secs(5)));
    plan.script = Script(steps);
    let report = harness.call(plan).await;
    (harness, report)
}

fn events(harness: &CallHarness) -> String {
    let query = "SELECT coalesce(group_concat(kind || coalesce(detail ->> '$.cause', ''), ' '), '') FROM call_events
                 WHERE kind LIKE 'barge_in%'";
    harness.daemon.query_value(query)
}

/// Checks that the caller heard the agent's whole answer as one turn, although a sound stopped the agent for a moment.
async fn assert_whole(harness: &CallHarness, report: &CallReport) {
    let session = &harness.ai.state().sessions[0];
    assert!(session.errors.is_empty(), "{:?}", session.errors);
    assert_eq!(session.answers.len(), 1, "no answer to the sound");
    assert_eq!((session.answers[0].truncated_ms, session.answers[0].status.as_str()), (None, "completed"));
    assert!(!report.streams[0].clears_ms.is_empty(), "the agent stopped");
    let call = harness.ended_call(&report.call_sid).await;
    let turn = &call["turns"][1];
    assert_eq!((&turn["heard_text"], &turn["interrupted"]), (&ANSWER.into(), &false.into()), "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn back_channels_do_not_end_the_answer() {
    let (harness, report) = call(vec![voice(300), voice(300)], &[(2, "כן"), (3, "אהה")]).await;
    assert_whole(&harness, &report).await;
    assert_eq!(events(&harness), "barge_in_undoneback_channel barge_in_undoneback_channel");
    let call = harness.ended_call(&report.call_sid).await;
    let texts: Vec<_> = call["turns"].as_array().unwrap().iter().map(|turn| turn["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["מה השעות?", ANSWER, "כן", "אהה"]);
    // The audio that the caller had not heard was kept: the caller heard the whole answer, and the interrupted words
    // twice.
    let heard_ms = report.streams[0].heard.iter().filter(|sample| **sample != 0xff).count() / 8;
    assert!((5900..7700).contains(&heard_ms), "{heard_ms} ms");
}

#[tokio::test(flavor = "multi_thread")]
async fn coughs_and_noises_do_not_end_the_answer() {
    let (harness, report) = call(vec![voice(160), noise(1500)], &[(2, ""), (3, "")]).await;
    assert_whole(&harness, &report).await;
    // A hiss may be classified as a voice for a moment. Then the daemon waits for its transcript.
    let events = events(&harness);
    assert!(
        ["barge_in_undonenoise barge_in_undonenoise", "barge_in_undonenoise barge_in_undoneunknown"]
            .contains(&&*events),
        "{events}"
    );
    assert_eq!(harness.ai.state().sessions[0].deleted.len(), 2, "the model does not hear them again");
}

#[tokio::test(flavor = "multi_thread")]
async fn speech_ends_the_answer() {
    // Long speech ends the answer whatever its words are, here those of a back-channel. Short speech ends the answer by
    // its words.
    for (length, words) in [(1500, vec![(2, "כן")]), (300, vec![])] {
        let (harness, report) = call(vec![voice(length)], &words).await;
        let stream = &report.streams[0];
        let cut = stream.clears_ms[0] - stream.speeches[1].began_ms;
        assert!(cut < 250, "{cut} ms");
        let session = &harness.ai.state().sessions[0];
        assert!(session.errors.is_empty(), "{:?}", session.errors);
        assert_eq!(session.answers.len(), 2, "{:?}", session.answers);
        let truncated_ms = session.answers[0].truncated_ms.unwrap();
        assert!((1200..2200).contains(&truncated_ms), "{truncated_ms}");
        assert_eq!(events(&harness), "barge_in", "{length} ms");
        let call = harness.ended_call(&report.call_sid).await;
        assert_eq!(call["turns"][1]["interrupted"], true, "{call:#}");
    }
}
