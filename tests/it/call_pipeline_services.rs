//! Calls with the pipeline engine, with transcription by Deepgram or ElevenLabs and speech by ElevenLabs.

use super::booking::offer_haircuts;
use super::call_pipeline::{ANSWER, LONG, QUESTION, turns_of};
use super::call_silence::assert_no_silence;
use super::support::telephony::{CallHarness, free_port};
use agentlocator::simulator::EventLog;
use agentlocator::simulator::caller::{CallReport, EndedBy};
use agentlocator::simulator::deepgram::{Deepgram, DeepgramOptions};
use agentlocator::simulator::elevenlabs::{ElevenLabs, ElevenLabsFaults, ElevenLabsOptions};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};
use serde_json::{Value, json};

/// A daemon with a fake Deepgram, a fake ElevenLabs and a fake AI. The pipeline answers its calls.
struct Shop {
    harness: CallHarness,
    deepgram: Deepgram,
    elevenlabs: ElevenLabs,
    log: EventLog,
}

impl Shop {
    /// Starts a shop in which `transcriber` returns the sentences `heard`, and ElevenLabs speaks.
    async fn new(transcriber: &str, heard: &[&str], turns: Vec<Turn>) -> Self {
        let heard: Vec<String> = heard.iter().map(|words| (*words).to_owned()).collect();
        let log = EventLog::new();
        let options = DeepgramOptions { heard: heard.clone(), ..DeepgramOptions::default() };
        let deepgram = Deepgram::start(free_port().await, options, log.clone()).unwrap();
        let options = ElevenLabsOptions { heard, ..ElevenLabsOptions::default() };
        let elevenlabs = ElevenLabs::start(free_port().await, options, log.clone()).unwrap();
        let ai = OpenAiOptions { turns, ..OpenAiOptions::default() };
        let harness = CallHarness::with_ai(ai, |setup| {
            setup.env("DEEPGRAM_API_KEY", "deepgram-key").env("DEEPGRAM_BASE_URL", deepgram.base_url());
            setup.env("ELEVENLABS_API_KEY", "elevenlabs-key").env("ELEVENLABS_BASE_URL", elevenlabs.base_url());
            setup.toml(&format!(
                "[voice]\nengine = \"pipeline\"\nmessage_silence_s = 1\n\
                 [pipeline]\ntranscriber = \"{transcriber}\"\nsynthesiser = \"elevenlabs\"\nspeculation = false\n"
            ));
        })
        .await;
        Self { harness, deepgram, elevenlabs, log }
    }

    async fn with_one_question(transcriber: &str) -> Self {
        Self::new(transcriber, &[QUESTION], vec![Turn::new(QUESTION, ANSWER)]).await
    }

    async fn call(&self, script: &str) -> (CallReport, Value) {
        let report = self.harness.call(self.harness.plan(script)).await;
        let call = self.harness.ended_call(&report.call_sid).await;
        (report, call)
    }

