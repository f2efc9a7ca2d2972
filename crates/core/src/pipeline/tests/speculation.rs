//! Answers that are requested before the caller's turn has ended.

use super::*;

fn ask_in_advance(rig: &mut Rig) -> u64 {
    rig.transcriber_event(TranscriberEvent::Words {
        text: "אתם פתוחים היום".into(),
        from_ms: Some(100),
        until_ms: Some(1000),
    });
    rig.transcriber_event(TranscriberEvent::Progress(1100));
    assert_eq!(rig.request, 0, "the caller may continue");
    rig.transcriber_event(TranscriberEvent::Progress(1300));
    assert_eq!(rig.asked, [Entry::Caller("אתם פתוחים היום".into())]);
    rig.request
}

#[test]
fn an_answer_in_advance_has_its_first_clause_ready_and_is_heard_when_the_turn_has_ended_with_the_same_words() {
    let mut rig = Rig::new();
    let guess = ask_in_advance(&mut rig);
    rig.model(ModelEvent::Text(TEXT.into()));
    rig.model(ModelEvent::ToolCall { name: "x".into(), arguments: "{}".into(), call: run_tool() });
    rig.model(done());
    let texts: Vec<_> = rig.open.values().map(|(text, _)| text.clone()).collect();
    assert_eq!(texts, ["בשמחה רבה,"], "only the first clause is synthesised");
    rig.speak_all();
    let is_silent =
        rig.events.iter().all(|event| matches!(event, EngineEvent::SpeechStarted { .. } | EngineEvent::Activity));
    assert!(rig.open.is_empty() && is_silent, "nothing is heard or done before: {:?}", rig.events);
    rig.transcriber_event(TranscriberEvent::Words {
        text: "אתם פתוחים היום?".into(),
        from_ms: Some(100),
        until_ms: Some(1000),
    });
    rig.utterance_ended();
    let before = rig.events.len();
    rig.reply();
    assert_eq!(rig.request, guess, "no second request");
    let audio = rig.events[before..].iter().any(|event| matches!(event, EngineEvent::AudioDelta { .. }));
    assert!(audio, "the first clause is heard at once: {:?}", &rig.events[before..]);
    assert_eq!(rig.open.len(), 2, "the next clauses are requested");
    rig.speak_all();
    assert_eq!(rig.outcomes(), [ResponseOutcome::Completed]);
    assert!(rig.events.iter().any(|event| matches!(event, EngineEvent::ToolCall { .. })));
    assert_eq!(rig.asked_after()[0], Entry::Caller("אתם פתוחים היום?".into()));
}

#[test]
fn a_clause_that_was_ready_counts_as_the_agents_speech_while_it_plays() {
    let mut rig = Rig::new();
    ask_in_advance(&mut rig);
    rig.model(ModelEvent::Text("כן, בטח. ".into()));
    rig.model(done());
    rig.speak_all();
    rig.utterance_ended();
    rig.reply();
    assert_eq!(rig.outcomes(), [ResponseOutcome::Completed], "all of it was ready");
    let before = rig.events.len();
    rig.pipeline.handle_audio(700, true, rig.now);
    rig.pipeline.handle_audio(2000, false, rig.now);
    rig.transcriber_event(TranscriberEvent::Progress(9000));
    assert_eq!(rig.events.len(), before, "a voice without words over it is an echo");
}

#[test]
fn an_answer_in_advance_to_other_words_is_never_heard() {
    let mut rig = Rig::new();
    let guess = ask_in_advance(&mut rig);
    rig.model(ModelEvent::Text(TEXT.into()));
    rig.transcriber_event(TranscriberEvent::Words {
        text: "אתם פתוחים היום או מחר".into(),
        from_ms: Some(100),
        until_ms: Some(1900),
    });
    assert_eq!((rig.stopped_models, rig.open.len()), (1, 0), "the model and the synthesiser are stopped");
    rig.utterance_ended();
    rig.reply();
    assert_ne!(rig.request, guess);
    assert_eq!(rig.asked, [Entry::Caller("אתם פתוחים היום או מחר".into())]);
    rig.pipeline.handle_model(guess, ModelEvent::Text("ישן. ".into()), rig.now);
    rig.drain();
    assert!(rig.open.is_empty());
    // The result is the same if another message was added, or if the request failed.
    for spoils in [true, false] {
        let mut rig = Rig::new();
        let guess = ask_in_advance(&mut rig);
        rig.model(ModelEvent::Text(TEXT.into()));
        if spoils {
            rig.command(EngineCommand::Keys("1".into()));
        } else {
            rig.model(ModelEvent::Failed { retry: true, retry_after: None, reason: "503".into() });
        }
        rig.utterance_ended();
        rig.reply();
        assert_ne!(rig.request, guess);
        assert!(rig.open.is_empty(), "the clause is stopped");
        assert!(rig.outcomes().is_empty(), "the failure is not reported: the request is repeated");
    }
}
