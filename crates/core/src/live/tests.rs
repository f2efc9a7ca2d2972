//! Turns of a full-duplex engine, in virtual time.

use super::*;
use crate::audio::mulaw;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[expect(clippy::disallowed_methods, reason = "the origin of the virtual clock, which the tests advance")]
fn origin() -> Instant {
    Instant::now()
}

struct Rig {
    turns: LiveTurns,
    now: Instant,
    events: Vec<EngineEvent>,
    actions: Vec<LiveAction>,
}

impl Rig {
    fn new() -> Self {
        Self { turns: LiveTurns::default(), now: origin(), events: Vec::new(), actions: Vec::new() }
    }

    /// Both sides sound or are silent for this time.
    fn pass(&mut self, ms: u64, is_caller: bool, is_agent: bool) {
        for _ in 0..ms / 20 {
            self.now += Duration::from_millis(20);
            self.turns.caller_audio(&EncodedAudio::silence(20), is_caller, self.now);
            let level = if is_agent { mulaw::encode(8_000) } else { mulaw::SILENCE };
            self.turns.agent_audio(EncodedAudio::encode(&[level; 160]), self.now);
            self.turns.handle_timeout(self.now);
            self.poll();
        }
    }

    fn command(&mut self, command: &EngineCommand) {
        self.turns.command(command, self.now);
        self.poll();
    }

    fn backend(&mut self, event: BackendEvent) {
        self.turns.backend(event, self.now);
        self.poll();
    }

    fn poll(&mut self) {
        self.events.extend(std::iter::from_fn(|| self.turns.poll_event()));
        self.actions.extend(std::iter::from_fn(|| self.turns.poll_action()));
    }

    /// Returns the events since the last call, by name, each run of equal ones once.
    fn names(&mut self) -> Vec<String> {
        let events = std::mem::take(&mut self.events);
        let names = events.iter().filter(|event| **event != EngineEvent::Activity).map(name);
        let mut names: Vec<_> = names.collect();
        names.dedup();
        names
    }
}

fn name(event: &EngineEvent) -> String {
    let text = format!("{event:?}");
    text.split([' ', '(']).next().unwrap_or_default().to_owned()
}

fn call() -> BackendEvent {
    let time_limit = Duration::from_secs(5);
    let call = ToolCall::Run { name: "book_appointment".into(), arguments: "{}".into(), time_limit };
    BackendEvent::Call { id: "call".into(), call }
}

fn done() -> BackendEvent {
    BackendEvent::Done { is_completed: true, usage: Usage { tokens_in: 5, ..Usage::default() } }
}

#[test]
fn a_question_and_its_answer_are_a_turn_each() {
    let mut rig = Rig::new();
    rig.pass(1_000, true, false);
    rig.turns.caller_words("are you open?", Some((0, 900)), rig.now);
    rig.pass(600, false, false);
    assert_eq!(rig.names(), ["SpeechStarted", "CallerText", "SpeechStopped"]);
    rig.command(&EngineCommand::Respond(ResponseRequest::Reply));
    assert_eq!(rig.actions, [], "the model answers by itself");
    rig.turns.agent_words("Yes.", Some(1_600));
    rig.pass(800, false, true);
    rig.pass(1_500, false, false);
    let expected =
        ["ResponseStarted", "AgentText", "AudioDelta", "CallerText", "AudioDone", "AgentText", "ResponseDone"];
    assert_eq!(rig.names(), expected);
}

#[test]
fn an_answer_before_the_end_of_the_turn_is_held_and_a_sound_of_the_model_is_not_heard() {
    let mut rig = Rig::new();
    rig.pass(600, true, false);
    // The model agrees with a word while the caller speaks.
    rig.pass(300, true, true);
    rig.pass(900, true, false);
    assert_eq!(rig.names(), ["SpeechStarted"]);
    // It answers after a shorter silence than that of the end of the turn.
    rig.pass(200, false, false);
    rig.pass(260, false, true);
    assert_eq!(rig.names(), Vec::<String>::new());
    rig.pass(400, false, true);
    assert_eq!(rig.names(), ["SpeechStopped", "ResponseStarted", "AudioDelta"]);
}

#[test]
fn a_cancelled_utterance_is_not_heard_later() {
    let mut rig = Rig::new();
    rig.pass(600, false, true);
    let response = rig.turns.response.clone().expect("a response");
    rig.names();
    rig.pass(400, true, true);
    rig.command(&EngineCommand::Cancel { response });
    assert_eq!(rig.names(), ["AudioDelta", "SpeechStarted", "AudioDelta", "ResponseDone"]);
    rig.pass(300, true, true);
    rig.pass(600, false, false);
    assert_eq!(rig.names(), ["SpeechStopped"]);
    rig.pass(300, false, true);
    assert_eq!(rig.names(), ["ResponseStarted", "AudioDelta"], "the next answer is heard");
}

