mod claims;
mod duplicates;
mod properties;
mod speculation;
mod turn_ends;
mod word_times;

use super::*;
use crate::audio::EncodedAudio;
use crate::call::{ResponseId, ToolCall};
use std::collections::BTreeMap;

const TEXT: &str = "בשמחה רבה, יש לנו תור פנוי ביום שני בשעה עשר. מתאים לך? אפשר גם ביום שלישי.";

fn now() -> Instant {
    // The state machine only compares times with each other.
    #[expect(clippy::disallowed_methods, reason = "an origin for virtual time")]
    Instant::now()
}

fn words(text: &str) -> TranscriberEvent {
    TranscriberEvent::Words { text: text.into(), from_ms: Some(100), until_ms: Some(900) }
}

fn run_tool() -> ToolCall {
    ToolCall::Run { name: "take_message".into(), arguments: "{}".into(), time_limit: Duration::from_secs(8) }
}

fn done() -> ModelEvent {
    ModelEvent::Done { is_complete: true, is_filtered: false, usage: Usage::default() }
}

const MAX_PAUSE: Duration = Duration::from_millis(1300);

fn start() -> Start {
    Start {
        id: "p".into(),
        history: Vec::new(),
        notes: Vec::new(),
        max_pause: MAX_PAUSE,
        speculates: true,
        duplicates: false,
        claims: None,
    }
}

/// A fake synthesiser and model. Each clause has 100 ms of audio for each character, whose samples have the index of
/// the clause as their value.
struct Rig {
    pipeline: Pipeline,
    now: Instant,
    request: u64,
    asked: Vec<Entry>,
    /// The instructions for the last requested answer alone.
    instructions: Option<String>,
    /// Whether the last request was to be sent twice.
    is_asked_twice: bool,
    open: BTreeMap<ClauseId, (String, u64)>,
    stopped_models: u32,
    /// How often the transcriber was requested to end an utterance.
    ended: u32,
    events: Vec<EngineEvent>,
}

impl Rig {
    fn new() -> Self {
        Self {
            pipeline: Pipeline::new(start()),
            now: now(),
            request: 0,
            asked: Vec::new(),
            instructions: None,
            is_asked_twice: false,
            open: BTreeMap::new(),
            stopped_models: 0,
            ended: 0,
            events: Vec::new(),
        }
    }

    fn with(start: Start) -> Self {
        Self { pipeline: Pipeline::new(start), ..Self::new() }
    }

    fn drain(&mut self) {
        while let Some(action) = self.pipeline.poll_action() {
            match action {
                Action::Ask { request, conversation, instructions, is_twice } => {
                    (self.request, self.asked, self.instructions) = (request, conversation, instructions);
                    self.is_asked_twice = is_twice;
                }
                Action::StopModel => self.stopped_models += 1,
                Action::Speak { clause, text, .. } => {
                    assert!(text.chars().any(char::is_alphanumeric), "a clause without words: {text:?}");
                    self.open.insert(clause, (text, 0));
                    assert!(self.open.len() <= 5, "more streams than a socket of Soniox may have");
                }
                Action::StopSpeech { clause } => assert!(self.open.remove(&clause).is_some(), "{clause:?} is not open"),
                Action::EndUtterance => self.ended += 1,
            }
        }
        self.events.extend(std::iter::from_fn(|| self.pipeline.poll_event()));
    }

    #[expect(clippy::needless_pass_by_value, reason = "shorter where it is called")]
    fn command(&mut self, command: EngineCommand) {
        self.pipeline.handle_command(&command, self.now);
        self.drain();
    }

    fn reply(&mut self) {
        self.command(EngineCommand::Respond(ResponseRequest::Reply));
    }

    fn model(&mut self, event: ModelEvent) {
        self.pipeline.handle_model(self.request, event, self.now);
        self.drain();
    }

    /// Sends the caller's audio, in pieces of 20 ms.
    fn listen(&mut self, ms: usize, is_voice: bool) {
        for _ in 0..ms / 20 {
            self.pipeline.handle_audio(20, is_voice, self.now);
        }
        self.drain();
    }

    /// Reports the end of the utterance long after its last word.
    fn utterance_ended(&mut self) {
        self.pipeline.handle_audio(3000, false, self.now);
        self.transcriber_event(TranscriberEvent::End);
    }

    fn transcriber_event(&mut self, event: TranscriberEvent) {
        self.pipeline.handle_transcriber_event(event, self.now);
        self.drain();
    }

