//! The times of words go to the utterance in which the words were said, also if they are reported late.

use super::*;
use crate::domain::WordTime;

fn said(text: &str, from_ms: u64) -> TranscriberEvent {
    TranscriberEvent::Words { text: text.into(), from_ms: Some(from_ms), until_ms: Some(from_ms + 500) }
}

fn times(starts: &[u64]) -> Vec<WordTime> {
    starts.iter().map(|start_ms| WordTime { start_ms: *start_ms, end_ms: start_ms + 300 }).collect()
}

fn report(utterance: u64, starts: &[u64]) -> TranscriberEvent {
    TranscriberEvent::WordTimes { utterance, times: times(starts) }
}

/// Returns the reported times, with the texts of their turns.
fn timed(rig: &Rig) -> Vec<(String, Vec<WordTime>)> {
    let text_of = |item: &str| {
        let text = rig.events.iter().find_map(|event| match event {
            EngineEvent::CallerText { item: of, text, is_final: true } if **of == *item => Some(text.clone()),
            _ => None,
        });
        text.unwrap_or_default()
    };
    let reports = rig.events.iter().filter_map(|event| match event {
        EngineEvent::CallerWordTimes { item, times } => Some((text_of(item), times.clone())),
        _ => None,
    });
    reports.collect()
}

fn end(rig: &mut Rig) {
    rig.utterance_ended();
}

#[test]
fn times_before_the_end_come_with_the_text() {
    let mut rig = Rig::new();
    rig.transcriber_event(said("שלום לכם", 100));
    rig.transcriber_event(report(0, &[100]));
    rig.transcriber_event(said("שלום לכם שם", 100));
    rig.transcriber_event(report(0, &[100, 400, 700]));
    end(&mut rig);
    assert_eq!(timed(&rig), [("שלום לכם שם".to_owned(), times(&[100, 400, 700]))]);
}

#[test]
fn late_times_are_not_those_of_the_next_utterance_with_the_same_words() {
    let mut rig = Rig::new();
    rig.transcriber_event(said("כן בבקשה", 100));
    end(&mut rig);
    rig.transcriber_event(said("כן בבקשה", 3100));
    rig.transcriber_event(report(0, &[100, 400]));
    end(&mut rig);
    assert_eq!(timed(&rig), [("כן בבקשה".to_owned(), times(&[100, 400]))], "only of the first");
    let first = rig.events.iter().find_map(|event| match event {
        EngineEvent::CallerWordTimes { item, .. } => Some(item.clone()),
        _ => None,
    });
    let started = rig.events.iter().find_map(|event| match event {
        EngineEvent::SpeechStarted { item, .. } => Some(item.clone()),
        _ => None,
    });
    assert_eq!(first, started);
    rig.transcriber_event(report(1, &[3100, 3500]));
    assert_eq!(timed(&rig)[1].1, times(&[3100, 3500]));
}

#[test]
fn an_end_without_words_counts_and_times_of_other_words_are_ignored() {
    let mut rig = Rig::new();
    end(&mut rig);
    rig.transcriber_event(said("שלום", 100));
    end(&mut rig);
    rig.transcriber_event(report(0, &[50]));
    rig.transcriber_event(report(1, &[100, 400]));
    assert_eq!(timed(&rig), []);
    rig.transcriber_event(report(1, &[100]));
    assert_eq!(timed(&rig).len(), 1);
    // Utterances of long ago are forgotten.
    for _ in 0..20 {
        rig.transcriber_event(said("עוד", 100));
        end(&mut rig);
    }
    rig.transcriber_event(report(1, &[100]));
    assert_eq!(timed(&rig).len(), 1);
}

#[test]
fn an_utterance_that_the_session_ended_gets_its_times_when_the_transcriber_ends_it() {
    let mut rig = Rig::new();
    rig.transcriber_event(said("רגע אחד", 100));
    rig.command(EngineCommand::Commit);
    rig.transcriber_event(report(0, &[100, 400]));
    rig.transcriber_event(TranscriberEvent::End);
    assert_eq!(timed(&rig), [("רגע אחד".to_owned(), times(&[100, 400]))]);
}
