//! A caller's phone and the books that every call must balance with, on a clock that is moved by hand.

use crate::audio::EncodedAudio;
use crate::call::{
    After, CallEvent, CallPolicy, CallSession, EngineCommand, EngineEvent, EngineKind, Input, ItemId, Output, Prompts,
    ResponseOutcome, TurnRecord, Usage,
};
use crate::domain::EndReason;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

pub(super) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(super) fn policy() -> CallPolicy {
    CallPolicy {
        engines: vec![EngineKind::Realtime, EngineKind::Voicemail],
        greeting: ms(3500),
        watchdog: ms(6000),
        lead: ms(800),
        idle: Some(ms(10_000)),
        max_call: Duration::from_mins(10),
        tool_limit: ms(8000),
        speaks_first: false,
        can_transfer: true,
        prompts: Prompts {
            speak_first: "open".into(),
            still_there: "still there?".into(),
            wrap_up: "wrap up".into(),
            one_moment_clip: EncodedAudio::encode(&[CLIP; 1600]),
            goodbye_clip: EncodedAudio::encode(&[CLIP; 1600]),
            still_there_clip: EncodedAudio::encode(&[CLIP; 1600]),
        },
    }
}

/// Samples of our own sentences; answers have the number of their response.
pub(super) const CLIP: u8 = 250;

/// A session, the phone at the other end, and what has been seen so far.
pub(super) struct Rig {
    pub(super) session: CallSession,
    pub(super) now: Instant,
    began: Instant,
    phone: Phone,
    pub(super) books: Books,
    next_frame: u64,
    timestamp: u64,
}

/// Twilio's side: plays 8 bytes a millisecond, echoes a mark when its sound has been played, all of them at a clear.
#[derive(Default)]
struct Phone {
    stream: bool,
    queue: VecDeque<(u64, Option<String>)>,
    playing_since: Option<Instant>,
    echoes: VecDeque<String>,
}

/// What came out, and what must be true of it.
#[derive(Default)]
pub(super) struct Books {
    pub(super) outputs: Vec<Output>,
    pub(super) ended: Option<(EndReason, After)>,
    pub(super) redirects: u32,
    pub(super) opened: Vec<EngineKind>,
    pub(super) turns: BTreeMap<ItemId, TurnRecord>,
    received: BTreeMap<ItemId, u64>,
    truncated: BTreeSet<ItemId>,
    /// Answers whose sound must not be heard any more.
    silenced: BTreeSet<u8>,
    /// Answers of which sound has come and has not been silenced.
    open: BTreeSet<u8>,
    last_heard_frame: Option<u64>,
    pub(super) frames_heard: u64,
}

impl Rig {
    pub(super) fn new(policy: CallPolicy) -> Self {
        let now = start();
        let mut rig = Self {
            session: CallSession::new(policy, now),
            now,
            began: now,
            phone: Phone::default(),
            books: Books::default(),
            next_frame: 0,
            timestamp: 0,
        };
        rig.drain();
        rig
    }

    /// A call in which caller and engine are connected.
    pub(super) fn live() -> Self {
        let mut rig = Self::new(policy());
        rig.engine(EngineEvent::Ready);
        rig.start_stream();
        rig
    }

    pub(super) fn start_stream(&mut self) {
        self.phone.stream = true;
        self.input(Input::StreamStarted);
    }

    pub(super) fn input(&mut self, input: Input) {
        self.session.handle_input(input, self.now);
        self.drain();
    }

    pub(super) fn engine(&mut self, event: EngineEvent) {
        if let EngineEvent::AudioDelta { item, audio, .. } = &event {
            *self.books.received.entry(item.clone()).or_default() += audio.len() as u64;
        }
        self.input(Input::Engine(event));
    }

    /// The caller's next 20 ms, after a hole of so many.
    pub(super) fn frame(&mut self, hole: u64) {
        self.timestamp += hole;
        let mut samples = [0u8; 160];
        samples[..8].copy_from_slice(&self.next_frame.to_le_bytes());
        self.next_frame += 1;
        let audio = EncodedAudio::encode(&samples);
        self.input(Input::CallerAudio { timestamp_ms: self.timestamp, audio });
        self.timestamp += 20;
    }

    /// Sound of answer `response`, item `item`.
    pub(super) fn say(&mut self, response: u8, item: &str, bytes: usize) {
        self.engine(EngineEvent::AudioDelta {
            response: response.to_string().into(),
            item: item.into(),
            audio: EncodedAudio::encode(&vec![response; bytes]),
        });
    }

    pub(super) fn respond(&mut self, response: u8) {
        self.engine(EngineEvent::ResponseStarted { response: response.to_string().into() });
    }

    pub(super) fn done(&mut self, response: u8) {
        let usage = Usage { tokens_in: 1, tokens_out: 2, cost_micros: 3 };
        let response = response.to_string().into();
        self.engine(EngineEvent::ResponseDone { response, outcome: ResponseOutcome::Completed, usage });
    }

    pub(super) fn text(&mut self, response: u8, item: &str, text: &str, is_final: bool) {
        let (response, text) = (response.to_string().into(), text.to_owned());
        self.engine(EngineEvent::AgentText { response, item: item.into(), text, is_final });
    }

