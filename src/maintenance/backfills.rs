//! Runs the data migrations of new versions in the background, one after the other, with the lowest priority.

use crate::clock;
use crate::crm::backfill::{self, BACKFILLS, Backfill, Step};
use crate::runtime::jobs::Jobs;
use crate::store::{BackfillProgress, Result, Store};
use std::time::Duration;

/// An interrupted migration resumes after the next start. Never returns; the caller stops it by dropping the future.
pub async fn run(store: Store, jobs: Jobs) {
    for backfill in &BACKFILLS {
        finish(&store, backfill, &jobs).await;
    }
    // The daemon exits when the first of its tasks returns, so this task must not return.
    std::future::pending::<()>().await;
}

async fn finish(store: &Store, backfill: &'static Backfill, jobs: &Jobs) {
    match stored_progress(store, backfill.name).await {
        Ok(Some(progress)) if progress.finished_at.is_some() => return,
        Ok(progress) => {
            let done_to = progress.map_or(0, |progress| progress.done_to);
            let action = if done_to == 0 { "starts" } else { "resumes" };
            tracing::info!(
                event = "BACKFILL_STARTED",
                backfill = backfill.name,
                done_to,
                "Background data migration {} {action} after row {done_to}",
                backfill.name
            );
        }
        Err(error) => log_failure(backfill, &error),
    }
    let mut next_report = clock::instant() + REPORT_EVERY;
    loop {
        let began = clock::instant();
        let advanced = store.write(move |tx| backfill::advance(tx, backfill, clock::now())).await;
        let took = clock::instant().saturating_duration_since(began);
        let pause = match advanced {
            Ok((Step::Done, BackfillProgress { done_to, .. })) => {
                tracing::info!(
                    event = "BACKFILL_FINISHED",
                    backfill = backfill.name,
                    done_to,
                    "Background data migration {} finished at row {done_to}",
                    backfill.name
                );
                return;
            }
            Ok((Step::UpTo(done_to), _)) => {
                jobs.wake();
                if clock::instant() >= next_report {
                    next_report = clock::instant() + REPORT_EVERY;
                    tracing::info!(
                        event = "BACKFILL_PROGRESS",
                        backfill = backfill.name,
                        done_to,
                        "Background data migration {} reached row {done_to}",
                        backfill.name
                    );
                }
                took.max(STEP_PAUSE)
            }
            Ok((Step::Waits, _)) => WAIT_INTERVAL,
            Err(error) => {
                log_failure(backfill, &error);
                AFTER_FAILURE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn stored_progress(store: &Store, name: &'static str) -> Result<Option<BackfillProgress>> {
    let all = store.read(|tx| tx.backfills()).await?;
    Ok(all.into_iter().find(|progress| progress.name == name))
}

fn log_failure(backfill: &Backfill, error: &crate::store::Error) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(
        event = "BACKFILL_FAILED",
        backfill = backfill.name,
        error,
        "A database error interrupted background data migration {}; it is retried",
        backfill.name
    );
}

/// The pauses leave at least half of the time to other work.
const STEP_PAUSE: Duration = Duration::from_millis(20);
const WAIT_INTERVAL: Duration = Duration::from_secs(1);
const AFTER_FAILURE: Duration = Duration::from_secs(30);
const REPORT_EVERY: Duration = Duration::from_mins(1);
