use super::*;
use crate::audio::EncodedAudio;
use crate::config::BaseUrl;
use proptest::prelude::*;

#[test]
fn messages_of_the_server_are_read() {
    let delta = r#"{"event_id":"e","type":"response.output_audio.delta","response_id":"resp_1","item_id":"item_1","output_index":0,"content_index":0,"delta":"//8="}"#;
    assert_eq!(
        parse(delta),
        Some(ServerEvent::AudioDelta { response_id: "resp_1".into(), item_id: "item_1".into(), delta: "//8=".into() })
    );
    let call = r#"{"type":"response.output_item.done","event_id":"e","response_id":"r","output_index":0,
        "item":{"id":"i","type":"function_call","status":"completed","call_id":"c","name":"end_call","arguments":"{}"}}"#;
    let expected = |is_complete| ServerEvent::FunctionCall {
        response_id: "r".into(),
        call_id: "c".into(),
        name: "end_call".into(),
        arguments: "{}".into(),
        is_complete,
    };
    assert_eq!(parse(call), Some(expected(true)));
    assert_eq!(parse(&call.replace("completed", "incomplete")), Some(expected(false)));
    let stopped = r#"{"type":"input_audio_buffer.speech_stopped","event_id":"e","audio_end_ms":2000,"item_id":"i"}"#;
    assert_eq!(parse(stopped), Some(ServerEvent::SpeechStopped { item_id: "i".into(), audio_end_ms: Some(2000) }));
    let done = r#"{"type":"response.done","event_id":"e","response":{"id":"r","object":"realtime.response","status":"failed",
        "status_details":{"type":"failed","error":{"type":"server_error","code":"rate_limit_exceeded"}},"output":[],
        "usage":{"total_tokens":3,"input_tokens":1,"output_tokens":2,"output_token_details":{"audio_tokens":2}}}}"#;
    let Some(ServerEvent::ResponseDone { status, error, usage, .. }) = parse(done) else { panic!("not done") };
    assert_eq!(
        (&*status, error.as_deref(), usage.output_token_details.audio_tokens),
        ("failed", Some("rate_limit_exceeded"), 2)
    );
    let stopped = r#"{"type":"response.done","response":{"id":"r","status":"incomplete",
        "status_details":{"type":"incomplete","reason":"content_filter"},"output":[]}}"#;
    for (event, expected) in
        [(stopped.to_owned(), true), (stopped.replace("content_filter", "max_output_tokens"), false)]
    {
        let Some(ServerEvent::ResponseDone { is_filtered, .. }) = parse(&event) else { panic!("not done") };
        assert_eq!(is_filtered, expected, "{event}");
    }
    assert_eq!(
        parse(r#"{"type":"rate_limits.updated","rate_limits":[]}"#),
        Some(ServerEvent::RateLimits { reset: None })
    );
    let limits = r#"{"type":"rate_limits.updated","rate_limits":[{"name":"requests","limit":9,"remaining":0,"reset_seconds":1.2},
        {"name":"tokens","limit":9,"remaining":4,"reset_seconds":60}]}"#;
    assert_eq!(parse(limits), Some(ServerEvent::RateLimits { reset: Some(Duration::from_millis(1200)) }));
    assert_eq!(parse(r#"{"type":"of.the.future"}"#), Some(ServerEvent::Other));
    assert_eq!(parse(r#"{"type":"response.output_audio.delta"}"#), None);
    assert_eq!(parse("hello"), None);
}

#[test]
fn the_wait_that_a_message_names_is_read() {
    for (text, ms) in [
        ("Rate limit reached for tokens. Please try again in 1.2s. Visit …", Some(1200)),
        ("Please try again in 380ms.", Some(380)),
        ("Please try again in 1m2.5s.", Some(62_500)),
        ("Please try again in 6s", Some(6000)),
        ("Please try again in a while", None),
        ("You exceeded your current quota", None),
    ] {
        assert_eq!(retry_after(text), ms.map(Duration::from_millis), "{text}");
    }
}

#[test]
fn a_command_is_json_with_the_documented_names() {
    let config = OpenAiConfig::default();
    let update: Value = serde_json::from_str(&session_update(&session(&config, "be brief", &[], "he", &[]))).unwrap();
    assert_eq!(update["session"]["model"], "gpt-realtime-2.1");
    assert_eq!(update["session"]["audio"]["input"]["format"]["type"], "audio/pcmu");
    let detection = &update["session"]["audio"]["input"]["turn_detection"];
    assert_eq!(
        (detection["type"].as_str(), detection["silence_duration_ms"].as_u64()),
        (Some("server_vad"), Some(500))
    );
    assert_eq!(config.hold_replies(), None);
    let early = OpenAiConfig { early_replies: true, ..config.clone() };
    assert_eq!((early.server_silence_ms(), early.hold_replies()), (200, Some(Duration::from_millis(500))));
    let slow = OpenAiConfig { vad_silence_ms: 2000, ..early };
    assert_eq!((slow.server_silence_ms(), slow.hold_replies()), (2000, None));
    let append: Value = serde_json::from_str(&append(EncodedAudio::encode(&[255; 160]).base64())).unwrap();
    assert_eq!(append["type"], "input_audio_buffer.append");
    assert_eq!(url(&config), "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1");
    let local = OpenAiConfig { base_url: BaseUrl::parse("http://127.0.0.1:9/v1/").unwrap(), ..config };
    assert_eq!(url(&local), "ws://127.0.0.1:9/v1/realtime?model=gpt-realtime-2.1");
}

#[test]
fn the_settings_of_a_session() {
    let config = OpenAiConfig::default();
    let semantic = OpenAiConfig { turn_detection: crate::config::TurnDetection::SemanticVad, ..config.clone() };
    let update = |config: &OpenAiConfig| {
        let text =
            session_update(&session(config, "be brief", &[json!({"type": "function", "name": "end_call"})], "he", &[]));
        serde_json::from_str::<Value>(&text).unwrap()
    };
    insta::assert_snapshot!("session_update", serde_json::to_string_pretty(&update(&config)).unwrap());
    let detection = &update(&semantic)["session"]["audio"]["input"]["turn_detection"];
    insta::assert_snapshot!("semantic_turn_detection", serde_json::to_string_pretty(detection).unwrap());
}

#[test]
fn an_earlier_tool_that_still_runs_is_not_called_again() {
    let [call, output] = &history_tool(3, &ToolUse::new("take_message", r#"{"message":"x"}"#))[..] else {
        panic!("the model does not know of the tool call")
    };
    assert!(call.contains("take_message") && call.contains("earlier_3"), "{call}");
    assert!(output.contains("earlier_3") && output.contains("do not call it again"), "{output}");
}

#[test]
fn the_events_of_a_conversation() {
    let events = [
        append(EncodedAudio::encode(&[255; 3]).base64()),
        commit(),
        create_response(None),
        create_response(Some("be brief")),
        cancel("resp_1"),
        truncate("item_1", 1500),
        delete("item_1"),
        history_message(true, "hello"),
        history_message(false, "when?"),
        caller_name(&ContactName::ByProfile("Dana".into())).unwrap(),
        caller_name(&ContactName::ByOwner("Dana \"D\"".into())).unwrap(),
        caller_history(r#"{"last_messages":[]}"#),
        tool_output("call_1", "{\"ok\":true}"),
    ];
    insta::assert_snapshot!(events.join("\n"));
}

proptest! {
    #[test]
    fn garbage_never_panics(text in "\\PC{0,80}") {
        let _ = parse(&text);
        let _ = parse(&format!("{{\"type\":\"response.done\",\"response\":{text}}}"));
    }
}