    /// Lets time pass, with all that the phone and the session's own timers do in it.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while !self.session.is_over() {
            let next = [self.session.poll_timeout(), self.phone.next_echo()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = next.max(self.now);
            self.phone.play(self.now);
            while let Some(mark) = self.phone.echoes.pop_front() {
                self.input(Input::Mark(mark));
            }
            self.session.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// Lets time pass, but the phone's marks get lost.
    pub(super) fn pass_without_marks(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.session.poll_timeout().filter(|next| *next <= end) {
            self.now = next.max(self.now);
            self.session.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
        self.phone.play(self.now);
        self.phone.echoes.clear();
    }

    pub(super) fn count(&self, is: impl Fn(&Output) -> bool) -> usize {
        self.books.outputs.iter().filter(|output| is(output)).count()
    }

    pub(super) fn commands(&self) -> Vec<EngineCommand> {
        let commands = self.books.outputs.iter().filter_map(|output| match output {
            Output::Engine(command) if !matches!(command, EngineCommand::Hear(_)) => Some(command.clone()),
            _ => None,
        });
        commands.collect()
    }

    pub(super) fn has_event(&self, event: &CallEvent) -> bool {
        self.books.outputs.iter().any(|output| matches!(output, Output::Event(seen) if seen == event))
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.now - self.began
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            self.check(&output);
            self.books.outputs.push(output);
        }
        assert!(
            self.session.is_over() || self.session.poll_timeout().is_some(),
            "a call that waits for nothing is silent"
        );
        assert_eq!(self.session.is_over(), self.books.ended.is_some());
    }

    fn check(&mut self, output: &Output) {
        let books = &mut self.books;
        assert!(books.ended.is_none(), "after the end: {output:?}");
        if matches!(output, Output::Play { .. } | Output::Mark(_) | Output::Clear { .. }) {
            assert!(self.phone.stream, "there is no stream for {output:?}");
        }
        match output {
            Output::Play { audio, .. } => {
                assert!(!audio.is_empty() && audio.len().is_multiple_of(160), "{} bytes", audio.len());
                let response = audio.decode()[0];
                if response != CLIP {
                    assert!(!books.silenced.contains(&response), "answer {response} was cut");
                    books.open.insert(response);
                }
                self.phone.queue.push_back((audio.len() as u64, None));
                self.phone.playing_since.get_or_insert(self.now);
            }
            Output::Mark(name) => {
                self.phone.queue.push_back((0, Some(name.clone())));
                self.phone.playing_since.get_or_insert(self.now);
            }
            Output::Clear { .. } => {
                books.silenced.append(&mut books.open);
                let marks = self.phone.queue.drain(..).filter_map(|(_, mark)| mark);
                self.phone.echoes.extend(marks);
                self.phone.playing_since = None;
            }
            Output::CloseStream => self.phone.stream = false,
            Output::OpenEngine { kind, .. } => {
                books.opened.push(*kind);
                books.received.clear();
            }
            Output::Engine(command) => Self::check_command(books, command),
            Output::RedirectToFallback => books.redirects += 1,
            Output::Turn(turn) => {
                assert!(turn.text.starts_with(&turn.heard_text), "heard {:?} of {:?}", turn.heard_text, turn.text);
                books.turns.insert(turn.item.clone(), (**turn).clone());
            }
            Output::Ended { reason, after } => books.ended = Some((*reason, *after)),
            Output::RunTool { .. } | Output::Event(_) => {}
        }
    }

    fn check_command(books: &mut Books, command: &EngineCommand) {
        match command {
            EngineCommand::Hear(audio) => {
                let samples = audio.decode();
                if samples.first() == Some(&0xff) && samples.get(7) == Some(&0xff) {
                    return; // silence that was put in
                }
                let frame = u64::from_le_bytes(samples[..8].try_into().unwrap());
                assert!(books.last_heard_frame.is_none_or(|last| last < frame), "frame {frame} out of order");
                books.last_heard_frame = Some(frame);
                books.frames_heard += 1;
            }
            EngineCommand::Truncate { item, heard_ms } => {
                let received = books.received.get(item).copied().unwrap_or(0) / 8;
                assert!(*heard_ms > 0 && *heard_ms <= received, "heard {heard_ms} of {received} ms");
                assert!(books.truncated.insert(item.clone()), "{item} truncated twice");
            }
            EngineCommand::Delete { item } => {
                assert!(books.received.contains_key(item), "{item} is not one of the agent's");
            }
            EngineCommand::Cancel { .. }
            | EngineCommand::Keys(_)
            | EngineCommand::Respond(_)
            | EngineCommand::ToolOutput { .. } => {}
        }
    }
}

impl Phone {
    fn next_echo(&self) -> Option<Instant> {
        if !self.echoes.is_empty() {
            return self.playing_since.or(Some(start()));
        }
        let until = self.queue.iter().position(|(_, mark)| mark.is_some())?;
        let bytes: u64 = self.queue.iter().take(until).map(|(bytes, _)| bytes).sum();
        Some(self.playing_since? + Duration::from_micros(bytes * 125))
    }

    fn play(&mut self, now: Instant) {
        while let (Some(since), Some((bytes, _))) = (self.playing_since, self.queue.front()) {
            let over = since + Duration::from_micros(bytes * 125);
            if over > now {
                break;
            }
            self.playing_since = Some(over);
            self.echoes.extend(self.queue.pop_front().and_then(|(_, mark)| mark));
        }
        if self.queue.is_empty() {
            self.playing_since = None;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "some instant to begin with; it is moved by hand from there")]
fn start() -> Instant {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}
