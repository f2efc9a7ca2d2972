//! Calls with the pipeline engine, with transcription and speech by Google over gRPC.

use super::booking::offer_haircuts;
use super::call_silence::assert_no_silence;
use super::pipeline_shop::{ANSWER, LONG, PipelineShop, QUESTION, assert_words_are_timed, turns_of};
use super::support::telephony::free_port;
use agentlocator::simulator::EventLog;
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::google::{Google, GoogleFaults, GoogleOptions, service_account};
use agentlocator::simulator::openai::{OpenAiOptions, Turn};

const SECOND: &str = "אפשר לקבוע תור?";
const PERMISSION_DENIED: u32 = 7;
const RESOURCE_EXHAUSTED: u32 = 8;
pub(super) const UNAVAILABLE: u32 = 14;

/// A shop with a fake Google. The pipeline answers its calls.
type Shop = PipelineShop<Google>;

impl Shop {
    /// Starts a shop in which Google hears these sentences. `settings` is the content of the section `[google]`, and
    /// may begin further sections.
    async fn new(heard: &[&str], turns: Vec<Turn>, settings: &str) -> Self {
        let heard = heard.iter().map(|words| (*words).to_owned()).collect();
        let log = EventLog::new();
        let options = GoogleOptions { heard, ..GoogleOptions::default() };
        let google = Google::start(free_port().await, options, log.clone()).unwrap();
        let ai = OpenAiOptions { turns, ..OpenAiOptions::default() };
        Self::start(google, log, ai, |google, setup| {
            setup.env("GCP_CREDENTIALS_JSON", service_account()).env("GOOGLE_TOKEN_URL", google.token_url());
            setup.env("GOOGLE_SPEECH_BASE_URL", google.base_url()).env("GOOGLE_TTS_BASE_URL", google.base_url());
            setup.toml(&format!(
                "[voice]\nengine = \"pipeline\"\nmessage_silence_s = 1\n\
                 [pipeline]\ntranscriber = \"google\"\nsynthesiser = \"google\"\nspeculation = false\nduplicate_requests = false\n\
                 [google]\n{settings}"
            ));
        })
        .await
    }

