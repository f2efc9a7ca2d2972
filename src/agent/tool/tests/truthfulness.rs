//! Tests whether the check before speech stops the agent's false claims, and whether the review after a call finds those
//! that were spoken without the check. A scripted model makes the claims; the tools, the database, the check and the
//! review are real. The tests read the true state from the database after each tool call, and do
//! not rely on the tool's output.

mod record;
mod script;
mod talk;

use super::super::{PhoneTools, ToolRegistry};
use crate::clock;
use crate::config::StoreConfig;
use crate::crm::booking::services::{ServiceUpdate, add};
use crate::domain::{AppointmentState, BusinessId};
use crate::store::{AppointmentFilter, Store};
use futures_util::{StreamExt, stream};
use record::Outcome;
use talk::Talk;
use tempfile::TempDir;

/// The number of concurrent conversations, which compete for the same times.
const AT_ONCE: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_false_claim_is_stopped_and_a_promise_that_was_not_kept_is_found() {
    run_conversations(0..400).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes long: make test-all"]
async fn long_a_false_claim_is_stopped_and_found_in_10000_conversations() {
    run_conversations(1_000..11_000).await;
}

async fn run_conversations(seeds: std::ops::Range<u64>) {
    let ((store, _folder), (broken, _other_folder)) = (open(), open());
    let change =
        ServiceUpdate { name: Some("תספורת".into()), duration_min: Some(30), ..ServiceUpdate::default() };
    crate::crm::transact(&store, move |tx| add(tx, BusinessId::FIRST, &change, clock::now())).await.unwrap();
    // A closed store rejects all requests, so every tool that uses it fails.
    broken.close();
    let registry = ToolRegistry::for_phone(PhoneTools::ALL);
    let talks =
        stream::iter(seeds.clone()).map(|seed| Talk::hold(seed, store.clone(), broken.clone(), registry.clone()));
    let outcomes: Vec<Outcome> = talks.buffer_unordered(AT_ONCE).collect().await;
    let mut sum = Outcome::default();
    for outcome in outcomes {
        sum.add(outcome);
    }
    check_bookings(&store).await;
    let problems = std::mem::take(&mut sum.problems);
    let first = problems.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(problems.is_empty(), "{sum:?}, {} problems, the first ones:\n{first}", problems.len());
    let enough = usize::try_from(seeds.end - seeds.start).unwrap() / 4;
    assert!(sum.stopped > enough && sum.spoken > enough, "{sum:?}");
    assert!(sum.untrue > enough && sum.offered_unread > enough / 4 && sum.held > enough, "{sum:?}");
}

fn open() -> (Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let database_url = Some(folder.path().join("agentlocator.db").display().to_string());
    let (store, _) = Store::open(&StoreConfig { database_url, ..StoreConfig::default() }).unwrap();
    (store, folder)
}

/// Asserts that no resource has two booked appointments at the same time.
async fn check_bookings(store: &Store) {
    let filter = AppointmentFilter {
        business: BusinessId::FIRST,
        from: None,
        to: None,
        contact: None,
        resource: None,
        state: Some(AppointmentState::Booked),
    };
    let booked = store.read(move |tx| Ok(tx.appointments(&filter, None, 100_000)?.0)).await.unwrap();
    let mut booked: Vec<_> = booked.iter().map(|one| (one.resource_id.0, one.starts_at, one.ends_at, one.id)).collect();
    booked.sort_unstable();
    for pair in booked.windows(2) {
        assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "two appointments at once: {pair:?}");
    }
}
