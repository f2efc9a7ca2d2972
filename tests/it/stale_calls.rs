//! Calls whose end was not reported, because the daemon was killed or Twilio's last webhook was lost. The daemon
//! queries their status from Twilio.

use super::support::telephony::CallHarness;
use super::support::whatsapp::until;
use agentlocator::domain::Timestamp;
use agentlocator::simulator::twilio::{Fault, Operation, TwilioState};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const FROM: &str = "+972501234567";
const TO: &str = "+97235551234";

fn minutes_ago(minutes: u64) -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap()).minus(Duration::from_mins(minutes))
}

/// A call as Twilio lists it (`status` and `lasted`), and as the daemon has stored it (`columns`). `minutes` are the
/// minutes since the call's start and since its last event.
struct Stale<'a> {
    status: &'a str,
    lasted: Option<Duration>,
    columns: &'a str,
    minutes: (u64, u64),
}

impl Stale<'_> {
    /// Returns the SQL that sets the stored call to its state when the daemon was killed.
    fn sql(&self, sid: &str) -> String {
        let (started, last) = (minutes_ago(self.minutes.0), minutes_ago(self.minutes.1));
        format!(
            "UPDATE calls SET started_at = '{started}', updated_at = '{last}' WHERE call_sid = '{sid}';
             UPDATE calls SET {} WHERE call_sid = '{sid}';",
            self.columns
        )
    }

    /// Adds the call to Twilio's list.
    fn list(&self, twilio: &TwilioState, sid: &str) {
        let started = minutes_ago(self.minutes.0);
        let ended = self.lasted.map(|lasted| started.plus(lasted));
        twilio.insert_call_of(sid, FROM, TO, self.status, started, ended);
    }
}

