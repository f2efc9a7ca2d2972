//! The recording of a call, as the stored file or as a decoded WAV file. Byte ranges let a player seek.

use super::view::Format;
use crate::audio::opus::{self, OpusFile};
use crate::audio::wav;
use crate::domain::{CallId, Recording, RecordingId, RecordingState};
use crate::http::auth::Member;
use crate::http::extract::{Id, Query};
use crate::http::ranges::{FileInfo, answer, stream_chunks};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::{self, Store};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use std::ops::Range;
use std::sync::Arc;

/// Selects one of a call's audio files, and its format.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RecordingQuery {
    /// The id of one of the call's `recordings`; by default the newest complete one.
    recording_id: Option<i64>,
    /// `opus` for the file as it is stored; `wav` for players that cannot play Ogg Opus (Safari before 18.4). The
    /// parameter overrides the `Accept` header. Without both, the response is the file as it is stored. A recording
    /// that is not compressed yet is WAV in both formats.
    #[param(inline)]
    format: Option<Format>,
}

/// Get the recording of a call.
#[utoipa::path(get, path = "/api/calls/{id}/recording", tag = "calls", operation_id = "get_call_recording",
    params(("id" = i64, Path), RecordingQuery), responses(
        (status = 200, description = "Both sides in stereo: the caller left, the agent right. Ranges work in both forms.", content((Vec<u8> = "audio/ogg"), (Vec<u8> = "audio/wav"))),
        (status = 206, description = "The range that was asked for"),
        (status = 404, description = "No such call, or no sound of it", body = ErrorBody),
        (status = 410, description = "`recording_expired`: it was here, and was deleted.", body = ErrorBody), (status = 416)))]
pub(super) async fn play(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
    Query(query): Query<RecordingQuery>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = state.store.read(move |tx| {
        let recordings = tx.recordings(CallId(id))?;
        let Some(recording) = choose(recordings, query.recording_id) else { return Ok(None) };
        let length = tx.recording_length(recording.id)?;
        Ok(Some((recording, length)))
    });
    let found = found.await?;
    if found.as_ref().is_some_and(|(recording, _)| recording.state == RecordingState::Pruned) {
        return Err(recording_expired());
    }
    let found = found.filter(|(_, length)| *length > 0);
    let (recording, length) = found.ok_or_else(|| ApiError::not_found("there is no sound of this call"))?;
    let wants_wav = query.format.map_or_else(|| prefers_wav(&headers), |format| format == Format::Wav);
    let mut response = if recording.mime == opus::MIME && wants_wav {
        let file = open(&state.store, recording.id).await?;
        let etag = format!("{}-{length}-wav", recording.id);
        let info =
            FileInfo { mime: WAV, length: decoded_length(&file), etag: &etag, cache_control: "private, no-cache" };
        answer(&method, &headers, &info, |part| decode_part(state.store.clone(), recording.id, file, part))
    } else {
        let etag = format!("{}-{length}", recording.id);
        let info = FileInfo { mime: &recording.mime, length, etag: &etag, cache_control: "private, no-cache" };
        let (store, id, mime) = (state.store.clone(), recording.id, recording.mime.clone());
        answer(&method, &headers, &info, |part| {
            stream_chunks(part, move |at, most| {
                let (store, mime) = (store.clone(), mime.clone());
                async move { store.read(move |tx| tx.recording_part(id, &mime, at, most)).await }
            })
        })
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

pub(super) fn recording_expired() -> ApiError {
    ApiError::expired("recording_expired", "the recording was deleted, as the settings say")
}

pub(super) fn choose(recordings: Vec<Recording>, wanted: Option<i64>) -> Option<Recording> {
    if let Some(id) = wanted {
        return recordings.into_iter().find(|recording| recording.id == RecordingId(id));
    }
    let newest = |state| recordings.iter().rfind(|recording| recording.state == state).cloned();
    newest(RecordingState::Complete).or_else(|| newest(RecordingState::Pruned))
}

/// Returns true if `Accept` rates WAV above Ogg (RFC 9110, section 12.5.1). Safari's `Accept` header does not tell the
/// two apart, so the web page sets `format` for Safari.
fn prefers_wav(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<(String, f32)> = lists.flat_map(|list| list.split(',')).filter_map(media_range).collect();
    let quality = |types: &[&str]| {
        let named = ranges.iter().filter(|(range, _)| types.contains(&range.as_str())).map(|(_, q)| *q);
        let of = |wanted: &str| ranges.iter().find(|(range, _)| range == wanted).map(|(_, q)| *q);
        named.reduce(f32::max).or_else(|| of("audio/*")).or_else(|| of("*/*")).unwrap_or(0.0)
    };
    quality(&[WAV, "audio/x-wav", "audio/wave", "audio/vnd.wave"]) > quality(&["audio/ogg", "application/ogg"])
}

fn media_range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| range.contains('/'))?.to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((range, quality.map_or(1.0, |q| q.trim().parse().unwrap_or(0.0))))
}