    #[track_caller]
    fn assert_no_violations(&self) {
        let wrong = [self.log.violations(), self.harness.log.violations()].concat();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_turns_by_each_transcriber_are_answered_in_elevenlabs_voice() {
    let second = "אפשר לקבוע תור?";
    for transcriber in ["deepgram", "elevenlabs"] {
        let turns = vec![Turn::new(QUESTION, ANSWER), Turn::new(second, "כן, למתי?")];
        let shop = Shop::new(transcriber, &[QUESTION, second], turns).await;
        offer_haircuts(&shop.harness.daemon.logged_in("roni", "owner").await).await;
        let (report, call) = shop.call("say 1500ms; listen; say 1s; listen").await;
        assert_eq!(report.ended, EndedBy::Caller, "{transcriber}: {report:#?}");
        let expected = [("caller", QUESTION), ("agent", ANSWER), ("caller", second), ("agent", "כן, למתי?")];
        assert_eq!(turns_of(&call), expected, "{transcriber}: {call:#}");
        assert_eq!(call["engine"], "pipeline", "{transcriber}: {call:#}");
        assert_no_silence(&report);
        let (state, deepgram) = (shop.elevenlabs.state(), shop.deepgram.transcriptions());
        let parameter = |parameters: &[(String, String)], name: &str| -> Vec<String> {
            parameters.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
        };
        if transcriber == "deepgram" {
            // Deepgram ends a turn by itself, or on the daemon's request after a complete sentence.
            assert_eq!((deepgram.len(), deepgram[0].endpoints + deepgram[0].finalized), (1, 2), "{deepgram:#?}");
            let parameters = &deepgram[0].parameters;
            assert_eq!(parameter(parameters, "language"), ["he"]);
            assert_eq!(parameter(parameters, "keyterm"), ["תספורת"], "words that the transcriber should know");
            assert!(state.transcriptions.is_empty());
        } else {
            assert_eq!((state.transcriptions.len(), state.transcriptions[0].commits), (1, 2), "{state:#?}");
            assert_eq!(parameter(&state.transcriptions[0].parameters, "language_code"), ["he"]);
            assert!(deepgram.is_empty());
        }
        let clauses: Vec<_> = state.speeches.iter().map(|speech| speech.body["text"].as_str().unwrap()).collect();
        let expected = ["שמחה לעזור,", "אנחנו פתוחים היום עד שבע בערב.", "תרצה לקבוע תור?", "כן, למתי?"];
        assert_eq!(clauses, expected, "the first clause is spoken before the others are known");
        assert!(state.speeches.iter().all(|speech| speech.voice == "EXAVITQu4vr4xnSDxMaL"), "{state:#?}");
        // 65 ms for each character: the caller heard all audio exactly once.
        let heard_ms = report.streams[0].heard.iter().filter(|sample| **sample != 0xff).count() / 8;
        let expected_ms = (ANSWER.chars().count() + "כן, למתי?".chars().count()) * 65;
        assert!(heard_ms.abs_diff(expected_ms) < 700, "{transcriber}: {heard_ms} ms instead of {expected_ms}");
        shop.assert_no_violations();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_names_the_part_that_does_not_work_and_its_settings() {
    type Fault = (&'static str, fn(&Shop), &'static str, &'static str);
    let faults: [Fault; 5] = [
        ("deepgram", |_| {}, "found-pipeline-works", ""),
        ("elevenlabs", |_| {}, "found-pipeline-works", ""),
        (
            "deepgram",
            |shop| shop.deepgram.change(|options| options.api_key = Some("another".into())),
            "found-pipeline-transcriber",
            "deepgram.api_key, deepgram.model, agent.language",
        ),
        (
            "elevenlabs",
            |shop| shop.elevenlabs.change(|options| options.faults.reject_sessions = Some("quota_exceeded")),
            "found-pipeline-transcriber",
            "elevenlabs.api_key, elevenlabs.stt_model, agent.language",
        ),
        (
            "deepgram",
            |shop| shop.elevenlabs.change(|options| options.faults.reject_speeches = vec![(1, 404)]),
            "found-pipeline-synthesiser",
            "elevenlabs.api_key, elevenlabs.tts_model, elevenlabs.voice, agent.language",
        ),
    ];
    for (transcriber, fault, code, settings) in faults {
        let shop = Shop::with_one_question(transcriber).await;
        fault(&shop);
        let client = shop.harness.daemon.logged_in("roni", "owner").await;
        let answer = client.post_json("/api/checks", &json!({"check": "ai"})).await.json();
        let findings = answer["findings"].as_array().unwrap();
        let is_pipeline = |finding: &&Value| finding["code"].as_str().is_some_and(|code| code.contains("pipeline"));
        let found = findings.iter().find(is_pipeline).unwrap();
        assert_eq!((&found["code"], &answer["ok"]), (&json!(code), &json!(settings.is_empty())), "{answer:#}");
        let remedy = found["remedy"].as_str().unwrap_or_default();
        assert!(remedy.contains(settings), "{answer:#}");
        shop.assert_no_violations();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_interrupted_by_the_words_of_each_transcriber() {
    for transcriber in ["deepgram", "elevenlabs"] {
        let turns = vec![Turn::new(QUESTION, LONG), Turn::new("", "מאתיים שקלים.")];
        let shop = Shop::new(transcriber, &[QUESTION, "כמה עולה צבע לשיער?"], turns).await;
        let (report, call) = shop.call("say 1500ms; listen 2500ms; say 1500ms; listen").await;
        let stream = &report.streams[0];
        assert_eq!(stream.interruptions.len(), 1, "{transcriber}: {stream:#?}");
        let cut_ms = stream.interruptions[0].cleared_ms.unwrap() - stream.interruptions[0].spoke_ms;
        assert!(cut_ms < 800, "{transcriber}: {cut_ms} ms");
        assert_eq!(call["turns"][1]["interrupted"], true, "{transcriber}: {call:#}");
        assert_eq!(call["turns"][3]["heard_text"], "מאתיים שקלים.", "{transcriber}: {call:#}");
        assert_no_silence(&report);
        shop.assert_no_violations();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_the_services_are_repeated_and_not_heard_as_silence() {
    type Fault = (&'static str, &'static str, fn(&Shop));
    let faults: [Fault; 6] = [
        ("deepgram", "a restart", |shop| shop.deepgram.change(|options| options.restart_transcriptions = 1)),
        ("deepgram", "a noisy line", |shop| shop.deepgram.change(|options| options.endless_utterances = true)),
        ("deepgram", "garbage", |shop| shop.deepgram.change(|options| options.malformed = true)),
        ("elevenlabs", "a restart", |shop| shop.elevenlabs.change(|options| options.faults.restart_transcriptions = 1)),
        ("elevenlabs", "garbage", |shop| shop.elevenlabs.change(|options| options.faults.malformed = true)),
        ("elevenlabs", "429 of the speech", |shop| {
            shop.elevenlabs.change(|options| options.faults.reject_speeches = vec![(1, 429)]);
        }),
    ];
    for (transcriber, name, fault) in faults {
        let shop = Shop::with_one_question(transcriber).await;
        fault(&shop);
        let (report, call) = shop.call("say 1500ms; listen; wait 6s").await;
        assert_eq!(call["engine"], "pipeline", "{transcriber}, {name}: {call:#}");
        assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", ANSWER)], "{transcriber}, {name}: {call:#}");
        assert_no_silence(&report);
        shop.assert_no_violations();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_of_a_service_leaves_the_caller_to_voicemail_at_once() {
    type Fault = (&'static str, &'static str, fn(&Shop));
    let faults: [Fault; 4] = [
        ("deepgram", "key", |shop| shop.deepgram.change(|options| options.api_key = Some("another".into()))),
        ("deepgram", "no credit", |shop| shop.deepgram.change(|options| options.refuse_sockets = Some(402))),
        ("elevenlabs", "key", |shop| shop.elevenlabs.change(|options| options.api_key = Some("another".into()))),
        ("elevenlabs", "no credit", |shop| {
            let reject_sessions = Some("quota_exceeded");
            shop.elevenlabs
                .change(|options| options.faults = ElevenLabsFaults { reject_sessions, ..options.faults.clone() });
        }),
    ];
    for (transcriber, name, fault) in faults {
        let shop = Shop::with_one_question(transcriber).await;
        fault(&shop);
        let (report, call) = shop.call("wait 4500ms; say 2s; stay").await;
        assert_eq!(report.ended, EndedBy::Hangup, "{transcriber}, {name}: {report:#?}");
        let expected = (&json!("voicemail"), &json!("message_taken"));
        assert_eq!((&call["engine"], &call["end_reason"]), expected, "{transcriber}, {name}: {call:#}");
        let lost = shop.harness.daemon.logs().events_named("ENGINE_LOST");
        assert_eq!(lost.len(), 1, "{transcriber}, {name}: it is not tried again: {lost:#?}");
        let (cause, kind) = if name == "key" { ("bad_key", "ai_refused") } else { ("no_credit", "ai_no_credit") };
        let is_of_pipeline = lost[0]["part"] == "transcriber" || lost[0]["part"] == "synthesiser";
        assert!(lost[0]["cause"] == cause && is_of_pipeline, "{transcriber}, {name}: {lost:#?}");
        let event = shop.harness.daemon.logs().wait_for_event("ALERT_RAISED");
        assert_eq!(event["alert.kind"], kind, "{transcriber}, {name}: {event}");
        shop.assert_no_violations();
    }
}
