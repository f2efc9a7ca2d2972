//! The phone at the other end of the stream, on the rig's clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Twilio's side: plays 8 bytes a millisecond, echoes a mark when its sound has been played, all of them at a clear.
#[derive(Default)]
pub(super) struct Phone {
    pub(super) stream: bool,
    pub(super) queue: VecDeque<Piece>,
    pub(super) playing_since: Option<Instant>,
    pub(super) echoes: VecDeque<String>,
    /// Bytes heard of each uttering, by its samples.
    pub(super) heard: BTreeMap<u8, u64>,
    /// The last sound ended then.
    silent_since: Option<Instant>,
    /// It had nothing more to play since then.
    dry_since: Option<Instant>,
    /// How much later than the session can know it has played something: it ran dry while the session thought that it was
    /// still playing, and what came then was on its way for a while.
    pub(super) unseen_delay: Duration,
}

/// How long sound is on its way to an ear that hears nothing else.
const DELAY: Duration = Duration::from_millis(40);
/// The session reckons with a longer way, so it thinks for so long after the end that it is not over.
const BELIEVED_TO_PLAY: Duration = Duration::from_millis(20);

/// Sound, or a mark behind it.
pub(super) enum Piece {
    Sound { sample: u8, bytes: u64 },
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

    /// Plays nothing for so long, and then goes on where it was.
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

    /// Plays what there was time for.
    pub(super) fn play(&mut self, now: Instant) {
        while let (Some(since), Some(piece)) = (self.playing_since, self.queue.front()) {
            let over = since + piece.length();
            if over > now {
                break;
            }
            self.playing_since = Some(over);
            match self.queue.pop_front() {
                Some(Piece::Sound { sample, bytes }) => {
                    *self.heard.entry(sample).or_default() += bytes;
                    self.silent_since = Some(over);
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

    /// Stops in the middle of a piece; the marks of what is dropped come back.
    pub(super) fn clear(&mut self, now: Instant) {
        self.play(now);
        self.dry_since = None;
        if let (Some(since), Some(Piece::Sound { sample, .. })) = (self.playing_since.take(), self.queue.front()) {
            let bytes = u64::try_from(now.saturating_duration_since(since).as_micros()).unwrap() / 125;
            *self.heard.entry(*sample).or_default() += bytes;
            self.silent_since = Some(now);
        }
        self.echoes.extend(self.queue.drain(..).filter_map(|piece| match piece {
            Piece::Mark(name) => Some(name),
            Piece::Sound { .. } => None,
        }));
    }

    /// Since when nothing is heard; never something yet is none within, and while something is heard there is none.
    #[expect(clippy::option_option, reason = "it plays, it is quiet since a moment, or it was never heard")]
    pub(super) fn quiet_since(&self) -> Option<Option<Instant>> {
        if self.queue.iter().any(|piece| matches!(piece, Piece::Sound { .. })) { None } else { Some(self.silent_since) }
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

#[expect(clippy::disallowed_methods, reason = "some instant to begin with; it is moved by hand from there")]
pub(in crate::call) fn start() -> Instant {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}
