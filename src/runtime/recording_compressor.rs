//! Re-encodes the recordings of ended calls from WAV to Opus, one at a time, on a low-priority thread.
//!
//! The encoded file replaces the WAV in one transaction, after a check: the file is decoded again, and must have the
//! same length and a similar loudness. An interrupted job starts again from the beginning.

use super::jobs::{JobError, JobWorker};
use super::low_priority::on_low_priority_thread;
use super::recording_peaks::unless_replaced;
use crate::audio::opus::{self, OpusEncoder, OpusError, OpusFile};
use crate::audio::wav::WavFormat;
use crate::clock;
use crate::crm::recording::{self, CompressJob};
use crate::domain::{JobKind, RecordingId};
use crate::store::{self, CompressedFile, Job, Store};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// `worker` runs only this kind of job, so that other jobs do not wait for it.
pub async fn run(worker: JobWorker, store: Store, stopping: CancellationToken) {
    let until = stopping.clone();
    let worker = worker.on(JobKind::CompressRecording, move |job| {
        let (store, until) = (store.clone(), until.clone());
        async move {
            // The job runs again after the next start of the service.
            let cut_off = || Err(JobError::Retry("the service is stopping".to_owned()));
            until.run_until_cancelled(Box::pin(compress(store, job))).await.unwrap_or_else(cut_off)
        }
    });
    worker.run(stopping).await;
}

async fn compress(store: Store, job: Job) -> Result<(), JobError> {
    let CompressJob { recording_id } =
        serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
    let started = clock::instant();
    let outcome = Box::pin(run_at_low_priority(async move { replace(&store, recording_id).await })).await?;
    let took = clock::instant().duration_since(started);
    match outcome {
        Outcome::Replaced { wav_bytes, opus_bytes } => tracing::info!(
            event = "RECORDING_COMPRESSED",
            recording.id = %recording_id,
            wav_bytes,
            opus_bytes,
            took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "Recording {recording_id} compressed to Opus: {opus_bytes} bytes instead of {wav_bytes}"
        ),
        Outcome::Skipped(reason) => tracing::info!(
            event = "RECORDING_NOT_COMPRESSED",
            recording.id = %recording_id,
            reason,
            "Recording {recording_id} is not compressed: {reason}"
        ),
        Outcome::Deleted => {}
    }
    // Pauses for as long as the job took, up to a limit, so that a backlog of old recordings leaves about half of the
    // time to other work.
    tokio::time::sleep(took.min(MAX_PAUSE)).await;
    Ok(())
}

