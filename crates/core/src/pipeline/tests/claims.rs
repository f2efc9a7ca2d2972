//! False claims, which the caller must not hear.

use super::*;
use crate::call::LateOutput;
use crate::promise::{ClaimCheck, Known, Promise, Replacements};
use jiff::civil::date;
use serde_json::json;

const BOOKED: &str = "קבעתי לך תור ליום שני בעשר.";
const NOT_DONE: &str = "זה עדיין לא נעשה. לנסות שוב?";
const NOT_READ: &str = "את השעה הזאת עוד לא בדקתי. לבדוק?";
const NOT_DONE_IN_ENGLISH: &str = "This is not done yet.";

fn rig() -> Rig {
    Rig::with(Start { claims: Some(check()), ..start() })
}

/// The caller has no appointments.
fn check() -> ClaimCheck {
    let known = Known::new(date(2026, 11, 24), Some(Vec::new()));
    let replacements = |language: &str, not_done: &str, not_read: &str| Replacements {
        language: language.into(),
        not_done: not_done.into(),
        not_read: not_read.into(),
    };
    let expected = replacements("he", NOT_DONE, NOT_READ);
    ClaimCheck { known, expected, other: Some(replacements("en", NOT_DONE_IN_ENGLISH, "")) }
}

fn call(name: &str, arguments: &serde_json::Value) -> ModelEvent {
    let (name, arguments) = (name.to_owned(), arguments.to_string());
    let call = ToolCall::Run { name: name.clone(), arguments: arguments.clone(), time_limit: Duration::from_secs(8) };
    ModelEvent::ToolCall { name, arguments, call }
}

impl Rig {
    fn model_says(&mut self, text: &str) {
        // Models send a few letters at a time.
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(5) {
            self.model(ModelEvent::Text(piece.iter().collect()));
        }
    }

    /// Speaks an answer to the end.
    fn says(&mut self, text: &str) {
        self.model_says(text);
        self.model(done());
        self.speak_all();
    }

    fn heard(&self) -> Vec<String> {
        let texts = self.events.iter().filter_map(|event| match event {
            EngineEvent::AgentText { text, is_final: true, .. } => Some(text.clone()),
            _ => None,
        });
        texts.collect()
    }

