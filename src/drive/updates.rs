//! Checks for a newer release once a week, if the owner has enabled it, and reports each release once.

use crate::clock;
use crate::config::{Config, Reloadable};
use crate::domain::Timestamp;
use crate::providers::release_feed::{self, FeedError, FeedResponse, Release, is_newer};
use crate::store::{self, ReadTx, Store};
use std::time::Duration;
use tokio::sync::watch;

/// What is known of the newest release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The newest release that the feed has named.
    pub newest: Option<Release>,
    /// When the feed was last queried.
    pub checked_at: Option<Timestamp>,
    mark: Option<String>,
    told: Option<String>,
}

impl Known {
    /// Reads the stored state.
    pub fn read(tx: &ReadTx<'_>) -> store::Result<Self> {
        Ok(Self {
            newest: tx.meta(NEWEST)?.and_then(|text| serde_json::from_str(&text).ok()),
            checked_at: tx.meta(CHECKED_AT)?.and_then(|text| text.parse().ok()),
            mark: tx.meta(MARK)?.filter(|mark| !mark.is_empty()),
            told: tx.meta(TOLD)?,
        })
    }

    /// The newest release, if it is newer than this program.
    pub fn newer(&self) -> Option<&Release> {
        self.newest.as_ref().filter(|release| is_newer(&release.version, INSTALLED))
    }
}

/// Runs until `stopping`.
pub async fn run(store: Store, settings: Reloadable<Config>, mut stopping: watch::Receiver<bool>) {
    loop {
        // No request is sent unless the owner has enabled the check.
        if let Some(feed) = settings.current().updates.weekly_feed()
            && let Err(error) = look_if_due(&store, feed.as_str()).await
        {
            tracing::warn!(event = "UPDATE_CHECK_FAILED", %error, "Cannot store the result of the check for newer releases");
        }
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn look_if_due(store: &Store, feed: &str) -> store::Result<()> {
    let known = store.read(Known::read).await?;
    let now = clock::now();
    if known.checked_at.is_some_and(|at| now.since(at) < WEEK && at <= now) {
        return Ok(());
    }
    let (newest, mark, checked_at) = match release_feed::fetch(feed, known.mark.as_deref()).await {
        Ok(FeedResponse::Newest(release, mark)) => (Some(release), mark, now),
        Ok(FeedResponse::NotModified) => (known.newest.clone(), known.mark.clone(), now),
        Err(error) => {
            complain(&error);
            // Makes the next check due tomorrow.
            (known.newest.clone(), known.mark.clone(), now.minus(WEEK).plus(DAY))
        }
    };
    let known = Known { newest, mark, checked_at: Some(checked_at), ..known };
    let news = known.newer().filter(|release| known.told.as_ref() != Some(&release.version)).cloned();
    if let Some(release) = &news {
        tell(release);
    }
    store
        .write(move |tx| {
            let newest = known.newest.as_ref().and_then(|release| serde_json::to_string(release).ok());
            tx.set_meta(NEWEST, &newest.unwrap_or_default())?;
            tx.set_meta(MARK, &known.mark.unwrap_or_default())?;
            tx.set_meta(CHECKED_AT, &checked_at.to_string())?;
            news.map_or(Ok(()), |release| tx.set_meta(TOLD, &release.version))
        })
        .await
}

fn tell(release: &Release) {
    let Release { version, urgent, .. } = release;
    let notes = release.notes_url.as_deref().unwrap_or_default();
    if *urgent {
        tracing::warn!(
            event = "UPDATE_AVAILABLE",
            version,
            urgent,
            notes,
            "Urgent release {version} is available: install it soon"
        );
    } else {
        tracing::info!(event = "UPDATE_AVAILABLE", version, urgent, notes, "Release {version} is available");
    }
}

fn complain(error: &FeedError) {
    let cause = error as &dyn std::error::Error;
    tracing::warn!(event = "UPDATE_CHECK_FAILED", error = cause, "Cannot check for a newer release; retrying tomorrow");
}

/// The running version.
const INSTALLED: &str = env!("CARGO_PKG_VERSION");

const NEWEST: &str = "updates.newest";
const MARK: &str = "updates.mark";
const CHECKED_AT: &str = "updates.checked_at";
const TOLD: &str = "updates.told";

/// How often it checks whether the week has passed or the setting has changed.
const EVERY: Duration = Duration::from_mins(10);
const DAY: Duration = Duration::from_hours(24);
const WEEK: Duration = Duration::from_hours(7 * 24);
