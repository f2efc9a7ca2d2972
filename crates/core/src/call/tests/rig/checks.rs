//! The invariants of a session's outputs.

use super::person::RingsAt;
use super::phone::{PAUSE, Piece};
use super::{CLIP, EMPLOYEE, LINE_DELAY_MS, NOT_DONE, Observed, Rig, UNSURE_MS, frame_of_utterance, ms};
use crate::audio::mulaw;
use crate::call::{CallEvent, EngineCommand, EngineKind, ItemId, Output, ResponseRequest, TurnRecord};
use crate::domain::{EndReason, Speaker};
use std::time::Duration;

/// The maximum number of frames that are heard twice after a sound that was not an interruption.
const MAX_REPEATED_FRAMES: u64 = 41;
/// The maximum time until the session decides whether the caller is interrupting the agent.
const MAX_PAUSE: Duration = Duration::from_millis(2010);
/// The same for an engine that reports speech only with its words.
const MAX_PAUSE_WITHOUT_DETECTION: Duration = Duration::from_millis(4010);

impl Rig {
    /// Checks, after the end of the call, that each heard utterance is stored, and that a turn without an interruption
    /// is stored as heard to its end if, and only if, the caller heard it to its end.
    pub(in crate::call::tests) fn check_heard_turns(&mut self) {
        self.phone.play(self.now);
        for (sample, (item, _)) in (0u8..).zip(&self.observed.utterances) {
            let (heard, received) = (self.phone.heard(sample), self.observed.received_ever[item]);
            let Some(turn) = self.observed.turns.get(item) else {
                assert_eq!(heard, 0, "{item} was heard and not written down");
                continue;
            };
            let is_whole = turn.heard_text == turn.text;
            assert!(
                turn.interrupted || is_whole || received == 0 || heard < received,
                "{item} was heard to its end: {turn:?}"
            );
            let is_sure = !turn.interrupted && !turn.heard_text.is_empty() && !self.has_stalled;
            assert!(heard >= received || !is_sure, "{item} was not: {turn:?}");
        }
    }

    /// Checks, after the end of the call, that it ended as that of a silent caller only if the caller was asked, and gave
    /// no sign of a person.
    pub(in crate::call::tests) fn check_silent_end(&self) {
        if self.observed.ended.is_none_or(|(reason, _)| reason != EndReason::Silent) {
            return;
        }
        assert!(self.has_event(&CallEvent::IdlePrompt { number: 1 }));
        assert!(!self.observed.has_spoken, "the caller spoke, although no words are known");
        let words = |turn: &&TurnRecord| turn.speaker == Speaker::Caller && !turn.text.is_empty();
        let spoken = self.observed.turns.values().find(words);
        assert!(spoken.is_none(), "the caller spoke: {spoken:?}");
        let is_sign = |output: &Output| {
            matches!(
                output,
                Output::Event(
                    CallEvent::Key(_) | CallEvent::TakenOver | CallEvent::CallerSpeech { has_failed: true, .. }
                )
            )
        };
        assert_eq!(self.count(is_sign), 0);
    }

