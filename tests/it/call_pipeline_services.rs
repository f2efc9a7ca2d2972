//! Calls with the pipeline engine, with transcription by Deepgram or ElevenLabs and speech by ElevenLabs.

use super::booking::offer_haircuts;
use super::call_silence::assert_no_silence;
use super::pipeline_shop::{ANSWER, LONG, PipelineShop, QUESTION, assert_is_warm, assert_words_are_timed, turns_of};
use super::support::telephony::free_port;
use agentlocator::simulator::EventLog;
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::deepgram::{Deepgram, DeepgramOptions};
use agentlocator::simulator::elevenlabs::{ElevenLabs, ElevenLabsOptions};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};

struct Services {
    deepgram: Deepgram,
    elevenlabs: ElevenLabs,
}

/// A shop with a fake Deepgram and a fake ElevenLabs. The pipeline answers its calls.
type Shop = PipelineShop<Services>;

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
        Self::start(Services { deepgram, elevenlabs }, log, ai, |Services { deepgram, elevenlabs }, setup| {
            setup.env("DEEPGRAM_API_KEY", "deepgram-key").env("DEEPGRAM_BASE_URL", deepgram.base_url());
            setup.env("ELEVENLABS_API_KEY", "elevenlabs-key").env("ELEVENLABS_BASE_URL", elevenlabs.base_url());
            setup.toml(&format!(
                "[voice]\nengine = \"pipeline\"\nmessage_silence_s = 1\n\
                 [pipeline]\ntranscriber = \"{transcriber}\"\nsynthesiser = \"elevenlabs\"\nspeculation = false\nduplicate_requests = false\n"
            ));
        })
        .await
    }

    /// Starts a shop in which the caller asks one question. `fault` gives the fake services their faults.
    async fn with_fault(transcriber: &str, fault: impl FnOnce(&Services)) -> Self {
        let shop = Self::new(transcriber, &[QUESTION], vec![Turn::new(QUESTION, ANSWER)]).await;
        fault(&shop.services);
        shop
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
        assert_words_are_timed(&report, &call);
        assert_no_silence(&report);
        let (state, deepgram) = (shop.services.elevenlabs.state(), shop.services.deepgram.transcriptions());
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
            let parameters = &state.transcriptions[0].parameters;
            assert!(parameter(parameters, "language_code").is_empty(), "the language is detected");
            assert_eq!(parameter(parameters, "keyterms"), ["תספורת"], "words that the transcriber should know");
            assert!(deepgram.is_empty());
        }
        // The clauses of one answer are requested together, so they may arrive in another order.
        let mut clauses: Vec<_> = state.speeches.iter().map(|speech| speech.body["text"].as_str().unwrap()).collect();
        clauses.sort_unstable();
        let mut expected = ["שמחה לעזור,", "אנחנו פתוחים היום עד שבע בערב.", "תרצה לקבוע תור?", "כן, למתי?"];
        expected.sort_unstable();
        assert_eq!(clauses, expected);
        assert!(state.speeches.iter().all(|speech| speech.voice == "EXAVITQu4vr4xnSDxMaL"), "{state:#?}");
        // The fake speaks for 65 ms for each character. The caller heard all audio exactly once.
        let heard_ms = report.streams[0].heard.iter().filter(|sample| **sample != 0xff).count() / 8;
        let expected_ms = (ANSWER.chars().count() + "כן, למתי?".chars().count()) * 65;
        assert!(heard_ms.abs_diff(expected_ms) < 700, "{transcriber}: {heard_ms} ms instead of {expected_ms}");
        assert_is_warm(&shop.services.elevenlabs.http_requests(), "/v1/text-to-speech/");
        shop.assert_no_violations();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_names_the_part_that_does_not_work_and_its_settings() {
    type Fault = (&'static str, fn(&Services), &'static str, &'static str);
    let faults: [Fault; 5] = [
        ("deepgram", |_| {}, "found-pipeline-works", ""),
        ("elevenlabs", |_| {}, "found-pipeline-works", ""),
        (
            "deepgram",
            |services| services.deepgram.change(|options| options.api_key = Some("another".into())),
            "found-pipeline-transcriber",
            "deepgram.api_key, deepgram.model, agent.language",
        ),
        (
            "elevenlabs",
            |services| services.elevenlabs.change(|options| options.faults.reject_sessions = Some("quota_exceeded")),
            "found-pipeline-transcriber",
            "elevenlabs.api_key, elevenlabs.stt_model, agent.language",
        ),
        (
            "deepgram",
            |services| services.elevenlabs.change(|options| options.faults.reject_speeches = vec![(1, 404)]),
            "found-pipeline-synthesiser",
            "elevenlabs.api_key, elevenlabs.tts_model, elevenlabs.voice, agent.language",
        ),
    ];
    for (transcriber, fault, code, settings) in faults {
        Shop::with_fault(transcriber, fault).await.assert_check_finds(code, settings, "").await;
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
async fn failures_of_deepgram_are_repeated_and_not_heard_as_silence() {
    type Fault = (&'static str, fn(&mut DeepgramOptions));
    let faults: [Fault; 3] = [
        ("a restart", |options| options.restart_transcriptions = 1),
        ("a noisy line", |options| options.endless_utterances = true),
        ("garbage", |options| options.malformed = true),
    ];
    for (name, fault) in faults {
        let shop = Shop::with_fault("deepgram", |services| services.deepgram.change(fault)).await;
        shop.assert_answers_despite(name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_elevenlabs_are_repeated_and_not_heard_as_silence() {
    type Fault = (&'static str, fn(&mut ElevenLabsOptions));
    let faults: [Fault; 5] = [
        ("a restart", |options| options.faults.restart_transcriptions = 1),
        ("a transcriber that has stopped working", |options| options.faults.deaf_sessions = 1),
        ("words only after a commit", |options| options.faults.only_committed = true),
        ("garbage", |options| options.faults.malformed = true),
        ("429 of the speech", |options| options.faults.reject_speeches = vec![(1, 429)]),
    ];
    for (name, fault) in faults {
        let shop = Shop::with_fault("elevenlabs", |services| services.elevenlabs.change(fault)).await;
        shop.assert_answers_despite(name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_account_of_a_service_leaves_the_caller_to_voicemail_at_once() {
    type Fault = (&'static str, fn(&Services), &'static str, &'static str);
    let faults: [Fault; 4] = [
        (
            "deepgram",
            |services| services.deepgram.change(|options| options.api_key = Some("another".into())),
            "bad_key",
            "ai_refused",
        ),
        (
            "deepgram",
            |services| services.deepgram.change(|options| options.refuse_sockets = Some(402)),
            "no_credit",
            "ai_no_credit",
        ),
        (
            "elevenlabs",
            |services| services.elevenlabs.change(|options| options.api_key = Some("another".into())),
            "bad_key",
            "ai_refused",
        ),
        (
            "elevenlabs",
            |services| services.elevenlabs.change(|options| options.faults.reject_sessions = Some("quota_exceeded")),
            "no_credit",
            "ai_no_credit",
        ),
    ];
    for (transcriber, fault, cause, alert) in faults {
        let shop = Shop::with_fault(transcriber, fault).await;
        let lost = shop.assert_refused(&format!("{transcriber}, {cause}"), alert).await;
        let is_of_pipeline = lost["part"] == "transcriber" || lost["part"] == "synthesiser";
        assert!(lost["cause"] == cause && is_of_pipeline, "{transcriber}: {lost:#?}");
    }
}
