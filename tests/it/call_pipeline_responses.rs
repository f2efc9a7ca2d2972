//! Calls with the pipeline engine whose model answers by the Responses API, over a WebSocket or over HTTP.

use super::booking::{monday, offer_haircuts};
use super::call_pipeline::Shop;
use super::call_silence::assert_no_silence;
use super::pipeline_shop::{ANSWER, PIPELINE, QUESTION, turns_of};
use agentlocator::simulator::openai::{Faults, OpenAiOptions, OpenAiState, Turn};
use agentlocator::simulator::soniox::SonioxOptions;
use serde_json::json;

/// Makes a call in which the model answers over the Responses API and books an appointment. Returns the state of the
/// fake AI. Its WebSockets are rejected with `refuse_sockets`.
async fn book_by_responses(refuse_sockets: Option<u16>) -> OpenAiState {
    let start = format!("{}T10:00", monday(2));
    let arguments = json!({"service": "תספורת", "start": start, "caller_name": "דנה"}).to_string();
    let heard = vec![QUESTION.to_owned(), "אפשר תור?".to_owned()];
    let turns = vec![
        Turn::new(QUESTION, ANSWER),
        Turn::new("אפשר תור?", "קבעתי לך תור.").calling("book_appointment", arguments),
    ];
    let soniox = SonioxOptions { heard, ..SonioxOptions::default() };
    // The model rejects the lowest effort and accepts a higher one. The rate limit is temporary.
    let faults = Faults {
        refuse_efforts: vec!["none"],
        rate_limited_chats: vec![3],
        refuse_response_sockets: refuse_sockets,
        ..Faults::default()
    };
    let toml = format!("{PIPELINE}model_api = \"responses\"\n");
    let shop = Shop::new(soniox, OpenAiOptions { turns, faults, ..OpenAiOptions::default() }, &toml).await;
    let owner = shop.harness.daemon.logged_in("roni", "owner").await;
    offer_haircuts(&owner).await;
    let (report, call) = shop.call("say 1500ms; listen; say 1s; listen").await;
    let booked = owner.get("/api/appointments").await.json()["items"].as_array().unwrap().clone();
    assert_eq!(booked.len(), 1, "{report:#?}");
    assert_eq!(turns_of(&call).last(), Some(&("agent", "קבעתי לך תור.")), "{call:#}");
    assert_no_silence(&report);
    shop.assert_no_violations();
    shop.harness.ai.state()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_responses_api_answers_and_calls_tools() {
    for refuse_sockets in [None, Some(404)] {
        let state = book_by_responses(refuse_sockets).await;
        // Summaries are requested without tools, in requests of their own.
        let asked: Vec<_> = state.requests.iter().filter(|(_, body)| body["tools"].is_array()).collect();
        assert!(asked.iter().all(|(path, body)| path == "/responses" && body["store"] == false), "{asked:#?}");
        let are_streams = asked.iter().all(|(_, body)| body["stream"] == true);
        assert_eq!(
            (state.response_sockets, are_streams),
            // One for the requests, and one for the request after a cancelled one.
            if refuse_sockets.is_none() { (2, false) } else { (0, true) }
        );
        let last = &asked.last().unwrap().1;
        assert_eq!(last["reasoning"]["effort"], "minimal");
        let items = last["input"].as_array().unwrap().iter();
        let kinds: Vec<_> = items.map(|item| item["type"].as_str().or(item["role"].as_str())).collect();
        let expected = ["user", "assistant", "user", "function_call", "function_call_output"];
        assert_eq!(kinds, expected.map(Some), "{last:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_a_response_socket_are_repeated_and_not_heard_as_silence() {
    let faults: [(&str, Faults); 3] = [
        ("it breaks off", Faults { break_off_chats: vec![(1, 0)], ..Faults::default() }),
        ("it breaks off in the answer", Faults { break_off_chats: vec![(1, 4)], ..Faults::default() }),
        ("it is malformed", Faults { malformed_chats: vec![1], ..Faults::default() }),
    ];
    for (fault, faults) in faults {
        let soniox = SonioxOptions { heard: vec![QUESTION.into()], ..SonioxOptions::default() };
        let ai = OpenAiOptions { turns: vec![Turn::new(QUESTION, ANSWER)], faults, ..OpenAiOptions::default() };
        let shop = Shop::new(soniox, ai, &format!("{PIPELINE}model_api = \"responses\"\n")).await;
        let (report, call) = shop.call("say 1500ms; listen; wait 6s").await;
        let heard: String = turns_of(&call).iter().filter(|(who, _)| *who == "agent").map(|(_, text)| *text).collect();
        assert!(heard.contains("עד שבע בערב."), "{fault}: {call:#}");
        assert_no_silence(&report);
        assert!(shop.harness.ai.state().response_sockets > 0, "{fault}");
        shop.assert_no_violations();
    }
}