    pub(super) fn check(&mut self, output: &Output) {
        let observed = &mut self.observed;
        assert!(observed.ended.is_none(), "after the end: {output:?}");
        if matches!(output, Output::Play { .. } | Output::Mark(_) | Output::Clear { .. }) {
            assert!(self.phone.stream, "there is no stream for {output:?}");
        }
        match output {
            Output::Play { audio, .. } => {
                assert!(!audio.is_empty() && audio.len().is_multiple_of(160), "{} bytes", audio.len());
                let samples = audio.decode();
                let (sample, mut from) = (samples[0], 0);
                if sample < CLIP {
                    let response = observed.utterances[usize::from(sample)].1;
                    assert!(!observed.silenced.contains(&response), "answer {response} was cut");
                    assert_eq!(observed.paused_since, None, "the agent speaks while it waits for what the caller says");
                    observed.open.insert(response);
                    from = self.check_frames(sample, &samples);
                } else if self.observed.paused_since.take().is_some() {
                    // The agent was stopped for another reason.
                    let observed = &mut self.observed;
                    observed.silenced.append(&mut observed.open);
                }
                let observed = &mut self.observed;
                if sample == EMPLOYEE {
                    observed.employee_played += samples.len();
                } else if sample >= CLIP && observed.last_sample != sample {
                    observed.clips.push((sample, self.now));
                }
                observed.last_sample = sample;
                observed.plays += 1;
                observed.response_plays += u64::from(sample < CLIP);
                // The caller hears nothing in the pauses of the ringing tone.
                let sample = if samples.iter().all(|byte| *byte == mulaw::SILENCE) { PAUSE } else { sample };
                self.phone.put(Piece::Sound { sample, from, bytes: audio.len() as u64 }, self.now);
            }
            Output::Mark(name) => self.phone.put(Piece::Mark(name.clone()), self.now),
            Output::Clear { .. } => {
                observed.paused_since = Some(self.now);
                self.phone.clear(self.now);
                observed.repeatable = observed.next_frame.keys().copied().collect();
            }
            Output::RingPage { .. } => self.page_rings(),
            Output::EndPageRing => {
                self.rings_at = None;
                observed.paused_since = None;
                observed.may_skip_frames = true;
            }
            Output::AwaitStream | Output::StartTransfer { .. } => {
                self.rings_at = matches!(output, Output::StartTransfer { .. }).then_some(RingsAt::Phone);
                if self.rings_at.is_some() {
                    (self.engine.speaks, self.engine.noticed) = (None, None);
                    self.waits.voice.end();
                    self.waits.voice.short_sounds = None;
                    self.waits.is_final = true;
                    observed.silenced.extend(self.engine.active);
                }
                // Audio that arrives while no stream is open is lost.
                observed.may_skip_frames = true;
                observed.silenced.append(&mut observed.open);
                observed.paused_since = None;
                self.phone.clear(self.now);
                self.phone.stream = false;
            }
            Output::CloseStream => {
                self.phone.clear(self.now);
                self.phone.stream = false;
            }
            Output::OpenEngine { kind, .. } => {
                observed.opened.push(*kind);
                observed.is_engine_closed = false;
                observed.received.clear();
                observed.may_skip_frames = true;
                self.lose_engine();
                self.waits.is_final |= *kind == EngineKind::Voicemail;
                self.waits.is_over |= self.waits.is_final;
            }
            Output::CloseEngine => {
                observed.is_engine_closed = true;
                observed.received.clear();
                observed.may_skip_frames = true;
                observed.silenced.extend(self.engine.active);
                observed.silenced.append(&mut observed.open);
                self.lose_engine();
            }
            Output::PlayToEmployee(audio) => observed.employee_heard += audio.len(),
            Output::Engine(command) => self.check_command(command),
            Output::RedirectToFallback => {
                observed.redirects += 1;
                observed.paused_since = None;
                observed.silenced.append(&mut observed.open);
                (self.waits.is_over, self.waits.is_final) = (true, true);
            }
            Output::Turn(turn) => {
                assert!(turn.text.starts_with(&turn.heard_text), "heard {:?} of {:?}", turn.heard_text, turn.text);
                observed.turns.insert(turn.item.clone(), (**turn).clone());
            }
            Output::Ended { reason, action } => observed.ended = Some((*reason, *action)),
            Output::RunTool { id, .. } => {
                observed.run_tool(id);
                self.waits.since.get_or_insert(self.now);
            }
            Output::ProlongPageRing { .. } => assert!(self.rings_at.is_some(), "the call does not ring"),
            Output::Event(event) => self.check_event(event),
        }
    }

