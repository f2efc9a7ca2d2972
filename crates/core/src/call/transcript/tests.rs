use super::*;

#[test]
#[expect(clippy::disallowed_methods, reason = "the test does not depend on the time")]
fn known_words_stay_if_the_next_engine_does_not_recognise_the_speech() {
    let (now, old, new) = (Instant::now(), ItemId::from("old"), ItemId::from("new"));
    for (reports, expected) in [
        ([("", false), ("", true)], "אני רוצה תור"),
        ([("", false), ("אני רוצה תור מחר", true)], "אני רוצה תור מחר"),
        ([("אני", false), (" רוצה", false)], "אני רוצה"),
    ] {
        let mut transcript = Transcript::default();
        transcript.caller_started(&old, 0);
        transcript.caller_text(&old, "אני רוצה תור", false, 500, now);
        transcript.replay_unanswered();
        transcript.caller_started_in_replay(&new, 0);
        for (text, is_final) in reports {
            transcript.caller_text(&new, text, is_final, 900, now);
        }
        assert_eq!(transcript.caller_words(&new), expected, "{reports:?}");
    }
}
