//! A shop whose calls the pipeline engine answers, for the tests of all its providers.

use super::call_silence::assert_no_silence;
use super::support::Setup;
use super::support::telephony::CallHarness;
use agentlocator::simulator::caller::{CallReport, EndedBy};
use agentlocator::simulator::openai::OpenAiOptions;
use agentlocator::simulator::{EventLog, HttpRequest};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) const QUESTION: &str = "מתי אתם פתוחים היום?";
pub(super) const ANSWER: &str = "שמחה לעזור, אנחנו פתוחים היום עד שבע בערב. תרצה לקבוע תור?";
pub(super) const LONG: &str = "בשמחה רבה, יש לנו תספורת רגילה, תספורת ילדים וצבע. תספורת רגילה עולה מאה שקלים. תספורת ילדים עולה שמונים שקלים. צבע עולה מאתיים שקלים.";

/// A daemon with the fake services `F` of the pipeline, and a fake AI.
pub(super) struct PipelineShop<F> {
    pub(super) harness: CallHarness,
    pub(super) services: F,
    log: EventLog,
}

impl<F> PipelineShop<F> {
    /// Starts a shop with these services, which record violations in `log`. `configure` connects the daemon to the
    /// services.
    pub(super) async fn start(
        services: F,
        log: EventLog,
        ai: OpenAiOptions,
        configure: impl FnOnce(&F, &mut Setup),
    ) -> Self {
        let harness = CallHarness::with_ai(ai, |setup| configure(&services, setup)).await;
        Self { harness, services, log }
    }

    pub(super) async fn call(&self, script: &str) -> (CallReport, Value) {
        let report = self.harness.call(self.harness.plan(script)).await;
        let call = self.harness.ended_call(&report.call_sid).await;
        (report, call)
    }

    #[track_caller]
    pub(super) fn assert_no_violations(&self) {
        let wrong = [self.log.violations(), self.harness.log.violations()].concat();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// Checks that a question is answered with [`ANSWER`] despite this fault.
    pub(super) async fn assert_answers_despite(&self, fault: &str) {
        let (report, call) = self.call("say 1500ms; listen; wait 6s").await;
        assert_eq!(call["engine"], "pipeline", "{fault}: {call:#}");
        assert_eq!(turns_of(&call), [("caller", QUESTION), ("agent", ANSWER)], "{fault}: {call:#}");
        assert_no_silence(&report);
        self.assert_no_violations();
    }

    /// Checks that the caller leaves a message and the daemon raises `alert`, because a service rejects the account.
    /// Returns the only `ENGINE_LOST` event.
    pub(super) async fn assert_refused(&self, fault: &str, alert: &str) -> Value {
        let (report, call) = self.call("wait 6s; say 2s; stay").await;
        assert_eq!(report.ended, EndedBy::Hangup, "{fault}: {report:#?}");
        let expected = (&json!("voicemail"), &json!("message_taken"));
        assert_eq!((&call["engine"], &call["end_reason"]), expected, "{fault}: {call:#}");
        let lost = self.harness.daemon.logs().events_named("ENGINE_LOST");
        assert_eq!(lost.len(), 1, "{fault}: it is not tried again: {lost:#?}");
        let event = self.harness.daemon.logs().wait_for_event("ALERT_RAISED");
        assert_eq!(event["alert.kind"], alert, "{fault}: {event}");
        self.assert_no_violations();
        lost[0].clone()
    }

    /// Runs the AI check of the settings page, and compares its finding about the pipeline. `settings` is expected in
    /// the remedy, `reason` in the finding. They are empty if the pipeline works.
    pub(super) async fn assert_check_finds(&self, code: &str, settings: &str, reason: &str) {
        let client = self.harness.daemon.logged_in("roni", "owner").await;
        let answer = client.post_json("/api/checks", &json!({"check": "ai"})).await.json();
        let findings = answer["findings"].as_array().unwrap();
        let is_pipeline = |finding: &&Value| finding["code"].as_str().is_some_and(|code| code.contains("pipeline"));
        let found = findings.iter().find(is_pipeline).unwrap();
        assert_eq!((&found["code"], &answer["ok"]), (&json!(code), &json!(settings.is_empty())), "{answer:#}");
        assert!(found.to_string().contains(reason), "{answer:#}");
        assert!(found["remedy"].as_str().unwrap_or_default().contains(settings), "{answer:#}");
        self.assert_no_violations();
    }
}

/// Settings that enable only the pipeline engine, without speculation, so that the pipeline requests an answer only
/// after the turn has ended, and only once.
pub(super) const PIPELINE: &str = "[voice]\nengine = \"pipeline\"\nmessage_silence_s = 1\n[pipeline]\nspeculation = false\nduplicate_requests = false\n";

pub(super) fn turns_of(call: &Value) -> Vec<(&str, &str)> {
    let turns = call["turns"].as_array().unwrap().iter();
    turns.map(|turn| (turn["speaker"].as_str().unwrap(), turn["heard_text"].as_str().unwrap())).collect()
}

/// Checks that the first request of a call to this path came over a connection that was opened long before.
#[track_caller]
pub(super) fn assert_is_warm(requests: &[HttpRequest], path: &str) {
    let first = requests.iter().find(|request| request.method == "POST" && request.path.contains(path));
    let first = first.unwrap_or_else(|| panic!("no request to {path}: {requests:#?}"));
    assert!(first.connected > Duration::from_millis(500), "{first:?}: {requests:#?}");
}

/// Checks that each word of the caller has the time at which the caller said it. The fakes report 300 ms for each word.
#[track_caller]
pub(super) fn assert_words_are_timed(report: &CallReport, call: &Value) {
    let turns: Vec<_> = call["turns"].as_array().unwrap().iter().filter(|turn| turn["speaker"] == "caller").collect();
    let speeches = &report.streams[0].speeches;
    assert_eq!(turns.len(), speeches.len(), "{call:#}");
    for (turn, speech) in turns.into_iter().zip(speeches) {
        let words = turn["words"].as_array().unwrap_or_else(|| panic!("no times: {turn:#}"));
        let texts: Vec<_> = words.iter().map(|word| word["text"].as_str().unwrap()).collect();
        assert_eq!(texts, turn["text"].as_str().unwrap().split_whitespace().collect::<Vec<_>>());
        for (word, at) in words.iter().zip(0_u64..) {
            let expected = speech.began_ms + 300 * at;
            let (start, end) = (word["start_ms"].as_u64().unwrap(), word["end_ms"].as_u64().unwrap());
            assert!(start.abs_diff(expected) <= 250, "{word} instead of {expected}: {turn:#} {speech:?}");
            assert!(end.abs_diff(start + 300) <= 1, "{word}");
        }
    }
}
