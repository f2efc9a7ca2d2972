//! Reads what the caller said from the recording of a media stream, which is a WAV file or its compressed form.

use super::jobs::JobError;
use super::recording_peaks::unless_replaced;
use crate::audio::opus::{OpusError, OpusFile};
use crate::audio::wav::{self, WavFormat};
use crate::domain::RecordingId;
use crate::store::{self, Store};
use std::time::Duration;

/// The caller's channel.
#[derive(Debug)]
pub(super) struct CallerSound {
    /// Samples per second.
    rate: u32,
    pub(super) pcm: Vec<i16>,
}

impl CallerSound {
    /// Returns a WAV file, and its length in milliseconds.
    pub(super) fn into_wav(self) -> (Vec<u8>, i64) {
        let Self { rate, pcm } = self;
        let mut file = wav::pcm_header(1, rate, pcm.len() as u64).to_vec();
        file.extend(pcm.iter().flat_map(|sample| sample.to_le_bytes()));
        let length_ms = pcm.len() as u64 * 1000 / u64::from(rate.max(1));
        (file, i64::try_from(length_ms).unwrap_or(i64::MAX))
    }
}

/// Returns the caller's channel from a time in the recording on. `None` if the recording was deleted, or is not a
/// recording of a stream.
pub(super) async fn caller_sound(
    store: &Store,
    id: RecordingId,
    from_ms: u64,
    longest: Duration,
) -> Result<Option<CallerSound>, JobError> {
    // A recording that is compressed meanwhile is read again in its new form.
    match in_wav(store, id, from_ms, longest).await.map_err(|error| later(&error))? {
        Some(sound) => Ok(Some(sound)),
        None => in_opus(store, id, from_ms, longest).await,
    }
}

/// `None` if the recording is no WAV file any more.
async fn in_wav(store: &Store, id: RecordingId, from_ms: u64, longest: Duration) -> store::Result<Option<CallerSound>> {
    let found = store.read(move |tx| {
        let Some(bytes) = tx.wav_recording_bytes(id)? else { return Ok(None) };
        let Some(format) = WavFormat::parse(&tx.recording_part(id, WAV, 0, MAX_HEADER_BYTES)?, bytes) else {
            return Ok(None);
        };
        let bytes_of = |ms: u64| ms.saturating_mul(u64::from(format.rate)) / 1000 * format.frame_bytes();
        let start = format.data.end.min(format.data.start.saturating_add(bytes_of(from_ms)));
        let end = format.data.end.min(start.saturating_add(bytes_of(ms(longest))));
        let most = usize::try_from(end - start).unwrap_or(usize::MAX);
        let content = tx.recording_part(id, WAV, start, most)?;
        Ok(Some((format, content)))
    });
    let Some(Some((format, content))) = unless_replaced(found.await)? else { return Ok(None) };
    let mut samples = Vec::new();
    format.decode_into(&content, &mut samples);
    Ok(Some(CallerSound { rate: format.rate, pcm: channel(&samples, format.channels) }))
}

async fn in_opus(
    store: &Store,
    id: RecordingId,
    from_ms: u64,
    longest: Duration,
) -> Result<Option<CallerSound>, JobError> {
    let unreadable = |error: OpusError| JobError::Permanent(format!("the recording cannot be decoded: {error}"));
    let ends = unless_replaced(store.read(move |tx| tx.recording_ends(id)).await).map_err(|error| later(&error))?;
    let Some((head, last)) = ends.flatten() else { return Ok(None) };
    let file = OpusFile::open(&head, &last).map_err(unreadable)?;
    let frame = |ms: u64| ms.saturating_mul(u64::from(file.rate)) / 1000;
    let (start, most) = (frame(from_ms), usize::try_from(frame(ms(longest))).unwrap_or(usize::MAX));
    let first = file.segment_of(start);
    let skipped = usize::try_from(start.saturating_sub(file.first_frame(first))).unwrap_or_default();
    let chunk = |segment: u64| {
        // Chunk 0 is the head; each segment is one further chunk.
        let seq = i64::try_from(segment).unwrap_or(i64::MAX).saturating_add(1);
        store.read(move |tx| tx.recording_chunk(id, seq))
    };
    let mut before = match first.checked_sub(1) {
        Some(before) => chunk(before).await.map_err(|error| later(&error))?,
        None => None,
    };
    let mut pcm = Vec::new();
    for segment in first..file.segments() {
        let Some(content) = chunk(segment).await.map_err(|error| later(&error))? else { break };
        let samples = file.decode(segment, before.as_deref(), &content).map_err(unreadable)?;
        pcm.extend(channel(&samples, file.channels));
        before = Some(content);
        if pcm.len() >= most.saturating_add(skipped) {
            break;
        }
    }
    pcm.drain(..skipped.min(pcm.len()));
    pcm.truncate(most);
    Ok(Some(CallerSound { rate: file.rate, pcm }))
}

