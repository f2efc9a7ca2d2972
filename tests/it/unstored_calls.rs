//! Calls that the daemon answered and could not store because the disk was full. After a restart, these calls are not
//! listed as missed calls.

use super::call_ring::EMPLOYEE;
use super::support::Setup;
use super::support::small_disk::SmallDisk;
use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::simulator::caller::{CallPlan, DialPlan};
use agentlocator::simulator::openai::OpenAiOptions;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A limit that simulates a full disk: only the first kilobyte of a file can be written.
const NO_SPACE: &str = "1024:unlimited";
const SPACE: &str = "unlimited:unlimited";

async fn harness(configure: impl FnOnce(&mut Setup)) -> CallHarness {
    let harness = CallHarness::with_ai(OpenAiOptions::default(), configure).await;
    until("the first look into the lists", async || (pass_ends(&harness) > 0).then_some(())).await;
    harness
}

fn records(folder: &Path) -> (PathBuf, String) {
    let path = folder.join("live/unstored");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text.trim_matches(['\0', '\n']).to_owned())
}

async fn calls(harness: &CallHarness) -> Vec<Value> {
    let api = tokio::task::block_in_place(|| harness.daemon.api());
    api.get("/api/calls").await.json()["calls"].as_array().unwrap().clone()
}

fn pass_ends(harness: &CallHarness) -> usize {
    harness.twilio.requests().iter().filter(|asked| asked.what.ends_with("/Recordings.json")).count()
}

#[track_caller]
fn assert_call(call: &Value, expected: &[(&str, Value)]) {
    for (field, value) in expected {
        assert_eq!(&call[*field], value, "{field} of {call:#}");
    }
}

fn answered() -> [(&'static str, Value); 5] {
    [
        ("missed", json!(false)),
        ("outcome", json!("answered")),
        ("end_reason", json!("caller_hung_up")),
        ("engine", json!("realtime")),
        ("peer_number", json!("+972501234567")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_answered_on_a_full_disk_is_answered_after_a_restart() {
    for is_killed in [true, false] {
        let mut harness = harness(|_| {}).await;
        harness.daemon.let_files_grow(NO_SPACE);
        let report = harness.call(harness.plan("say 1.2s; listen")).await;
        assert_eq!(report.streams[0].answers.len(), 1, "{report:#?}");
        if is_killed {
            harness.daemon.logs().wait_for_event("CALL_END_NOT_STORED");
            harness.daemon.kill9();
        } else {
            harness.daemon.stop();
        }
        let (path, text) = records(harness.daemon.folder());
        assert!(text.contains(&report.call_sid), "{text}");
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);

        let passes = pass_ends(&harness);
        tokio::task::block_in_place(|| harness.daemon.launch());
        assert_call(&harness.ended_call(&report.call_sid).await, &answered());
        until("the lists once more", async || (pass_ends(&harness) > passes).then_some(())).await;
        assert_eq!(calls(&harness).await.len(), 1);
        until("an empty file", async || records(harness.daemon.folder()).1.is_empty().then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_records_need_no_space_on_the_disk() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let database = disk.path().join("agentlocator.db").display().to_string();
    let mut harness = harness(|setup| {
        setup.env("DATABASE_URL", database);
    })
    .await;
    disk.fill(0);
    // The database can still use the free space in its write-ahead log, so the size of files is limited as well.
    harness.daemon.let_files_grow(NO_SPACE);
    let report = harness.call(harness.plan("say 1.2s; listen")).await;
    harness.daemon.logs().wait_for_event("CALL_END_NOT_STORED");
    harness.daemon.kill9();
    assert!(records(disk.path()).1.contains(&report.call_sid));
    // The disk is still full, so the start uses the reserved space.
    tokio::task::block_in_place(|| harness.daemon.launch());
    harness.daemon.logs().wait_for_event("STORE_RESERVE_USED");
    assert_call(&harness.ended_call(&report.call_sid).await, &answered());
}

/// The daemon is killed during the call, and Twilio can no longer reach it.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_a_kill_cut_off_on_a_full_disk_was_interrupted() {
    let mut harness = harness(|_| {}).await;
    harness.daemon.let_files_grow(NO_SPACE);
    let (plan, phone) = (harness.plan("say 1.2s; listen; wait 60s"), harness.phone.clone());
    let calling = tokio::spawn(async move { phone.place_call(plan).await });
    harness.daemon.logs().wait_for_event("CALL_LIVE");
    until("a record", async || (!records(harness.daemon.folder()).1.is_empty()).then_some(())).await;
    harness.daemon.kill9();
    let report = calling.await.unwrap();
    tokio::task::block_in_place(|| harness.daemon.launch());
    let call = harness.known_call(&report.call_sid).await;
    assert_call(
        &call,
        &[("missed", json!(false)), ("engine", json!("realtime")), ("end_reason", json!("interrupted"))],
    );
    until("an empty file", async || records(harness.daemon.folder()).1.is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_a_person_accepted_on_a_full_disk_is_transferred_after_a_restart() {
    let mut harness = harness(|setup| {
        setup.toml(&format!("[agent]\ntransfer_to = \"{EMPLOYEE}\"\n[voice]\nring_first = \"always\"\n"));
    })
    .await;
    harness.daemon.let_files_grow(NO_SPACE);
    let dial = DialPlan::Answered(Duration::from_millis(300));
    let report = harness.call(CallPlan { dial, ..harness.plan("say 1s; listen") }).await;
    harness.daemon.logs().wait_for_event("CALL_WEBHOOK_NOT_STORED");
    harness.daemon.kill9();
    tokio::task::block_in_place(|| harness.daemon.launch());
    let call = harness.known_call(&report.call_sid).await;
    assert_call(&call, &[("missed", json!(false)), ("end_reason", json!("transferred"))]);
}

/// The call was stored at its start, and the disk was full when the conversation began.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_during_whose_greeting_the_disk_filled_is_answered_after_a_restart() {
    let mut harness = harness(|_| {}).await;
    let plan = CallPlan { fast: false, ..harness.plan("say 1.2s; listen") };
    let phone = harness.phone.clone();
    let calling = tokio::spawn(async move { phone.place_call(plan).await });
    harness.daemon.logs().wait_for_event("CALL_IN");
    harness.daemon.let_files_grow(NO_SPACE);
    let report = calling.await.unwrap();
    harness.daemon.logs().wait_for_event("CALL_END_NOT_STORED");
    harness.daemon.kill9();
    tokio::task::block_in_place(|| harness.daemon.launch());
    assert_call(&harness.ended_call(&report.call_sid).await, &answered());
}

/// Space becomes free after the call: the daemon stores the call at a retry, and deletes its temporary record.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_stored_leaves_no_record() {
    let harness = harness(|_| {}).await;
    harness.daemon.let_files_grow(NO_SPACE);
    let report = harness.call(harness.plan("say 1.2s; listen")).await;
    harness.daemon.logs().wait_for_event("CALL_END_NOT_STORED");
    assert!(records(harness.daemon.folder()).1.contains(&report.call_sid));
    harness.daemon.let_files_grow(SPACE);
    assert_call(&harness.ended_call(&report.call_sid).await, &answered());
    until("an empty file", async || records(harness.daemon.folder()).1.is_empty().then_some(())).await;
}
