//! The recorder of a call: one stereo file with the caller on the left and the agent on the right. The caller's audio
//! is placed at the time at which the caller spoke, and the agent's audio at the time at which the caller heard it. The
//! agent's side includes an employee who has taken the call over.

use super::mulaw::SILENCE;
use super::{BYTES_PER_MS, EncodedAudio};

/// The approximate size of a chunk with both sides: 1.5 s. A call keeps up to about this much final audio in memory,
/// and the audio that is not final yet. A crash of the daemon loses the audio in memory.
pub const CHUNK_BYTES: usize = 24 * 1024;

/// The delay after which the agent's audio is final. Until then, audio that was sent but not yet heard may be removed.
const FINAL_AFTER_MS: u64 = 1000;

/// How many bytes a track's buffer grows by. Buffers that double their size would keep twice the audio's size.
const GROWTH: usize = 2 * 1024;

/// A recorder that combines the two sides, and returns them in chunks.
#[derive(Debug, Default)]
pub struct Recorder {
    caller: Track,
    agent: Track,
    /// The position in the call at which the tracks' buffers start, in samples.
    start: u64,
}

#[derive(Debug, Default)]
struct Track {
    samples: Vec<u8>,
}

impl Recorder {
    /// Adds the caller's audio, which starts `at_ms` after the start of the stream.
    pub fn caller(&mut self, at_ms: u64, audio: &EncodedAudio) {
        self.caller.put(at_ms.saturating_mul(BYTES_PER_MS).saturating_sub(self.start), audio);
    }

    /// Adds the agent's audio, which will be heard `at_ms` after the start of the stream.
    pub fn agent(&mut self, at_ms: u64, audio: &EncodedAudio) {
        self.agent.put(at_ms.saturating_mul(BYTES_PER_MS).saturating_sub(self.start), audio);
    }

    /// Removes the agent's audio from `at_ms` on, after Twilio has dropped its queue of audio.
    pub fn truncate_agent(&mut self, at_ms: u64) {
        let keep = at_ms.saturating_mul(BYTES_PER_MS).saturating_sub(self.start);
        self.agent.samples.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
    }

    /// Returns the next chunk of interleaved samples, if enough audio is final at `now_ms` after the start of the
    /// stream.
    pub fn take_chunk(&mut self, now_ms: u64) -> Option<Vec<u8>> {
        let final_samples = (now_ms.saturating_sub(FINAL_AFTER_MS) * BYTES_PER_MS).saturating_sub(self.start);
        let ready = usize::try_from(final_samples).unwrap_or(usize::MAX).min(self.longest());
        (ready >= CHUNK_BYTES / 2).then(|| self.drain(ready))
    }

    /// Returns all remaining samples. The agent's audio after the end of the call, at `end_ms`, is removed.
    pub fn finish(&mut self, end_ms: u64) -> Vec<u8> {
        self.truncate_agent(end_ms);
        self.drain(self.longest())
    }

    fn longest(&self) -> usize {
        self.caller.samples.len().max(self.agent.samples.len())
    }

    fn drain(&mut self, samples: usize) -> Vec<u8> {
        let mut both = Vec::with_capacity(samples * 2);
        for at in 0..samples {
            both.push(self.caller.samples.get(at).copied().unwrap_or(SILENCE));
            both.push(self.agent.samples.get(at).copied().unwrap_or(SILENCE));
        }
        for track in [&mut self.caller, &mut self.agent] {
            track.samples.drain(..samples.min(track.samples.len()));
            // Other calls can use the memory until this track has grown again.
            track.samples.shrink_to(track.samples.len() + GROWTH);
        }
        self.start += samples as u64;
        both
    }
}

impl Track {
    /// Writes audio at sample `at`. If that position has passed, the audio is appended; a gap is filled with silence. A
    /// gap of more than a minute indicates a wrong timestamp of the sender, so the audio is appended without a gap.
    fn put(&mut self, at: u64, audio: &EncodedAudio) {
        const MAX_GAP: u64 = 60_000 * BYTES_PER_MS;
        let len = self.samples.len() as u64;
        if at > len && at - len <= MAX_GAP {
            self.samples.resize(usize::try_from(at).unwrap_or(self.samples.len()), SILENCE);
        }
        // Decoding needs up to two bytes more than the audio has.
        let needed = audio.len() + 2;
        if self.samples.capacity() < self.samples.len() + needed {
            self.samples.reserve_exact(needed.max(GROWTH));
        }
        audio.decode_into(&mut self.samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audio(byte: u8, ms: usize) -> EncodedAudio {
        EncodedAudio::encode(&vec![byte; ms * 8])
    }

    #[test]
    fn sides_are_where_they_were_heard() {
        let mut recorder = Recorder::default();
        recorder.caller(0, &audio(1, 20));
        recorder.caller(40, &audio(2, 20));
        recorder.agent(20, &audio(9, 100));
        recorder.truncate_agent(50);
        let file = recorder.finish(60);
        let left: Vec<u8> = file.iter().step_by(2).copied().collect();
        let right: Vec<u8> = file.iter().skip(1).step_by(2).copied().collect();
        assert_eq!(left.len(), 60 * 8);
        assert_eq!((left[0], left[20 * 8], left[40 * 8]), (1, SILENCE, 2));
        assert_eq!((right[0], right[20 * 8], right[50 * 8 - 1], right[50 * 8]), (SILENCE, 9, 9, SILENCE));
    }

    #[test]
    fn chunks_in_order_are_the_whole_and_memory_stays_small() {
        let (mut recorder, mut file) = (Recorder::default(), Vec::new());
        for frame in 0..3000u64 {
            recorder.caller(frame * 20, &audio(1, 20));
            file.extend(recorder.take_chunk(frame * 20).unwrap_or_default());
            assert!(recorder.longest() < CHUNK_BYTES);
            let most = 8 * 1000 * 3 + GROWTH + 320;
            assert!(recorder.caller.samples.capacity() <= most, "{}", recorder.caller.samples.capacity());
        }
        file.extend(recorder.finish(60_000));
        assert_eq!(file.len(), 2 * 60_000 * 8);
    }

    #[test]
    fn a_broken_clock_makes_no_gigabytes() {
        let mut recorder = Recorder::default();
        recorder.caller(u64::MAX / 16, &audio(1, 20));
        assert_eq!(recorder.finish(1000).len(), 2 * 160);
    }
}