/// Returns the first channel, which is the caller's.
fn channel(samples: &[i16], channels: u16) -> Vec<i16> {
    samples.iter().step_by(usize::from(channels.max(1))).copied().collect()
}

fn later(error: &store::Error) -> JobError {
    JobError::Retry(error.to_string())
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

const WAV: &str = "audio/wav";
/// The maximum size of a header.
const MAX_HEADER_BYTES: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::mulaw;
    use crate::audio::opus::{self, OpusEncoder};
    use crate::clock;
    use crate::config::StoreConfig;
    use crate::crm::call::{IncomingCall, find_or_create};
    use crate::crm::recording;
    use crate::domain::CallSid;
    use crate::store::CompressedFile;
    use phonenumber::country;

    /// The loudness of the caller's and of the agent's tone.
    const CALLER: i16 = 8_000;
    const AGENT: i16 = 2_000;

    /// The samples of both channels: a tone that lasts 2 s, and then a tone of twice the loudness of the caller.
    fn stereo() -> Vec<i16> {
        let tone = |at: i16, level: i16| if at % 16 < 8 { level } else { -level };
        let frame = |at: i16| {
            let level = if at < 16_000 { CALLER / 2 } else { CALLER };
            [tone(at, level), tone(at, AGENT)]
        };
        (0..32_000).flat_map(frame).collect()
    }

    async fn heard(store: &Store, id: RecordingId, from_ms: u64) -> (usize, i16) {
        let sound = caller_sound(store, id, from_ms, Duration::from_secs(1)).await.unwrap().unwrap();
        let middle = &sound.pcm[sound.pcm.len() / 4..sound.pcm.len() * 3 / 4];
        let loudness: i64 = middle.iter().map(|sample| i64::from(*sample).abs()).sum();
        (
            sound.pcm.len() * 1000 / sound.rate as usize,
            i16::try_from(loudness / i64::try_from(middle.len()).unwrap()).unwrap(),
        )
    }

    #[tokio::test]
    async fn the_part_of_the_caller_is_the_same_in_each_form_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let database_url = Some(folder.path().join("agentlocator.db").display().to_string());
        let (store, _) = Store::open(&StoreConfig { database_url, ..StoreConfig::default() }).unwrap();
        let samples = stereo();
        let content: Vec<u8> = samples.iter().map(|sample| mulaw::encode(*sample)).collect();
        let write = move |tx: &store::WriteTx<'_>| {
            let (call, now) = (format!("CA{:032x}", 1).parse::<CallSid>().unwrap(), clock::now());
            find_or_create(tx, &IncomingCall::by_sid(call.clone()), country::IL, now)?;
            recording::start(tx, &call, "MZ1", &wav::header(2, u64::MAX), now)?;
            recording::append(tx, "MZ1", 1, &content, 4_000)?;
            recording::finish(tx, "MZ1", &wav::header(2, content.len() as u64), now)?;
            tx.recording_id("MZ1")
        };
        let id = store.write(write).await.unwrap().unwrap();
        let is_near = |found: (usize, i16), level: i16| {
            assert!(found.0 == 1_000 && (found.1 - level).abs() < level / 4, "{found:?} {level}");
        };
        is_near(heard(&store, id, 500).await, CALLER / 2);
        is_near(heard(&store, id, 2_500).await, CALLER);
        assert_eq!(heard_length(&store, id, 3_500).await, 500);
        assert_eq!(heard_length(&store, id, 9_000).await, 0);

        let mut encoder = OpusEncoder::new(2, 8_000, 1).unwrap();
        let mut chunks = vec![encoder.head().unwrap()];
        chunks.extend(encoder.push(&samples).unwrap());
        chunks.extend(encoder.finish().unwrap());
        let file = CompressedFile { mime: opus::MIME, channels: 2, duration_ms: 4_000, chunks };
        let replace = move |tx: &store::WriteTx<'_>| {
            let bytes = tx.wav_recording_bytes(id)?.unwrap();
            recording::compress(tx, id, bytes, &file)
        };
        assert!(store.write(replace).await.unwrap());
        is_near(heard(&store, id, 500).await, CALLER / 2);
        is_near(heard(&store, id, 2_500).await, CALLER);
        assert_eq!(heard_length(&store, id, 3_500).await, 500);
        assert_eq!(heard_length(&store, id, 9_000).await, 0);
    }

    async fn heard_length(store: &Store, id: RecordingId, from_ms: u64) -> usize {
        let sound = caller_sound(store, id, from_ms, Duration::from_secs(1)).await.unwrap().unwrap();
        sound.pcm.len() * 1000 / sound.rate as usize
    }
}
