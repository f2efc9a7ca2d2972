//! Twilio's playout buffer: plays the received audio in real time and in order, and returns each mark when playout
//! reaches it.

use crate::sound::SILENCE;
use std::collections::VecDeque;

/// Twilio's buffer of one stream, on a clock of microseconds since the stream started. 8 bytes are 1 ms.
///
/// Call [`Playout::advance`] with the current time before any other method, because the other methods act at the time
/// that `advance` last received.
#[derive(Debug, Default)]
pub struct Playout {
    queue: VecDeque<Piece>,
    queued_bytes: usize,
    heard: Vec<u8>,
    played_bytes: usize,
}

#[derive(Debug)]
enum Piece {
    Mark(String),
    Sound { bytes: Vec<u8>, played: usize },
}

/// The content that `clear` removed from the buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The number of bytes of audio that the caller will not hear.
    pub dropped_bytes: usize,
    /// The marks that return immediately, in order.
    pub marks: Vec<String>,
}

/// The audio exceeds Twilio's buffer and is dropped (Twilio error 31931).
#[derive(Debug, PartialEq, Eq)]
pub struct BufferFull;

impl Playout {
    /// Advances the time to `now_us`. Returns the marks whose audio has been played by then, in order.
    pub fn advance(&mut self, now_us: u64) -> Vec<String> {
        let target = usize::try_from(now_us * 8 / 1_000).unwrap_or(usize::MAX);
        let mut reached = Vec::new();
        loop {
            match self.queue.front_mut() {
                Some(Piece::Mark(name)) => {
                    reached.push(std::mem::take(name));
                    self.queue.pop_front();
                }
                Some(Piece::Sound { bytes, played }) if self.heard.len() < target => {
                    let now = (target - self.heard.len()).min(bytes.len() - *played);
                    self.heard.extend_from_slice(&bytes[*played..*played + now]);
                    *played += now;
                    self.queued_bytes -= now;
                    self.played_bytes += now;
                    if *played == bytes.len() {
                        self.queue.pop_front();
                    }
                }
                Some(Piece::Sound { .. }) => return reached,
                None => {
                    if self.heard.len() < target {
                        self.heard.resize(target, SILENCE);
                    }
                    return reached;
                }
            }
        }
    }

    /// Adds audio to the end of the buffer.
    pub fn play(&mut self, sound: Vec<u8>) -> Result<(), BufferFull> {
        if self.queued_bytes + sound.len() > MAX_BUFFERED_BYTES {
            return Err(BufferFull);
        }
        if !sound.is_empty() {
            self.queued_bytes += sound.len();
            self.queue.push_back(Piece::Sound { bytes: sound, played: 0 });
        }
        Ok(())
    }

    /// Adds a mark. [`Playout::advance`] returns the mark when all audio before it has been played, or immediately if
    /// the buffer is empty.
    pub fn mark(&mut self, name: String) {
        self.queue.push_back(Piece::Mark(name));
    }

    /// Drops all audio that has not been played. Returns its length, and the marks that were waiting.
    pub fn clear(&mut self) -> Cleared {
        let dropped_bytes = std::mem::take(&mut self.queued_bytes);
        let mark = |piece| match piece {
            Piece::Mark(name) => Some(name),
            Piece::Sound { .. } => None,
        };
        Cleared { dropped_bytes, marks: self.queue.drain(..).filter_map(mark).collect() }
    }

    /// Returns the time at which playout reaches the next mark, in microseconds since the stream started; `None` if no
    /// mark is queued.
    pub fn next_mark_us(&self) -> Option<u64> {
        let mut bytes = self.heard.len();
        for piece in &self.queue {
            match piece {
                Piece::Mark(_) => return Some((bytes as u64 * 1_000).div_ceil(8)),
                Piece::Sound { bytes: sound, played } => bytes += sound.len() - played,
            }
        }
        None
    }

    /// Returns the length of the audio that has not been played, in bytes.
    pub fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// Returns all audio that the caller has heard since the stream started, exact to the sample. The audio is silent
    /// where nothing was played.
    pub fn heard(&self) -> &[u8] {
        &self.heard
    }

    /// Returns how many bytes of `heard` were audio from the daemon.
    pub fn played_bytes(&self) -> usize {
        self.played_bytes
    }
}

