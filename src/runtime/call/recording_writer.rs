//! Writes the recording of a call to the database during the call, as a WAV file in chunks that is playable at any
//! time.

use crate::audio::{EncodedAudio, Recorder, mulaw, wav};
use crate::clock;
use crate::crm::recording;
use crate::domain::{CallSid, StreamSid};
use crate::runtime::jobs::Jobs;
use crate::store::{self, Store, WriteTx};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How many chunks are queued for a slow disk. Further chunks are dropped, because the call has priority over its
/// recording.
const MAX_WAITING_CHUNKS: usize = 10;
/// One channel for the caller and one for the agent.
const CHANNELS: u16 = 2;

pub(super) struct RecordingWriter {
    recorder: Recorder,
    call: CallSid,
    key: String,
    store: Store,
    chunks: i64,
    bytes: u64,
    /// The number of bytes of dropped chunks, which silence replaces before the next chunk.
    dropped: usize,
    waiting_chunks: Arc<AtomicUsize>,
}

impl RecordingWriter {
    pub(super) fn start(call: &CallSid, stream: &StreamSid, store: Store) -> Self {
        let (call, key, at) = (call.clone(), stream.as_str().to_owned(), clock::now());
        let (sid, name) = (call.clone(), key.clone());
        store.write_soon(move |tx| recording::start(tx, &sid, &name, &wav::header(CHANNELS, u64::MAX), at));
        Self {
            recorder: Recorder::default(),
            call,
            key,
            store,
            chunks: 0,
            bytes: 0,
            dropped: 0,
            waiting_chunks: Arc::default(),
        }
    }

    pub(super) fn caller(&mut self, at_ms: u64, audio: &EncodedAudio) {
        self.recorder.caller(at_ms, audio);
    }

    pub(super) fn agent(&mut self, at_ms: u64, audio: &EncodedAudio) {
        self.recorder.agent(at_ms, audio);
    }

    pub(super) fn truncate_agent(&mut self, at_ms: u64) {
        self.recorder.truncate_agent(at_ms);
    }

    pub(super) fn flush(&mut self, elapsed: Duration) {
        if let Some(chunk) = self.recorder.take_chunk(ms(elapsed)) {
            self.write(chunk);
        }
    }

    /// Wakes the workers, which compress the recording and transcribe a message in it, when the recording is stored.
    pub(super) fn finish(mut self, elapsed: Duration, workers: [Jobs; 2]) {
        let rest = self.recorder.finish(ms(elapsed));
        if !rest.is_empty() {
            self.write(rest);
        }
        let (key, header, now) = (self.key, wav::header(CHANNELS, self.bytes), clock::now());
        self.store.write_soon(move |tx| recording::finish(tx, &key, &header, now));
        // The database executes writes in order, so this empty write is acknowledged after the commit of all writes
        // before it.
        let store = self.store;
        tokio::spawn(async move {
            if store.write(|_| Ok(())).await.is_ok() {
                workers.iter().for_each(Jobs::wake);
            }
        });
    }

    fn write(&mut self, chunk: Vec<u8>) {
        if self.waiting_chunks.load(Ordering::Relaxed) >= MAX_WAITING_CHUNKS {
            self.dropped += chunk.len();
            let (sid, stream) = (&self.call, &self.key);
            return tracing::warn!(
                event = "RECORDING_GAP",
                call.sid = %sid,
                stream.sid = %stream,
                "The recording of call {sid} is not stored fast enough, usually because the disk is slow: a part of it was dropped and is silent"
            );
        }
        let chunk = after_silence(std::mem::take(&mut self.dropped), chunk);
        self.bytes += chunk.len() as u64;
        let duration_ms = i64::try_from(self.bytes / (8 * u64::from(CHANNELS))).unwrap_or(i64::MAX);
        self.chunks += 1;
        let (key, number, waiting_chunks) = (self.key.clone(), self.chunks, self.waiting_chunks.clone());
        waiting_chunks.fetch_add(1, Ordering::Relaxed);
        self.store.write_soon(move |tx| {
            waiting_chunks.fetch_sub(1, Ordering::Relaxed);
            recording::append(tx, &key, number, &chunk, duration_ms)
        });
    }
}

/// The silence keeps the chunk's position in the recording equal to its time in the call.
fn after_silence(dropped: usize, mut chunk: Vec<u8>) -> Vec<u8> {
    chunk.splice(0..0, std::iter::repeat_n(mulaw::SILENCE, dropped));
    chunk
}

/// Skips recordings that are already finished.
pub(in crate::runtime) fn finish_interrupted(tx: &WriteTx<'_>, keys: &[String]) -> store::Result<()> {
    for running in tx.running_recordings()?.into_iter().filter(|running| keys.contains(&running.key)) {
        let header = wav::header(CHANNELS, running.bytes.saturating_sub(wav::HEADER_BYTES as u64));
        recording::finish(tx, &running.key, &header, clock::now())?;
    }
    Ok(())
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_replaces_dropped_audio() {
        assert_eq!(after_silence(0, vec![1, 2]), [1, 2]);
        assert_eq!(after_silence(3, vec![1, 2]), [mulaw::SILENCE, mulaw::SILENCE, mulaw::SILENCE, 1, 2]);
    }
}
