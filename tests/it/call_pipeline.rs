//! Calls with the pipeline engine: transcription, a language model and speech synthesis instead of a speech-to-speech
//! model.

use super::booking::{monday, offer_haircuts};
use super::call_silence::assert_no_silence;
use super::pipeline_shop::{
    ANSWER, LONG, PIPELINE, PipelineShop, QUESTION, assert_is_warm, assert_words_are_timed, turns_of,
};
use super::support::client::send;
use super::support::telephony::free_port;
use super::support::whatsapp::until;
use agentlocator::simulator::EventLog;
use agentlocator::simulator::caller::EndedBy;
use agentlocator::simulator::openai::{Faults, OpenAiOptions, Turn};
use agentlocator::simulator::soniox::{Soniox, SonioxFaults, SonioxOptions};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// A shop with a fake Soniox. The test chooses the engines that answer the shop's calls.
pub(super) type Shop = PipelineShop<Soniox>;

impl Shop {
    pub(super) async fn new(soniox: SonioxOptions, ai: OpenAiOptions, toml: &str) -> Self {
        let log = EventLog::new();
        let soniox = Soniox::start(free_port().await, soniox, log.clone()).unwrap();
        Self::start(soniox, log, ai, |soniox, setup| {
            setup.env("SONIOX_API_KEY", "soniox-key");
            setup.env("SONIOX_STT_BASE_URL", soniox.base_url()).env("SONIOX_TTS_BASE_URL", soniox.base_url());
            setup.toml(toml);
        })
        .await
    }

    /// Starts a shop with only the pipeline engine. The caller asks one question, and the fakes have these faults.
    async fn with_faults(soniox: SonioxFaults, ai: Faults) -> Self {
        let soniox = SonioxOptions { heard: vec![QUESTION.into()], faults: soniox, ..SonioxOptions::default() };
        let ai = OpenAiOptions { turns: vec![Turn::new(QUESTION, ANSWER)], faults: ai, ..OpenAiOptions::default() };
        Self::new(soniox, ai, PIPELINE).await
    }