/// Ten minutes of audio.
const MAX_BUFFERED_BYTES: usize = 10 * 60 * 8_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: u64 = 1_000;

    #[test]
    fn a_mark_returns_when_its_audio_has_been_played() {
        let mut playout = Playout::default();
        playout.advance(100 * MS);
        playout.play(vec![1; 160]).unwrap();
        playout.mark("a".into());
        playout.play(vec![2; 160]).unwrap();
        playout.mark("b".into());
        assert_eq!(playout.next_mark_us(), Some(120 * MS));
        assert_eq!(playout.advance(119 * MS), Vec::<String>::new());
        assert_eq!(playout.advance(120 * MS), ["a"]);
        assert_eq!(playout.next_mark_us(), Some(140 * MS));
        assert_eq!(playout.advance(200 * MS), ["b"]);
        assert_eq!(playout.heard()[..800], [SILENCE; 800]);
        assert_eq!(playout.heard()[800..960], [1; 160]);
        assert_eq!(playout.heard()[960..1_120], [2; 160]);
        assert_eq!(playout.heard()[1_120..], [SILENCE; 480]);
    }

    #[test]
    fn a_mark_with_nothing_before_it_returns_at_once() {
        let mut playout = Playout::default();
        playout.advance(50 * MS);
        playout.mark("a".into());
        assert_eq!(playout.next_mark_us(), Some(50 * MS));
        assert_eq!(playout.advance(50 * MS), ["a"]);
    }

    #[test]
    fn clear_drops_queued_audio_and_returns_its_marks() {
        let mut playout = Playout::default();
        playout.play(vec![1; 1_600]).unwrap();
        playout.mark("a".into());
        playout.mark("b".into());
        playout.advance(30 * MS);
        assert_eq!(playout.clear(), Cleared { dropped_bytes: 1_360, marks: vec!["a".into(), "b".into()] });
        assert_eq!(playout.queued_bytes(), 0);
        playout.play(vec![2; 80]).unwrap();
        playout.advance(100 * MS);
        assert_eq!(playout.heard()[..240], [1; 240]);
        assert_eq!(playout.heard()[240..320], [2; 80]);
        assert_eq!(playout.heard()[320..], [SILENCE; 480]);
    }

    #[test]
    fn more_than_ten_minutes_are_not_buffered() {
        let mut playout = Playout::default();
        playout.play(vec![0; MAX_BUFFERED_BYTES]).unwrap();
        assert_eq!(playout.play(vec![0; 1]), Err(BufferFull));
        playout.advance(MS);
        assert_eq!(playout.play(vec![0; 8]), Ok(()));
    }

    proptest! {
        /// For any intervals and any input, the caller hears 8 bytes a millisecond. The caller hears each byte once and
        /// in order until a clear, and each mark returns once and in order.
        #[test]
        fn each_byte_is_heard_once_and_each_mark_returns_once(steps in prop::collection::vec((0_u8..4, 0_u64..90_000, 1_usize..900), 1..60)) {
            let (mut playout, mut now) = (Playout::default(), 0);
            let (mut sent, mut next_byte) = (Vec::new(), 0_u8);
            let (mut marks_sent, mut marks_back) = (0, Vec::new());
            for (what, wait_us, length) in steps {
                now += wait_us;
                marks_back.extend(playout.advance(now));
                match what {
                    0 | 1 => {
                        let sound: Vec<u8> = (0..length).map(|_| { next_byte = (next_byte + 1) % 250; next_byte }).collect();
                        sent.extend_from_slice(&sound);
                        playout.play(sound).unwrap();
                    }
                    2 => { playout.mark(marks_sent.to_string()); marks_sent += 1; }
                    _ => {
                        let cleared = playout.clear();
                        sent.truncate(sent.len() - cleared.dropped_bytes);
                        marks_back.extend(cleared.marks);
                    }
                }
            }
            now += 60_000_000;
            marks_back.extend(playout.advance(now));
            prop_assert_eq!(playout.heard().len() as u64, now * 8 / 1_000);
            let heard: Vec<u8> = playout.heard().iter().copied().filter(|&byte| byte != SILENCE).collect();
            prop_assert_eq!(heard, sent);
            let expected: Vec<String> = (0..marks_sent).map(|n| n.to_string()).collect();
            prop_assert_eq!(marks_back, expected);
            prop_assert_eq!(playout.queued_bytes(), 0);
        }
    }
}
