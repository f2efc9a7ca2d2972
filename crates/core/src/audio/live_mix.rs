//! The live mix of a call for users who listen in: the caller on the left, the agent on the right. The caller's audio
//! is placed at the time at which the caller spoke, and the agent's audio at the time at which the caller hears it. The
//! agent's side includes an employee who has taken the call over.
//!
//! Unlike the recorder, the mix follows the clock, `delay_ms` behind it. Audio that has not arrived in time is replaced
//! by silence.

use super::mulaw::SILENCE;
use super::{BYTES_PER_MS, EncodedAudio};

/// The mix of both sides, starting at the time at which a user began to listen.
#[derive(Debug)]
pub struct LiveMix {
    caller: Lane,
    agent: Lane,
    /// The position in the stream at which the lanes' buffers start, in samples.
    start: u64,
    /// The latency of the mix behind the clock, in milliseconds. It grows when audio of the caller arrives late.
    delay_ms: u64,
}

#[derive(Debug, Default)]
struct Lane {
    samples: Vec<u8>,
}

impl LiveMix {
    /// Creates a mix that starts `now_ms` after the start of the stream.
    pub fn starting_at(now_ms: u64) -> Self {
        let (caller, agent) = Default::default();
        Self { caller, agent, start: now_ms.saturating_mul(BYTES_PER_MS), delay_ms: MIN_DELAY_MS }
    }

    /// Adds the caller's audio, which starts `at_ms` after the start of the stream. Samples that arrive too late are
    /// dropped, and increase the delay for later audio, up to `MAX_DELAY_MS`.
    pub fn caller(&mut self, at_ms: u64, audio: &EncodedAudio) {
        let late = self.caller.put(self.start, at_ms, audio);
        if late > 0 {
            self.delay_ms = (self.delay_ms + late.div_ceil(BYTES_PER_MS)).min(MAX_DELAY_MS);
        }
    }

    /// Adds the agent's audio, which will be heard `at_ms` after the start of the stream.
    pub fn agent(&mut self, at_ms: u64, audio: &EncodedAudio) {
        self.agent.put(self.start, at_ms, audio);
    }

    /// Removes the agent's audio from `at_ms` on, after Twilio has dropped its queue of audio.
    pub fn truncate_agent(&mut self, at_ms: u64) {
        let keep = at_ms.saturating_mul(BYTES_PER_MS).saturating_sub(self.start);
        self.agent.samples.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
    }

    /// Returns the next samples of both sides, interleaved, if at least `MIN_SAMPLES` of each side are due at `now_ms`
    /// after the start of the stream. If more than `MAX_SAMPLES` are due, only the latest are returned.
    pub fn take(&mut self, now_ms: u64) -> Option<Vec<u8>> {
        let end = now_ms.saturating_sub(self.delay_ms).saturating_mul(BYTES_PER_MS);
        let ready = usize::try_from(end.saturating_sub(self.start)).unwrap_or(MAX_SAMPLES);
        if ready < MIN_SAMPLES {
            return None;
        }
        // If the task was blocked, older samples are skipped, so that the listener catches up.
        let skipped = ready.saturating_sub(MAX_SAMPLES);
        let mut both = Vec::with_capacity((ready - skipped) * 2);
        for at in skipped..ready {
            both.push(self.caller.samples.get(at).copied().unwrap_or(SILENCE));
            both.push(self.agent.samples.get(at).copied().unwrap_or(SILENCE));
        }
        for lane in [&mut self.caller, &mut self.agent] {
            lane.samples.drain(..ready.min(lane.samples.len()));
        }
        self.start += ready as u64;
        Some(both)
    }
}

impl Lane {
    /// Writes audio at its position. Returns the number of its samples that arrived too late.
    fn put(&mut self, start: u64, at_ms: u64, audio: &EncodedAudio) -> u64 {
        let at = at_ms.saturating_mul(BYTES_PER_MS);
        let late = start.saturating_sub(at).min(audio.len() as u64);
        let place = at.saturating_sub(start);
        // If the sender's clock jumps ahead, the audio is dropped: a buffer up to its position could be very large.
        if place > MAX_AHEAD {
            return 0;
        }
        let samples = audio.decode();
        let new = samples.get(usize::try_from(late).unwrap_or(usize::MAX)..).unwrap_or_default();
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let end = place + new.len();
        if self.samples.len() < end {
            self.samples.resize(end, SILENCE);
        }
        self.samples[place..end].copy_from_slice(new);
        late
    }
}

/// The minimum delay, which covers the jitter of most networks.
const MIN_DELAY_MS: u64 = 200;
const MAX_DELAY_MS: u64 = 2000;
/// The minimum size of a returned piece: 60 ms, which gives about 16 pieces per second.
const MIN_SAMPLES: usize = 60 * 8;
const MAX_SAMPLES: usize = 2000 * 8;
/// The maximum distance of audio ahead of the mix: 30 seconds, which is more than a call sends ahead of the clock.
const MAX_AHEAD: u64 = 30_000 * BYTES_PER_MS;

#[cfg(test)]
mod tests {
    use super::*;

    fn audio(byte: u8, ms: usize) -> EncodedAudio {
        EncodedAudio::encode(&vec![byte; ms * 8])
    }

    fn side(both: &[u8], of: usize) -> Vec<u8> {
        both.iter().skip(of).step_by(2).copied().collect()
    }

    #[test]
    fn both_sides_are_where_the_caller_hears_them() {
        let mut mix = LiveMix::starting_at(1000);
        mix.caller(990, &audio(1, 20));
        mix.caller(1040, &audio(2, 20));
        mix.agent(1020, &audio(9, 200));
        mix.truncate_agent(1050);
        assert_eq!(mix.take(1200), None, "nothing is sent before its delay");
        let both = mix.take(1300).unwrap();
        let (caller, agent) = (side(&both, 0), side(&both, 1));
        assert_eq!(caller.len(), 90 * 8, "the caller's first half came late, and made the delay 10 ms longer");
        assert_eq!((caller[0], caller[79], caller[80], caller[40 * 8]), (1, 1, SILENCE, 2));
        assert_eq!((agent[0], agent[20 * 8], agent[50 * 8 - 1], agent[50 * 8]), (SILENCE, 9, 9, SILENCE));
    }

    #[test]
    fn a_late_network_makes_the_delay_longer_once() {
        let (mut mix, mut silent) = (LiveMix::starting_at(0), 0);
        for frame in 0..500_u64 {
            // Each frame arrives 400 ms after its time.
            mix.caller(frame * 20, &audio(1, 20));
            let both = mix.take(frame * 20 + 420).unwrap_or_default();
            silent += side(&both, 0).into_iter().map(|sample| usize::from(sample == SILENCE)).sum::<usize>();
        }
        assert!(silent <= 500 * 8, "{silent} samples of 80000 were lost");
    }

    #[test]
    fn memory_stays_small_whatever_the_clocks_say() {
        let mut mix = LiveMix::starting_at(0);
        mix.caller(u64::MAX / 16, &audio(1, 20));
        mix.agent(29_000, &audio(1, 20));
        assert!(mix.agent.samples.len() < 300_000 && mix.caller.samples.is_empty());
        assert_eq!(mix.take(3_600_000).map(|both| both.len()), Some(2 * MAX_SAMPLES));
        assert!(mix.agent.samples.is_empty());
    }
}