async fn open(store: &Store, id: RecordingId) -> Result<Arc<OpusFile>, ApiError> {
    let ends = store.read(move |tx| tx.recording_ends(id)).await?;
    let (head, last) = ends.ok_or_else(|| ApiError::not_found("there is no sound of this call"))?;
    let file = OpusFile::open(&head, &last).map_err(|error| {
        tracing::error!(event = "RECORDING_UNREADABLE", recording.id = %id, %error, "Recording {id} cannot be decoded; it cannot be played");
        ApiError::internal()
    })?;
    Ok(Arc::new(file))
}

fn decoded_length(file: &OpusFile) -> u64 {
    wav::PCM_HEADER_BYTES as u64 + file.frames * frame_bytes(file)
}

fn frame_bytes(file: &OpusFile) -> u64 {
    u64::from(file.channels) * 2
}

/// Streams a byte range of the decoded WAV file: the header, then one segment at a time.
fn decode_part(store: Store, id: RecordingId, file: Arc<OpusFile>, part: Range<u64>) -> Body {
    Body::from_stream(stream::try_unfold(part, move |left| {
        let (store, file) = (store.clone(), file.clone());
        async move {
            if left.is_empty() {
                return Ok::<_, PlayError>(None);
            }
            let (begin, content) = piece_at(&store, id, file, left.start).await?;
            let byte = |at: u64| usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX).min(content.len());
            let piece = content.slice(byte(left.start)..byte(left.end));
            if piece.is_empty() {
                return Err(PlayError::Short);
            }
            let next = left.start + piece.len() as u64..left.end;
            Ok(Some((piece, next)))
        }
    }))
}

/// Returns the header or the decoded segment that contains the byte at this offset, and the offset at which it begins.
async fn piece_at(store: &Store, id: RecordingId, file: Arc<OpusFile>, at: u64) -> Result<(u64, Bytes), PlayError> {
    const HEADER: u64 = wav::PCM_HEADER_BYTES as u64;
    let Some(in_sound) = at.checked_sub(HEADER) else {
        let header = wav::pcm_header(file.channels, file.rate, file.frames);
        return Ok((0, Bytes::copy_from_slice(&header)));
    };
    let segment = file.segment_of(in_sound / frame_bytes(&file));
    // Chunk 0 is the Opus header; segment `n` is chunk `n + 1`.
    let seq = i64::try_from(segment).unwrap_or(i64::MAX).saturating_add(1);
    let chunks = store.read(move |tx| {
        let before = if seq > 1 { tx.recording_chunk(id, seq - 1)? } else { None };
        Ok((before, tx.recording_chunk(id, seq)?))
    });
    let (before, Some(content)) = chunks.await? else { return Err(store::Error::NotFound("recording").into()) };
    let begin = HEADER + file.first_frame(segment) * frame_bytes(&file);
    let decoding = tokio::task::spawn_blocking(move || {
        let samples = file.decode(segment, before.as_deref(), &content)?;
        Ok::<_, PlayError>(samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>())
    });
    Ok((begin, decoding.await.map_err(|_| PlayError::Short)??.into()))
}

/// The error that ends a decoded file before its announced length.
#[derive(Debug, thiserror::Error)]
enum PlayError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Opus(#[from] opus::OpusError),
    #[error("the recording is shorter than its last page says")]
    Short,
}

const WAV: &str = "audio/wav";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wav_is_the_answer_only_where_it_is_rated_higher() {
        for (accept, wav) in [
            ("*/*", false),
            ("", false),
            // The `Accept` header of Firefox's audio element.
            ("audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,application/ogg;q=0.7,video/*;q=0.6,*/*;q=0.5", false),
            ("audio/wav", true),
            ("audio/x-wav, audio/*;q=0.5", true),
            ("audio/ogg;q=0.2, audio/*", true),
            ("audio/ogg, audio/wav;q=0.9", false),
            ("audio/ogg; codecs=opus", false),
            ("text/html, nonsense, ;q=1", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
            assert_eq!(prefers_wav(&headers), wav, "{accept}");
        }
    }
}
