use super::*;
use crate::caller::Answer;
use crate::sound::Voice;
use std::time::Duration;

/// A media stream on a simulated clock. The test acts as the daemon.
struct Bench {
    media_stream: MediaStream,
    now_us: u64,
    sent: Vec<Value>,
    actions: Vec<(u64, CallerAction)>,
}

impl Bench {
    fn new(script: &str, chaos: Chaos) -> Self {
        let ids = StreamIds {
            account_sid: "AC1".into(),
            call_sid: "CA00000000000000000000000000000001".into(),
            stream_sid: "MZ00000000000000000000000000000001".into(),
            parameters: vec![("token".into(), "t".into())],
        };
        let media_stream = MediaStream::new(ids, script.parse().unwrap(), chaos);
        let mut bench = Self { media_stream, now_us: 0, sent: Vec::new(), actions: Vec::new() };
        bench.drain();
        bench
    }

    fn run_until(&mut self, ms: u64) {
        while self.media_stream.next_us() <= ms * 1_000 {
            self.now_us = self.now_us.max(self.media_stream.next_us());
            self.media_stream.handle_time(self.now_us);
            self.drain();
        }
        self.now_us = ms * 1_000;
        self.media_stream.handle_time(self.now_us);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(message) = self.media_stream.poll_send() {
            self.sent.push(serde_json::from_str(&message).unwrap());
        }
        while let Some(action) = self.media_stream.poll_action() {
            self.actions.push((self.now_us / 1_000, action));
        }
    }

    fn receive(&mut self, message: &Value) {
        self.media_stream.handle_message(&message.to_string(), self.now_us);
        self.drain();
    }

    fn hear_speech(&mut self, ms: u64, mark: &str) {
        let payload = BASE64_STANDARD.encode(Voice::agent(1).speak(ms));
        self.receive(&json!({"event": "media", "streamSid": "MZ00000000000000000000000000000001", "media": {"payload": payload}}));
        self.receive(
            &json!({"event": "mark", "streamSid": "MZ00000000000000000000000000000001", "mark": {"name": mark}}),
        );
    }

    fn events(&self, event: &str) -> Vec<&Value> {
        self.sent.iter().filter(|message| message["event"] == event).collect()
    }
}

#[test]
fn a_stream_starts_as_at_twilio_and_sends_a_frame_each_20_ms() {
    let mut bench = Bench::new("wait 10s", Chaos::default());
    bench.run_until(1_000);
    assert_eq!(bench.sent[0], json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}));
    assert_eq!(bench.sent[1]["start"]["customParameters"], json!({"token": "t"}));
    assert_eq!(bench.sent[1]["sequenceNumber"], "1");
    let media = bench.events("media");
    assert_eq!(media.len(), 50);
    assert_eq!(media[49]["media"]["timestamp"], "980");
    assert_eq!(media[49]["media"]["chunk"], "50");
    assert_eq!(media[49]["sequenceNumber"], "51");
    assert_eq!(BASE64_STANDARD.decode(media[0]["media"]["payload"].as_str().unwrap()).unwrap(), [0xFF; 160]);
}

#[test]
fn the_caller_listens_speaks_and_interrupts_by_the_script() {
    let mut bench = Bench::new("say 400ms; listen; say 200ms; listen 300ms; say 500ms; hangup", Chaos::default());
    bench.run_until(1_000);
    bench.hear_speech(1_000, "first");
    bench.run_until(1_990);
    assert_eq!(bench.events("mark").len(), 0);
    bench.run_until(2_000);
    assert_eq!(bench.events("mark")[0]["mark"]["name"], "first");
    // Half a second of silence ends the answer; then the caller says the next 200 ms.
    bench.run_until(3_000);
    bench.hear_speech(2_000, "second");
    bench.run_until(3_400);
    bench.receive(&json!({"event": "clear", "streamSid": "MZ00000000000000000000000000000001"}));
    assert_eq!(bench.events("mark")[1]["mark"]["name"], "second");
    bench.run_until(5_000);
    assert_eq!(bench.actions, [(3_800, CallerAction::HangUp)]);
    let report = bench.media_stream.report();
    assert_eq!(
        report.answers,
        [Answer { asked_ms: 400, heard_ms: 1_000 }, Answer { asked_ms: 2_680, heard_ms: 3_000 }]
    );
    assert_eq!(report.interruptions, [Interruption { spoke_ms: 3_300, cleared_ms: Some(3_400) }]);
    assert_eq!(report.heard_of(&Voice::agent(1).speak(2_000)), 1_000);
    assert_eq!(bench.media_stream.take_complaints(), Vec::<String>::new());
}

#[test]
fn the_caller_gives_up_after_30_s_of_silence() {
    let mut bench = Bench::new("listen; stay", Chaos::default());
    bench.run_until(31_000);
    assert_eq!(bench.actions, [(30_020, CallerAction::AnswerTimeout)]);
}

#[test]
fn chaos_loses_no_frame_and_keeps_their_order() {
    let chaos = Chaos {
        jitter: Duration::from_millis(120),
        burst_frames: 7,
        ragged: true,
        numbers_as_numbers: true,
        start_twice: true,
        seed: 5,
        ..Chaos::default()
    };
    let mut bench = Bench::new("say 2s; wait 10s", chaos);
    bench.run_until(5_000);
    assert_eq!(bench.events("start").len(), 2);
    let mut sound = Vec::new();
    for (place, message) in bench.events("media").iter().enumerate() {
        assert_eq!(message["media"]["chunk"], json!(place + 1));
        sound.extend(BASE64_STANDARD.decode(message["media"]["payload"].as_str().unwrap()).unwrap());
    }
    assert!(sound.len() > 4_500 * 8, "{}", sound.len());
    assert!(bench.media_stream.said.starts_with(&sound));
}

#[test]
fn marks_may_be_lost_or_late() {
    let lost = Chaos { lost_marks_percent: 100, ..Chaos::default() };
    let mut bench = Bench::new("stay", lost);
    bench.hear_speech(100, "a");
    bench.run_until(1_000);
    assert_eq!(bench.events("mark").len(), 0);
    let late = Chaos { late_marks: Duration::from_millis(400), seed: 1, ..Chaos::default() };
    let mut bench = Bench::new("stay", late);
    bench.hear_speech(100, "a");
    bench.run_until(101);
    assert_eq!(bench.events("mark").len(), 0);
    bench.run_until(600);
    assert_eq!(bench.events("mark").len(), 1);
}

#[test]
fn silence_may_be_left_out() {
    let mut bench = Bench::new("wait 200ms; say 100ms; wait 10s", Chaos { omit_silence: true, ..Chaos::default() });
    bench.run_until(1_000);
    assert_eq!(bench.events("media").len(), 5);
}

#[test]
fn keys_are_pressed() {
    let mut bench = Bench::new("press 1#; stay", Chaos::default());
    bench.run_until(20);
    let keys: Vec<_> = bench.events("dtmf").iter().map(|message| message["dtmf"]["digit"].clone()).collect();
    assert_eq!(keys, ["1", "#"]);
}
