//! The users who listen to a live call. The registry of listeners exists only while at least one user listens, and
//! receives the same audio as the recording.

use crate::audio::{EncodedAudio, LiveMix};
use bytes::Bytes;
use std::time::Instant;
use tokio::sync::broadcast;

/// How many pieces of audio are queued for a listener: about 4 seconds. A slower listener loses pieces; the call never
/// waits for it.
const MAX_WAITING: usize = 64;

pub(super) struct Listeners {
    sender: broadcast::Sender<Bytes>,
    /// The mixed audio of the current stream, and the start of the stream; `None` while there is no stream.
    stream: Option<(LiveMix, Instant)>,
}

impl Listeners {
    /// `began` is the start of the current stream, if there is one.
    pub(super) fn new(began: Option<Instant>, now: Instant) -> Self {
        let mut listeners = Self { sender: broadcast::channel(MAX_WAITING).0, stream: None };
        if let Some(began) = began {
            listeners.stream_began(began, now);
        }
        listeners
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Bytes> {
        self.sender.subscribe()
    }

    /// The new stream's audio is timed from `began` on.
    pub(super) fn stream_began(&mut self, began: Instant, now: Instant) {
        self.stream = Some((LiveMix::starting_at(ms_between(began, now)), began));
    }

    pub(super) fn caller(&mut self, at_ms: u64, audio: &EncodedAudio) {
        if let Some((mix, _)) = &mut self.stream {
            mix.caller(at_ms, audio);
        }
    }

    pub(super) fn agent(&mut self, at_ms: u64, audio: &EncodedAudio) {
        if let Some((mix, _)) = &mut self.stream {
            mix.agent(at_ms, audio);
        }
    }

    pub(super) fn truncate_agent(&mut self, at_ms: u64) {
        if let Some((mix, _)) = &mut self.stream {
            mix.truncate_agent(at_ms);
        }
    }

    /// Returns false if no user listens any more. During a stream, this is checked only when audio is due.
    pub(super) fn flush(&mut self, now: Instant) -> bool {
        let Some((mix, began)) = &mut self.stream else { return self.sender.receiver_count() > 0 };
        match mix.take(ms_between(*began, now)) {
            Some(both) => self.sender.send(both.into()).is_ok(),
            None => true,
        }
    }
}

fn ms_between(began: Instant, now: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(began).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use std::time::Duration;
    use tokio::sync::broadcast::error::TryRecvError;

    #[test]
    fn a_listener_that_does_not_read_misses_sound_and_delays_nothing() {
        let began = clock::instant();
        let mut listeners = Listeners::new(Some(began), began);
        let (mut slow, mut quick) = (listeners.subscribe(), listeners.subscribe());
        let mut heard = 0;
        for frame in 0..1000_u64 {
            listeners.caller(frame * 20, &EncodedAudio::encode(&[1; 160]));
            assert!(listeners.flush(began + Duration::from_millis(frame * 20 + 20)));
            heard += quick.try_recv().map_or(0, |piece| piece.len());
        }
        // 20 seconds of both sides, minus the mixing delay.
        assert!((310_000..320_000).contains(&heard), "{heard}");
        assert!(matches!(slow.try_recv(), Err(TryRecvError::Lagged(missed)) if missed > 200));
        assert!(slow.try_recv().is_ok(), "it continues with what is new");
        drop((slow, quick));
        assert!(!listeners.flush(began + Duration::from_secs(30)), "no user listens any more");
    }
}
