//! Computes and stores the waveforms of recordings, one at a time, on a low-priority thread.

use super::low_priority::on_low_priority_thread;
use crate::audio::opus::{self, OpusFile};
use crate::audio::peaks::PeakMeter;
use crate::audio::wav::WavFormat;
use crate::crm::recording;
use crate::domain::{Recording, RecordingId};
use crate::store::{self, Priority, Store, StoredPeaks};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Clones share the limit of one recording at a time.
#[derive(Clone)]
pub struct RecordingPeaks {
    store: Store,
    turn: Arc<Semaphore>,
}

#[derive(Debug, thiserror::Error)]
pub enum PeaksError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the recording cannot be decoded: {0}")]
    Unreadable(String),
}

impl RecordingPeaks {
    pub fn new(store: &Store) -> Self {
        Self { store: store.with_priority(Priority::Job), turn: Arc::new(Semaphore::new(1)) }
    }

    /// Computes the waveform if it is not stored yet.
    pub async fn of(&self, recording: Recording) -> Result<StoredPeaks, PeaksError> {
        let id = recording.id;
        if let Some(stored) = self.store.read(move |tx| tx.recording_peaks(id)).await? {
            return Ok(stored);
        }
        // The semaphore is never closed, so acquiring it cannot fail.
        let _turn = self.turn.acquire().await;
        if let Some(stored) = self.store.read(move |tx| tx.recording_peaks(id)).await? {
            return Ok(stored);
        }
        let store = self.store.clone();
        let measured = on_low_priority_thread("peaks", async move { measure(&store, &recording).await }).await;
        let peaks = measured.map_err(|error| PeaksError::Unreadable(error.to_string()))?.ok_or_else(panicked)??;
        let stored = peaks.clone();
        self.store.write(move |tx| recording::store_peaks(tx, id, &stored)).await?;
        Ok(peaks)
    }
}

fn panicked() -> PeaksError {
    PeaksError::Unreadable("the thread ended".to_owned())
}

async fn measure(store: &Store, recording: &Recording) -> Result<StoredPeaks, PeaksError> {
    let as_wav = if recording.mime == opus::MIME { None } else { measure_wav(store, recording).await? };
    let (duration_ms, [caller, agent]) = match as_wav {
        Some(measured) => measured,
        None => measure_opus(store, recording.id).await?,
    };
    Ok(StoredPeaks { duration_ms: i64::try_from(duration_ms).unwrap_or(i64::MAX), caller, agent })
}

async fn measure_opus(store: &Store, id: RecordingId) -> Result<(u64, [Vec<u8>; 2]), PeaksError> {
    let unreadable = |error: opus::OpusError| PeaksError::Unreadable(error.to_string());
    let ends = store.read(move |tx| tx.recording_ends(id)).await?;
    let (head, last) = ends.ok_or(store::Error::NotFound("recording"))?;
    let file = OpusFile::open(&head, &last).map_err(unreadable)?;
    let mut meter = PeakMeter::new(file.channels, file.rate);
    let mut before = None;
    for segment in 0..file.segments() {
        // Chunk 0 is the head; each segment is one further chunk.
        let seq = i64::try_from(segment).unwrap_or(i64::MAX).saturating_add(1);
        let Some(content) = store.read(move |tx| tx.recording_chunk(id, seq)).await? else { break };
        meter.push(&file.decode(segment, before.as_deref(), &content).map_err(unreadable)?);
        before = Some(content);
    }
    Ok((file.duration_ms(), meter.finish()))
}

/// `None` if the recording was compressed or deleted meanwhile.
async fn measure_wav(store: &Store, recording: &Recording) -> Result<Option<(u64, [Vec<u8>; 2])>, PeaksError> {
    let (id, mime) = (recording.id, recording.mime.clone());
    let found =
        store.read(move |tx| Ok((tx.recording_part(id, &mime, 0, MAX_HEADER_BYTES)?, tx.recording_length(id)?)));
    let Some((start, bytes)) = unless_replaced(found.await)? else { return Ok(None) };
    let format = WavFormat::parse(&start, bytes);
    let format = format.ok_or_else(|| PeaksError::Unreadable("not a WAV file".to_owned()))?;
    let mut meter = PeakMeter::new(format.channels, format.rate);
    let (mut at, mut samples) = (format.data.start, Vec::new());
    let frame = format.frame_bytes().max(1);
    let piece_bytes = PIECE - PIECE % frame;
    while at < format.data.end {
        let most = usize::try_from((format.data.end - at).min(piece_bytes)).unwrap_or(0);
        let mime = recording.mime.clone();
        let piece = store.read(move |tx| tx.recording_part(id, &mime, at, most)).await;
        let Some(piece) = unless_replaced(piece)? else { return Ok(None) };
        if piece.is_empty() {
            break;
        }
        at += piece.len() as u64;
        samples.clear();
        format.decode_into(&piece, &mut samples);
        meter.push(&samples);
    }
    Ok(Some((format.frames() * 1000 / u64::from(format.rate.max(1)), meter.finish())))
}

/// `None` if the recording was deleted, or replaced by its compressed file.
pub(super) fn unless_replaced<T>(read: store::Result<T>) -> store::Result<Option<T>> {
    match read {
        Err(store::Error::NotFound(_)) => Ok(None),
        read => read.map(Some),
    }
}

const PIECE: u64 = 512 << 10;
/// The maximum size of a header, including the metadata that other recorders write before the samples.
const MAX_HEADER_BYTES: usize = 64 << 10;