    fn check_event(&mut self, event: &CallEvent) {
        let observed = &mut self.observed;
        match event {
            CallEvent::BargeIn { .. } => {
                observed.paused_since = None;
                observed.silenced.append(&mut observed.open);
                let is_owed = self.engine.speaks.is_none() && self.waits.is_over_agent && self.phone.stream;
                (self.waits.is_over_agent, self.waits.is_over) = (false, self.waits.is_final);
                if is_owed {
                    let start = self.engine.noticed.and_then(|at| at.checked_sub(ms(5000))).unwrap_or(self.now);
                    let ended = self.waits.voice.ended_since(start, self.now);
                    self.waits.since.get_or_insert(ended);
                }
            }
            CallEvent::BargeInUndone { .. } | CallEvent::HeldReplyDiscarded => observed.paused_since = None,
            CallEvent::ClaimStopped { .. } => {
                let response = self.claims.response.expect("a claim is stopped without a text");
                if observed.open.contains(&response) {
                    // The agent was stopped at once. Otherwise the caller has heard nothing of the response.
                    observed.paused_since = None;
                    observed.silenced.append(&mut observed.open);
                }
                observed.silenced.insert(response);
            }
            // While the call is redirected, no other engine may follow.
            CallEvent::EngineLost { .. } => self.engine.is_ready = false,
            CallEvent::TakenOver => {
                observed.paused_since = None;
                self.waits.forget();
                self.waits.is_over = true;
            }
            CallEvent::HandedBack { .. } => {
                // The line has been silent since the last audio of the employee.
                self.waits.forget();
                self.waits.since = observed.employee_at;
                self.waits.is_over = self.waits.is_final;
            }
            _ => {}
        }
    }

    fn check_command(&mut self, command: &EngineCommand) {
        assert!(self.engine.is_ready, "no engine is ready for {command:?}");
        let is_spoken_over = self.is_spoken_over();
        let observed = &mut self.observed;
        match command {
            EngineCommand::AppendAudio(audio) => {
                let samples = audio.decode();
                if samples.first() == Some(&0xff) && samples.get(7) == Some(&0xff) {
                    return; // inserted silence
                }
                let frame = u64::from_le_bytes(samples[..8].try_into().unwrap());
                let expected = observed.last_heard_frame.map_or(0, |last| last + 1);
                // A new engine receives the unanswered audio again.
                let is_next = frame == expected || observed.may_skip_frames;
                assert!(is_next, "frame {frame} instead of {expected}");
                observed.last_heard_frame = Some(frame);
                observed.may_skip_frames = false;
                observed.frames_heard += 1;
            }
            EngineCommand::Truncate { item, heard_ms } => {
                let received = observed.received.get(item).copied().unwrap_or(0) / 8;
                assert!(*heard_ms > 0 && *heard_ms <= received, "heard {heard_ms} of {received} ms");
                assert!(observed.truncated.insert(item.clone()), "{item} truncated twice");
                self.check_heard(item, *heard_ms);
            }
            EngineCommand::Delete { item } if item.starts_with('c') => {}
            EngineCommand::Delete { item } => {
                assert!(observed.received.contains_key(item), "{item} is not one of the agent's");
                if observed.utterances.iter().any(|(known, _)| known == item) {
                    self.check_heard(item, 0);
                }
            }
            EngineCommand::Respond(request) => {
                let is_replacement = |text: &String| text.contains(NOT_DONE);
                self.claims.is_replacement_asked =
                    matches!(request, ResponseRequest::Instructed(text) if is_replacement(text));
                let leads = observed.opened.last().is_some_and(|engine| engine.capabilities().leads_turns);
                assert!(!is_spoken_over || leads, "the caller speaks");
                assert_eq!((self.engine.active, self.engine.is_asked), (None, false), "one answer at a time");
                self.engine.is_asked = true;
                self.waits.since.get_or_insert(self.now);
            }
            EngineCommand::Commit => self.engine_sound_ended(),
            EngineCommand::Cancel { response } => {
                observed.silenced.insert(response.parse().unwrap());
            }
            EngineCommand::Keys(_)
            | EngineCommand::Hint(_)
            | EngineCommand::Note(_)
            | EngineCommand::ToolOutput { .. } => {}
        }
    }