    fn speak(&mut self, clause: ClauseId) {
        let Some((text, sent)) = self.open.get_mut(&clause) else { return };
        let event = if *sent >= text.chars().count() as u64 {
            self.open.remove(&clause);
            SpeechEvent::Done
        } else {
            *sent += 10;
            SpeechEvent::Audio(EncodedAudio::encode(&[u8::try_from(clause.index).unwrap(); 8000]))
        };
        self.pipeline.handle_speech(clause, event, self.now);
        self.drain();
    }

    fn speak_all(&mut self) {
        while let Some(clause) = self.open.keys().next().copied() {
            self.speak(clause);
        }
    }

    fn answer(&mut self) {
        self.reply();
        self.model(ModelEvent::Text(TEXT.into()));
        self.model(done());
        self.speak_all();
    }

    fn audio_of(&self, response: &ResponseId) -> Vec<u8> {
        let pieces = self.events.iter().filter_map(|event| match event {
            EngineEvent::AudioDelta { response: of, audio, .. } if of == response => Some(audio.decode()[0]),
            _ => None,
        });
        pieces.collect()
    }

    fn outcomes(&self) -> Vec<ResponseOutcome> {
        let outcomes = self.events.iter().filter_map(|event| match event {
            EngineEvent::ResponseDone { outcome, .. } => Some(outcome.clone()),
            _ => None,
        });
        outcomes.collect()
    }

    fn asked_after(&mut self) -> Vec<Entry> {
        self.reply();
        self.asked.clone()
    }
}

#[test]
fn an_utterance_is_a_turn_that_ends_with_its_words() {
    let mut rig = Rig::new();
    rig.transcriber_event(words("שלום אתם"));
    rig.transcriber_event(words("שלום אתם פתוחים היום"));
    rig.transcriber_event(words("שלום, אתם פתוחים היום?"));
    rig.utterance_ended();
    let item: ItemId = "p.caller.1".into();
    let text = |text: &str, is_final| EngineEvent::CallerText { item: item.clone(), text: text.into(), is_final };
    assert_eq!(
        rig.events,
        [
            EngineEvent::SpeechStarted { item: item.clone(), at_ms: Some(100) },
            EngineEvent::Activity,
            text("שלום אתם", false),
            EngineEvent::Activity,
            EngineEvent::SpeechStopped { item: item.clone(), at_ms: Some(900) },
            text("שלום, אתם פתוחים היום?", true),
        ]
    );
    assert_eq!(rig.asked_after(), [Entry::Caller("שלום, אתם פתוחים היום?".into())]);
}

#[test]
fn a_committed_turn_is_not_repeated_by_the_rest_of_the_transcript() {
    let mut rig = Rig::new();
    rig.pipeline.handle_audio(2000, true, rig.now);
    rig.transcriber_event(words("אני רוצה"));
    rig.command(EngineCommand::Commit);
    rig.transcriber_event(words("אני רוצה תור"));
    rig.utterance_ended();
    rig.transcriber_event(TranscriberEvent::Words {
        text: "למחר".into(), from_ms: Some(2500), until_ms: Some(3000)
    });
    rig.utterance_ended();
    assert_eq!(rig.asked_after(), [Entry::Caller("אני רוצה\nלמחר".into())]);
}

#[test]
fn a_voice_without_words_is_a_turn_unless_the_agent_speaks() {
    let voice = |rig: &mut Rig| {
        rig.pipeline.handle_audio(700, true, rig.now);
        rig.pipeline.handle_audio(2000, false, rig.now);
    };
    let mut rig = Rig::new();
    voice(&mut rig);
    rig.transcriber_event(TranscriberEvent::Progress(1500));
    assert_eq!(rig.events, []);
    rig.transcriber_event(TranscriberEvent::Progress(2600));
    assert_eq!(rig.events.len(), 3, "{:?}", rig.events);
    assert_eq!(rig.asked_after(), [Entry::Caller(conversation::UNINTELLIGIBLE.into())]);
    rig.model(ModelEvent::Text("אפשר לחזור?".into()));
    let before = rig.events.len();
    voice(&mut rig);
    rig.transcriber_event(TranscriberEvent::Progress(5400));
    assert_eq!(rig.events.len(), before, "an echo of the agent");
}

