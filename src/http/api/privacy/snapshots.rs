//! The snapshots that still contain a contact who was deleted.

use crate::backup::{Kind, Snapshot};
use crate::domain::Timestamp;
use crate::http::AppState;
use serde::Serialize;
use std::time::Duration;

/// A snapshot that was made before a contact was deleted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SnapshotWithContact {
    /// The file name.
    name: String,
    /// When the retention policy deletes it at the latest, if a snapshot is made each night. Null: when enough newer ones of its kind
    /// exist.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// The snapshots from before `at`, newest first.
pub(super) async fn before(state: &AppState, at: Timestamp) -> Vec<SnapshotWithContact> {
    let (snapshots, config) = (state.snapshots.clone(), state.config());
    // The folder may be at the other end of a network.
    let found = tokio::task::spawn_blocking(move || snapshots.list()).await;
    let found = found.ok().and_then(Result::ok).unwrap_or_default();
    let days = config.backup.keep_days.max(config.backup.keep_weeks.saturating_mul(7));
    let kept_for = Duration::from_hours(24).saturating_mul(u32::try_from(days).unwrap_or(u32::MAX));
    let until = |snapshot: &Snapshot| {
        matches!(snapshot.kind, Kind::Nightly | Kind::Manual).then(|| snapshot.created_at.plus(kept_for))
    };
    let older = found.into_iter().filter(|snapshot| snapshot.created_at <= at);
    older.map(|snapshot| SnapshotWithContact { until: until(&snapshot), name: snapshot.name }).collect()
}
