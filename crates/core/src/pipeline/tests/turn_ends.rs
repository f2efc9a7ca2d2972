//! Tests of the end of the caller's turn, which depends on the words and on the silence after them.

use super::*;

fn said(text: &str, until_ms: u64) -> TranscriberEvent {
    TranscriberEvent::Words { text: text.into(), from_ms: Some(100), until_ms: Some(until_ms) }
}

fn turns(rig: &Rig) -> Vec<&str> {
    let texts = rig.events.iter().filter_map(|event| match event {
        EngineEvent::CallerText { text, is_final: true, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// Simulates a second of speech with these words, all of which was transcribed.
fn speech(text: &str) -> Rig {
    let mut rig = Rig::new();
    rig.listen(1000, true);
    rig.transcriber_event(said(text, 1000));
    rig.transcriber_event(TranscriberEvent::Progress(1100));
    rig
}

/// Returns the silence, in milliseconds, after which the transcriber is requested to end the utterance.
fn asked_after_ms(text: &str) -> usize {
    let mut rig = speech(text);
    (1..100)
        .find(|_| {
            rig.listen(20, false);
            rig.ended > 0
        })
        .unwrap()
        * 20
}

#[test]
fn a_complete_sentence_ends_early() {
    assert_eq!(asked_after_ms("אפשר תור בשעה חמש"), 160);
    assert_eq!(asked_after_ms("אני רוצה לבטל"), 500);
    assert_eq!(asked_after_ms("אני רוצה ל"), 1000);
    assert_eq!(asked_after_ms("I would like to"), 1300, "the transcriber knows");
}

#[test]
fn words_that_may_follow_are_waited_for() {
    let mut rig = Rig::new();
    rig.listen(1000, true);
    rig.transcriber_event(said("אפשר תור בשעה", 700));
    rig.listen(1000, false);
    assert_eq!(rig.ended, 0, "the transcript of the last voice is not known");
}

#[test]
fn an_open_sentence_continues_in_the_same_turn() {
    let mut rig = speech("אני רוצה ל");
    rig.listen(600, false);
    rig.transcriber_event(TranscriberEvent::End);
    rig.transcriber_event(TranscriberEvent::End);
    assert!(turns(&rig).is_empty(), "the transcriber judges only the silence");
    rig.listen(300, false);
    rig.listen(400, true);
    rig.transcriber_event(said("קבוע", 2200));
    rig.listen(400, true);
    rig.transcriber_event(said("קבוע תור למחר", 2700));
    rig.transcriber_event(TranscriberEvent::Progress(2900));
    rig.listen(300, false);
    rig.transcriber_event(TranscriberEvent::End);
    assert_eq!(turns(&rig), ["אני רוצה ל קבוע תור למחר"]);
    let starts = rig.events.iter().filter(|event| matches!(event, EngineEvent::SpeechStarted { .. })).count();
    assert_eq!(starts, 1);
    let pieces: String = rig
        .events
        .iter()
        .filter_map(|event| match event {
            EngineEvent::CallerText { text, is_final: false, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert!("אני רוצה ל קבוע תור למחר".starts_with(&pieces), "{pieces}");
}

#[test]
fn an_open_sentence_that_does_not_continue_ends_after_a_second() {
    let mut rig = speech("אני רוצה ל");
    rig.listen(600, false);
    rig.transcriber_event(TranscriberEvent::End);
    rig.listen(380, false);
    assert!(turns(&rig).is_empty());
    rig.listen(20, false);
    assert_eq!(turns(&rig), ["אני רוצה ל"]);
    rig.listen(3000, false);
    assert_eq!(turns(&rig).len(), 1);
}

#[test]
fn a_noise_after_an_open_sentence_does_not_keep_the_turn_open() {
    let mut rig = speech("אני רוצה ל");
    rig.listen(600, false);
    rig.transcriber_event(TranscriberEvent::End);
    rig.listen(980, true);
    assert!(turns(&rig).is_empty());
    rig.listen(20, true);
    assert_eq!(turns(&rig).len(), 1);
}

#[test]
fn no_answer_to_an_open_sentence_is_requested_in_advance() {
    let mut rig = speech("אני רוצה לקבוע");
    rig.transcriber_event(TranscriberEvent::Progress(1900));
    assert_eq!(rig.request, 0);
    let mut rig = speech("אני רוצה לקבוע תור למחר");
    rig.transcriber_event(TranscriberEvent::Progress(1150));
    assert_eq!(rig.request, 0, "the caller is still speaking");
    rig.listen(60, false);
    assert_eq!(rig.request, 1);
}

#[test]
fn no_answer_is_requested_in_advance_while_words_of_the_voice_are_missing() {
    let mut rig = Rig::new();
    rig.listen(1200, true);
    rig.transcriber_event(said("כמה עולה תספורת", 900));
    rig.listen(200, false);
    rig.transcriber_event(TranscriberEvent::Progress(1100));
    assert_eq!(rig.request, 0, "the last 300 ms of the voice are not transcribed yet");
    rig.transcriber_event(said("כמה עולה תספורת לילד?", 1200));
    assert_eq!(rig.asked, [Entry::Caller("כמה עולה תספורת לילד?".into())]);
}

#[test]
fn a_noise_that_passes_for_a_voice_only_delays_an_answer_in_advance() {
    let mut rig = speech("אפשר תור בשעה חמש");
    rig.listen(500, true);
    rig.transcriber_event(TranscriberEvent::Progress(1500));
    assert_eq!(rig.request, 0);
    rig.transcriber_event(TranscriberEvent::Progress(1550));
    assert_eq!(rig.request, 1);
}

#[test]
fn a_transcriber_that_does_not_end_an_utterance_is_asked_to() {
    let mut rig = Rig::new();
    rig.listen(5000, false);
    assert_eq!(rig.ended, 0, "nothing was said");
    rig.listen(1000, true);
    // The end of the voice is not transcribed.
    rig.transcriber_event(TranscriberEvent::Words {
        text: "אתם פתוחים היום".into(),
        from_ms: Some(5000),
        until_ms: Some(5700),
    });
    rig.listen(1280, false);
    assert_eq!(rig.ended, 0, "the caller may think");
    rig.listen(400, true);
    rig.listen(1280, false);
    assert_eq!(rig.ended, 0, "the caller has gone on");
    rig.listen(2000, false);
    assert_eq!(rig.ended, 1, "once");
    rig.utterance_ended();
    let is_end = |event: &EngineEvent| matches!(event, EngineEvent::SpeechStopped { .. });
    assert_eq!(rig.events.iter().filter(|event| is_end(event)).count(), 1);
    rig.listen(5000, false);
    assert_eq!(rig.ended, 1, "the next utterance has not begun");
}

#[test]
fn a_complete_sentence_is_answered_in_advance_as_soon_as_the_caller_is_silent() {
    let asked_after_ms = |text: &str, until_ms: u64| {
        let mut rig = Rig::new();
        rig.listen(1000, true);
        rig.transcriber_event(said(text, until_ms));
        assert_eq!(rig.request, 0, "the caller is speaking");
        (1..20)
            .find(|_| {
                rig.listen(20, false);
                rig.request > 0
            })
            .map(|frames| frames * 20)
    };
    assert_eq!(asked_after_ms("אפשר תור בשעה חמש", 950), Some(40));
    assert_eq!(asked_after_ms("אני רוצה לבטל תור", 950), Some(160));
    assert_eq!(asked_after_ms("אפשר תור בשעה חמש", 700), None, "the last words are not transcribed");
    assert_eq!(asked_after_ms("אני רוצה לקבוע", 950), None, "the sentence is open");
}

#[test]
fn a_turn_whose_words_reach_to_the_end_of_the_voice_does_not_wait_for_the_transcriber() {
    let mut rig = Rig::new();
    rig.listen(1000, true);
    rig.transcriber_event(said("אפשר תור בשעה חמש", 1000));
    rig.listen(140, false);
    assert_eq!(rig.ended, 0);
    rig.listen(20, false);
    assert_eq!(rig.ended, 1);
}

#[test]
fn a_voice_whose_words_are_not_known_is_ended_once() {
    for voiced_ms in [80, 300] {
        let mut rig = Rig::new();
        rig.listen(voiced_ms, true);
        rig.listen(1280, false);
        assert_eq!(rig.ended, 0);
        rig.listen(3000, false);
        assert_eq!(rig.ended, u32::from(voiced_ms >= 100), "{voiced_ms} ms");
    }
    // The transcriber reports words only now.
    let mut rig = Rig::new();
    rig.listen(300, true);
    rig.listen(1400, false);
    rig.transcriber_event(TranscriberEvent::Words { text: "כן".into(), from_ms: None, until_ms: None });
    rig.transcriber_event(TranscriberEvent::End);
    assert_eq!(turns(&rig), ["כן"]);
}

#[test]
fn a_voice_becomes_a_turn_without_words_only_by_a_report_of_the_transcriber() {
    let long_voice = || {
        let mut rig = Rig::new();
        rig.listen(1000, true);
        rig.listen(1400, false);
        rig.transcriber_event(TranscriberEvent::ExpectedProgress(2400));
        assert!(turns(&rig).is_empty(), "the transcriber may have stopped working");
        rig
    };
    for report in [TranscriberEvent::End, TranscriberEvent::Progress(2400)] {
        let mut rig = long_voice();
        rig.transcriber_event(report);
        assert_eq!(turns(&rig), [""]);
    }
    // Words that are late are one turn.
    let mut rig = long_voice();
    rig.transcriber_event(said("אפשר תור", 900));
    rig.transcriber_event(TranscriberEvent::End);
    assert_eq!(turns(&rig), ["אפשר תור"]);
}

#[test]
fn words_that_were_reported_once_are_passed_on_when_the_engine_fails() {
    let mut rig = Rig::new();
    rig.listen(1000, true);
    rig.transcriber_event(said("אתם פתוחים היום", 950));
    let words = |rig: &Rig| -> String {
        let texts = rig.events.iter().filter_map(|event| match event {
            EngineEvent::CallerText { text, is_final: false, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    };
    assert_eq!(words(&rig), "", "a second report may differ");
    for _ in 0..2 {
        rig.pipeline.fail(true, "503".to_owned());
        rig.drain();
        assert_eq!(words(&rig).trim(), "אתם פתוחים היום", "once");
    }
    assert!(matches!(rig.events.last(), Some(EngineEvent::Failed { .. })));
}

#[test]
fn words_after_a_changed_word_are_passed_on_when_the_engine_fails() {
    let mut rig = Rig::new();
    rig.listen(1000, true);
    for words in ["אני רוצה", "אני רוצה", "אנחנו רוצים תור מחר"] {
        rig.transcriber_event(said(words, 950));
    }
    rig.pipeline.fail(true, "503".to_owned());
    rig.drain();
    let texts = rig.events.iter().filter_map(|event| match event {
        EngineEvent::CallerText { text, is_final: false, .. } => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(texts.collect::<String>(), "אני רוצה תור מחר");
}
