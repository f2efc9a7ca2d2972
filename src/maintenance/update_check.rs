//! Checks for a newer release once a week, if the owner has enabled it, and reports each release once.

use crate::clock;
use crate::domain::Timestamp;
use crate::providers::release_feed::{self, FeedError, FeedResponse, Release, is_newer};
use crate::runtime::Settings;
use crate::store::{self, ReadTx, Store};
use std::time::Duration;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateState {
    /// The newest release that the release feed lists.
    pub newest: Option<Release>,
    pub checked_at: Option<Timestamp>,
    /// The next query is then due after a day instead of a week.
    pub has_failed: bool,
    etag: Option<String>,
    announced: Option<String>,
}

impl UpdateState {
    pub fn read(tx: &ReadTx<'_>) -> store::Result<Self> {
        Ok(Self {
            newest: tx.meta(NEWEST)?.and_then(|text| serde_json::from_str(&text).ok()),
            checked_at: tx.meta(CHECKED_AT)?.and_then(|text| text.parse().ok()),
            has_failed: tx.meta(HAS_FAILED)?.is_some_and(|text| text == "1"),
            etag: tx.meta(ETAG)?.filter(|etag| !etag.is_empty()),
            announced: tx.meta(ANNOUNCED)?,
        })
    }

    /// `None` if no newer release than this program is known.
    pub fn newer(&self) -> Option<&Release> {
        self.newest.as_ref().filter(|release| is_newer(&release.version, INSTALLED))
    }
}

/// Never returns; the caller stops it by dropping the future.
pub async fn run(store: Store, settings: Settings) {
    loop {
        if let Some(feed) = settings.config().updates.weekly_feed()
            && let Err(error) = check_if_due(&store, feed.as_str()).await
        {
            tracing::warn!(event = "UPDATE_CHECK_FAILED", %error, "The check for newer releases failed, because the database could not be read or written; it is repeated in {} minutes", CHECK_INTERVAL.as_secs() / 60);
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

async fn check_if_due(store: &Store, feed: &str) -> store::Result<()> {
    let state = store.read(UpdateState::read).await?;
    let now = clock::now();
    let wait = if state.has_failed { DAY } else { WEEK };
    if state.checked_at.is_some_and(|at| now.since(at) < wait && at <= now) {
        return Ok(());
    }
    let (newest, etag, has_failed) = match release_feed::fetch(feed, state.etag.as_deref()).await {
        Ok(FeedResponse::Newest(release, etag)) => (Some(release), etag, false),
        Ok(FeedResponse::NotModified) => (state.newest.clone(), state.etag.clone(), false),
        Err(error) => {
            log_failure(&error);
            (state.newest.clone(), state.etag.clone(), true)
        }
    };
    let state = UpdateState { newest, etag, has_failed, checked_at: Some(now), ..state };
    let new_release = state.newer().filter(|release| state.announced.as_ref() != Some(&release.version)).cloned();
    if let Some(release) = &new_release {
        announce(release);
    }
    store
        .write(move |tx| {
            let newest = state.newest.as_ref().and_then(|release| serde_json::to_string(release).ok());
            tx.set_meta(NEWEST, &newest.unwrap_or_default())?;
            tx.set_meta(ETAG, &state.etag.unwrap_or_default())?;
            tx.set_meta(CHECKED_AT, &now.to_string())?;
            tx.set_meta(HAS_FAILED, if has_failed { "1" } else { "0" })?;
            new_release.map_or(Ok(()), |release| tx.set_meta(ANNOUNCED, &release.version))
        })
        .await
}

fn announce(release: &Release) {
    let Release { version, urgent, .. } = release;
    let notes = release.notes_url.as_deref().unwrap_or_default();
    if *urgent {
        tracing::warn!(
            event = "UPDATE_AVAILABLE",
            version,
            urgent,
            notes,
            "Urgent release {version} of AgentLocator is available: install it soon"
        );
    } else {
        tracing::info!(
            event = "UPDATE_AVAILABLE",
            version,
            urgent,
            notes,
            "Release {version} of AgentLocator is available"
        );
    }
}

fn log_failure(error: &FeedError) {
    let cause = error as &dyn std::error::Error;
    tracing::warn!(event = "UPDATE_CHECK_FAILED", error = cause, "Cannot check for a newer release; retrying tomorrow");
}

const INSTALLED: &str = env!("CARGO_PKG_VERSION");

const NEWEST: &str = "updates.newest";
const ETAG: &str = "updates.mark";
const CHECKED_AT: &str = "updates.checked_at";
const HAS_FAILED: &str = "updates.has_failed";
const ANNOUNCED: &str = "updates.told";

/// How often the task checks whether a query is due.
const CHECK_INTERVAL: Duration = Duration::from_mins(10);
const DAY: Duration = Duration::from_hours(24);
const WEEK: Duration = Duration::from_hours(7 * 24);
