//! The times of the caller's words are stored on the clock of the recording.

use super::rig::{Rig, ms};
use crate::call::{EngineEvent, TurnRecord};
use crate::domain::WordTime;

fn time(start_ms: u64, end_ms: u64) -> WordTime {
    WordTime { start_ms, end_ms }
}

fn speak(rig: &mut Rig, item: &str) {
    rig.engine(EngineEvent::SpeechStarted { item: item.into(), at_ms: None });
    rig.frames(true, ms(1000));
    rig.engine(EngineEvent::SpeechStopped { item: item.into(), at_ms: None });
}

fn times(rig: &mut Rig, item: &str, times: &[WordTime]) {
    rig.engine(EngineEvent::CallerWordTimes { item: item.into(), times: times.to_vec() });
}

fn text(rig: &mut Rig, item: &str, text: &str) {
    rig.engine(EngineEvent::CallerText { item: item.into(), text: text.into(), is_final: true });
}

fn turn<'r>(rig: &'r Rig, item: &str) -> &'r TurnRecord {
    &rig.observed.turns[item]
}

#[test]
fn times_are_stored_before_and_after_the_text() {
    let mut rig = Rig::live();
    speak(&mut rig, "a");
    times(&mut rig, "a", &[time(100, 400), time(500, 900)]);
    text(&mut rig, "a", "שלום לך");
    assert_eq!(turn(&rig, "a").word_times, [time(100, 400), time(500, 900)]);
    speak(&mut rig, "b");
    text(&mut rig, "b", "שלום");
    assert_eq!(turn(&rig, "b").word_times, []);
    times(&mut rig, "b", &[time(1100, 1300)]);
    assert_eq!(turn(&rig, "b").word_times, [time(1100, 1300)]);
    // The next utterance begins with the same word.
    speak(&mut rig, "c");
    text(&mut rig, "c", "שלום");
    assert_eq!(turn(&rig, "c").word_times, []);
}

#[test]
fn times_that_do_not_fit_are_dropped() {
    let mut rig = Rig::live();
    for (item, wrong) in [
        ("a", vec![time(100, 400)]),
        ("b", vec![time(500, 900), time(100, 400)]),
        ("c", vec![time(400, 100), time(500, 900)]),
    ] {
        speak(&mut rig, item);
        times(&mut rig, item, &wrong);
        text(&mut rig, item, "שלום לך");
        times(&mut rig, item, &wrong);
        assert_eq!(turn(&rig, item).word_times, [], "{item}");
    }
    times(&mut rig, "unknown", &[time(1, 2)]);
    assert!(!rig.observed.turns.contains_key("unknown"));
}

/// The engine counts the audio that it received, with the silence that fills a gap in the line.
#[test]
fn times_after_a_gap_are_on_the_clock_of_the_recording() {
    let mut rig = Rig::live();
    rig.frames(false, ms(2000));
    rig.frame(5000);
    rig.pass(ms(5020));
    speak(&mut rig, "a");
    times(&mut rig, "a", &[time(1000, 1500), time(7100, 7300)]);
    text(&mut rig, "a", "שלום לך");
    assert_eq!(turn(&rig, "a").word_times, [time(1000, 1500), time(7100, 7300)]);
}

/// A reopened engine counts from the audio that is replayed to it: 500 ms before the speech.
#[test]
fn times_of_replayed_speech_are_on_the_clock_of_the_recording() {
    let mut rig = Rig::live();
    rig.frames(false, ms(3000));
    speak(&mut rig, "a");
    rig.engine(EngineEvent::Failed { retry: true, reason: "test".into() });
    rig.pass(ms(300));
    rig.engine(EngineEvent::Ready);
    rig.engine(EngineEvent::SpeechStarted { item: "r".into(), at_ms: Some(500) });
    rig.engine(EngineEvent::SpeechStopped { item: "r".into(), at_ms: Some(1400) });
    times(&mut rig, "r", &[time(600, 700), time(800, 900)]);
    text(&mut rig, "r", "שלום לך");
    let stored = rig.observed.turns.values().find(|turn| turn.text == "שלום לך").unwrap();
    assert_eq!(stored.word_times, [time(3100, 3200), time(3300, 3400)]);
}