    /// Checks the next frames of an utterance: no frame is missing, and only the word that was cut off is repeated
    /// after a clear. Returns the offset of the first frame in the utterance, in bytes.
    fn check_frames(&mut self, sample: u8, samples: &[u8]) -> u64 {
        let unsure = if self.has_stalled || self.has_lost_marks { UNSURE_MS / 20 + 50 } else { 0 };
        let unseen = u64::try_from(self.phone.unseen_delay.as_millis()).unwrap() / 20;
        let heard = self.phone.heard(sample) / 160;
        let observed = &mut self.observed;
        let next = observed.next_frame.entry(sample).or_default();
        let mut from = None;
        for (number, frame) in samples.chunks(160).enumerate() {
            let (of, index) = frame_of_utterance(frame);
            let index = index.unwrap_or(*next);
            assert_eq!(of, sample, "a piece of two utterances");
            let can_repeat = number == 0 && observed.repeatable.remove(&sample);
            if can_repeat && index != *next {
                observed.resumed_at.push((sample, index));
                assert!(index < *next, "frame {index} instead of {next}");
                let last = heard + unsure + unseen + 1;
                assert!(index <= last, "frames were lost: {index}, and {heard} were heard");
                let first = heard.saturating_sub(MAX_REPEATED_FRAMES + LINE_DELAY_MS / 20 + unsure);
                assert!(index >= first, "too much is repeated: {index}, and {heard} were heard");
            } else {
                assert_eq!(index, *next, "a frame is lost or repeated");
            }
            *next = index + 1;
            from.get_or_insert(index * 160);
        }
        from.unwrap_or(0)
    }

    /// Checks that the agent is stopped for a limited time while it is not known what the caller says.
    pub(super) fn check_pause(&self) {
        let is_on = self.phone.stream && !self.session.is_over() && !self.waits.is_over;
        if let Some(since) = self.observed.paused_since.filter(|_| is_on) {
            let longest = if self.detects_late { MAX_PAUSE_WITHOUT_DETECTION } else { MAX_PAUSE };
            let longest = longest + if self.has_stalled { ms(1300) } else { Duration::ZERO };
            assert!(self.now - since <= longest, "the agent is stopped for {:?}", self.now - since);
        }
    }

    /// Checks the reported heard length of an utterance against what the caller heard. The report may be longer by the
    /// delay that the session cannot know, and by `UNSURE_MS` if the phone stalled. Unless marks were lost, the report
    /// may be shorter only by the transit time.
    fn check_heard(&self, item: &ItemId, reported_ms: u64) {
        let sample = self.observed.utterances.iter().position(|(known, _)| known == item).unwrap();
        let heard_ms = self.phone.heard(u8::try_from(sample).unwrap()) / 8;
        let unseen_ms = u64::try_from(self.phone.unseen_delay.as_millis()).unwrap();
        let unsure_ms = unseen_ms + if self.has_stalled { UNSURE_MS } else { 0 };
        assert!(reported_ms <= heard_ms + unsure_ms, "{item}: {heard_ms} ms were heard, not {reported_ms}");
        let is_close = heard_ms <= reported_ms + LINE_DELAY_MS + 1;
        assert!(is_close || self.has_lost_marks, "{item}: {heard_ms} ms were heard, not just {reported_ms}");
    }
}

impl Observed {
    fn run_tool(&mut self, id: &str) {
        assert!(self.tools.insert(id.to_owned()), "tool {id} was run twice");
        let is_cancelled = self.calls.get(id).is_some_and(|response| self.silenced.contains(response));
        assert!(!is_cancelled, "tool {id} belongs to an answer that was cut");
    }
}
