//! A set of sounds that callers make while they listen, and of words with which they interrupt. No sound of the first
//! kind cuts an answer, each of the second kind does, and the agent falls silent soon after the caller's voice begins.

use super::{assert_continues, is_cut, replies, say, speaking, start, stop};
use crate::call::Output;
use crate::call::tests::rig::{Rig, ms};
use std::time::Duration;

/// The maximum time from the start of the caller's voice to the stop of the agent.
const STOPS_WITHIN: Duration = Duration::from_millis(250);

/// A sound that is no interruption.
#[derive(Clone, Copy, Debug)]
struct Sound {
    voice_ms: u64,
    /// How long the sound continues without a voice.
    noise_ms: u64,
    words: &'static str,
}

const fn sound(voice_ms: u64, noise_ms: u64, words: &'static str) -> Sound {
    Sound { voice_ms, noise_ms, words }
}

/// Returns the set: all known back-channels, coughs, clicks and noises.
fn sounds() -> Vec<Sound> {
    let entries = include_str!("../../back_channels.txt").lines();
    let entries = entries.filter(|line| !line.starts_with('#') && !line.is_empty());
    let back_channels =
        entries.zip([200, 260, 320, 380, 440].into_iter().cycle()).map(|(words, ms)| sound(ms, 500, words));
    let coughs = (3..=23).flat_map(|frames| ["", "[cough]"].map(|words| sound(frames * 20, 500, words)));
    let clicks = (0..=2).flat_map(|frames| [60, 120, 240, 600].map(|length| sound(frames * 20, length, "")));
    let noises = (1..=15).map(|step| sound(0, step * 200, "(noise)"));
    back_channels.chain(coughs).chain(clicks).chain(noises).collect()
}

fn clears(rig: &Rig) -> usize {
    rig.count(|output| matches!(output, Output::Clear { .. }))
}

#[test]
fn no_back_channel_cough_click_or_noise_cuts_an_answer() {
    let sounds = sounds();
    assert!(sounds.len() >= 200, "{}", sounds.len());
    for sound in sounds {
        // Whether the engine detects the voice at once or late.
        for delay_ms in [0, 100] {
            let delay_ms = delay_ms.min(sound.voice_ms);
            let mut rig = speaking(2000);
            rig.frames(true, ms(delay_ms));
            start(&mut rig, "c");
            rig.frames(true, ms(sound.voice_ms - delay_ms));
            rig.frames(false, ms(sound.noise_ms));
            stop(&mut rig, "c");
            rig.frames(false, ms(400));
            say(&mut rig, "c", sound.words);
            assert!(!is_cut(&rig), "{sound:?}, detected after {delay_ms} ms");
            assert_continues(&mut rig);
            assert_eq!(replies(&rig), 0, "{sound:?}, detected after {delay_ms} ms");
        }
    }
}

#[test]
fn speech_always_cuts_an_answer_and_the_agent_stops_within_a_quarter_of_a_second() {
    let sentences = ["לא", "רגע", "סליחה", "כן, אבל", "כמה זה עולה?", "אני רוצה לבטל את התור", "wait", "Нет", "لا"];
    for words in sentences {
        for voice_ms in [300, 520, 1000, 2600] {
            for delay_ms in [0, 60, 180, 240, 400] {
                let case = format!("{words}, {voice_ms} ms, detected after {delay_ms} ms");
                let mut rig = speaking(2000);
                let (began, mut stopped) = (rig.now, None);
                for at in (0..voice_ms.max(delay_ms)).step_by(20) {
                    if at == delay_ms {
                        start(&mut rig, "c");
                    }
                    rig.frames(at < voice_ms, ms(20));
                    if clears(&rig) > 0 {
                        stopped = stopped.or(Some(rig.now - began));
                    }
                }
                if delay_ms >= voice_ms {
                    start(&mut rig, "c");
                }
                assert!(stopped.is_some_and(|after| after <= STOPS_WITHIN), "{case}: {stopped:?}");
                rig.frames(false, ms(500));
                stop(&mut rig, "c");
                rig.frames(false, ms(200));
                say(&mut rig, "c", words);
                assert!(is_cut(&rig), "{case}");
                assert_eq!((clears(&rig), replies(&rig)), (1, 1), "{case}");
            }
        }
    }
}