    /// Returns the messages of each request to the model.
    fn asked(&self) -> Vec<Vec<Value>> {
        let requests = self.harness.ai.state().requests;
        let chats = requests.iter().filter(|(path, _)| path == "/chat/completions");
        chats.map(|(_, body)| body["messages"].as_array().unwrap().clone()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_turns_are_transcribed_answered_and_spoken() {
    let second = "אפשר לקבוע תור?";
    let soniox = SonioxOptions { heard: vec![QUESTION.into(), second.into()], ..SonioxOptions::default() };
    let ai = vec![Turn::new(QUESTION, ANSWER), Turn::new(second, "כן, למתי?")];
    let shop = Shop::new(soniox, OpenAiOptions { turns: ai, ..OpenAiOptions::default() }, PIPELINE).await;
    let (report, call) = shop.call("say 1500ms; listen; say 1s; listen").await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    let expected = [("caller", QUESTION), ("agent", ANSWER), ("caller", second), ("agent", "כן, למתי?")];
    assert_eq!(turns_of(&call), expected, "{call:#}");
    assert_eq!((&call["engine"], &call["end_reason"]), (&json!("pipeline"), &json!("caller_hung_up")), "{call:#}");
    assert_words_are_timed(&report, &call);
    assert_no_silence(&report);
    let state = shop.services.state();
    assert_eq!((state.transcriptions.len(), state.transcriptions[0].endpoints), (1, 0), "{state:#?}");
    let clauses: Vec<_> = state.speeches.iter().map(|speech| speech.text.as_str()).collect();
    let expected = ["שמחה לעזור,", "אנחנו פתוחים היום עד שבע בערב.", "תרצה לקבוע תור?", "כן, למתי?"];
    assert_eq!(clauses, expected, "the first clause is spoken before the others are known");
    let asked = shop.asked();
    let roles: Vec<_> = asked[1].iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    assert_eq!((&asked[1][2]["content"], &asked[1][3]["content"]), (&json!(ANSWER), &json!(second)));
    assert!(shop.harness.ai.state().sessions.is_empty(), "no realtime session is paid for");
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_costs_its_time_and_counts_to_the_limit_of_the_day() {
    let soniox = SonioxOptions { heard: vec![QUESTION.into()], ..SonioxOptions::default() };
    let ai = OpenAiOptions { turns: vec![Turn::new(QUESTION, ANSWER)], ..OpenAiOptions::default() };
    // A second of a call costs 28 cents, and the limit is a dollar a day.
    let toml = format!("{}cents_per_hour = 100000\n", PIPELINE.replace("[pipeline]", "ai_usd_per_day = 1\n[pipeline]"));
    let shop = Shop::new(soniox, ai, &toml).await;
    let (report, call) = shop.call("say 3s; listen").await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    let (cost, duration_ms) = (call["cost_micros"].as_i64().unwrap(), call["duration_ms"].as_i64().unwrap());
    assert!((1_000_000..=(duration_ms + 1000) * 100_000 / 360).contains(&cost), "{call:#}");
    let (_, call) = shop.call("say 1s; listen").await;
    assert_eq!(shop.harness.daemon.logs().wait_for_event("CALL_OVER_LIMIT")["limit"], "voice.ai_usd_per_day");
    assert_eq!(call["engine"], "voicemail", "{call:#}");
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_ready_when_the_turn_ends() {
    let mut waits_ms = Vec::new();
    for speculates in [false, true] {
        // The detection of the end of the turn takes longer than the model.
        let endpoint = Duration::from_secs(1);
        // For an English sentence, the daemon does not evaluate whether the caller has finished.
        let question = "Are you open today?";
        let soniox = SonioxOptions { heard: vec![question.into()], endpoint, ..SonioxOptions::default() };
        let think = Duration::from_millis(600);
        let turns = vec![Turn::new(question, ANSWER)];
        let ai = OpenAiOptions { turns, think, ..OpenAiOptions::default() };
        let toml = PIPELINE.replace("speculation = false", &format!("speculation = {speculates}"));
        let shop = Shop::new(soniox, ai, &toml).await;
        let (report, call) = shop.call("say 1500ms; listen").await;
        assert_eq!(turns_of(&call), [("caller", question), ("agent", ANSWER)], "{call:#}");
        assert_eq!(shop.asked().len(), 1, "one request is paid for");
        let stream = &report.streams[0];
        waits_ms.push(stream.utterances[0].began_ms - stream.speeches[0].ended_ms.unwrap());
        shop.assert_no_violations();
    }
    assert!(waits_ms[1] + 300 < waits_ms[0], "{waits_ms:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_is_booked_in_a_call() {
    let start = format!("{}T10:00", monday(2));
    let arguments = json!({"service": "תספורת", "start": start, "caller_name": "דנה"}).to_string();
    let turn = Turn::new(QUESTION, "קבעתי לך תור.").calling("book_appointment", arguments);
    let soniox = SonioxOptions { heard: vec![QUESTION.into()], ..SonioxOptions::default() };
    let ai = OpenAiOptions { turns: vec![turn], ..OpenAiOptions::default() };
    let shop = Shop::new(soniox, ai, PIPELINE).await;
    let owner = shop.harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    let (report, call) = shop.call("say 1s; listen").await;
    let booked = owner.get("/api/appointments").await.json()["items"].as_array().unwrap().clone();
    assert_eq!(booked.len(), 1, "{report:#?}");
    assert_eq!(booked[0]["contact_name"], "דנה");
    let asked = shop.asked();
    let last = asked.last().unwrap();
    let [calling, output] = &last[last.len() - 2..] else { panic!("{last:#?}") };
    assert_eq!(calling["tool_calls"][0]["id"], output["tool_call_id"]);
    assert!(output["content"].as_str().unwrap().contains(&start), "{output:#}");
    assert_eq!(turns_of(&call).last(), Some(&("agent", "קבעתי לך תור.")), "{call:#}");
    let context = &shop.services.state().transcriptions[0].config["context"];
    assert_eq!(context["terms"], json!(["תספורת"]), "words that the transcriber should know");
    assert_no_silence(&report);
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_who_speaks_russian_is_heard_and_answered_in_russian() {
    let (question, answer) = ("Вы сегодня открыты?", "Да, до семи вечера. Адрес: דיזנגוף 5, תל אביב.");
    let soniox = SonioxOptions { heard: vec![question.into(), question.into()], ..SonioxOptions::default() };
    let ai = OpenAiOptions { turns: vec![Turn::new(question, answer)], ..OpenAiOptions::default() };
    let shop = Shop::new(soniox, ai, &format!("{PIPELINE}[business]\nname = \"מספרת רוני\"\n")).await;
    let owner = shop.harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    shop.call("say 1s; listen").await;
    let contact = &owner.get("/api/contacts").await.json()["items"][0]["id"];
    let path = format!("/api/contacts/{contact}");
    let change = json!({"language": "ru", "display_name": "Ольга"});
    let etag = owner.get(&path).await.header("etag").to_owned();
    let request = owner.request(Method::PATCH, &path).header("if-match", etag).json(&change);
    assert_eq!(send(request).await.status, 200);
    let (report, _) = shop.call("say 1s; listen").await;

    let state = shop.services.state();
    let hints: Vec<_> = state.transcriptions.iter().map(|one| &one.config["language_hints"]).collect();
    assert_eq!(hints, [&json!(["he", "en", "ar", "ru"]), &json!(["ru", "he", "en", "ar"])]);
    let terms = &state.transcriptions[1].config["context"]["terms"];
    assert_eq!(terms, &json!(["תספורת", "מספרת רוני", "Ольга"]), "words that the transcriber should know");
    let spoken: Vec<_> =
        state.speeches.iter().map(|speech| (speech.config["language"].as_str().unwrap(), &*speech.text)).collect();
    let expected = [("ru", "Да, до семи вечера."), ("he", "Адрес: דיזנגוף חמש, תל אביב.")];
    assert_eq!(spoken[..2], expected, "each clause in the language of its letters");
    assert_no_silence(&report);
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_spoken_in_words_and_the_owners_words_as_the_owner_says() {
    let answer = "התור אצל Ron בשעה 16:30, וזה עולה 120 ₪.";
    let soniox = SonioxOptions { heard: vec![QUESTION.into()], ..SonioxOptions::default() };
    let ai = OpenAiOptions { turns: vec![Turn::new(QUESTION, answer)], ..OpenAiOptions::default() };
    let toml = format!("{PIPELINE}[agent]\npronunciation = \"Ron = רון\"\n");
    let shop = Shop::new(soniox, ai, &toml).await;
    let (report, call) = shop.call("say 1500ms; listen").await;
    assert_eq!(turns_of(&call).last(), Some(&("agent", answer)), "the transcript has the words as they are written");
    let spoken: Vec<_> = shop.services.state().speeches.iter().map(|speech| speech.text.clone()).collect();
    let spoken = spoken.join(" ");
    assert!(
        !spoken.chars().any(|c| c.is_ascii_digit()) && spoken.contains("אצל רון") && !spoken.contains("Ron"),
        "{spoken}"
    );
    assert!(spoken.contains("ארבע וחצי") && spoken.contains("מאה ועשרים שקלים"), "{spoken}");
    assert_no_silence(&report);
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_reaches_the_model_before_its_next_answer() {
    let heard = vec![QUESTION.to_owned(), "כמה זה עולה?".to_owned()];
    let turns = vec![Turn::new(QUESTION, LONG), Turn::new("", "מאתיים שקלים.")];
    let soniox = SonioxOptions { heard, ..SonioxOptions::default() };
    let shop = Shop::new(soniox, OpenAiOptions { turns, ..OpenAiOptions::default() }, PIPELINE).await;
    let client = shop.harness.daemon.logged_in("roni", "owner").await;
    let (phone, plan) = (shop.harness.phone.clone(), shop.harness.plan("say 1500ms; listen; say 1500ms; listen"));
    let placed = tokio::spawn(async move { phone.place_call(plan).await });
    let call = until("the answer", async || {
        let calls = client.get("/api/calls").await.json();
        let id = calls["calls"][0]["id"].as_i64()?;
        let call = client.get(&format!("/api/calls/{id}")).await.json();
        call["turns"].as_array()?.iter().any(|turn| turn["speaker"] == "agent").then_some(call)
    })
    .await;
    let hint = "תציע עשרה אחוז הנחה";
    let sent = client.post_json(&format!("/api/calls/{}/hints", call["id"]), &json!({"text": hint})).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    let report = placed.await.unwrap();
    let call = shop.harness.ended_call(&report.call_sid).await;
    let asked = shop.asked();
    let system = |at: usize| asked[at][0]["content"].as_str().unwrap();
    assert!(!system(0).contains(hint) && system(asked.len() - 1).contains(hint), "{asked:#?}");
    assert!(turns_of(&call).contains(&("agent", "מאתיים שקלים.")), "{call:#}");
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_rejects_the_reasoning_effort_without_naming_it_answers() {
    let faults = Faults { unnamed_effort_refusals: usize::MAX, ..Faults::default() };
    let shop = Shop::with_faults(SonioxFaults::default(), faults).await;
    let (_, call) = shop.call("say 1500ms; listen").await;
    assert_eq!(turns_of(&call).last(), Some(&("agent", ANSWER)), "{call:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_answer_is_known_as_far_as_it_was_heard() {
    let heard = vec![QUESTION.to_owned(), "כמה עולה צבע לשיער?".to_owned()];
    let turns = vec![Turn::new(QUESTION, LONG), Turn::new("", "מאתיים שקלים.")];
    let soniox = SonioxOptions { heard, ..SonioxOptions::default() };
    let shop = Shop::new(soniox, OpenAiOptions { turns, ..OpenAiOptions::default() }, PIPELINE).await;
    let (report, call) = shop.call("say 1500ms; listen 2500ms; say 1500ms; listen").await;
    let stream = &report.streams[0];
    assert_eq!(stream.interruptions.len(), 1, "{stream:#?}");
    let cut = stream.interruptions[0].cleared_ms.unwrap() - stream.interruptions[0].spoke_ms;
    assert!(cut < 800, "{cut} ms");
    let turn = &call["turns"][1];
    let (text, heard) = (turn["text"].as_str().unwrap(), turn["heard_text"].as_str().unwrap());
    assert_eq!(turn["interrupted"], true, "{call:#}");
    assert!(LONG.starts_with(heard) && text.len() > heard.len() && heard.len() > 20, "{heard} of {text}");
    let asked = shop.asked();
    let remembered = asked.last().unwrap()[2]["content"].as_str().unwrap();
    assert!(LONG.starts_with(remembered) && remembered.len() < LONG.len() / 2, "{remembered}");
    assert_eq!(call["turns"][3]["heard_text"], "מאתיים שקלים.", "{call:#}");
    assert_no_silence(&report);
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_the_model_are_repeated_and_not_heard_as_silence() {
    for (name, faults) in [
        ("429 of the model", Faults { rate_limited_chats: vec![1], ..Faults::default() }),
        ("garbage of the model", Faults { malformed_chats: vec![1], ..Faults::default() }),
        ("a lost answer", Faults { break_off_chats: vec![(1, 0)], ..Faults::default() }),
    ] {
        Shop::with_faults(SonioxFaults::default(), faults).await.assert_answers_despite(name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_soniox_are_repeated_and_not_heard_as_silence() {
    for (name, faults) in [
        ("429 of the speech", SonioxFaults { rate_limited_streams: vec![1], ..SonioxFaults::default() }),
        ("garbage of the transcription", SonioxFaults { malformed: true, ..SonioxFaults::default() }),
        ("an endless utterance", SonioxFaults { endless_utterances: true, ..SonioxFaults::default() }),
        ("a restart", SonioxFaults { restart_transcriptions: 1, ..SonioxFaults::default() }),
    ] {
        Shop::with_faults(faults, Faults::default()).await.assert_answers_despite(name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_closes_in_an_answer_leaves_the_caller_to_voicemail() {
    let close_in_stream = Some((2, Duration::from_millis(500)));
    let faults = SonioxFaults { close_in_stream, ..SonioxFaults::default() };
    let shop = Shop::with_faults(faults, Faults::default()).await;
    let (report, call) = shop.call("say 1500ms; wait 12s; say 2s; stay").await;
    assert_eq!(report.ended, EndedBy::Hangup, "{report:#?}");
    assert_eq!((&call["engine"], &call["end_reason"]), (&json!("voicemail"), &json!("message_taken")), "{call:#}");
    assert!(ANSWER.starts_with(turns_of(&call)[1].1), "{call:#}");
    assert_no_silence(&report);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipeline_answers_when_the_first_engine_is_down() {
    let soniox = SonioxOptions { heard: vec![QUESTION.into()], ..SonioxOptions::default() };
    let faults = Faults { refuse_sockets: Some(503), ..Faults::default() };
    let ai = OpenAiOptions { turns: vec![Turn::new(QUESTION, ANSWER)], faults, ..OpenAiOptions::default() };
    let shop = Shop::new(soniox, ai, "[voice]\nmessage_silence_s = 1\n").await;
    let (report, call) = shop.call("say 1500ms; listen; wait 2s").await;
    assert_eq!(call["engine"], "pipeline", "{call:#}");
    assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", ANSWER)], "{call:#}");
    assert_no_silence(&report);
    // While the first engine fails, later calls try the pipeline first, so that callers do not wait.
    shop.call("say 1500ms; listen").await;
    assert_eq!(shop.harness.daemon.logs().wait_for_event("ENGINE_TRIED_LAST")["engine"], "realtime");
    let (_, call) = shop.call("say 1500ms; listen").await;
    assert_eq!(call["engine"], "pipeline", "{call:#}");
    let lost = format!("SELECT count(*) FROM call_events WHERE kind = 'engine_lost' AND call_id = {}", call["id"]);
    assert_eq!(shop.harness.daemon.query_value::<i64>(&lost), 0, "the failed engine is not tried first");
    // The order of the engines is a setting.
    let first = "[voice]\nai_engines = [\"pipeline\", \"realtime\"]\n";
    let shop = Shop::new(SonioxOptions::default(), OpenAiOptions::default(), first).await;
    let (_, call) = shop.call("say 1s; listen").await;
    assert_eq!(call["engine"], "pipeline", "{call:#}");
    assert!(shop.harness.ai.state().sessions.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_not_tried_again() {
    let shop = Shop::with_faults(SonioxFaults::default(), Faults::default()).await;
    shop.services.change(|options| options.api_key = Some("another".into()));
    shop.assert_refused("key", "ai_refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_of_the_owner_answer_a_call_without_any_key() {
    let mut shop = Shop::with_faults(SonioxFaults::default(), Faults::default()).await;
    let url = shop.harness.ai.base_url();
    shop.harness.daemon.reconfigure(|setup| {
        setup.env("OPENAI_API_KEY", "").env("SONIOX_API_KEY", "");
        // The key is set because the fake AI rejects requests without a key.
        for part in ["TRANSCRIPTION", "MODEL", "SPEECH"] {
            setup.env(&format!("PIPELINE_{part}_BASE_URL"), &url).env(&format!("PIPELINE_{part}_API_KEY"), "own-key");
        }
        let own = "transcriber = \"transcription\"\ntranscription_model = \"whisper-1\"\nsynthesiser = \"speech\"\n";
        setup.toml(&format!("{PIPELINE}{own}cents_per_hour = 0\n"));
    });
    tokio::task::block_in_place(|| shop.harness.daemon.restart());
    let (report, call) = shop.call("wait 1s; say 1500ms; listen").await;
    assert_eq!(report.ended, EndedBy::Caller, "{report:#?}");
    assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", ANSWER)], "{call:#}");
    assert_eq!((&call["engine"], &call["cost_micros"]), (&json!("pipeline"), &json!(0)), "{call:#}");
    assert_words_are_timed(&report, &call);
    assert_no_silence(&report);
    let requests = shop.harness.ai.state().requests;
    let transcriptions: Vec<_> = requests.iter().filter(|(path, _)| path == "/audio/transcriptions").collect();
    let [(_, transcription)] = &transcriptions[..] else { panic!("{transcriptions:#?}") };
    // The transcribed audio is the utterance with a little audio before and after it.
    let length_ms = transcription["length_ms"].as_u64().unwrap();
    assert!((1800..=2800).contains(&length_ms), "{length_ms} ms");
    assert!(transcription["fields"].to_string().contains("[\"language\",\"he\"]"), "{transcription}");
    assert!(shop.harness.ai.state().sessions.is_empty() && shop.services.state().transcriptions.is_empty());
    for path in ["/audio/transcriptions", "/chat/completions", "/audio/speech"] {
        assert_is_warm(&shop.harness.ai.http_requests(), path);
    }
    shop.assert_no_violations();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcription_server_that_has_no_times_of_words_is_asked_without() {
    let faults = Faults { rejects_word_times: true, ..Faults::default() };
    let mut shop = Shop::with_faults(SonioxFaults::default(), faults).await;
    let url = shop.harness.ai.base_url();
    shop.harness.daemon.reconfigure(|setup| {
        setup.env("PIPELINE_TRANSCRIPTION_BASE_URL", &url).env("PIPELINE_TRANSCRIPTION_API_KEY", "own-key");
        let own = "transcriber = \"transcription\"\ntranscription_model = \"local\"\n";
        setup.toml(&format!("{PIPELINE}{own}"));
    });
    tokio::task::block_in_place(|| shop.harness.daemon.restart());
    let (_, call) = shop.call("say 1500ms; listen; say 1s; listen").await;
    assert_eq!(turns_of(&call)[..2], [("caller", QUESTION), ("agent", ANSWER)], "{call:#}");
    assert!(call["turns"].as_array().unwrap().iter().all(|turn| turn["words"].is_null()), "{call:#}");
    let requests = shop.harness.ai.state().requests;
    let formats = requests.iter().filter(|(path, _)| path == "/audio/transcriptions");
    let with_times: Vec<_> = formats.map(|(_, body)| body.to_string().contains("verbose_json")).collect();
    assert_eq!(with_times, [true, false, false], "the second utterance is not asked for with times again");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_server_with_openais_speech_can_speak() {
    let mut shop = Shop::with_faults(SonioxFaults::default(), Faults::default()).await;
    let url = shop.harness.ai.base_url();
    shop.harness.daemon.reconfigure(|setup| {
        setup.env("PIPELINE_SPEECH_BASE_URL", &url).env("PIPELINE_SPEECH_API_KEY", "speech-key");
        setup.env("PIPELINE_MODEL_BASE_URL", &url).env("PIPELINE_MODEL_API_KEY", "model-key");
        setup.toml(&format!("{PIPELINE}synthesiser = \"speech\"\nmodel = \"llama\"\n"));
    });
    tokio::task::block_in_place(|| shop.harness.daemon.restart());
    let (report, call) = shop.call("say 1500ms; listen").await;
    assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", ANSWER)], "{call:#}");
    let requests = shop.harness.ai.state().requests;
    let spoken: Vec<_> = requests.iter().filter(|(path, _)| path == "/audio/speech").collect();
    assert_eq!(spoken.len(), 3, "{spoken:#?}");
    assert!(requests.iter().any(|(_, body)| body["model"] == "llama"));
    assert!(shop.services.state().speeches.is_empty());
    // The answer's length is 65 ms for each character, at the telephone's sample rate.
    let heard_ms = report.streams[0].heard.iter().filter(|sample| **sample != 0xff).count() / 8;
    let expected_ms = ANSWER.chars().count() * 65;
    assert!(heard_ms.abs_diff(expected_ms) < 500, "{heard_ms} ms instead of {expected_ms}");
    assert_no_silence(&report);
    shop.assert_no_violations();
}
