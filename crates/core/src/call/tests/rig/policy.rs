//! The call parameters for the tests.

use super::{CLIP, MORE_TIME, ms};
use crate::audio::EncodedAudio;
use crate::call::{CallPolicy, EngineKind, Prompts};
use crate::promise::{ClaimCheck, Known, Replacements};
use jiff::civil::date;
use std::time::Duration;

/// The duration of the packaged `one_moment` prompt, in milliseconds.
const ONE_MOMENT_MS: usize = 1780;
const MORE_TIME_MS: usize = 2250;
/// The built-in sentences in place of repeated false claims.
pub(in crate::call::tests) const NOT_DONE: &str = "זה עדיין לא נעשה. לנסות שוב?";
pub(in crate::call::tests) const NOT_READ: &str = "את השעה הזאת עוד לא בדקתי. לבדוק?";

/// The parameters of a call in which the agent's words are checked. The caller has no appointments.
pub(in crate::call::tests) fn checking() -> CallPolicy {
    let known = Known::new(date(2026, 11, 24), Some(Vec::new()));
    let expected = Replacements { language: "he".into(), not_done: NOT_DONE.into(), not_read: NOT_READ.into() };
    let claims = ClaimCheck { known, expected, other: None };
    CallPolicy { claims: Some(claims), ..policy() }
}

pub(in crate::call::tests) fn policy() -> CallPolicy {
    CallPolicy {
        engines: vec![EngineKind::Realtime, EngineKind::Voicemail],
        greeting: ms(3500),
        watchdog: ms(6000),
        lead: ms(800),
        turn_end: ms(500),
        pipeline_turn_end: None,
        pipeline_detects_late: false,
        hold_replies: None,
        idle: Some(ms(10_000)),
        max_call: Duration::from_mins(10),
        speaks_first: false,
        ends_robots: false,
        ends_silent: false,
        claims: None,
        page_ring: None,
        prompts: Prompts {
            speak_first: "open".into(),
            still_there: "still there?".into(),
            wrap_up: "wrap up".into(),
            one_moment_clip: EncodedAudio::encode(&vec![CLIP; ONE_MOMENT_MS * 8]),
            more_time_clip: EncodedAudio::encode(&vec![MORE_TIME; MORE_TIME_MS * 8]),
            goodbye_clip: EncodedAudio::encode(&[CLIP; 1600]),
            still_there_clip: EncodedAudio::encode(&[CLIP; 1600]),
            other_fillers: None,
        },
    }
}