#[test]
fn a_response_lasts_until_the_backend_has_ended_and_its_result_was_spoken() {
    let mut rig = Rig::new();
    rig.pass(600, true, false);
    rig.pass(600, false, false);
    rig.backend(BackendEvent::Began);
    // The model says that it looks.
    rig.pass(500, false, true);
    rig.pass(1_000, false, false);
    rig.names();
    rig.backend(call());
    rig.backend(done());
    assert_eq!(rig.names(), ["ToolCall", "ResponseDone"]);
    rig.command(&EngineCommand::ToolOutput { id: "call".into(), output: "booked".into() });
    rig.command(&EngineCommand::Respond(ResponseRequest::Reply));
    let output = LiveAction::FunctionOutput { id: "call".into(), output: "booked".into() };
    assert_eq!(rig.actions, [output, LiveAction::Continue]);
    rig.pass(500, false, true);
    rig.pass(1_000, false, false);
    let waiting = rig.names();
    assert!(!waiting.contains(&"ResponseDone".to_owned()), "the caller waits for the result: {waiting:?}");
    rig.backend(done());
    rig.pass(500, false, true);
    rig.pass(1_000, false, false);
    assert_eq!(rig.names().last().map(String::as_str), Some("ResponseDone"));
}

#[test]
fn a_result_that_is_not_spoken_ends_the_response() {
    let mut rig = Rig::new();
    rig.pass(500, false, true);
    rig.backend(BackendEvent::Began);
    rig.pass(1_000, false, false);
    rig.backend(done());
    rig.names();
    rig.pass(3_800, false, false);
    assert_eq!(rig.names(), Vec::<String>::new());
    rig.pass(400, false, false);
    assert_eq!(rig.names(), ["ResponseDone"]);
}

#[test]
fn a_caller_to_whom_the_model_owes_nothing_is_answered_on_request() {
    let mut rig = Rig::new();
    rig.command(&EngineCommand::Respond(ResponseRequest::Reply));
    assert_eq!(rig.actions, [LiveAction::Instruct(ANSWER_NOW.to_owned())]);
    rig.command(&EngineCommand::Keys("12".into()));
    rig.command(&EngineCommand::Respond(ResponseRequest::Reply));
    assert!(matches!(&rig.actions[1..], [LiveAction::Inform(keys), LiveAction::Instruct(_)] if keys.contains("12")));
}

#[test]
fn words_without_a_sound_are_an_utterance() {
    let mut rig = Rig::new();
    rig.turns.caller_words("hello", Some((100, 400)), rig.now);
    rig.pass(1_400, false, false);
    assert_eq!(rig.names(), ["SpeechStarted", "SpeechStopped", "CallerText"]);
    rig.pass(600, true, false);
    rig.pass(3_200, false, false);
    assert_eq!(rig.names(), ["SpeechStarted", "SpeechStopped", "TranscriptionFailed"]);
}

proptest! {
    /// Whatever happens, responses do not overlap, each one ends once, and its audio and its calls are within it.
    #[test]
    fn responses_are_whole(steps in prop::collection::vec((0_u8..9, 1_u64..60), 1..60)) {
        let mut rig = Rig::new();
        let mut stops = 0;
        for (step, ticks) in steps {
            match step {
                0..=3 => rig.pass(ticks * 20, step & 1 == 1, step & 2 == 2),
                4 => rig.backend(BackendEvent::Began),
                5 => rig.backend(call()),
                6 => rig.backend(done()),
                7 => {
                    let response = rig.turns.response.clone();
                    if let Some(response) = response {
                        rig.command(&EngineCommand::Cancel { response });
                    }
                }
                _ => rig.command(&EngineCommand::Respond(ResponseRequest::Reply)),
            }
            stops += usize::from(step == 7);
        }
        rig.backend(BackendEvent::Done { is_completed: false, usage: Usage::default() });
        rig.pass(6_000, false, false);
        let (mut open, mut ended) = (None, BTreeSet::new());
        for event in &rig.events {
            match event {
                EngineEvent::ResponseStarted { response } => {
                    prop_assert!(open.is_none() && !ended.contains(response));
                    open = Some(response.clone());
                }
                EngineEvent::AudioDelta { response, .. }
                | EngineEvent::AgentText { response, .. }
                | EngineEvent::ToolCall { response, .. } => prop_assert_eq!(open.as_ref(), Some(response)),
                EngineEvent::ResponseDone { response, outcome, .. } => {
                    let begun = open.take();
                    prop_assert_eq!(begun.as_ref(), Some(response));
                    prop_assert!(*outcome == ResponseOutcome::Completed || stops > 0);
                    ended.insert(response.clone());
                }
                _ => {}
            }
        }
        prop_assert!(open.is_none(), "a response never ends");
    }
}
