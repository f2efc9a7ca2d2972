//! Forgets what nobody needs any more: raw webhooks, answers to repeated requests, work and sendings that are long done.

use crate::clock;
use crate::store::{Result, Store};
use std::time::Duration;
use tokio::sync::watch;

/// Tidies up now and then until `stopping`.
pub async fn run(store: Store, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(error) = tidy_up(&store).await {
            tracing::warn!(event = "HOUSEKEEPING_FAILED", error = &error as &dyn std::error::Error, "Cannot tidy up");
        }
    }
}

/// In small steps, so that nobody waits for it.
async fn tidy_up(store: &Store) -> Result<()> {
    let now = clock::now();
    store.write(move |tx| tx.prune_answers(now.minus(KEEP_ANSWERS))).await?;
    store.write(move |tx| tx.prune_jobs(now.minus(KEEP_DONE))).await?;
    store.write(move |tx| tx.prune_outbox(now.minus(KEEP_DONE))).await?;
    while store.write(move |tx| tx.prune_journal(now.minus(KEEP_WEBHOOKS), STEP)).await? == STEP {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

const EVERY: Duration = Duration::from_mins(30);
const PAUSE: Duration = Duration::from_millis(100);
const STEP: usize = 500;
/// A request is not repeated after a week.
const KEEP_ANSWERS: Duration = Duration::from_hours(7 * 24);
const KEEP_DONE: Duration = Duration::from_hours(30 * 24);
/// Long enough to look into what a provider said last season.
const KEEP_WEBHOOKS: Duration = Duration::from_hours(90 * 24);

#[cfg(test)]
mod tests {
    use crate::domain::{BusinessId, Timestamp};
    use crate::store::testing::{database, transact};
    use crate::store::{GivenAnswer, JournalOutcome, NewJournal};

    #[test]
    fn what_is_old_goes_and_what_is_young_stays() {
        let (_folder, conn) = database();
        let at = |day: i64| Timestamp::from_millis(1_700_000_000_000 + day * 86_400_000);
        transact(&conn, |tx| {
            for day in 0..10 {
                let given = GivenAnswer { fingerprint: String::new(), answer: "{}".to_owned() };
                tx.insert_answer(BusinessId::FIRST, &day.to_string(), &given, at(day))?;
                tx.insert_job("x", None, "{}", at(day), at(day))?;
                tx.insert_journal(&NewJournal {
                    received_at: at(day),
                    source: "twilio",
                    path: "/",
                    content_type: "",
                    body: b"",
                    outcome: JournalOutcome::Odd,
                    note: "",
                    message: None,
                    call: None,
                })?;
            }
            tx.prune_answers(at(4))?;
            assert!(tx.given_answer(BusinessId::FIRST, "3")?.is_none());
            assert!(tx.given_answer(BusinessId::FIRST, "4")?.is_some());
            assert_eq!(tx.prune_journal(at(4), 3)?, 3);
            assert_eq!(tx.prune_journal(at(4), 3)?, 1);
            assert_eq!(tx.prune_journal(at(4), 3)?, 0);
            // Work that waits is not forgotten, however old.
            let due = tx.due_jobs(&["x"], at(20), 100)?;
            tx.finish_job(due[0].id, at(0))?;
            tx.prune_jobs(at(9))?;
            assert_eq!(tx.due_jobs(&["x"], at(20), 100)?.len(), 9);
            Ok(())
        });
    }
}
