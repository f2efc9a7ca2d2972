//! Deletes data that is no longer needed or is older than the retention settings allow, and returns freed space to the
//! disk.

mod vacuum;

pub use vacuum::vacuum;

use super::clock_confirmation;
use crate::alerting::Alerts;
use crate::clock;
use crate::config::RetentionConfig;
use crate::crm::retention::{self, DeletedCount, RetainedKind};
use crate::domain::{ActorId, AlertKind, Timestamp};
use crate::host::disk::DiskMonitor;
use crate::host::local_time;
use crate::runtime::Settings;
use crate::runtime::input_log::InputLogs;
use crate::store::{Result, Store};
use std::time::Duration;

/// Never returns; the caller stops it by dropping the future.
pub async fn run(store: Store, settings: Settings, disk: DiskMonitor, input_logs: InputLogs, alerts: Alerts) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let config = settings.config();
        let is_night = local_time::is_within(clock::now(), &config.business.time_zone, config.maintenance.hour, NIGHT);
        let work = async {
            let is_confirmed = clock_confirmation::is_confirmed(&config);
            if delete_old(&store, &config.retention, &alerts, is_confirmed).await? {
                input_logs.clean_up(&store, config.input_log_days()).await;
            }
            if is_night || !disk.takes_media() {
                vacuum(&store).await.map_err(|error| ("return free pages of the database to the disk", error))?;
            }
            Ok::<_, (&str, crate::store::Error)>(())
        };
        if let Err((step, error)) = work.await {
            tracing::warn!(
                event = "HOUSEKEEPING_FAILED",
                error = &error as &dyn std::error::Error,
                "Housekeeping cannot {step}, and skips its later steps; retrying in {} minutes",
                INTERVAL.as_secs() / 60
            );
        }
    }
}

/// Returns false, and deletes nothing, while the clock is wrong: a clock that is ahead makes all data look old.
/// `is_confirmed` states whether another clock confirms this one; it is awaited only after a leap of the clock.
async fn delete_old(
    store: &Store,
    config: &RetentionConfig,
    alerts: &Alerts,
    is_confirmed: impl Future<Output = bool>,
) -> std::result::Result<bool, (&'static str, crate::store::Error)> {
    if alerts.is_raised(AlertKind::ClockWrong) {
        tracing::warn!(
            event = "HOUSEKEEPING_POSTPONED",
            "Housekeeping deletes no old data, because the clock is wrong; retrying in {} minutes",
            INTERVAL.as_secs() / 60
        );
        return Ok(false);
    }
    let last = store.read(retention::last_run).await.map_err(|error| ("read when it last ran", error))?;
    if let Some(last) = last
        && retention::is_leap(last, clock::now())
        && !is_confirmed.await
    {
        tracing::warn!(
            event = "HOUSEKEEPING_POSTPONED",
            last = %last,
            "Housekeeping deletes no old data: its last run, or the newest call or message, was at {last}, days ago, and no \
             other clock confirms this one; retrying in {} minutes. If the clock is right, run: agentlocator retention --force",
            INTERVAL.as_secs() / 60
        );
        return Ok(false);
    }
    prune(store).await.map_err(|error| ("delete expired data", error))?;
    let enforced = enforce_retention(store, config).await;
    enforced.map_err(|error| ("delete data that is older than the retention settings allow", error))?;
    let now = clock::now();
    store.write(move |tx| retention::note_run(tx, now)).await.map_err(|error| ("record that it ran", error))?;
    Ok(true)
}

