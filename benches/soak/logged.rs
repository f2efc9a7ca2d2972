//! Checks the daemon's warnings and errors. If one of them has no known cause, the run fails.

use crate::calls;
use crate::expected::Expected;
use crate::outages::{Outage, Window};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

enum Cause {
    /// An outage of these kinds that was active, or that had ended less than [`AFTERMATH`] before the event.
    During(&'static [Outage]),
    /// A call of one of these kinds. The event contains the CallSid.
    Call(&'static [&'static str]),
    /// Other programs that used the CPU time of the daemon at most ten seconds before the event.
    BusyMachine,
    /// The setup: the event was logged before the load started.
    Setup,
}

use Outage::{
    AiMute, AiNeverReady, AiOverloaded, AiRefused, BridgeKilled, LinkDropped, TwilioErrors, TwilioHangs, TwilioLimits,
    TwilioRefused,
};

const AI: &[Outage] = &[AiRefused, AiOverloaded, AiMute, AiNeverReady];
const TWILIO: &[Outage] = &[TwilioRefused, TwilioErrors, TwilioLimits, TwilioHangs];
const BRIDGE: &[Outage] = &[BridgeKilled, LinkDropped];

/// Events, their possible causes, and the explanations.
const EXPLAINED: &[(&str, Cause, &str)] = &[
    ("ENGINE_LOST", Cause::During(AI), "the engine of a call cannot be reached, breaks off or does not answer"),
    ("ENGINE_FAILOVER", Cause::During(AI), "the call continues with the next engine"),
    ("ENGINE_TRIED_LAST", Cause::During(AI), "calls begin with the next engine for a while"),
    ("ENGINE_TRIED_LAST", Cause::BusyMachine, "the engine was not ready in time in several calls"),
    ("SELF_CHECK", Cause::During(BRIDGE), "the check ran while the bridge was down"),
    ("SELF_CHECK", Cause::During(AI), "the check ran while the AI was down"),
    ("SELF_CHECK", Cause::During(TWILIO), "the check ran while Twilio was down"),
    ("ENGINE_WARNING", Cause::During(AI), "the engine reported an error"),
    ("TWILIO_CATCH_UP_FAILED", Cause::During(TWILIO), "Twilio's lists cannot be read"),
    ("JOB_FAILED", Cause::During(TWILIO), "a file or a recording cannot be fetched"),
    ("JOB_FAILED", Cause::During(BRIDGE), "a file of the bridge cannot be fetched"),
    ("WATCHDOG_REDIRECT_FAILED", Cause::During(TWILIO), "a call cannot be redirected by REST"),
    ("OUTBOX_UNCONFIRMED", Cause::During(TWILIO), "the answer to a message was lost"),
    ("OUTBOX_UNCONFIRMED", Cause::During(BRIDGE), "the bridge was killed while it sent"),
    ("BRIDGE_DOWN", Cause::During(BRIDGE), "the bridge does not answer, or is not connected"),
    (
        "STREAM_LOST",
        Cause::Call(&[calls::TORN_SOCKET, calls::BAD_NETWORK, calls::MALFORMED_SOCKET]),
        "the caller's media socket was torn",
    ),
    ("WS_REFUSED", Cause::Call(&[calls::MALFORMED_SOCKET, calls::TORN_SOCKET]), "a second socket of one call"),
    ("WATCHDOG_FIRED", Cause::Call(&[calls::NO_STREAM]), "the call's media stream did not open"),
    ("FALLBACK_NO_REPLY", Cause::During(AI), "the turn-by-turn fallback has no AI either"),
    ("ALERT_RAISED ai_unavailable", Cause::During(AI), "three calls in a row had no AI"),
    ("BRIDGE_DOWN", Cause::Setup, "the bridge is linked after the daemon's start"),
    ("BRIDGE_DOWN", Cause::BusyMachine, "the bridge did not answer in time"),
    ("ENGINE_LOST", Cause::BusyMachine, "the engine was not ready in time"),
    ("ENGINE_FAILOVER", Cause::BusyMachine, "the engine was not ready in time twice"),
    ("FALLBACK_NO_REPLY", Cause::During(TWILIO), "the recording of the turn cannot be fetched"),
    ("STORE_PUBLISH_LATE", Cause::BusyMachine, "the published file could not be written in time"),
    (
        "CALL_WEBHOOK_NOT_STORED",
        Cause::BusyMachine,
        "the call's row could not be written before Twilio's answer was due",
    ),
    ("WATCHDOG_FIRED", Cause::BusyMachine, "stream and engine were not there in time"),
];

/// The time after an outage in which its effects may still be logged: operations that time out, and retries.
const AFTERMATH: Duration = Duration::from_secs(90);

/// The time after a busy second in which its effects may still be logged.
const DELAY: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

/// The warnings and errors by name: the counts of the explained ones, and the counts of the unexplained ones, each with
/// its first log line. `lines` is the number of all log lines.
#[derive(Debug, Default)]
pub struct Logged {
    pub explained: BTreeMap<String, usize>,
    pub unexplained: BTreeMap<String, (usize, String)>,
    pub lines: usize,
}

/// Checks all log lines. `began` is the start of the load; for `busy` see [`crate::process::Samples::busy`].
pub fn check(
    lines: &[String],
    began: SystemTime,
    outages: &[Window],
    busy: &[SystemTime],
    expected: &Expected,
) -> Logged {
    let kinds: BTreeMap<_, _> = expected.state().calls.iter().map(|call| (call.sid.clone(), call.kind)).collect();
    let mut logged = Logged { lines: lines.len(), ..Logged::default() };
    for line in lines {
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            add(&mut logged.unexplained, "not JSON", line);
            continue;
        };
        if !matches!(event["level"].as_str(), Some("warn" | "error")) {
            continue;
        }
        let name = name_of(&event);
        let at = event["ts"].as_str().and_then(|ts| ts.parse::<Timestamp>().ok());
        let at = at.map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
        let is_explained = EXPLAINED.iter().any(|(known, cause, _)| {
            *known == name.as_str()
                && match cause {
                    Cause::During(kinds) => is_during(at, kinds, outages),
                    Cause::Call(of) => event["call.sid"]
                        .as_str()
                        .is_some_and(|sid| kinds.get(sid).is_some_and(|kind| of.contains(kind))),
                    Cause::BusyMachine => busy.iter().any(|busy| *busy <= at + SECOND && at <= *busy + DELAY),
                    Cause::Setup => at < began,
                }
        });
        if is_explained {
            *logged.explained.entry(name).or_default() += 1;
        } else {
            add(&mut logged.unexplained, &name, line);
        }
    }
    logged
}

/// Returns the name of an event; for an alert, also its kind.
fn name_of(event: &Value) -> String {
    let name = event["event"].as_str().unwrap_or("no event");
    let kind = match name {
        "ALERT_RAISED" => event["alert.kind"].as_str(),
        _ => None,
    };
    kind.map_or_else(|| name.to_owned(), |kind| format!("{name} {kind}"))
}

fn is_during(at: SystemTime, kinds: &[Outage], outages: &[Window]) -> bool {
    outages.iter().filter(|window| kinds.contains(&window.outage)).any(|window| {
        let end = window.ended.map_or_else(SystemTime::now, |ended| ended + AFTERMATH);
        at + SECOND >= window.began && at <= end
    })
}

fn add(to: &mut BTreeMap<String, (usize, String)>, name: &str, line: &str) {
    to.entry(name.to_owned()).or_insert_with(|| (0, line.to_owned())).0 += 1;
}