enum Outcome {
    Replaced { wav_bytes: u64, opus_bytes: usize },
    Skipped(&'static str),
    Deleted,
}

async fn replace(store: &Store, id: RecordingId) -> Result<Outcome, JobError> {
    let later = |error: store::Error| JobError::Retry(error.to_string());
    let found = store.read(move |tx| {
        let Some(bytes) = tx.wav_recording_bytes(id)? else { return Ok(None) };
        Ok(Some((bytes, tx.recording_part(id, WAV, 0, MAX_HEADER_BYTES)?)))
    });
    let Some((wav_bytes, start)) = found.await.map_err(later)? else { return Ok(Outcome::Deleted) };
    let Some(format) = WavFormat::parse(&start, wav_bytes).filter(opus::can_encode) else {
        return Ok(Outcome::Skipped("it is not a WAV file in a format that can be compressed"));
    };
    // A codec changes the first milliseconds, so the loudness of a short recording would differ. Compressing it would
    // also save little space.
    if format.frames() < u64::from(format.rate) {
        return Ok(Outcome::Skipped("it is shorter than a second"));
    }
    let Some(encoded) = encode(store, id, &format).await? else { return Ok(Outcome::Deleted) };
    let file = verify(&encoded, &format)?;
    let opus_bytes = encoded.chunks.iter().map(Vec::len).sum();
    let compressed = CompressedFile {
        mime: opus::MIME,
        channels: file.channels,
        duration_ms: file.duration_ms(),
        chunks: encoded.chunks,
    };
    let replaced = store.write(move |tx| recording::compress(tx, id, wav_bytes, &compressed)).await.map_err(later)?;
    Ok(if replaced { Outcome::Replaced { wav_bytes, opus_bytes } } else { Outcome::Deleted })
}

struct Encoded {
    chunks: Vec<Vec<u8>>,
    loudness: Loudness,
}

/// Returns `None` if the WAV was deleted during the encoding.
async fn encode(store: &Store, id: RecordingId, format: &WavFormat) -> Result<Option<Encoded>, JobError> {
    // The file contains only one stream, so the serial number may be arbitrary.
    let serial = u32::try_from(id.0 & 0x7fff_ffff).unwrap_or_default();
    let mut encoder = OpusEncoder::new(format.channels, format.rate, serial)?;
    let (mut chunks, mut loudness) = (vec![encoder.head()?], Loudness::default());
    let (mut at, mut samples) = (format.data.start, Vec::new());
    while at < format.data.end {
        let most = usize::try_from(format.data.end - at).unwrap_or(PIECE).min(PIECE);
        let piece = unless_replaced(store.read(move |tx| tx.recording_part(id, WAV, at, most)).await);
        let piece = piece.map_err(|error| JobError::Retry(error.to_string()))?;
        let Some(piece) = piece.filter(|piece| piece.len() == most) else { return Ok(None) };
        samples.clear();
        format.decode_into(&piece, &mut samples);
        loudness.add(&samples, format.channels);
        chunks.extend(encoder.push(&samples)?);
        at += most as u64;
    }
    chunks.extend(encoder.finish()?);
    Ok(Some(Encoded { chunks, loudness }))
}

/// Decodes through the same path as playback.
fn verify(encoded: &Encoded, wav: &WavFormat) -> Result<OpusFile, JobError> {
    let [head, segments @ ..] = encoded.chunks.as_slice() else { return Err(different("the header is missing")) };
    let last = segments.last().ok_or_else(|| different("it has no sound"))?;
    let file = OpusFile::open(head, last)?;
    let (mut frames, mut loudness) = (0, Loudness::default());
    for (segment, content) in segments.iter().enumerate() {
        let before = segment.checked_sub(1).map(|before| segments[before].as_slice());
        let samples = file.decode(segment as u64, before, content)?;
        frames += samples.len() as u64 / u64::from(file.channels);
        loudness.add(&samples, file.channels);
    }
    if frames != wav.frames() || file.frames != wav.frames() || file.channels != wav.channels {
        return Err(different(&format!("{frames} samples instead of {}", wav.frames())));
    }
    if !loudness.is_similar(&encoded.loudness) {
        return Err(different("its level differs"));
    }
    Ok(file)
}

impl From<OpusError> for JobError {
    fn from(error: OpusError) -> Self {
        Self::Permanent(error.to_string())
    }
}

fn different(how: &str) -> JobError {
    JobError::Permanent(format!("the encoded recording does not decode to the same sound: {how}; the WAV is kept"))
}

#[derive(Default)]
struct Loudness {
    energy: [u64; 2],
    frames: u64,
}

impl Loudness {
    fn add(&mut self, samples: &[i16], channels: u16) {
        let width = usize::from(channels);
        for frame in samples.chunks_exact(width) {
            for (sum, sample) in self.energy.iter_mut().zip(frame) {
                *sum = sum.saturating_add(u64::from(sample.unsigned_abs()).pow(2));
            }
        }
        self.frames += (samples.len() / width) as u64;
    }

    /// Returns true if the loudness of each channel that is not nearly silent differs by less than 6 dB.
    fn is_similar(&self, other: &Self) -> bool {
        let mean = |of: &Self, channel: usize| of.energy[channel] / of.frames.max(1);
        (0..2).all(|channel| {
            let (one, two) = (mean(self, channel), mean(other, channel));
            one.max(two) < NOISE_LEVEL || one <= two.saturating_mul(4) && two <= one.saturating_mul(4)
        })
    }
}

/// If the returned future is dropped, the work ends at its next read.
async fn run_at_low_priority<T: Send + 'static>(
    work: impl Future<Output = Result<T, JobError>> + Send + 'static,
) -> Result<T, JobError> {
    let outcome = on_low_priority_thread("compress", work).await;
    let outcome = outcome.map_err(|error| JobError::Retry(error.to_string()))?;
    outcome.unwrap_or_else(|| Err(JobError::Permanent("it panicked".to_owned())))
}

/// How many bytes of the WAV are read at a time: whole frames in every format, half a minute of a call.
const PIECE: usize = 512 << 10;
const WAV: &str = "audio/wav";
/// The maximum size of a header, including the metadata that other recorders write before the samples.
const MAX_HEADER_BYTES: usize = 64 << 10;
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// A mean square below this is noise, which a codec may drop.
const NOISE_LEVEL: u64 = 2500;

#[cfg(test)]
mod tests {
    use super::*;

    fn loudness(samples: &[i16], channels: u16) -> Loudness {
        let mut loudness = Loudness::default();
        loudness.add(samples, channels);
        loudness
    }

    #[test]
    fn silence_instead_of_sound_is_noticed_on_each_channel() {
        let speech = loudness(&[1000, 2000, -1000, -2000], 2);
        assert!(speech.is_similar(&loudness(&[1100, 1900, -900, -2100], 2)));
        assert!(!speech.is_similar(&loudness(&[1000, 0, -1000, 0], 2)));
        assert!(!loudness(&[0, 0], 1).is_similar(&loudness(&[500, -500], 1)));
        assert!(loudness(&[0, 0], 1).is_similar(&loudness(&[20, -20], 1)));
    }
}