/// The steps are small, so that other writes are not blocked for long.
async fn prune(store: &Store) -> Result<()> {
    let now = clock::now();
    for expire in retention::EXPIRIES {
        store.write(move |tx| expire(tx, now)).await?;
    }
    for file in store.read(move |tx| retention::unused_files(tx, now)).await? {
        store.write(move |tx| retention::delete_unused_file(tx, &file, now)).await?;
        tokio::time::sleep(PAUSE).await;
    }
    while store.write(retention::expire_changes).await? > 0 {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Data older than these times is deleted.
pub fn cutoffs(config: &RetentionConfig, now: Timestamp) -> Vec<retention::Cutoff> {
    let days = [
        (RetainedKind::Media, config.media_days),
        (RetainedKind::Recordings, config.recordings_days),
        (RetainedKind::Transcripts, config.transcripts_days),
        (RetainedKind::Journal, config.journal_days),
        (RetainedKind::Audit, config.audit_days),
    ];
    retention::cutoffs(&days, now)
}

async fn enforce_retention(store: &Store, config: &RetentionConfig) -> Result<()> {
    let now = clock::now();
    let mut shares = Vec::new();
    for cutoff in cutoffs(config, now) {
        let mut all = DeletedCount { what: cutoff.what, before: cutoff.before, rows: 0, bytes: 0 };
        loop {
            let done = store.write(move |tx| retention::step(tx, cutoff, now)).await?;
            if done.rows == 0 {
                break;
            }
            all.rows += done.rows;
            all.bytes += done.bytes;
            tokio::time::sleep(PAUSE).await;
        }
        if all.rows > 0 {
            let DeletedCount { what, before, rows, bytes } = all;
            let data = match what {
                RetainedKind::Media => "files of messages",
                RetainedKind::Recordings => "recordings of calls",
                RetainedKind::Transcripts => "transcripts of calls",
                RetainedKind::Journal => "webhook log",
                RetainedKind::Audit => "audit log",
            };
            tracing::info!(
                event = "RETENTION_DELETED",
                what = what.as_str(),
                rows,
                bytes,
                before = %before,
                "Deleted data older than the retention settings allow: {data}, {rows} rows"
            );
        }
        shares.push(all);
    }
    if shares.iter().any(|share| share.rows > 0) {
        store.write(move |tx| retention::note(tx, ActorId::Daemon, &shares, now)).await?;
    }
    Ok(())
}

const INTERVAL: Duration = Duration::from_mins(30);
/// The length of the night, in hours, from the configured maintenance hour.
const NIGHT: u8 = 3;
const PAUSE: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerting::AlertThresholds;
    use crate::config::StoreConfig;
    use crate::domain::{AlertDetail, BusinessId, JobKind, Provider};
    use crate::store::testing::{database, transact};
    use crate::store::{Amount, NewWebhookEntry, StoredResponse, WebhookOutcome};

    fn webhook(received_at: Timestamp, body: &[u8]) -> NewWebhookEntry<'_> {
        NewWebhookEntry {
            received_at,
            source: Provider::Twilio,
            path: "/",
            content_type: "",
            body,
            outcome: WebhookOutcome::Malformed,
            note: "",
            message: None,
            call: None,
        }
    }

    #[tokio::test]
    async fn old_data_is_kept_while_the_clock_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let database_url = Some(folder.path().join("a.db").display().to_string());
        let (store, _) = Store::open(&StoreConfig { database_url, ..StoreConfig::default() }).unwrap();
        let now = clock::now();
        let old = now.minus(Duration::from_hours(24 * 1000));
        store.write(move |tx| tx.insert_webhook_entry(&webhook(old, b"old"))).await.unwrap();
        let soon = Duration::ZERO;
        let thresholds = AlertThresholds { bridge_down: soon, replication: soon, settle: soon, repeat: soon };
        let (alerts, config) = (Alerts::load(store.clone(), thresholds).await, RetentionConfig::default());
        let count_old = async || {
            let cutoffs = cutoffs(&RetentionConfig::default(), now);
            let plan = store.read(move |tx| retention::plan(tx, &cutoffs)).await.unwrap();
            plan.iter().map(|count| count.rows).sum::<u64>()
        };

        alerts.raise(AlertKind::ClockWrong, AlertDetail::default());
        alerts.tick();
        let delete = async |is_confirmed: bool| {
            delete_old(&store, &config, &alerts, std::future::ready(is_confirmed)).await.unwrap()
        };
        assert!(!delete(true).await);
        assert_eq!(count_old().await, 1);
        alerts.clear(AlertKind::ClockWrong);
        alerts.tick();
        // The clock has moved by days since the last run.
        store.write(move |tx| retention::note_run(tx, now.minus(Duration::from_hours(24 * 4)))).await.unwrap();
        assert!(!delete(false).await);
        assert_eq!(count_old().await, 1);
        assert!(delete(true).await);
        assert_eq!(count_old().await, 0);
        assert!(delete(false).await, "the last run was just now");
    }

    #[test]
    fn old_rows_are_deleted_and_new_ones_kept() {
        let (_folder, conn) = database();
        let at = |day: i64| Timestamp::from_millis(1_700_000_000_000 + day * 86_400_000);
        transact(&conn, |tx| {
            for day in 0..10 {
                let given = StoredResponse { fingerprint: String::new(), answer: "{}".to_owned() };
                tx.insert_response(BusinessId::FIRST, &day.to_string(), &given, at(day))?;
                tx.insert_job(JobKind::FetchMedia, None, "{}", at(day), at(day))?;
                // Twilio's webhooks with an equal body would add only one entry.
                let body = day.to_string();
                tx.insert_webhook_entry(&webhook(at(day), body.as_bytes()))?;
            }
            let of_message = StoredResponse { fingerprint: String::new(), answer: r#"{"message_id":7}"#.to_owned() };
            tx.insert_response(BusinessId::FIRST, "message", &of_message, at(0))?;
            tx.prune_responses(at(4))?;
            assert_eq!(tx.stored_response(BusinessId::FIRST, "message")?, Some(of_message));
            assert!(tx.stored_response(BusinessId::FIRST, "3")?.is_none());
            assert!(tx.stored_response(BusinessId::FIRST, "4")?.is_some());
            assert_eq!(tx.prune_webhook_log(at(4), 100, 3)?, Amount { rows: 3, bytes: 3 });
            assert_eq!(tx.prune_webhook_log(at(4), 100, 3)?, Amount { rows: 1, bytes: 1 });
            assert_eq!(tx.prune_webhook_log(at(4), 100, 3)?, Amount::default());
            // Pending work is never deleted, however old it is.
            let due = tx.due_jobs(&[JobKind::FetchMedia], at(20), 100)?;
            tx.finish_job(&due[0], at(0))?;
            tx.prune_jobs(at(9))?;
            assert_eq!(tx.due_jobs(&[JobKind::FetchMedia], at(20), 100)?.len(), 9);
            Ok(())
        });
    }
}
