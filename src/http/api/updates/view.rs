//! API types of updates.

use crate::domain::Timestamp;
use crate::providers::release_feed;
use serde::Serialize;

/// The installed release, and the newest one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct UpdatesResponse {
    /// How often the daemon checks the release feed: `off` or `weekly`.
    pub(super) check: &'static str,
    /// The version of the running release.
    pub(super) installed: &'static str,
    /// The newest release that the feed named; null if no check has succeeded yet.
    pub(super) newest: Option<Release>,
    /// Whether the newest release is newer than the installed one.
    pub(super) is_newer: bool,
    /// When the daemon last checked the release feed, even without success; null if it never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) checked_at: Option<Timestamp>,
    /// Whether the last check failed. It is then repeated after a day instead of a week.
    pub(super) failed: bool,
}

/// The release that the release feed describes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Release {
    /// The version number, such as `1.4.0`.
    version: String,
    /// The release date, such as `2026-11-20`; null if the feed has none.
    date: Option<String>,
    /// The URL of the release notes; null if the feed has none.
    notes_url: Option<String>,
    /// Whether the release contains an urgent fix.
    urgent: bool,
}

impl From<release_feed::Release> for Release {
    fn from(release_feed::Release { version, date, notes_url, urgent }: release_feed::Release) -> Self {
        Self { version, date, notes_url, urgent }
    }
}
