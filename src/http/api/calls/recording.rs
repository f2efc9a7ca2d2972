//! The sound of a call, in ranges, so that a player can jump.

use crate::domain::{CallId, Recording, RecordingId, RecordingState};
use crate::http::extract::{Id, Query};
use crate::http::ranges::{FileInfo, answer};
use crate::http::{Actor, ApiError, AppState, ErrorBody};
use crate::store::Store;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use std::ops::Range;

/// Which of a call's sound files.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RecordingQuery {
    /// One of the call's `recordings`; the newest that is complete unless said otherwise.
    recording_id: Option<i64>,
}

/// The sound of a call.
#[utoipa::path(get, path = "/api/calls/{id}/recording", tag = "calls", params(("id" = i64, Path), RecordingQuery),
    responses((status = 200, content_type = "audio/wav"), (status = 206, description = "The range that was asked for"),
    (status = 404, description = "No such call, or no sound of it", body = ErrorBody), (status = 410, description = "`recording_expired`: it was here, and was deleted.", body = ErrorBody), (status = 416)))]
pub(super) async fn play(
    State(state): State<AppState>,
    _actor: Actor,
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
        return Err(ApiError::expired("recording_expired", "the recording was deleted, as the settings say"));
    }
    let found = found.filter(|(_, length)| *length > 0);
    let (recording, length) = found.ok_or_else(|| ApiError::not_found("there is no sound of this call"))?;
    let etag = format!("{}-{length}", recording.id);
    let file = FileInfo { mime: &recording.mime, length, etag: &etag, cache_control: "private, no-cache" };
    Ok(answer(&method, &headers, &file, |part| stream_part(state.store.clone(), recording.id, part)))
}

fn choose(recordings: Vec<Recording>, wanted: Option<i64>) -> Option<Recording> {
    if let Some(id) = wanted {
        return recordings.into_iter().find(|recording| recording.id == RecordingId(id));
    }
    let newest = |state| recordings.iter().rfind(|recording| recording.state == state).cloned();
    newest(RecordingState::Complete).or_else(|| newest(RecordingState::Pruned))
}

/// A piece at a time, so that an hour of sound is never in memory at once.
fn stream_part(store: Store, id: RecordingId, part: Range<u64>) -> Body {
    Body::from_stream(stream::try_unfold(part, move |left| {
        let store = store.clone();
        async move {
            let most = usize::try_from(left.end - left.start).unwrap_or(PIECE).min(PIECE);
            if most == 0 {
                return Ok(None);
            }
            let piece = store.read(move |tx| tx.recording_part(id, left.start, most)).await?;
            if piece.is_empty() {
                // It was deleted meanwhile; the player sees that the length is not as announced.
                return Err(crate::store::Error::NotFound("recording"));
            }
            let next = left.start + piece.len() as u64..left.end;
            Ok(Some((Bytes::from(piece), next)))
        }
    }))
}

const PIECE: usize = 256 << 10;
