//! The invariants of a session's outputs.

use super::phone::Piece;
use super::{CLIP, LINE_DELAY_MS, Rig, UNSURE_MS};
use crate::call::{EngineCommand, EngineKind, ItemId, Output};

impl Rig {
    pub(super) fn check(&mut self, output: &Output) {
        let books = &mut self.books;
        assert!(books.ended.is_none(), "after the end: {output:?}");
        if matches!(output, Output::Play { .. } | Output::Mark(_) | Output::Clear { .. }) {
            assert!(self.phone.stream, "there is no stream for {output:?}");
        }
        match output {
            Output::Play { audio, .. } => {
                assert!(!audio.is_empty() && audio.len().is_multiple_of(160), "{} bytes", audio.len());
                let sample = audio.decode()[0];
                if sample < CLIP {
                    let response = books.utterings[usize::from(sample)].1;
                    assert!(!books.silenced.contains(&response), "answer {response} was cut");
                    books.open.insert(response);
                }
                if sample >= CLIP && books.last_sample != sample {
                    books.clips.push((sample, self.now));
                }
                books.last_sample = sample;
                books.plays += 1;
                self.phone.put(Piece::Sound { sample, bytes: audio.len() as u64 }, self.now);
            }
            Output::Mark(name) => self.phone.put(Piece::Mark(name.clone()), self.now),
            Output::Clear { .. } => {
                books.silenced.append(&mut books.open);
                self.phone.clear(self.now);
            }
            Output::AwaitStream | Output::PutThrough { .. } => {
                self.is_transferring = matches!(output, Output::PutThrough { .. });
                if self.is_transferring {
                    self.engine.speaks = None;
                    books.silenced.extend(self.engine.active);
                }
                // Audio that arrives without a stream is lost.
                books.may_skip_frames = true;
                books.silenced.append(&mut books.open);
                self.phone.clear(self.now);
                self.phone.stream = false;
            }
            Output::CloseStream => {
                self.phone.clear(self.now);
                self.phone.stream = false;
            }
            Output::OpenEngine { kind, .. } => {
                books.opened.push(*kind);
                books.received.clear();
                books.may_skip_frames = true;
                self.lose_engine();
                self.waits.is_final |= *kind == EngineKind::Voicemail;
                self.waits.is_over |= self.waits.is_final;
            }
            Output::Engine(command) => self.check_command(command),
            Output::RedirectToFallback => {
                books.redirects += 1;
                (self.waits.is_over, self.waits.is_final) = (true, true);
            }
            Output::Turn(turn) => {
                assert!(turn.text.starts_with(&turn.heard_text), "heard {:?} of {:?}", turn.heard_text, turn.text);
                books.turns.insert(turn.item.clone(), (**turn).clone());
            }
            Output::Ended { reason, after } => books.ended = Some((*reason, *after)),
            Output::RunTool { id, .. } => {
                assert!(books.tools.insert(id.clone()), "tool {id} was run twice");
                self.waits.since.get_or_insert(self.now);
            }
            Output::Event(_) => {}
        }
    }

    fn check_command(&mut self, command: &EngineCommand) {
        assert!(self.engine.is_ready, "nobody is there for {command:?}");
        let is_spoken_over = self.is_spoken_over();
        let books = &mut self.books;
        match command {
            EngineCommand::Hear(audio) => {
                let samples = audio.decode();
                if samples.first() == Some(&0xff) && samples.get(7) == Some(&0xff) {
                    return; // inserted silence
                }
                let frame = u64::from_le_bytes(samples[..8].try_into().unwrap());
                let expected = books.last_heard_frame.map_or(0, |last| last + 1);
                // A new engine is sent the unanswered audio again.
                let is_next = frame == expected || books.may_skip_frames;
                assert!(is_next, "frame {frame} instead of {expected}");
                books.last_heard_frame = Some(frame);
                books.may_skip_frames = false;
                books.frames_heard += 1;
            }
            EngineCommand::Truncate { item, heard_ms } => {
                let received = books.received.get(item).copied().unwrap_or(0) / 8;
                assert!(*heard_ms > 0 && *heard_ms <= received, "heard {heard_ms} of {received} ms");
                assert!(books.truncated.insert(item.clone()), "{item} truncated twice");
                self.check_heard(item, *heard_ms);
            }
            EngineCommand::Delete { item } => {
                assert!(books.received.contains_key(item), "{item} is not one of the agent's");
                self.check_heard(item, 0);
            }
            EngineCommand::Respond(_) => {
                assert!(!is_spoken_over, "the caller speaks");
                assert_eq!((self.engine.active, self.engine.is_asked), (None, false), "one answer at a time");
                self.engine.is_asked = true;
                self.waits.since.get_or_insert(self.now);
            }
            EngineCommand::Commit => self.engine.speaks = None,
            EngineCommand::Cancel { .. } | EngineCommand::Keys(_) | EngineCommand::ToolOutput { .. } => {}
        }
    }

    /// The reported heard length of an utterance equals what the caller heard: never more, and hardly less.
    fn check_heard(&self, item: &ItemId, told_ms: u64) {
        let sample = self.books.utterings.iter().position(|(known, _)| known == item).unwrap();
        let heard_ms = self.phone.heard(u8::try_from(sample).unwrap()) / 8;
        let unseen_ms = u64::try_from(self.phone.unseen_delay.as_millis()).unwrap();
        let unsure_ms = unseen_ms + if self.has_stalled { UNSURE_MS } else { 0 };
        assert!(told_ms <= heard_ms + unsure_ms, "{item}: {heard_ms} ms were heard, not {told_ms}");
        let is_close = heard_ms <= told_ms + LINE_DELAY_MS + 1;
        assert!(is_close || self.has_lost_marks, "{item}: {heard_ms} ms were heard, not just {told_ms}");
    }
}
