use super::*;
use serde_json::json;

#[test]
fn a_complete_session_update_is_valid() {
    let event = json!({"type": "session.update", "session": {
        "type": "realtime", "model": "gpt-realtime-2.1", "output_modalities": ["audio"], "instructions": "…",
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"}, "noise_reduction": null,
                "transcription": {"model": "gpt-transcribe", "language": "he", "keywords": ["שלום"]},
                "turn_detection": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300,
                    "silence_duration_ms": 500, "create_response": true, "interrupt_response": true},
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": 1.0},
        },
        "tools": [{"type": "function", "name": "hang_up", "description": "…", "parameters": {"type": "object"}}],
        "tool_choice": "auto", "max_output_tokens": 1024,
        "truncation": {"type": "retention_ratio", "retention_ratio": 0.8}, "reasoning": {"effort": "low"},
    }});
    assert_eq!(check_realtime_event(&event), Vec::<String>::new());
}

#[test]
fn every_client_event_has_a_minimal_valid_form() {
    let item = json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]});
    for event in [
        json!({"type": "input_audio_buffer.append", "audio": "//8="}),
        json!({"type": "input_audio_buffer.commit"}),
        json!({"type": "input_audio_buffer.clear"}),
        json!({"type": "output_audio_buffer.clear"}),
        json!({"type": "conversation.item.create", "item": item}),
        json!({"type": "conversation.item.create", "item":
            {"type": "function_call_output", "call_id": "call_1", "output": "{}"}}),
        json!({"type": "conversation.item.retrieve", "item_id": "item_1"}),
        json!({"type": "conversation.item.delete", "item_id": "item_1"}),
        json!({"type": "conversation.item.truncate", "item_id": "item_1", "content_index": 0, "audio_end_ms": 10}),
        json!({"type": "response.create"}),
        json!({"type": "response.cancel", "response_id": "resp_1"}),
    ] {
        assert_eq!(check_realtime_event(&event), Vec::<String>::new(), "{event}");
    }
    assert_eq!(realtime_client_events().count(), 11);
}

#[test]
fn errors_name_their_position() {
    for (event, words) in [
        (json!({"type": "input_audio_buffer.append"}), "audio"),
        (json!({"type": "input_audio_buffer.append", "audio": 5}), "/audio"),
        (
            json!({"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": "9"}),
            "/audio_end_ms",
        ),
        (json!({"type": "response.audio.create"}), "no such event"),
        (json!({"typ": "x"}), "without a type"),
        // The event format of the API's beta version, which is switched off.
        (
            json!({"type": "session.update", "session": {"type": "realtime", "input_audio_format": "g711_ulaw"}}),
            "input_audio_format",
        ),
        (
            json!({"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"speed": 9}}}}),
            "/session/audio/output/speed",
        ),
    ] {
        let wrong = check_realtime_event(&event).join("; ");
        assert!(wrong.contains(words), "{event}: {wrong}");
    }
}

#[test]
fn openai_bodies_are_checked() {
    let chat = json!({"model": "gpt-5.6-terra", "stream": true, "messages": [
        {"role": "system", "content": "…"}, {"role": "user", "content": "שלום"}]});
    assert_eq!(check_openai_request(OpenAiRequest::Chat, &chat), Vec::<String>::new());
    let speech = json!({"model": "tts", "input": "שלום", "voice": "marin", "response_format": "pcm"});
    assert_eq!(check_openai_request(OpenAiRequest::Speech, &speech), Vec::<String>::new());
    let responses = json!({"model": "gpt-5.6-terra", "input": "שלום"});
    assert_eq!(check_openai_request(OpenAiRequest::Responses, &responses), Vec::<String>::new());
    assert!(!check_openai_request(OpenAiRequest::Chat, &json!({"model": "gpt-5.6-terra"})).is_empty());
    assert!(!check_openai_request(OpenAiRequest::Speech, &json!({"model": "tts", "voice": "marin"})).is_empty());

    let pairs = |fields: &[(&str, &str)]| {
        check_transcription_form(&fields.iter().map(|&(k, v)| (k.into(), v.into())).collect::<Vec<_>>())
    };
    assert_eq!(pairs(&[("file", "…"), ("model", "gpt-transcribe"), ("language", "he")]), Vec::<String>::new());
    assert_eq!(pairs(&[("file", "…"), ("model", "gpt-transcribe"), ("temperature", "0.2")]), Vec::<String>::new());
    assert!(!pairs(&[("model", "gpt-transcribe")]).is_empty());
    assert!(!pairs(&[("file", "…"), ("model", "gpt-transcribe"), ("lang", "he")]).is_empty());
}

#[test]
fn twilio_requests_are_checked() {
    let own =
        |fields: &[(&str, &str)]| fields.iter().map(|&(k, v)| (k.into(), v.into())).collect::<Vec<(String, String)>>();
    let account = own(&[("AccountSid", "AC00000000000000000000000000000001")]);
    let send = |form: &[(&str, &str)]| {
        check_twilio_request("POST /2010-04-01/Accounts/{AccountSid}/Messages.json", &account, &[], &own(form))
    };
    let good = [("To", "whatsapp:+972501234567"), ("From", "whatsapp:+97235551234"), ("Body", "שלום")];
    assert_eq!(send(&good), Vec::<String>::new());
    assert_eq!(
        send(&[("To", "x"), ("MediaUrl", "https://a.example/1"), ("MediaUrl", "https://a.example/2")]),
        Vec::<String>::new()
    );
    for wrong in [
        &[("Body", "no recipient")][..],
        &[("To", "x"), ("Text", "unknown name")],
        &[("To", "x"), ("ContentSid", "HX1")],
        &[("To", "x"), ("StatusCallback", "not a url")],
        &[("To", "x"), ("ValidityPeriod", "soon")],
    ] {
        assert!(!send(wrong).is_empty(), "{wrong:?}");
    }
    let listed = own(&[("To", "whatsapp:+972501234567"), ("DateSent>", "2026-11-20"), ("PageSize", "50")]);
    let list = "GET /2010-04-01/Accounts/{AccountSid}/Messages.json";
    assert_eq!(check_twilio_request(list, &account, &listed, &[]), Vec::<String>::new());
    assert!(!check_twilio_request(list, &own(&[("AccountSid", "AC1")]), &listed, &[]).is_empty());
    assert!(!check_twilio_request("GET /nothing", &[], &[], &[]).is_empty());
}
