use super::*;
use crate::config::BaseUrl;
use proptest::prelude::*;

#[test]
fn reads_what_the_server_sends() {
    let delta = r#"{"event_id":"e","type":"response.output_audio.delta","response_id":"resp_1","item_id":"item_1","output_index":0,"content_index":0,"delta":"//8="}"#;
    assert_eq!(
        parse(delta),
        Some(ServerEvent::AudioDelta { response_id: "resp_1".into(), item_id: "item_1".into(), delta: "//8=".into() })
    );
    let call = r#"{"type":"response.output_item.done","event_id":"e","response_id":"r","output_index":0,
        "item":{"id":"i","type":"function_call","status":"completed","call_id":"c","name":"end_call","arguments":"{}"}}"#;
    let expected = ServerEvent::FunctionCall { call_id: "c".into(), name: "end_call".into(), arguments: "{}".into() };
    assert_eq!(parse(call), Some(expected));
    let done = r#"{"type":"response.done","event_id":"e","response":{"id":"r","object":"realtime.response","status":"failed",
        "status_details":{"type":"failed","error":{"type":"server_error","code":"rate_limit_exceeded"}},"output":[],
        "usage":{"total_tokens":3,"input_tokens":1,"output_tokens":2,"output_token_details":{"audio_tokens":2}}}}"#;
    let Some(ServerEvent::ResponseDone { status, error, usage, .. }) = parse(done) else { panic!("not done") };
    assert_eq!(
        (&*status, error.as_deref(), usage.output_token_details.audio_tokens),
        ("failed", Some("rate_limit_exceeded"), 2)
    );
    assert_eq!(parse(r#"{"type":"rate_limits.updated","rate_limits":[]}"#), Some(ServerEvent::Other));
    assert_eq!(parse(r#"{"type":"response.output_audio.delta"}"#), None);
    assert_eq!(parse("hello"), None);
}

#[test]
fn what_we_send_is_json_with_the_documented_names() {
    let config = OpenAiConfig::default();
    let update: Value = serde_json::from_str(&session_update(&config, "be brief", &[], "he")).unwrap();
    assert_eq!(update["session"]["model"], "gpt-realtime-2.1");
    assert_eq!(update["session"]["audio"]["input"]["format"]["type"], "audio/pcmu");
    let detection = &update["session"]["audio"]["input"]["turn_detection"];
    assert_eq!(
        (detection["type"].as_str(), detection["silence_duration_ms"].as_u64()),
        (Some("server_vad"), Some(500))
    );
    let append: Value = serde_json::from_str(&append(&EncodedAudio::encode(&[255; 160]))).unwrap();
    assert_eq!(append["type"], "input_audio_buffer.append");
    assert_eq!(url(&config), "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1");
    let local = OpenAiConfig { base_url: BaseUrl::parse("http://127.0.0.1:9/v1/").unwrap(), ..config };
    assert_eq!(url(&local), "ws://127.0.0.1:9/v1/realtime?model=gpt-realtime-2.1");
}

proptest! {
    #[test]
    fn garbage_never_panics(text in "\\PC{0,80}") {
        let _ = parse(&text);
        let _ = parse(&format!("{{\"type\":\"response.done\",\"response\":{text}}}"));
    }
}