#[test]
fn a_voice_whose_words_are_reported_as_empty_is_a_turn() {
    let mut rig = Rig::new();
    rig.pipeline.handle_audio(700, true, rig.now);
    rig.pipeline.handle_audio(2000, false, rig.now);
    rig.transcriber_event(TranscriberEvent::Words { text: String::new(), from_ms: None, until_ms: None });
    rig.utterance_ended();
    rig.transcriber_event(TranscriberEvent::Progress(2600));
    assert_eq!(rig.asked_after(), [Entry::Caller(conversation::UNINTELLIGIBLE.into())]);
}

#[test]
fn words_without_positions_have_those_of_the_voice() {
    let mut rig = Rig::new();
    // One second of silence, one second of voice, one second of silence.
    for is_voice in [[false; 10], [true; 10], [false; 10]].concat() {
        rig.pipeline.handle_audio(100, is_voice, rig.now);
    }
    rig.transcriber_event(TranscriberEvent::Words { text: "שלום".into(), from_ms: None, until_ms: None });
    rig.utterance_ended();
    let position = |event: &EngineEvent| match event {
        EngineEvent::SpeechStarted { at_ms, .. } | EngineEvent::SpeechStopped { at_ms, .. } => *at_ms,
        _ => None,
    };
    assert_eq!(rig.events.iter().filter_map(position).collect::<Vec<_>>(), [1000, 2000], "{:#?}", rig.events);
}

#[test]
fn a_caller_who_interrupts_is_answered_to_what_was_heard() {
    let mut rig = Rig::new();
    rig.answer();
    assert_eq!(rig.outcomes(), [ResponseOutcome::Completed]);
    // The first clause has 10 characters, which are 1 s of audio in this test. The second clause is heard for 1.6 s of
    // its 3.5 s.
    rig.command(EngineCommand::Truncate { item: "p.agent.1".into(), heard_ms: 2600 });
    rig.transcriber_event(words("רגע"));
    rig.utterance_ended();
    let heard = Entry::Agent { text: "בשמחה רבה, יש לנו תור".into(), calls: vec![] };
    assert_eq!(rig.asked_after()[1..], [heard, Entry::Caller("רגע".into())]);
}

#[test]
fn an_answer_that_is_cancelled_stops_both_parts() {
    let mut rig = Rig::new();
    rig.reply();
    rig.model(ModelEvent::Text(TEXT.into()));
    let first = *rig.open.keys().next().unwrap();
    rig.speak(first);
    rig.command(EngineCommand::Delete { item: "p.agent.1".into() });
    rig.command(EngineCommand::Cancel { response: "p.answer.1".into() });
    assert_eq!((rig.stopped_models, rig.open.len()), (1, 0));
    assert_eq!(rig.outcomes(), [ResponseOutcome::Cancelled]);
    rig.model(ModelEvent::Text("עוד".into()));
    rig.model(done());
    assert_eq!(rig.outcomes().len(), 1);
    assert_eq!(rig.asked_after(), [Entry::Caller("[the call has begun]".into())], "nothing of it was heard");
}

#[test]
fn tools_are_called_when_the_answer_is_complete_and_their_outputs_follow_them() {
    let mut rig = Rig::new();
    rig.reply();
    rig.model(ModelEvent::Text("רגע, אני בודקת.".into()));
    rig.model(ModelEvent::ToolCall { name: "take_message".into(), arguments: "{}".into(), call: run_tool() });
    rig.model(done());
    assert!(rig.outcomes().is_empty(), "the words are not spoken yet");
    rig.speak_all();
    let id = "p.answer.1.call.1".to_owned();
    assert!(rig.events.iter().any(|event| matches!(event, EngineEvent::ToolCall { id: of, .. } if *of == id)));
    rig.transcriber_event(words("הלו"));
    rig.utterance_ended();
    rig.command(EngineCommand::ToolOutput { id: id.clone(), output: "{\"ok\":true}".into() });
    let call = ToolRequest { id: id.clone(), name: "take_message".into(), arguments: "{}".into() };
    assert_eq!(
        rig.asked_after()[1..],
        [
            Entry::Agent { text: "רגע, אני בודקת.".into(), calls: vec![call] },
            Entry::ToolOutput { id, output: "{\"ok\":true}".into() },
            Entry::Caller("הלו".into()),
        ]
    );
}

