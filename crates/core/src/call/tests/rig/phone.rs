//! The simulated phone at the other end of the stream, on the rig's clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// A fake of Twilio's side of the stream. It plays 8 bytes per millisecond. It echoes a mark when the audio before the
/// mark was played, and echoes all marks at a clear.
#[derive(Default)]
pub(super) struct Phone {
    pub(super) stream: bool,
    pub(super) queue: VecDeque<Piece>,
    pub(super) playing_since: Option<Instant>,
    pub(super) echoes: VecDeque<String>,
    /// How much of each utterance was heard, in bytes, by sample value.
    pub(super) heard: BTreeMap<u8, u64>,
    silent_since: Option<Instant>,
    /// Since when the play queue has been empty.
    dry_since: Option<Instant>,
    /// The delay of playback that the session cannot know: the queue was empty while the session assumed that it was
    /// still playing, and the next audio was in transit.
    pub(super) unseen_delay: Duration,
}

/// The transit time of audio while no other audio plays.
const DELAY: Duration = Duration::from_millis(40);
/// The session assumes a longer transit time than `DELAY`, so it regards audio as playing for this long after its end.
const BELIEVED_TO_PLAY: Duration = Duration::from_millis(20);

/// The sample value of a piece without a sound.
pub(super) const PAUSE: u8 = 0xfe;

/// A piece of audio, or a mark after it.
pub(super) enum Piece {
    Sound {
        sample: u8,
        /// The offset in the utterance, in bytes.
        from: u64,
        bytes: u64,
    },
    Mark(String),
}

impl Phone {
    pub(super) fn put(&mut self, piece: Piece, now: Instant) {
        self.play(now);
        self.queue.push_back(piece);
        if self.dry_since.take().is_some_and(|since| now - since <= BELIEVED_TO_PLAY) {
            self.unseen_delay += DELAY;
        }
        self.playing_since.get_or_insert(now + DELAY);
    }

    /// Plays nothing for the given time, and then continues at the same position.
    pub(super) fn stall(&mut self, time: Duration, now: Instant) {
        self.play(now);
        self.playing_since = self.playing_since.map(|since| since + time);
    }

    pub(super) fn next_echo(&self) -> Option<Instant> {
        if !self.echoes.is_empty() {
            return self.playing_since.or(Some(start()));
        }
        let until = self.queue.iter().position(|piece| matches!(piece, Piece::Mark(_)))?;
        Some(self.playing_since? + self.queue.iter().take(until).map(Piece::length).sum::<Duration>())
    }

    pub(super) fn play(&mut self, now: Instant) {
        while let (Some(since), Some(piece)) = (self.playing_since, self.queue.front()) {
            let over = since + piece.length();
            if over > now {
                break;
            }
            self.playing_since = Some(over);
            match self.queue.pop_front() {
                Some(Piece::Sound { sample, from, bytes }) => {
                    self.hear(sample, from + bytes);
                    if sample != PAUSE {
                        self.silent_since = Some(over);
                    }
                }
                Some(Piece::Mark(name)) => self.echoes.push_back(name),
                None => {}
            }
        }
        if self.queue.is_empty()
            && let Some(since) = self.playing_since.take()
        {
            self.dry_since = Some(since);
        }
    }

    /// Clears the queue, in the middle of a piece if necessary, and echoes the marks of the dropped audio.
    pub(super) fn clear(&mut self, now: Instant) {
        self.play(now);
        self.dry_since = None;
        if let (Some(since), Some(&Piece::Sound { sample, from, .. })) = (self.playing_since.take(), self.queue.front())
        {
            let bytes = u64::try_from(now.saturating_duration_since(since).as_micros()).unwrap() / 125;
            self.hear(sample, from + bytes);
            if sample != PAUSE {
                self.silent_since = Some(now);
            }
        }
        self.echoes.extend(self.queue.drain(..).filter_map(|piece| match piece {
            Piece::Mark(name) => Some(name),
            Piece::Sound { .. } => None,
        }));
    }

    /// Returns since when the phone has been silent. The outer value is none while audio plays; the inner value is none
    /// if no audio was ever heard.
    #[expect(clippy::option_option, reason = "audio plays, audio has ended, or no audio was heard yet")]
    pub(super) fn quiet_since(&self) -> Option<Option<Instant>> {
        let next = self.queue.iter().find(|piece| matches!(piece, Piece::Sound { .. }));
        let is_quiet = next.is_none_or(|piece| matches!(piece, Piece::Sound { sample: PAUSE, .. }));
        is_quiet.then_some(self.silent_since)
    }

    /// Records that an utterance was heard up to this byte. A repetition does not reduce the position.
    fn hear(&mut self, sample: u8, until: u64) {
        let heard = self.heard.entry(sample).or_default();
        *heard = until.max(*heard);
    }

    pub(super) fn has_sound(&self) -> bool {
        self.queue.iter().any(|piece| matches!(piece, Piece::Sound { .. }))
    }

    pub(super) fn heard(&self, sample: u8) -> u64 {
        self.heard.get(&sample).copied().unwrap_or(0)
    }
}

impl Piece {
    pub(super) fn length(&self) -> Duration {
        match self {
            Self::Sound { bytes, .. } => Duration::from_micros(bytes * 125),
            Self::Mark(_) => Duration::ZERO,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the origin of the virtual clock, which the tests advance")]
pub(in crate::call) fn start() -> Instant {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}