    /// Returns all text that was spoken, without the repetition at the end of each answer.
    fn spoken(&self) -> String {
        let texts = self.events.iter().filter_map(|event| match event {
            EngineEvent::AgentText { text, is_final: false, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    fn stopped(&self) -> Vec<Promise> {
        let stopped = self.events.iter().filter_map(|event| match event {
            EngineEvent::ClaimStopped { promise } => Some(*promise),
            _ => None,
        });
        stopped.collect()
    }

    fn has_called(&self, name: &str) -> bool {
        self.events.iter().any(
            |event| matches!(event, EngineEvent::ToolCall { call: ToolCall::Run { name: of, .. }, .. } if of == name),
        )
    }

    /// Answers with a tool call, and returns its output to the model.
    fn uses(&mut self, name: &str, output: &serde_json::Value) {
        self.reply();
        self.model(call(name, &json!({})));
        self.model(done());
        let id = self.events.iter().rev().find_map(|event| match event {
            EngineEvent::ToolCall { id, .. } => Some(id.clone()),
            _ => None,
        });
        self.command(EngineCommand::ToolOutput { id: id.unwrap(), output: output.to_string() });
    }
}

#[test]
fn a_false_claim_is_not_spoken_and_the_model_is_asked_again() {
    let mut rig = rig();
    rig.reply();
    let first = rig.request;
    rig.model_says("מעולה, דנה, קבעתי לך תור ליום שני בעשר. נתראה!");
    rig.model(done());
    assert_ne!(rig.request, first, "the model is asked again at once, while the first clause is spoken");
    assert_eq!(rig.asked.last(), Some(&Entry::Agent { text: "מעולה, דנה,".into(), calls: vec![] }));
    assert!(rig.instructions.as_ref().unwrap().contains("that an appointment is booked"), "{:?}", rig.instructions);
    rig.says("לאיזו שעה לקבוע?");
    assert_eq!(rig.heard(), ["מעולה, דנה, לאיזו שעה לקבוע?"]);
    assert_eq!(rig.spoken(), "מעולה, דנה, לאיזו שעה לקבוע?");
    assert_eq!(rig.stopped(), [Promise::Booked]);
    assert_eq!(rig.outcomes(), [ResponseOutcome::Completed]);
    rig.reply();
    assert_eq!(rig.asked.last(), Some(&Entry::Agent { text: "מעולה, דנה, לאיזו שעה לקבוע?".into(), calls: vec![] }));
    assert_eq!(rig.instructions, None);
}

#[test]
fn a_false_claim_that_is_repeated_becomes_a_built_in_sentence() {
    for (said, sentence) in [
        (BOOKED, NOT_DONE),
        ("מחר בעשר פנוי, מתאים לך?", NOT_READ),
        ("I have booked you for Monday at ten, דנה.", NOT_DONE_IN_ENGLISH),
    ] {
        let mut rig = rig();
        rig.reply();
        rig.says(said);
        rig.says(said);
        assert_eq!((rig.heard(), rig.stopped().len()), (vec![sentence.to_owned()], 2), "{said}");
        assert_eq!(rig.outcomes(), [ResponseOutcome::Completed]);
        // The next answer may be corrected again.
        rig.reply();
        rig.says(said);
        rig.says("רגע, אני בודקת.");
        assert_eq!(rig.heard()[1], "רגע, אני בודקת.");
    }
}

#[test]
fn a_claim_in_the_answer_that_calls_the_tool_waits_for_the_tool() {
    let mut rig = rig();
    rig.reply();
    rig.model_says("מעולה. קבעתי לך תור ליום שני בעשר.");
    rig.model(call("book_appointment", &json!({"start": "2026-11-30T10:00"})));
    let requests = rig.request;
    rig.model(done());
    rig.speak_all();
    assert_eq!((rig.heard(), rig.request), (vec!["מעולה.".to_owned()], requests), "the tool is not called again");
    assert!(rig.has_called("book_appointment"));
    let (id, output) = ("p.answer.1.call.1".to_owned(), json!({"booked": {"start": "2026-11-30T10:00"}}));
    rig.command(EngineCommand::ToolOutput { id, output: output.to_string() });
    rig.reply();
    rig.says(BOOKED);
    assert_eq!((rig.heard()[1].as_str(), rig.stopped().len()), (BOOKED, 1));
}

#[test]
fn the_call_does_not_end_with_an_answer_that_was_stopped() {
    let end = || ModelEvent::ToolCall { name: "end_call".into(), arguments: "{}".into(), call: ToolCall::EndCall };
    let mut rig = rig();
    rig.reply();
    rig.model_says(BOOKED);
    rig.model(end());
    rig.model(done());
    rig.model_says(BOOKED);
    rig.model(end());
    rig.model(done());
    rig.speak_all();
    assert_eq!(rig.heard(), [NOT_DONE]);
    assert!(!rig.events.iter().any(|event| matches!(event, EngineEvent::ToolCall { .. })));
    // The end of the call waits for the reply to the tool's output as well.
    rig.reply();
    rig.model_says(BOOKED);
    rig.model(call("book_appointment", &json!({})));
    rig.model(end());
    rig.model(done());
    let calls = rig.events.iter().filter(|event| matches!(event, EngineEvent::ToolCall { .. }));
    assert_eq!(calls.count(), 1);
    assert!(rig.has_called("book_appointment"));
}

#[test]
fn an_action_of_a_tool_is_spoken_without_a_delay() {
    let mut rig = rig();
    rig.uses("book_appointment", &json!({"booked": {"start": "2026-11-30T10:00"}}));
    rig.reply();
    rig.model_says("בשמחה רבה, קבעתי לך תור ליום שני בעשר. ");
    assert_eq!(rig.open.len(), 2, "both clauses are spoken before the answer is complete");
    rig.model(done());
    rig.speak_all();
    assert_eq!((rig.heard()[0].as_str(), rig.stopped().len()), ("בשמחה רבה, קבעתי לך תור ליום שני בעשר.", 0));
}

#[test]
fn a_sentence_that_ends_as_a_question_is_spoken() {
    let mut rig = rig();
    rig.reply();
    rig.model_says("התור שלך נקבע ליום שני, ");
    assert!(rig.open.is_empty(), "the rest of the sentence decides");
    rig.says("נכון?");
    assert_eq!((rig.heard()[0].as_str(), rig.stopped().len()), ("התור שלך נקבע ליום שני, נכון?", 0));
}

#[test]
fn a_late_output_of_a_tool_confirms_what_is_said() {
    let late = |output: &str| LateOutput { tool: Some("book_appointment"), output }.note();
    for (note, is_spoken) in [
        (None, false),
        (Some("the caller pressed the keys 1".to_owned()), false),
        (Some(late(r#"{"error":"this time is taken"}"#)), false),
        (Some(late(r#"{"booked":{"start":"2026-11-30T10:00"}}"#)), true),
        (Some(late(r#"{"booked":{"start":"2026-11-30T11:00"}}"#)), false),
        (Some(LateOutput { tool: None, output: r#"{"booked":{"start":"2026-11-30T10:00"}}"# }.note()), true),
    ] {
        let mut rig = rig();
        rig.uses("book_appointment", &serde_json::from_str(crate::call::STILL_RUNNING).unwrap());
        if let Some(note) = &note {
            rig.command(EngineCommand::Note(note.clone()));
        }
        rig.reply();
        rig.says(BOOKED);
        assert_eq!(rig.stopped().is_empty(), is_spoken, "{note:?}");
    }
}

#[test]
fn an_engine_that_is_opened_again_knows_what_may_be_said() {
    use crate::domain::{Speaker, ToolUse};
    let tool = ToolUse::new("book_appointment", "{}").with_output(r#"{"booked":{"start":"2026-11-30T10:00"}}"#);
    let running = ToolUse::new("book_appointment", "{}");
    let employee = HistoryTurn { speaker: Speaker::Employee, text: "Roni".into() };
    let of_tool = |tool: ToolUse| HistoryTurn { speaker: Speaker::Tool, text: tool.to_text() };
    for (history, is_spoken) in
        [(vec![], false), (vec![of_tool(running)], false), (vec![of_tool(tool)], true), (vec![employee], true)]
    {
        let mut rig = Rig::with(Start { history: history.clone(), claims: Some(check()), ..start() });
        rig.reply();
        rig.says(BOOKED);
        assert_eq!(rig.stopped().is_empty(), is_spoken, "{history:?}");
    }
}

#[test]
fn a_speculative_answer_is_checked_too() {
    let mut rig = rig();
    rig.transcriber_event(TranscriberEvent::Words {
        text: "אפשר תור ליום שני?".into(),
        from_ms: Some(100),
        until_ms: Some(1000),
    });
    rig.transcriber_event(TranscriberEvent::Progress(1300));
    let guess = rig.request;
    assert!(guess > 0, "an answer is requested in advance");
    rig.model_says(BOOKED);
    rig.model(done());
    assert!(rig.open.is_empty() && rig.request == guess);
    rig.utterance_ended();
    rig.reply();
    assert_eq!(rig.request, guess + 1, "the model is asked again");
    rig.says("באיזו שעה?");
    assert_eq!((rig.heard(), rig.stopped().len()), (vec!["באיזו שעה?".to_owned()], 1));
}

#[test]
fn an_instructed_answer_keeps_its_instructions_when_it_is_corrected() {
    let mut rig = rig();
    rig.command(EngineCommand::Respond(ResponseRequest::Instructed("Say goodbye.".into())));
    rig.says(BOOKED);
    let instructions = rig.instructions.clone().unwrap();
    assert!(instructions.starts_with("Say goodbye.\n\nYour last answer said"), "{instructions}");
}

#[test]
fn an_answer_that_is_cancelled_while_it_is_corrected_ends() {
    let mut rig = rig();
    rig.reply();
    rig.model_says(BOOKED);
    rig.model(done());
    rig.command(EngineCommand::Cancel { response: "p.answer.1".into() });
    assert_eq!((rig.stopped_models, rig.outcomes()), (1, vec![ResponseOutcome::Cancelled]));
}

#[test]
fn the_usage_of_both_requests_counts() {
    let mut rig = rig();
    rig.reply();
    for text in [BOOKED, "לאיזו שעה?"] {
        rig.model_says(text);
        let usage = Usage { tokens_in: 100, tokens_out: 7, cost_micros: 0 };
        rig.model(ModelEvent::Done { is_complete: true, is_filtered: false, usage });
    }
    rig.speak_all();
    let usage = rig.events.iter().find_map(|event| match event {
        EngineEvent::ResponseDone { usage, .. } => Some(*usage),
        _ => None,
    });
    assert_eq!(usage, Some(Usage { tokens_in: 200, tokens_out: 14, cost_micros: 0 }));
}