#[test]
fn failures_are_reported_as_the_session_expects_them() {
    let limited = Some(Duration::from_secs(2));
    let failed = |retry, retry_after| ModelEvent::Failed { retry, retry_after, reason: "429".into() };
    let mut rig = Rig::new();
    rig.reply();
    rig.model(failed(true, limited));
    assert_eq!(rig.outcomes(), [ResponseOutcome::Failed { retry_after: limited, reason: "429".into() }]);
    rig.reply();
    rig.model(failed(false, None));
    assert!(matches!(rig.events.last(), Some(EngineEvent::Failed { retry: false, .. })), "a wrong key");
    // A clause that fails before its first audio is requested a second time.
    rig.reply();
    rig.model(ModelEvent::Text("שלום לך. ".into()));
    let clause = *rig.open.keys().next().unwrap();
    for attempt in 0..2 {
        assert!(rig.open.remove(&clause).is_some(), "attempt {attempt}");
        let event = SpeechEvent::Failed { retry: true, retry_after: None, reason: "503".into() };
        rig.pipeline.handle_speech(clause, event, rig.now);
        rig.drain();
    }
    let failed = ResponseOutcome::Failed { retry_after: None, reason: "503".into() };
    assert_eq!(rig.outcomes().last(), Some(&failed));
}

#[test]
fn an_engine_that_is_opened_again_knows_what_was_said_and_done() {
    use crate::domain::{Speaker, ToolUse};
    let tool = ToolUse::new("take_message", r#"{"text":"שלום"}"#).with_output(r#"{"ok":true}"#).to_text();
    let turns = [(Speaker::Caller, "אפשר להשאיר הודעה?"), (Speaker::Tool, tool.as_str()), (Speaker::Agent, "רשמתי.")];
    let history = turns.map(|(speaker, text)| HistoryTurn { speaker, text: text.into() });
    let mut rig = Rig::with(Start { history: history.into(), ..start() });
    let id = "earlier.1".to_owned();
    let call = ToolRequest { id: id.clone(), name: "take_message".into(), arguments: r#"{"text":"שלום"}"#.into() };
    assert_eq!(
        rig.asked_after(),
        [
            Entry::Caller("אפשר להשאיר הודעה?".into()),
            Entry::Agent { text: String::new(), calls: vec![call] },
            Entry::ToolOutput { id, output: r#"{"ok":true}"#.into() },
            Entry::Agent { text: "רשמתי.".into(), calls: vec![] },
        ]
    );
}

#[test]
fn an_engine_that_is_opened_again_knows_of_a_tool_that_still_runs() {
    use crate::domain::{Speaker, ToolUse};
    let tool = ToolUse::new("take_message", r#"{"text":"שלום"}"#).to_text();
    let history = [HistoryTurn { speaker: Speaker::Tool, text: tool }];
    let mut rig = Rig::with(Start { history: history.into(), ..start() });
    let entries = rig.asked_after();
    let [Entry::Caller(_), Entry::Agent { calls, .. }, Entry::ToolOutput { output, .. }] = &entries[..] else {
        panic!("{entries:?}")
    };
    assert_eq!(calls[0].name, "take_message");
    assert!(output.contains("do not call it again"), "{output}");
}

#[test]
fn a_hint_precedes_the_conversation_and_discards_a_speculative_answer() {
    use crate::domain::Speaker;
    let turns = [(Speaker::Caller, "שלום"), (Speaker::System, "ten percent off"), (Speaker::Agent, "היי")];
    let history = turns.map(|(speaker, text)| HistoryTurn { speaker, text: text.into() });
    let mut rig = Rig::with(Start { history: history.into(), notes: vec!["a note".into()], ..start() });
    rig.transcriber_event(TranscriberEvent::Words {
        text: "כמה זה עולה?".into(),
        from_ms: Some(100),
        until_ms: Some(1000),
    });
    rig.transcriber_event(TranscriberEvent::Progress(1300));
    let guess = rig.request;
    assert!(guess > 0, "an answer is requested in advance");
    rig.command(EngineCommand::Hint("free today".into()));
    rig.utterance_ended();
    rig.reply();
    assert_ne!(rig.request, guess, "the answer in advance does not know of it");
    let entries = rig.asked.clone();
    assert_eq!(
        entries,
        [
            Entry::Staff("ten percent off".into()),
            Entry::Staff("free today".into()),
            Entry::Caller("a note\nשלום".into()),
            Entry::Agent { text: "היי".into(), calls: vec![] },
            Entry::Caller("כמה זה עולה?".into()),
        ]
    );
}
