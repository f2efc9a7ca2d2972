use super::super::options::{Faults, Turn};
use super::*;
use crate::sound::{Voice, bytes_of, silence};
use std::sync::LazyLock;
use std::time::Duration;

/// A session on a simulated clock. Each event that the session sends is checked against the API's schemas.
struct Bench {
    session: Session,
    now_us: u64,
    events: Vec<Value>,
    others: Vec<Output>,
}

impl Bench {
    fn new(options: OpenAiOptions) -> Self {
        let session = Session::new(Arc::new(options), Arc::default(), "gpt-realtime-2.1", 0, 0);
        let mut bench = Self { session, now_us: 0, events: Vec::new(), others: Vec::new() };
        bench.drain();
        bench
    }

    fn phone(options: OpenAiOptions) -> Self {
        let mut bench = Self::new(options);
        bench.send(&json!({"type": "session.update", "session": {"type": "realtime", "audio": {
            "input": {
                "format": {"type": "audio/pcmu"}, "transcription": {"model": "gpt-transcribe", "language": "he"},
                "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"},
        }}}));
        bench
    }

    fn send(&mut self, event: &Value) {
        self.session.handle_text(&event.to_string(), self.now_us);
        self.drain();
    }

    /// Sends audio in frames of 20 ms, in real time.
    fn speak(&mut self, sound: &[u8]) {
        for frame in sound.chunks(160) {
            self.run(frame.len() as u64 / 8);
            self.send(&json!({"type": "input_audio_buffer.append", "audio": BASE64_STANDARD.encode(frame)}));
        }
    }

    fn run(&mut self, ms: u64) {
        let until_us = self.now_us + ms * 1_000;
        while let Some(next_us) = self.session.next_us().filter(|next_us| *next_us <= until_us) {
            self.now_us = self.now_us.max(next_us);
            self.session.handle_time(self.now_us);
            self.drain();
        }
        self.now_us = until_us;
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Event(event) => {
                    check_server_event(&event);
                    self.events.push(event);
                }
                other => self.others.push(other),
            }
        }
    }

    fn kinds(&self) -> Vec<&str> {
        self.events.iter().filter_map(|event| event["type"].as_str()).collect()
    }

    fn of(&self, kind: &str) -> Vec<&Value> {
        self.events.iter().filter(|event| event["type"] == kind).collect()
    }

    fn last_error(&self) -> String {
        self.of("error").last().map(|event| event["error"]["message"].as_str().unwrap().to_owned()).unwrap_or_default()
    }
}

