use super::*;
use crate::audio::mulaw;

struct Rig {
    engine: Voicemail,
    now: Instant,
    events: Vec<EngineEvent>,
}

impl Rig {
    fn new() -> Self {
        let clip = |ms: usize| EncodedAudio::encode(&vec![0x80; ms * 8]);
        let setup = VoicemailSetup {
            prompt: clip(3000),
            prompt_text: "leave a message".into(),
            thanks: clip(1000),
            thanks_text: "thanks".into(),
            goodbye: clip(1000),
            goodbye_text: "goodbye".into(),
            longest: Duration::from_secs(30),
            silence: Duration::from_secs(4),
        };
        let mut rig = Self { engine: Voicemail::new(setup), now: clock::instant(), events: Vec::new() };
        rig.engine.command(&EngineCommand::Respond(crate::call::ResponseRequest::Reply), rig.now);
        rig.collect();
        rig
    }

    fn push_audio(&mut self, loud: bool, ms: u64) {
        for _ in 0..ms / 20 {
            let sample = |i: usize| {
                mulaw::encode(if !loud {
                    10
                } else if (i / 8).is_multiple_of(2) {
                    8000
                } else {
                    -8000
                })
            };
            let frame: Vec<u8> = (0..160).map(sample).collect();
            self.engine.command(&EngineCommand::AppendAudio(EncodedAudio::encode(&frame)), self.now);
            self.now += Duration::from_millis(20);
            self.engine.handle_timeout(self.now);
            self.collect();
        }
    }

    fn collect(&mut self) {
        self.events.extend(std::mem::take(&mut self.engine.events));
    }

    fn finished(&self) -> Option<bool> {
        self.events.iter().find_map(|event| match event {
            EngineEvent::Finished { message_taken } => Some(*message_taken),
            _ => None,
        })
    }

    fn spoken(&self) -> Vec<&str> {
        let spoken = self.events.iter().filter_map(|event| match event {
            EngineEvent::AgentText { text, .. } => Some(text.as_str()),
            _ => None,
        });
        spoken.collect()
    }
}

#[test]
fn a_message_ends_with_silence() {
    let mut rig = Rig::new();
    rig.push_audio(false, 3500);
    rig.push_audio(true, 2000);
    rig.push_audio(false, 2000);
    rig.push_audio(true, 2000);
    rig.push_audio(false, 3900);
    assert_eq!(rig.spoken().len(), 1);
    rig.push_audio(false, 200);
    assert_eq!(rig.spoken(), ["leave a message", "thanks"]);
    assert_eq!(rig.finished(), None, "the last words are playing");
    rig.push_audio(false, 1000);
    assert_eq!(rig.finished(), Some(true));
    assert_eq!(rig.events.iter().filter(|event| **event == EngineEvent::MessageStarted).count(), 1);
}

#[test]
fn a_silent_caller_leaves_no_message() {
    let mut rig = Rig::new();
    rig.push_audio(false, 10_900);
    assert_eq!(rig.spoken().len(), 1);
    rig.push_audio(false, 200);
    assert_eq!(rig.spoken(), ["leave a message", "goodbye"]);
    rig.push_audio(false, 1000);
    assert_eq!(rig.finished(), Some(false));
}

#[test]
fn speech_in_the_last_words_is_a_message() {
    let mut rig = Rig::new();
    rig.push_audio(false, 11_400);
    assert_eq!(rig.spoken(), ["leave a message", "goodbye"]);
    rig.push_audio(true, 2000);
    assert_eq!(rig.finished(), None);
    rig.push_audio(false, 5200);
    assert_eq!((rig.spoken().last(), rig.finished()), (Some(&"thanks"), Some(true)));
}

#[test]
fn the_longest_message_ends() {
    let mut rig = Rig::new();
    rig.push_audio(false, 3000);
    rig.push_audio(true, 30_100);
    rig.push_audio(false, 1000);
    assert_eq!(rig.finished(), Some(true));
}

#[test]
fn speech_or_the_hash_key_skips_the_prompt() {
    let started = EngineEvent::SpeechStarted { item: MESSAGE.into(), at_ms: None };
    let mut rig = Rig::new();
    rig.push_audio(true, 900);
    assert!(!rig.events.contains(&started), "this answers the greeting");
    rig.push_audio(false, 800);
    rig.push_audio(true, 500);
    assert!(rig.events.contains(&started));
    rig.engine.command(&EngineCommand::Keys("1#".into()), rig.now);
    rig.push_audio(false, 1000);
    assert_eq!(rig.finished(), Some(true));
}

#[test]
fn a_line_without_audio_during_silence_also_ends_the_message() {
    let mut rig = Rig::new();
    rig.push_audio(false, 3000);
    rig.push_audio(true, 2000);
    // The call session inserts silence when the line sends no audio.
    rig.push_audio(false, 1000);
    assert_eq!(rig.finished(), None);
    for _ in 0..2 {
        rig.now += Duration::from_secs(3);
        rig.engine.handle_timeout(rig.now);
        rig.collect();
    }
    assert_eq!(rig.finished(), Some(true));
}

#[test]
fn a_key_in_the_prompt_begins_the_message() {
    let mut rig = Rig::new();
    rig.push_audio(false, 500);
    rig.engine.command(&EngineCommand::Keys("1".into()), rig.now);
    rig.push_audio(false, 9100);
    assert_eq!(rig.finished(), Some(false), "the caller did not speak");
}