    /// Starts a shop in which the caller's only question gets this answer, with a Google that has these faults.
    async fn with_faults(answer: &str, settings: &str, faults: GoogleFaults) -> Self {
        let shop = Self::new(&[QUESTION], vec![Turn::new(QUESTION, answer)], settings).await;
        shop.services.change(|options| options.faults = faults);
        shop
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_turns_in_hebrew_are_transcribed_and_answered_by_google() {
    let turns = vec![Turn::new(QUESTION, ANSWER), Turn::new(SECOND, "כן, למתי?")];
    let shop = Shop::new(&[QUESTION, SECOND], turns, "voice = \"Leda\"\n").await;
    offer_haircuts(&shop.harness.daemon.logged_in("roni", "owner").await).await;
    let (report, call) = shop.call("say 1500ms; listen; say 1s; listen").await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    let expected = [("caller", QUESTION), ("agent", ANSWER), ("caller", SECOND), ("agent", "כן, למתי?")];
    assert_eq!(turns_of(&call), expected, "{call:#}");
    assert_eq!(call["engine"], "pipeline", "{call:#}");
    assert_no_silence(&report);
    let state = shop.services.state();
    assert_eq!((state.tokens, state.connections), (1, 2), "one token, and a connection to each service");
    let ended = state.recognitions.iter().filter(|stream| stream.ended).count();
    assert_eq!((state.recognitions.len(), ended), (3, 2), "each turn is ended by the end of its stream: {state:#?}");
    for stream in &state.recognitions {
        assert_eq!(stream.recognizer, "projects/shop-test/locations/eu/recognizers/_");
        assert_eq!(
            (stream.model.as_str(), &stream.languages),
            ("chirp_3", &["iw-IL", "en-US", "ar-EG", "ru-RU"].map(str::to_owned).to_vec())
        );
        assert_eq!(stream.phrases, ["תספורת"], "words that the transcriber should know");
        assert!(!stream.word_times, "Chirp 3 has no times of words in streams");
    }
    let untimed = call["turns"].as_array().unwrap().iter().all(|turn| turn["words"].is_null());
    assert!(untimed, "{call:#}");
    let clauses: Vec<_> = state.speeches.iter().map(|speech| speech.text.as_str()).collect();
    let expected = ["שמחה לעזור,", "אנחנו פתוחים היום עד שבע בערב.", "תרצה לקבוע תור?", "כן, למתי?"];
    assert_eq!(clauses, expected, "the first clause is spoken before the others are known");
    let is_right = |voice: &str, language: &str| voice == "he-IL-Chirp3-HD-Leda" && language == "he-IL";
    assert!(state.speeches.iter().all(|speech| is_right(&speech.voice, &speech.language)), "{state:#?}");
    // The fake speaks for 65 ms for each character. The caller heard all audio exactly once.
    let heard_ms = report.streams[0].heard.iter().filter(|sample| **sample != 0xff).count() / 8;
    let expected_ms = (ANSWER.chars().count() + "כן, למתי?".chars().count()) * 65;
    assert!(heard_ms.abs_diff(expected_ms) < 700, "{heard_ms} ms instead of {expected_ms}");
    // The next call uses the same token.
    shop.call("say 1500ms; listen").await;
    assert_eq!(shop.services.state().tokens, 1);
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_reports_times_of_words_is_asked_for_them() {
    let turns = vec![Turn::new(QUESTION, ANSWER), Turn::new(SECOND, "כן, למתי?")];
    let shop = Shop::new(&[QUESTION, SECOND], turns, "stt_model = \"chirp_2\"\n").await;
    let (report, call) = shop.call("say 1500ms; listen; say 1s; listen").await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_words_are_timed(&report, &call);
    assert!(shop.services.state().recognitions.iter().all(|stream| stream.word_times));
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_names_the_part_that_does_not_work_and_its_settings() {
    type Case = (&'static str, GoogleFaults, &'static str, &'static str, &'static str);
    let none = GoogleFaults::default;
    let denied = GoogleFaults { reject_recognitions: Some((PERMISSION_DENIED, "Permission denied")), ..none() };
    let transcriber =
        "google.credentials_file or google.credentials_json, google.region, google.stt_model, agent.language";
    let synthesiser = "google.credentials_file or google.credentials_json, google.region, google.voice, agent.language";
    let cases: [Case; 6] = [
        ("", none(), "found-pipeline-works", "", ""),
        (
            "",
            GoogleFaults { revoked_key: true, ..none() },
            "found-pipeline-transcriber",
            transcriber,
            "Invalid JWT Signature",
        ),
        ("", denied, "found-pipeline-transcriber", transcriber, "PERMISSION_DENIED"),
        ("voice = \"Missing\"\n", none(), "found-pipeline-synthesiser", synthesiser, "he-IL-Chirp3-HD-Missing"),
        ("stt_model = \"chirp_9\"\n", none(), "found-pipeline-transcriber", transcriber, "chirp_9"),
        ("[agent]\nlanguage = \"yi\"\n", none(), "found-pipeline-transcriber", transcriber, "yi-YI"),
    ];
    for (toml, faults, code, settings, reason) in cases {
        Shop::with_faults(ANSWER, toml, faults).await.assert_check_finds(code, settings, reason).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_interrupted_by_the_words_of_the_caller() {
    let turns = vec![Turn::new(QUESTION, LONG), Turn::new("", "מאתיים שקלים.")];
    let shop = Shop::new(&[QUESTION, "כמה עולה צבע לשיער?"], turns, "").await;
    let (report, call) = shop.call("say 1500ms; listen 2500ms; say 1500ms; listen").await;
    let stream = &report.streams[0];
    assert_eq!(stream.interruptions.len(), 1, "{stream:#?}");
    let cut_ms = stream.interruptions[0].cleared_ms.unwrap() - stream.interruptions[0].spoke_ms;
    assert!(cut_ms < 800, "{cut_ms} ms");
    assert_eq!(call["turns"][1]["interrupted"], true, "{call:#}");
    assert_eq!(call["turns"][3]["heard_text"], "מאתיים שקלים.", "{call:#}");
    assert_no_silence(&report);
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_google_are_repeated_and_not_heard_as_silence() {
    let none = GoogleFaults::default;
    let exhausted = (RESOURCE_EXHAUSTED, "Quota exceeded for 'Requests' and limit 'Requests per minute'");
    let unavailable = (UNAVAILABLE, "The service is currently unavailable.");
    let cases = [
        ("a restart", GoogleFaults { restart_recognitions: 1, ..none() }),
        ("a lost connection", GoogleFaults { close_connections: 1, ..none() }),
        ("a noisy line", GoogleFaults { endless_utterances: true, ..none() }),
        ("garbage", GoogleFaults { malformed: true, ..none() }),
        ("the rate limit of the speech", GoogleFaults { reject_speeches: vec![(1, exhausted)], ..none() }),
        ("an outage of the speech", GoogleFaults { reject_speeches: vec![(1, unavailable)], ..none() }),
    ];
    for (name, faults) in cases {
        Shop::with_faults(ANSWER, "", faults).await.assert_answers_despite(name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_google_that_stays_silent_leaves_the_caller_to_voicemail() {
    let none = GoogleFaults::default;
    let cases = [
        ("mute", "14s", GoogleFaults { mute_from_speech: Some(1), ..none() }),
        ("an outage of the tokens", "5s", GoogleFaults { refuse_tokens: Some(503), ..none() }),
    ];
    for (name, pause, faults) in cases {
        let shop = Shop::with_faults(ANSWER, "", faults).await;
        let (report, call) = shop.call(&format!("say 1500ms; wait {pause}; say 2s; stay")).await;
        assert_eq!(report.ended, EndedBy::Hangup, "{name}: {report:#?}");
        assert_eq!(call["engine"], "voicemail", "{name}: {call:#}");
        assert_no_silence(&report);
        shop.assert_no_violations();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_refused_leaves_the_caller_to_voicemail_at_once() {
    let none = GoogleFaults::default;
    let rejected = |code, message| GoogleFaults { reject_recognitions: Some((code, message)), ..none() };
    let cases = [
        ("key", GoogleFaults { revoked_key: true, ..none() }, "bad_key", "ai_refused"),
        ("token", GoogleFaults { reject_tokens: true, ..none() }, "bad_key", "ai_refused"),
        (
            "permission",
            rejected(PERMISSION_DENIED, "Permission 'speech.recognizers.recognize' denied"),
            "bad_key",
            "ai_refused",
        ),
        (
            "billing",
            rejected(PERMISSION_DENIED, "This API method requires billing to be enabled."),
            "no_credit",
            "ai_no_credit",
        ),
        ("quota", rejected(RESOURCE_EXHAUSTED, "Quota exceeded: 'Requests per day'"), "no_credit", "ai_no_credit"),
    ];
    for (name, faults, cause, alert) in cases {
        let lost = Shop::with_faults(ANSWER, "", faults).await.assert_refused(name, alert).await;
        assert_eq!(lost["cause"], cause, "{name}: {lost:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_clause_has_the_voice_of_its_language() {
    let answer = "We are open today. אנחנו פתוחים עד שבע בערב.";
    let shop = Shop::with_faults(answer, "region = \"us\"\n", GoogleFaults::default()).await;
    let (_, call) = shop.call("say 1500ms; listen").await;
    assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", answer)], "{call:#}");
    let state = shop.services.state();
    let voices: Vec<_> = state.speeches.iter().map(|speech| speech.voice.as_str()).collect();
    assert_eq!(voices, ["en-US-Chirp3-HD-Kore", "he-IL-Chirp3-HD-Kore"], "{state:#?}");
    assert_eq!(state.recognitions[0].recognizer, "projects/shop-test/locations/us/recognizers/_");
    shop.assert_no_violations();
}