fn check_server_event(event: &Value) {
    static ANSWERS: LazyLock<Value> = LazyLock::new(|| {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/specs/answers.json");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    });
    let openai = &ANSWERS["openai"];
    let name =
        openai["events"][event["type"].as_str().unwrap()].as_str().unwrap_or_else(|| panic!("no such event: {event}"));
    let mut schema = openai["$defs"][name].clone();
    schema["$defs"] = openai["$defs"].clone();
    if let Err(error) = jsonschema::validate(&schema, event) {
        panic!("{}: {} at {} in {event}", event["type"], error, error.instance_path());
    }
}

#[test]
fn a_turn_has_the_documented_events() {
    let turn = Turn::new("שלום", "שלום גם לך").lasting(Duration::from_secs(1));
    let mut bench = Bench::phone(OpenAiOptions { turns: vec![turn], ..OpenAiOptions::default() });
    bench.speak(&[silence(200), Voice::caller(1).speak(600), silence(1_500)].concat());
    let passing = ["response.output_audio.delta", "response.output_audio_transcript.delta"];
    let kinds: Vec<_> = bench.kinds().into_iter().filter(|kind| !passing.contains(kind)).collect();
    assert_eq!(
        kinds,
        [
            "session.created",
            "session.updated",
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "conversation.item.input_audio_transcription.delta",
            "conversation.item.input_audio_transcription.completed",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
            "rate_limits.updated",
        ]
    );
    assert_eq!(bench.of("response.output_audio.delta").len(), 10);
    let sent: usize = bench
        .of("response.output_audio.delta")
        .iter()
        .map(|it| BASE64_STANDARD.decode(it["delta"].as_str().unwrap()).unwrap().len())
        .sum();
    assert_eq!(sent, bytes_of(1_000));
    assert_eq!(bench.of("response.output_audio_transcript.done")[0]["transcript"], "שלום גם לך");
    assert_eq!(bench.of("response.done")[0]["response"]["status"], "completed");
    assert_eq!(bench.session.take_complaints(), Vec::<String>::new());
}

#[test]
fn speech_cancels_the_answer_and_truncation_has_its_bounds() {
    let mut bench = Bench::phone(OpenAiOptions { speed: 1.0, ..OpenAiOptions::default() });
    bench.speak(&[Voice::caller(1).speak(600), silence(1_500)].concat());
    bench.speak(&Voice::caller(2).speak(300));
    let done = bench.of("response.done")[0]["response"].clone();
    assert_eq!((&done["status"], &done["status_details"]["reason"]), (&json!("cancelled"), &json!("turn_detected")));
    let item = done["output"][0]["id"].as_str().unwrap().to_owned();
    let sent_ms = bench.session.record().answers[0].sent_ms;
    let truncate = |ms: u64| json!({"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": ms});
    bench.send(&truncate(sent_ms + 1));
    assert_eq!(bench.last_error(), format!("Audio content of {sent_ms}ms is already shorter than {}ms", sent_ms + 1));
    bench.send(&truncate(sent_ms - 200));
    assert_eq!(bench.of("conversation.item.truncated").len(), 1);
    assert_eq!(bench.session.record().answers[0].truncated_ms, Some(sent_ms - 200));
    bench.send(&truncate(sent_ms - 100));
    assert_eq!(bench.of("error").len(), 2);
    let user = bench.of("input_audio_buffer.committed")[0]["item_id"].clone();
    bench.send(&json!({"type": "conversation.item.truncate", "item_id": user, "content_index": 0, "audio_end_ms": 1}));
    assert_eq!(bench.last_error(), "Only model output audio messages can be truncated");
    bench.send(&json!({"type": "conversation.item.delete", "item_id": item}));
    assert_eq!(bench.of("conversation.item.deleted").len(), 1);
    bench.send(&truncate(1));
    assert!(bench.last_error().contains("does not exist"));
    assert_eq!(bench.session.take_complaints().len(), 4);
}

#[test]
fn there_is_one_response_at_a_time() {
    let mut bench = Bench::phone(OpenAiOptions::default());
    bench.send(&json!({"type": "response.cancel"}));
    assert_eq!(bench.session.take_complaints(), Vec::<String>::new());
    bench.send(&json!({"type": "response.create"}));
    bench.send(&json!({"type": "response.create"}));
    assert_eq!(
        bench.session.record().errors,
        ["response_cancel_not_active", "conversation_already_has_active_response"]
    );
    bench.run(600);
    bench.send(&json!({"type": "response.cancel"}));
    assert_eq!(bench.of("response.done")[0]["response"]["status_details"]["reason"], "client_cancelled");
    assert_eq!(bench.session.record().answers[0].text, OpenAiOptions::default().greeting);
}

#[test]
fn a_function_is_called_and_the_turn_continues_with_its_output() {
    let turn = Turn::new("תרשום אותי", "רשמתי").calling("book", "{\"at\":\"16:00\"}");
    let mut bench = Bench::phone(OpenAiOptions { turns: vec![turn], ..OpenAiOptions::default() });
    bench.speak(&[Voice::caller(1).speak(600), silence(1_000)].concat());
    let call = bench.of("response.function_call_arguments.done")[0].clone();
    assert_eq!(call["arguments"], "{\"at\":\"16:00\"}");
    assert_eq!(bench.of("response.output_audio.delta").len(), 0);
    let output = |call_id: &Value| {
        json!({"type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": call_id, "output": "{\"ok\":true}"}})
    };
    bench.send(&output(&json!("call_unknown")));
    assert!(bench.last_error().contains("not found"));
    bench.send(&output(&call["call_id"]));
    bench.send(&json!({"type": "response.create"}));
    bench.run(3_000);
    assert_eq!(bench.of("response.output_audio_transcript.done")[0]["transcript"], "רשמתי");
    assert_eq!(bench.session.record().function_outputs[0].1, "{\"ok\":true}");
}

#[test]
fn faults_happen_as_planned() {
    let faults =
        Faults { rate_limited: vec![1], break_off: Some((2, Duration::from_millis(300))), ..Faults::default() };
    let mut bench =
        Bench::phone(OpenAiOptions { faults, session_limit: Duration::from_mins(1), ..OpenAiOptions::default() });
    bench.send(&json!({"type": "response.create"}));
    bench.run(500);
    assert_eq!(bench.of("response.done")[0]["response"]["status_details"]["error"]["code"], "rate_limit_exceeded");
    bench.send(&json!({"type": "response.create"}));
    bench.run(1_000);
    assert_eq!(bench.others, [Output::BreakOff]);
    assert_eq!(bench.of("response.output_audio.delta").len(), 3);
    let mut bench = Bench::new(OpenAiOptions::default());
    bench.run(3_600_000);
    let reason = "Your session hit the maximum duration of 60 minutes.".to_owned();
    assert_eq!(bench.others, [Output::Close { code: 1001, reason }]);
}

#[test]
fn errors_of_a_client_are_answered_and_recorded() {
    let mut bench = Bench::phone(OpenAiOptions::default());
    for event in [
        json!({"type": "session.update", "session": {"type": "realtime", "voice": "alloy"}}),
        json!({"type": "input_audio_buffer.append", "audio": "?"}),
        json!({"type": "input_audio_buffer.commit"}),
        json!({"type": "response.audio.delta"}),
        json!({"type": "output_audio_buffer.clear"}),
        json!({"type": "conversation.item.retrieve", "item_id": "item_unknown"}),
    ] {
        let before = bench.of("error").len();
        bench.send(&event);
        assert_eq!(bench.of("error").len(), before + 1, "{event}");
    }
    bench.session.handle_text("{", 0);
    assert_eq!(bench.session.take_complaints().len(), 7);
}

#[test]
fn a_commit_that_races_with_the_end_of_a_turn_is_rejected_and_no_violation() {
    let mut bench = Bench::phone(OpenAiOptions::default());
    let commit = json!({"type": "input_audio_buffer.commit"});
    bench.speak(&[silence(200), Voice::caller(1).speak(600), silence(500)].concat());
    assert_eq!(bench.of("input_audio_buffer.speech_stopped").len(), 1);
    bench.send(&commit);
    assert_eq!(bench.of("error").len(), 1, "the turn has ended just now");
    assert!(bench.session.take_complaints().is_empty());
    bench.run(3_000);
    bench.send(&commit);
    assert_eq!(bench.session.take_complaints().len(), 1, "the client knows by now that the turn has ended");
}

#[test]
fn audio_before_the_session_is_updated_is_counted() {
    let mut bench = Bench::phone(OpenAiOptions { update: Duration::from_millis(300), ..OpenAiOptions::default() });
    bench.speak(&silence(400));
    assert_eq!(bench.session.record().early_appends, 14);
    assert_eq!(bench.session.record().heard.len(), bytes_of(400));
}
