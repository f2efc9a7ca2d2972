//! Requests that are sent twice, because the caller already waits.

use super::*;

const WORDS: &str = "אתם פתוחים היום?";

/// Simulates a second of speech, whose words are reported after a silence of this length. The second answer of the call
/// is requested then: if the first request were sent twice, half of the requests would be discarded.
fn asked_after_silence(ms: usize) -> Rig {
    let mut rig = Rig::with(Start { duplicates: true, ..start() });
    rig.answer();
    assert!(!rig.is_asked_twice, "the only request of the call would be discarded");
    rig.now += Duration::from_mins(1);
    rig.listen(1000, true);
    rig.listen(ms, false);
    rig.transcriber_event(TranscriberEvent::Words { text: WORDS.into(), from_ms: Some(100), until_ms: Some(1000) });
    assert_eq!(rig.request, 2, "it is requested in advance");
    rig
}

#[test]
fn a_request_is_sent_twice_if_the_words_came_late() {
    assert!(!asked_after_silence(100).is_asked_twice);
    assert!(asked_after_silence(200).is_asked_twice);
    let mut rig = asked_after_silence(200);
    rig.model(ModelEvent::Text("כן. ".into()));
    rig.model(ModelEvent::Done {
        is_complete: true,
        is_filtered: false,
        usage: Usage { tokens_in: 100, tokens_out: 5, cost_micros: 0 },
    });
    rig.utterance_ended();
    rig.reply();
    rig.speak_all();
    let usage = rig.events.iter().rev().find_map(|event| match event {
        EngineEvent::ResponseDone { usage, .. } => Some((usage.tokens_in, usage.tokens_out)),
        _ => None,
    });
    assert_eq!(usage, Some((200, 5)), "the input of both requests is paid for");
}

#[test]
fn a_request_with_instructions_is_sent_once() {
    let mut rig = asked_after_silence(100);
    rig.listen(2000, false);
    rig.command(EngineCommand::Respond(ResponseRequest::Instructed("ask whether the caller is there".into())));
    assert!(rig.instructions.is_some() && !rig.is_asked_twice, "no caller waits for it");
}

#[test]
fn the_first_clause_is_synthesised_twice_and_the_first_audio_is_heard() {
    for faster in [0, 1] {
        let mut rig = asked_after_silence(200);
        rig.listen(200, false);
        rig.model(ModelEvent::Text(TEXT.into()));
        rig.model(done());
        let clauses: Vec<_> = rig.open.keys().copied().collect();
        let id = |copy| ClauseId { answer: 2, index: 0, copy };
        assert_eq!(clauses, [id(0), id(1)], "only the first clause of an answer in advance");
        rig.speak(id(faster));
        assert!(!rig.open.contains_key(&id(1 - faster)), "the slower one is stopped");
        // Audio that was sent before the server stopped is ignored.
        let late = SpeechEvent::Audio(EncodedAudio::encode(&[9; 8000]));
        rig.pipeline.handle_speech(id(1 - faster), late, rig.now);
        rig.utterance_ended();
        rig.reply();
        rig.speak_all();
        assert_eq!(rig.outcomes().last(), Some(&ResponseOutcome::Completed));
        let heard = rig.audio_of(&"p.answer.2".into());
        assert!(heard.is_sorted() && !heard.contains(&9), "{heard:?}");
        let second = heard.iter().position(|clause| *clause == 1);
        assert_eq!(second, Some(1), "the first clause is heard once: {heard:?}");
    }
}

#[test]
fn one_failed_synthesis_of_two_is_not_noticed() {
    let mut rig = asked_after_silence(200);
    rig.listen(200, false);
    rig.model(ModelEvent::Text(TEXT.into()));
    rig.model(done());
    let first = rig.open.keys().next().copied().unwrap();
    rig.open.remove(&first);
    let failed = SpeechEvent::Failed { retry: true, retry_after: None, reason: "503".into() };
    rig.pipeline.handle_speech(first, failed, rig.now);
    rig.drain();
    assert_eq!(rig.open.len(), 1, "the other one continues, and no third one is started");
    rig.utterance_ended();
    rig.reply();
    rig.speak_all();
    assert_eq!(rig.request, 2, "the answer in advance is used");
    assert_eq!(rig.outcomes().last(), Some(&ResponseOutcome::Completed));
}
