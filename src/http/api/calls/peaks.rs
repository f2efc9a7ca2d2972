//! The waveform of a call's recording.

use super::recording::{choose, recording_expired};
use super::view::Peaks;
use crate::domain::{CallId, RecordingState};
use crate::http::auth::Member;
use crate::http::extract::{Id, Query};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::recording_peaks::PeaksError;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

/// The resolution of a waveform.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http::api) struct PeaksQuery {
    /// The maximum number of peaks for each side of the call, 1 to 4000; 800 by default. A recording has 20 peaks per
    /// second, so a short recording has fewer.
    #[param(minimum = 1, maximum = 4000)]
    bins: Option<u32>,
}

/// Get the waveform of the recording of a call.
#[utoipa::path(get, path = "/api/calls/{id}/peaks", tag = "calls", operation_id = "get_call_peaks",
    params(("id" = i64, Path), PeaksQuery), responses((status = 200, body = Peaks),
        (status = 404, description = "No such call, or no sound of it", body = ErrorBody),
        (status = 410, description = "`recording_expired`: it was here, and was deleted.", body = ErrorBody)))]
pub(in crate::http::api) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
    Query(query): Query<PeaksQuery>,
) -> Result<Json<Peaks>, ApiError> {
    let bins = query.bins.map_or(Ok(DEFAULT_BINS), u16::try_from).ok().filter(|bins| (1..=MAX_BINS).contains(bins));
    let bins = bins.ok_or_else(|| ApiError::invalid(format!("bins must be 1 to {MAX_BINS}")).with_field("bins"))?;
    let recordings = state.store.read(move |tx| tx.recordings(CallId(id))).await?;
    let found = choose(recordings, None);
    if found.as_ref().is_some_and(|recording| recording.state == RecordingState::Pruned) {
        return Err(recording_expired());
    }
    let complete = found.filter(|recording| recording.state == RecordingState::Complete);
    let recording = complete.ok_or_else(|| ApiError::not_found("there is no sound of this call"))?;
    let peaks = state.peaks.of(recording).await.map_err(|error| match error {
        PeaksError::Store(error) => error.into(),
        PeaksError::Unreadable(_) => ApiError::not_found("the recording of this call cannot be decoded"),
    })?;
    Ok(Json(Peaks::new(&peaks, usize::from(bins))))
}

const DEFAULT_BINS: u16 = 800;
const MAX_BINS: u16 = 4000;
