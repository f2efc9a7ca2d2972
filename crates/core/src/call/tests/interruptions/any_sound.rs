//! Property tests: a short noise or back-channel does not interrupt a response (only near its end can a back-channel be
//! a reply), and speech always interrupts.

use super::{WORDS, is_cut, replies, say, speaking, start, stop};
use crate::call::Output;
use crate::call::tests::rig::{Rig, ms};
use proptest::prelude::*;

fn false_sound() -> impl Strategy<Value = (u64, &'static str, u64)> {
    let words =
        prop::sample::select(vec!["", "כן", "אהה", "אוקיי", "כן כן", "mm-hm", "Uh-huh.", "[noise]", "نعم", "Угу."]);
    (0u64..24, words, 0u64..70).prop_map(|(voice, words, delay)| (voice * 20, words, delay * 20))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_short_sound_cuts_an_answer(
        sounds in prop::collection::vec((false_sound(), 5u64..120), 1..6), tenths in 30usize..100, is_complete: bool,
    ) {
        let mut rig = Rig::live();
        rig.respond(1);
        rig.text(1, "a", WORDS, true);
        for _ in 0..tenths {
            rig.say(1, "a", 800);
        }
        if is_complete {
            rig.done(1);
        }
        for (number, ((voice, words, delay), before)) in sounds.into_iter().enumerate() {
            rig.frames(false, ms(before * 20));
            let is_over = rig.observed.turns.contains_key("a");
            let item = format!("c{number}");
            start(&mut rig, &item);
            if is_over {
                break;
            }
            rig.frames(true, ms(voice));
            rig.frames(false, ms(500));
            stop(&mut rig, &item);
            rig.frames(false, ms(delay));
            say(&mut rig, &item, words);
            let is_reply = replies(&rig) > 0;
            if is_reply {
                // A back-channel during the last second counts as a reply.
                break;
            }
            prop_assert!(!is_cut(&rig));
        }
        if !is_complete {
            rig.done(1);
        }
        if replies(&rig) == 0 && !is_cut(&rig) {
            rig.frames(false, ms(tenths as u64 * 100 + 8000));
            let turn = &rig.observed.turns["a"];
            prop_assert!(!turn.interrupted && turn.heard_text == turn.text);
        }
    }

    #[test]
    fn speech_always_interrupts(voice in 25u64..150, heard in 5u64..200, is_detected_late: bool) {
        let mut rig = speaking(heard * 20);
        if is_detected_late {
            rig.frames(true, ms(200));
        }
        start(&mut rig, "c");
        let cleared = rig.count(|output| matches!(output, Output::Clear { .. }));
        prop_assert_eq!(cleared, 1);
        rig.frames(true, ms(voice * 20));
        prop_assert!(is_cut(&rig));
        rig.frames(false, ms(500));
        stop(&mut rig, "c");
        prop_assert_eq!(replies(&rig), 1);
    }
}
