//! Calls of machines end soon; calls of people do not.

use super::rig::{Rig, ms, start};
use crate::audio::{EncodedAudio, MachineTone, mulaw};
use crate::call::{CallEvent, CallPolicy, CallSession, EngineEvent, Input, Output, RobotEvidence, StreamEndAction};
use crate::domain::EndReason;
use std::f64::consts::TAU;
use std::time::Duration;

const PRESS: &str = "לקבלת הצעה הקישו 1, להסרה הקישו 9";

fn policy() -> CallPolicy {
    CallPolicy { ends_robots: true, ..super::rig::policy() }
}

fn tone(hertz: f64, length_ms: u32) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, reason = "far below the limit")]
    let sample = |i: u32| mulaw::encode(((TAU * hertz * f64::from(i) / 8000.0).sin() * 5000.0) as i16);
    (0..length_ms * 8).map(sample).collect()
}

fn silence(length_ms: u32) -> Vec<u8> {
    vec![mulaw::SILENCE; length_ms as usize * 8]
}

fn voice(length_ms: u32) -> Vec<u8> {
    let speech = include_bytes!("../../../../../packaging/audio/leave_message_he.ulaw");
    // The middle of the sentence, which has no pause.
    speech.iter().skip(4000).take(6400).copied().cycle().take(length_ms as usize * 8).collect()
}

fn say(item: &str, text: &str) -> Input {
    Input::Engine(EngineEvent::CallerText { item: item.into(), text: text.into(), is_final: true })
}

/// Sends the sound of a caller to a session. Returns why the phone call ended, how long after the start of the stream,
/// and the events; none if the call did not end. `words`: the transcripts, each with the time at which the engine
/// reports it.
fn call(policy: CallPolicy, sound: &[u8], words: &[(Duration, &str)]) -> Option<(EndReason, Duration, Vec<CallEvent>)> {
    let (mut now, mut words) = (start(), words.iter().enumerate().peekable());
    let mut session = CallSession::new(policy, now);
    session.handle_input(Input::Engine(EngineEvent::Ready), now);
    session.handle_input(Input::StreamStarted, now);
    let (began, mut events) = (now, Vec::new());
    for (at, frame) in (0_u64..).zip(sound.chunks(160)) {
        let audio = EncodedAudio::encode(frame);
        session.handle_input(Input::CallerAudio { timestamp_ms: at * 20, audio, is_voice: false }, now);
        while let Some((number, (_, text))) = words.next_if(|(_, (at, _))| now - began >= *at) {
            session.handle_input(say(&format!("u{number}"), text), now);
        }
        while let Some(output) = session.poll_output() {
            match output {
                Output::Event(event) => events.push(event),
                Output::Ended { reason, action } => {
                    assert_eq!(action, StreamEndAction::HangUp);
                    return Some((reason, now - began, events));
                }
                _ => {}
            }
        }
        now += ms(20);
        // The session's timers are not processed: they would replace the engine, which does not answer in this test.
    }
    None
}

#[test]
fn a_fax_is_ended_within_ten_seconds() {
    let calling = [silence(800), tone(1100.0, 500), silence(3000), tone(1100.0, 500), silence(3000)].concat();
    let (reason, after, events) = call(policy(), &calling, &[]).unwrap();
    assert_eq!(reason, EndReason::Robot);
    assert!(after < ms(10_000), "{after:?}");
    assert!(events.contains(&CallEvent::RobotDetected(RobotEvidence::Tone(MachineTone::Fax))), "{events:?}");
    assert_eq!(call(CallPolicy { ends_robots: false, ..policy() }, &calling, &[]), None);
}

#[test]
fn an_announcement_is_ended_when_its_words_are_known() {
    let (reason, after, events) = call(policy(), &voice(9000), &[(ms(5000), PRESS)]).unwrap();
    assert_eq!((reason, after), (EndReason::Robot, ms(5000)));
    assert!(events.contains(&CallEvent::RobotDetected(RobotEvidence::Announcement)), "{events:?}");
    let after = |words: &[(Duration, &str)]| call(policy(), &voice(9000), words).map(|(_, after, _)| after);
    // In several utterances.
    assert_eq!(after(&[(ms(3000), "שלום רב, לקבלת הצעה הקישו 1"), (ms(6000), "להסרה הקישו 9")]), Some(ms(6000)));
    assert_eq!(after(&[(ms(3000), "זוהי הודעה מוקלטת."), (ms(4000), "לקבלת הצעה הקישו 1")]), Some(ms(4000)));
    // One request is enough from a caller who has not paused for six seconds, before or after the words are known.
    let once = |at| [(at, "לקבלת הצעה הקישו 1")];
    assert_eq!(after(&once(ms(8000))), Some(ms(8000)));
    assert!(after(&once(ms(4000))).is_some_and(|after| after > ms(5900) && after < ms(6500)));
    let with_pause = [voice(3000), silence(1500), voice(6000)].concat();
    assert_eq!(call(policy(), &with_pause, &once(ms(9500))), None);
}

/// People who begin to talk over the greeting, with and without pauses.
#[test]
fn a_person_is_kept() {
    let texts = [
        "שלום, רציתי לקבוע תור למחר בעשר",
        "קיבלתי הודעה שאומרת לאישור הקישו 1, להסרה הקישו 9, ולא הצלחתי",
        "Hi, I pressed 1 to confirm and pressed 2 to cancel",
        "שלום, כאן רונית ממשרד עורכי דין כהן, תחזרו אלינו בבקשה, במענה הקישו 2 למזכירות ואז הקישו 5 לרונית.",
        "שלום, מדבר דוד, התקנתם אצלנו אזעקה. כדי לנטרל ללחוץ 1 ואז כוכבית או קודם ללחוץ 2 לנטרול חלקי?",
        "",
    ];
    let sounds = [
        voice(20_000),
        [voice(1500), silence(1200)].concat().repeat(8),
        [silence(4000), voice(800)].concat().repeat(5),
        silence(20_000),
    ];
    for sound in &sounds {
        for text in texts {
            let words: Vec<_> = (1..9).map(|number| (ms(number * 2000), text)).collect();
            assert_eq!(call(policy(), sound, &words), None, "{text}");
        }
    }
    // Later in the conversation the words are not the beginning of an announcement.
    assert_eq!(call(policy(), &voice(30_000), &[(ms(26_000), PRESS)]), None);
}

#[test]
fn a_call_that_an_employee_took_over_is_not_ended_for_an_announcement() {
    let mut rig = Rig::live_with(policy());
    rig.take_over();
    rig.input(say("u1", PRESS));
    assert!(!rig.session.is_over());
}
