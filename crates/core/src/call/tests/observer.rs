//! Tests of the progress that an observer of a running call sees.

use super::rig::{Rig, ms, policy};
use crate::call::{Activity, EngineEvent};
use crate::domain::Speaker;

#[test]
fn an_observer_sees_what_the_call_is_doing_and_the_words_as_they_are_heard() {
    let mut rig = Rig::new(policy());
    assert_eq!(rig.session.activity(rig.now), Activity::Connecting);
    rig.engine(EngineEvent::Ready);
    rig.start_stream();
    assert_eq!(rig.session.activity(rig.now), Activity::Listening);
    rig.engine(EngineEvent::SpeechStarted { item: "c0".into(), at_ms: None });
    assert_eq!(rig.session.activity(rig.now), Activity::CallerSpeaking);
    rig.engine(EngineEvent::SpeechStopped { item: "c0".into(), at_ms: None });
    assert_eq!(rig.session.activity(rig.now), Activity::Thinking);
    rig.respond(1);
    rig.text(1, "a", "אחת שתיים שלוש ארבע", true);
    for _ in 0..20 {
        rig.say(1, "a", 800);
    }
    assert_eq!(rig.session.activity(rig.now), Activity::Speaking);
    let heard = |rig: &mut Rig| -> Vec<_> {
        let open = rig.session.open_turns(rig.now).into_iter();
        open.filter(|turn| turn.speaker == Speaker::Agent).map(|turn| turn.heard_text).collect()
    };
    assert_eq!(heard(&mut rig), [""]);
    rig.pass(ms(1060));
    assert_eq!(heard(&mut rig), ["אחת שתיים"]);
    rig.engine(EngineEvent::AudioDone { item: "a".into() });
    rig.done(1);
    rig.pass(ms(1500));
    assert_eq!(rig.session.activity(rig.now), Activity::Listening);
    assert!(heard(&mut rig).is_empty(), "a turn that is complete is not open");
}
