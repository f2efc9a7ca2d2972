//! Tests of the caller's wait for a reply after a sound during the agent's speech.

use super::{speaking, start, undone};
use crate::call::tests::rig::{Rig, free_slots, ms, policy};
use crate::call::{CallPolicy, EngineEvent, FalseBargeIn};

#[test]
fn behind_a_noise_that_is_no_interruption_the_caller_waits_as_ever() {
    let mut rig = Rig::live_with(CallPolicy { turn_end: ms(8000), ..policy() });
    rig.respond(1);
    rig.say(1, "a", 16_000);
    rig.frames(false, ms(1000));
    start(&mut rig, "c");
    rig.frames(false, ms(700));
    assert_eq!(undone(&rig), [FalseBargeIn::Noise]);
    // The street noise continues, and a tool runs for a long time.
    rig.call(1, "t", free_slots("t"));
    rig.done(1);
    rig.frames(false, ms(2700));
    assert_eq!(rig.clips().len(), 1, "the wait is filled");
}

#[test]
fn a_word_is_not_lost_with_the_engine_that_detected_it() {
    let mut rig = speaking(1000);
    start(&mut rig, "c");
    rig.frames(true, ms(300));
    rig.engine(EngineEvent::Failed { retry: true, reason: "test".into() });
    rig.engine(EngineEvent::Ready);
    rig.frames(false, ms(2500));
    assert_eq!(rig.clips().len(), 1, "the caller waits for an answer");
}
