//! Property tests: invariants for each order of events.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Reply,
    Text(usize),
    Tool,
    Done,
    Fail,
    Speak(usize),
    Cancel,
    Truncate(u64),
    Words,
    NoWords(u64),
    End,
    Commit,
    Progress(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Reply),
        6 => (1usize..20).prop_map(Step::Text),
        1 => Just(Step::Tool),
        2 => Just(Step::Done),
        1 => Just(Step::Fail),
        12 => (0usize..3).prop_map(Step::Speak),
        1 => Just(Step::Cancel),
        1 => (0u64..4000).prop_map(Step::Truncate),
        2 => Just(Step::Words),
        1 => (0u64..9000).prop_map(Step::NoWords),
        1 => Just(Step::End),
        1 => Just(Step::Commit),
        1 => (0u64..9000).prop_map(Step::Progress),
    ];
    proptest::collection::vec(step, 0..120)
}

struct Check {
    rig: Rig,
    /// The last request to the model, the text that it has returned, and the rest of its text.
    request: u64,
    text: String,
    rest: String,
    cancelled: Option<ResponseId>,
    checked: usize,
    active: Option<ResponseId>,
}

impl Check {
    fn step(&mut self, step: &Step) {
        let active = self.active.clone();
        let item = |response: &ResponseId| ItemId::from(response.replace("answer", "agent"));
        match step {
            Step::Reply if active.is_none() => self.rig.reply(),
            Step::Reply => {}
            Step::Text(chars) => {
                let piece: String = self.rest.chars().take(*chars).collect();
                self.rest = self.rest.split_off(piece.len());
                self.text.push_str(&piece);
                self.rig.model(ModelEvent::Text(piece));
            }
            Step::Tool => {
                let call = ModelEvent::ToolCall { name: "x".into(), arguments: "{}".into(), call: run_tool() };
                self.rig.model(call);
            }
            Step::Done => self.rig.model(done()),
            Step::Fail => {
                self.rig.model(ModelEvent::Failed { retry: true, retry_after: None, reason: "x".into() });
            }
            Step::Speak(at) => {
                if let Some(clause) = self.rig.open.keys().nth(*at).copied() {
                    self.rig.speak(clause);
                }
            }
            Step::Cancel => {
                if let Some(response) = active {
                    self.rig.command(EngineCommand::Cancel { response: response.clone() });
                    self.cancelled = Some(response);
                }
            }
            Step::Truncate(heard_ms) => {
                if let Some(response) = active {
                    let (item, heard_ms) = (item(&response), *heard_ms);
                    self.rig.command(EngineCommand::Truncate { item, heard_ms });
                    self.rig.command(EngineCommand::Cancel { response: response.clone() });
                    self.cancelled = Some(response);
                }
            }
            Step::Words => self.rig.transcriber_event(words(["שלום לכם", "שלום לכם שם"][self.checked % 2])),
            Step::NoWords(until_ms) => self.rig.transcriber_event(TranscriberEvent::NoWords { until_ms: *until_ms }),
            Step::End => self.rig.transcriber_event(TranscriberEvent::End),
            Step::Commit => self.rig.command(EngineCommand::Commit),
            Step::Progress(ms) => {
                self.rig.pipeline.handle_audio(300, ms % 2 == 0, self.rig.now);
                self.rig.transcriber_event(TranscriberEvent::Progress(*ms));
            }
        }
        if self.request != self.rig.request {
            (self.request, self.text, self.rest) = (self.rig.request, String::new(), TEXT.to_owned());
        }
        self.check();
    }

    fn check(&mut self) {
        for event in &self.rig.events[self.checked..] {
            match event {
                EngineEvent::ResponseStarted { response } => {
                    assert_eq!(self.active, None, "one at a time");
                    self.active = Some(response.clone());
                }
                EngineEvent::AudioDelta { response, .. }
                | EngineEvent::AgentText { response, .. }
                | EngineEvent::ToolCall { response, .. } => {
                    assert_eq!(self.active.as_ref(), Some(response), "of the active answer");
                    assert_ne!(self.cancelled.as_ref(), Some(response), "nothing of a cancelled answer");
                }
                EngineEvent::ResponseDone { response, .. } => {
                    assert_eq!(self.active.take().as_ref(), Some(response));
                    let heard = self.rig.audio_of(response);
                    assert!(heard.is_sorted(), "the clauses in their order: {heard:?}");
                }
                _ => {}
            }
        }
        let pieces = self.rig.events.iter().filter_map(|event| match event {
            EngineEvent::AgentText { response, text, is_final: false, .. }
                if self.active.as_ref() == Some(response) =>
            {
                Some(text.as_str())
            }
            _ => None,
        });
        let said: String = pieces.collect();
        assert!(self.text.starts_with(&said), "{said:?} of {:?}", self.text);
        self.checked = self.rig.events.len();
    }
}

proptest! {
    #[test]
    fn any_order_of_events_keeps_the_rules(steps in steps()) {
        let mut check = Check {
            rig: Rig::with(Start { duplicates: true, ..start() }),
            request: 0,
            text: String::new(),
            rest: String::new(),
            cancelled: None,
            checked: 0,
            active: None,
        };
        for step in &steps {
            check.step(step);
        }
        // In any state, the response ends as soon as the model and the synthesiser have finished.
        check.step(&Step::Done);
        while let Some(clause) = check.rig.open.keys().next().copied() {
            check.rig.speak(clause);
        }
        check.check();
        prop_assert_eq!(check.active, None);
        let asked = check.rig.asked_after();
        for pair in asked.windows(2) {
            let is_call = |entry: &Entry| matches!(entry, Entry::Agent { calls, .. } if !calls.is_empty());
            let is_output = |entry: &Entry| matches!(entry, Entry::ToolOutput { .. });
            prop_assert!(!is_call(&pair[0]) || is_output(&pair[1]), "an output follows its call");
            prop_assert!(!matches!(pair, [Entry::Caller(_), Entry::Caller(_)]), "the sides alternate");
        }
    }

    #[test]
    fn the_model_remembers_the_words_that_were_heard(heard_ms in 0u64..9000) {
        let mut rig = Rig::new();
        rig.answer();
        rig.command(EngineCommand::Truncate { item: "p.agent.1".into(), heard_ms });
        let asked = rig.asked_after();
        let text = asked.iter().find_map(|entry| match entry { Entry::Agent { text, .. } => Some(text.clone()), _ => None });
        let text = text.unwrap_or_default();
        prop_assert!(TEXT.starts_with(&text), "{text}");
        // 100 ms for each character, and each clause is rounded up to a second.
        prop_assert!(text.chars().count() as u64 * 100 <= heard_ms + 1000, "{} in {heard_ms} ms", text);
    }
}