/// Inserts the calls, kills the daemon and starts it again. Returns the CallSids.
///
/// Twilio lists the calls only after the kill. Otherwise the catch-up of the first start would store them as ended.
async fn after_a_kill(harness: &mut CallHarness, calls: &[Stale<'_>]) -> Vec<String> {
    let sids: Vec<_> = (1..=calls.len()).map(|number| format!("CA{number:032}")).collect();
    for sid in &sids {
        harness.ring(sid).await;
    }
    harness.daemon.kill9();
    harness.daemon.seed(&calls.iter().zip(&sids).map(|(call, sid)| call.sql(sid)).collect::<String>());
    for (call, sid) in calls.iter().zip(&sids) {
        call.list(&harness.twilio_state, sid);
    }
    tokio::task::block_in_place(|| harness.daemon.launch());
    sids
}

fn closed(harness: &CallHarness) -> usize {
    harness.daemon.logs().events_named("CALL_STALE_CLOSED").len()
}

fn asked(harness: &CallHarness) -> usize {
    harness.twilio.requests().iter().filter(|asked| asked.what.ends_with("/Calls/{Sid}.json")).count()
}

async fn shown(harness: &CallHarness, sid: &str) -> Value {
    harness.known_call(sid).await
}

#[track_caller]
fn assert_call(call: &Value, expected: &[(&str, Value)]) {
    for (field, value) in expected {
        assert_eq!(&call[*field], value, "{field} of {call:#}");
    }
}

const LIVE: &str = "state = 'live', engine = 'realtime', answered_at = started_at";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_end_was_not_reported_is_closed_as_twilio_says() {
    let mut harness = CallHarness::without_ai(|_| {}).await;
    let lasted = |seconds| Some(Duration::from_secs(seconds));
    let calls = [
        Stale { status: "completed", lasted: lasted(90), columns: LIVE, minutes: (40, 39) },
        Stale { status: "in-progress", lasted: None, columns: LIVE, minutes: (40, 3) },
        Stale { status: "no-answer", lasted: lasted(0), columns: "state = 'ringing'", minutes: (40, 40) },
        Stale {
            status: "completed",
            lasted: lasted(600),
            columns: "state = 'transferred', end_reason = 'transferred', answered_at = started_at",
            minutes: (40, 38),
        },
        // The daemon does not query this call: its last event is recent, so the call may be between two webhooks.
        Stale { status: "completed", lasted: lasted(60), columns: LIVE, minutes: (2, 1) },
    ];
    let sids = after_a_kill(&mut harness, &calls).await;
    until("three closed calls", async || (closed(&harness) == 3).then_some(())).await;
    assert_eq!(asked(&harness), 4);
    let calls = [
        ("ended", json!("interrupted"), json!("failed"), json!(90_000)),
        ("live", Value::Null, json!("live"), Value::Null),
        ("ended", json!("not_connected"), json!("missed"), json!(0)),
        ("ended", json!("transferred"), json!("transferred"), json!(600_000)),
        ("live", Value::Null, json!("live"), Value::Null),
    ];
    for (sid, (state, reason, outcome, duration)) in sids.iter().zip(calls) {
        let call = shown(&harness, sid).await;
        let expected =
            [("state", json!(state)), ("end_reason", reason), ("outcome", outcome), ("duration_ms", duration)];
        assert_call(&call, &expected);
    }
    // The daemon sends the owner the usual notice about an ended call, and sends the caller no message.
    let jobs = |kind: &str| -> i64 {
        harness
            .daemon
            .query_value(&format!("SELECT count(DISTINCT payload ->> 'call_sid') FROM jobs WHERE kind = '{kind}'"))
    };
    assert_eq!((jobs("call_notice"), jobs("text_missed_caller")), (3, 0));
    harness.assert_rules_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_twilio_cannot_tell_about_ends_at_its_last_event() {
    let mut harness = CallHarness::without_ai(|_| {}).await;
    let calls = [
        Stale { status: "in-progress", lasted: None, columns: LIVE, minutes: (250, 245) },
        Stale { status: "completed", lasted: None, columns: LIVE, minutes: (40, 30) },
    ];
    harness.twilio.fail_next(Operation::Other, Fault::Status(503), 50);
    let sids = after_a_kill(&mut harness, &calls).await;
    until("both to be asked for", async || (asked(&harness) >= 2).then_some(())).await;
    let call = harness.ended_call(&sids[0]).await;
    assert_call(&call, &[("end_reason", json!("interrupted")), ("outcome", json!("failed"))]);
    let minutes = call["duration_ms"].as_f64().unwrap() / 60_000.0;
    assert!((4.9..5.1).contains(&minutes), "{minutes} minutes: {call:#}");
    assert_eq!(shown(&harness, &sids[1]).await["state"], "live", "Twilio may answer soon");
}

/// The daemon was killed during a call, and starts on a full disk. A trigger takes the part of the disk: it refuses the
/// end of the recording until a second call is stored.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_recording_is_finished_without_a_restart_once_it_can_be_stored() {
    let mut harness = CallHarness::without_ai(|_| {}).await;
    let (interrupted, next) = ("CA00000000000000000000000000000001", "CA00000000000000000000000000000002");
    harness.ring(interrupted).await;
    harness.daemon.kill9();
    harness.daemon.seed(&format!(
        "INSERT INTO recordings(call_id, source, provider_sid, channels, state, created_at)
             SELECT id, 'stream', 'MZ1', 2, 'running', started_at FROM calls WHERE call_sid = '{interrupted}';
         CREATE TRIGGER no_space BEFORE UPDATE ON recordings
             WHEN NEW.state = 'complete' AND (SELECT count(*) FROM calls) < 2
             BEGIN SELECT RAISE(ABORT, 'no space'); END;"
    ));
    tokio::task::block_in_place(|| harness.daemon.launch());
    harness.daemon.logs().wait_for_event("STALE_CALLS_FAILED");
    harness.ring(next).await;
    until("the recording", async || {
        let finished = "SELECT count(*) FROM recordings WHERE state = 'complete'";
        (harness.daemon.query_value::<i64>(finished) == 1).then_some(())
    })
    .await;
}
