//! Updates the search index after each commit, with the lowest write priority.

use crate::clock;
use crate::domain::PhoneNumber;
use crate::runtime::Settings;
use crate::store::{self, IndexStep, Store};
use std::time::Duration;

/// `store` must have the lowest write priority. Never returns; the caller stops it by dropping the future.
pub async fn run(store: Store, settings: Settings) {
    let Ok(mut changes) = store.watch_changes() else { return std::future::pending().await };
    loop {
        changes.mark_unchanged();
        let calling_code = PhoneNumber::calling_code(settings.config().business.country);
        let code = calling_code.trim_start_matches('+').to_owned();
        let began = clock::instant();
        let step = store.write(move |tx| tx.advance_search_index(ROWS_PER_STEP, &code)).await;
        match step {
            // The pause leaves at least half of the time to other work.
            Ok(IndexStep::More) => {
                let took = clock::instant().saturating_duration_since(began);
                tokio::time::sleep(took.clamp(STEP_PAUSE, MAX_PAUSE)).await;
            }
            Ok(IndexStep::Current) => {
                if changes.changed().await.is_err() {
                    return std::future::pending().await;
                }
            }
            Err(error) => {
                report(&error);
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

fn report(error: &store::Error) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(
        event = "SEARCH_INDEX_FAILED",
        error,
        "The search index could not be updated, so searches may miss the newest data; retrying in {} s",
        AFTER_FAILURE.as_secs()
    );
}

/// Limited because a step blocks the writer. `store/tables/search/index.rs` also limits the length of the texts.
const ROWS_PER_STEP: usize = 200;
const STEP_PAUSE: Duration = Duration::from_millis(5);
const MAX_PAUSE: Duration = Duration::from_secs(1);
const AFTER_FAILURE: Duration = Duration::from_secs(10);
