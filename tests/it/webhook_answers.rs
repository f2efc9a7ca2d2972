//! A snapshot of the TwiML of the voice webhooks. The tests of calls cover the responses that depend on a call in
//! progress.

use super::support::telephony::{CallHarness, stream_token};
use agentlocator::simulator::openai::OpenAiOptions;
use std::fmt::Write;

const CALL: [(&str, &str); 3] =
    [("CallSid", "CA00000000000000000000000000000001"), ("From", "+972501234567"), ("To", "+97235551234")];
const UNKNOWN_CALL: [(&str, &str); 3] = [("CallSid", "CA00000000000000000000000000000002"), CALL[1], CALL[2]];

struct Answers {
    harness: CallHarness,
    text: String,
}

impl Answers {
    /// Posts a signed webhook, and appends its response.
    async fn post(&mut self, title: &str, path: &str, fields: &[(&str, &str)]) {
        let answer = self.harness.hook(path, fields).await.text();
        self.append(title, &answer);
    }

    /// Appends a response. Replaces the server's address and the token, which change with each run.
    fn append(&mut self, title: &str, answer: &str) {
        let address = self.harness.daemon.url();
        let mut answer =
            answer.replace(&address.replace("http", "ws"), "ws://SERVER").replace(&address, "http://SERVER");
        if answer.contains("name=\"token\"") {
            answer = answer.replace(&stream_token(&answer), "TOKEN");
        }
        writeln!(self.text, "===== {title} =====\n{answer}").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_of_the_voice_webhooks() {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), |_| {}).await;
    let mut answers = Answers { harness, text: String::new() };
    let preview = answers.harness.daemon.client().get("/webhook/incoming_call").await.text();
    answers.append("preview of an incoming call", &preview);
    answers.post("incoming call", "/webhook/incoming_call", &CALL).await;
    answers.post("incoming call without a CallSid", "/webhook/incoming_call", &[]).await;
    answers.post("end of the stream of an unknown call", "/webhook/stream_ended", &UNKNOWN_CALL).await;
    answers.post("recorder", "/webhook/handle_recording", &UNKNOWN_CALL).await;
    let recording = [
        ("RecordingSid", "RE00000000000000000000000000000001"),
        ("RecordingUrl", "https://api.twilio.com/RE00000000000000000000000000000001"),
        ("RecordingDuration", "3"),
        ("Digits", "hangup"),
    ];
    let recorded = [&UNKNOWN_CALL[..], &recording].concat();
    answers.post("recording of a caller who hung up", "/webhook/handle_recording", &recorded).await;
    answers.post("transfer of an unknown call", "/webhook/transfer", &UNKNOWN_CALL).await;
    answers.post("incoming call that is over", "/webhook/incoming_call", &UNKNOWN_CALL).await;
    insta::assert_snapshot!(answers.text);
}
