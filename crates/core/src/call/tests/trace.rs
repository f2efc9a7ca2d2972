//! Tests of the latencies of each answer's stages.

use super::rig::{Rig, ms};
use crate::call::EngineEvent;
use crate::domain::TurnLatency;

fn caller_text(text: &str, is_final: bool) -> EngineEvent {
    EngineEvent::CallerText { item: "c".into(), text: text.into(), is_final }
}

/// The caller speaks for one second; the engine reports the end of the speech 200 ms later.
fn caller_speaks(rig: &mut Rig) {
    rig.engine(EngineEvent::SpeechStarted { item: "c".into(), at_ms: Some(0) });
    rig.frames(true, ms(1000));
    rig.frames(false, ms(200));
    rig.engine(EngineEvent::SpeechStopped { item: "c".into(), at_ms: Some(1000) });
}

#[test]
fn each_stage_of_an_answer_has_its_time_from_the_last_voice() {
    let mut rig = Rig::live();
    caller_speaks(&mut rig);
    rig.pass(ms(40));
    rig.engine(caller_text("שלום", false));
    rig.pass(ms(60));
    rig.engine(caller_text("שלום לכם", true));
    rig.pass(ms(100));
    rig.respond(1);
    rig.pass(ms(100));
    rig.text(1, "a", "שלום", false);
    rig.pass(ms(100));
    rig.say(1, "a", 800);
    rig.text(1, "a", "שלום", true);
    rig.done(1);
    rig.pass(ms(1000));
    let latency = rig.observed.turns["a"].latency;
    assert_eq!(
        TurnLatency { first_played_ms: None, ..latency },
        TurnLatency {
            transcript_partial_ms: Some(240),
            transcript_final_ms: Some(300),
            response_created_ms: Some(400),
            first_token_ms: Some(500),
            first_delta_ms: Some(600),
            first_sent_ms: Some(600),
            first_played_ms: None,
        }
    );
    assert!(latency.first_played_ms.is_some_and(|played| played >= 600), "{latency:?}");
}

#[test]
fn a_transcript_after_the_answer_began_belongs_to_that_answer() {
    let mut rig = Rig::live();
    caller_speaks(&mut rig);
    rig.pass(ms(100));
    rig.respond(1);
    rig.pass(ms(100));
    rig.say(1, "a", 1600);
    rig.text(1, "a", "שלום", false);
    rig.pass(ms(50));
    rig.engine(caller_text("שלום לכם", true));
    rig.text(1, "a", "שלום", true);
    rig.done(1);
    rig.pass(ms(1000));
    let latency = rig.observed.turns["a"].latency;
    assert_eq!((latency.first_delta_ms, latency.first_token_ms), (Some(400), Some(400)), "{latency:?}");
    assert_eq!((latency.transcript_partial_ms, latency.transcript_final_ms), (None, Some(450)), "{latency:?}");
}

#[test]
fn the_second_part_of_an_answer_has_no_times() {
    let mut rig = Rig::live();
    caller_speaks(&mut rig);
    rig.engine(caller_text("שלום", true));
    rig.pass(ms(100));
    rig.respond(1);
    rig.say(1, "a", 800);
    rig.text(1, "a", "שלום", true);
    rig.say(1, "b", 800);
    rig.text(1, "b", "ועוד", true);
    rig.done(1);
    rig.pass(ms(2000));
    assert_eq!(rig.observed.turns["b"].latency, TurnLatency::default());
}
