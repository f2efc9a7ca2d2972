//! The demo's two calls.

use super::checks::{Checks, eventually};
use super::environment::DemoEnvironment;
use crate::audio::wav::WavFormat;
use crate::simulator::caller::{CallPlan, CallReport, Chaos, Clip, EndedBy, StreamEnd, StreamPlan};
use serde_json::Value;
use std::time::Duration;

/// Simulates a call in which Dana asks the AI three questions and interrupts the second answer. Every webhook is
/// delivered twice.
pub(super) async fn talk(env: &DemoEnvironment) -> CallReport {
    let chaos = Chaos { webhooks_twice: true, start_twice: true, ..Chaos::default() };
    let script =
        "say 1.4s; listen; say 1.2s; listen 1.5s; say 1s; listen; wait 300ms; hangup".parse().unwrap_or_default();
    env.phone.place_call(CallPlan { from: DANA.into(), script, chaos, ..plan(env) }).await
}

/// Simulates a call from Yossi whose media stream never opens. The daemon's watchdog redirects the call to Twilio's
/// recorder.
pub(super) async fn without_stream(env: &DemoEnvironment) -> CallReport {
    let messages = vec![Clip::Voice(2_500)];
    env.phone.place_call(CallPlan { from: YOSSI.into(), stream: StreamPlan::Never, messages, ..plan(env) }).await
}

fn plan(env: &DemoEnvironment) -> CallPlan {
    let url = format!("{}/webhook/incoming_call", env.daemon.url());
    CallPlan { to: super::environment::SHOP.into(), time_limit: Duration::from_secs(90), ..CallPlan::new(url) }
}

pub(super) async fn check_talk(env: &DemoEnvironment, report: &CallReport, checks: &mut Checks) -> anyhow::Result<()> {
    checks.same(&report.ended, &EndedBy::Caller, "the caller ends the call");
    let Some(stream) = report.streams.first() else {
        checks.fails("the media stream was opened");
        return Ok(());
    };
    let latencies: Vec<_> = stream.answers.iter().map(|answer| answer.latency_ms()).collect();
    checks.that(latencies.len() == 3, &format!("three questions are answered, after {latencies:?} ms"));
    let cleared = stream.interruptions.first().and_then(|it| Some(it.cleared_ms? - it.spoke_ms));
    let what = format!("the interrupted answer stops ({} ms)", cleared.map_or("never".into(), |ms| ms.to_string()));
    checks.that(cleared.is_some_and(|ms| ms < 500), &what);
    let asked = env.openai.state();
    // The daemon opens a session in advance for each call. Only the session of Dana's call received audio.
    let Some(session) = asked.sessions.iter().find(|session| !session.heard.is_empty()) else {
        checks.fails("the AI received the caller's audio");
        return Ok(());
    };
    let lost = stream.said.len().saturating_sub(session.heard.len()) / 8;
    checks.that(
        stream.said.starts_with(&session.heard) && lost < 200,
        "every frame of the caller's audio reached the AI, unchanged and in order",
    );
    let cut = session.answers.get(1).map(|answer| (answer.truncated_ms, stream.heard_of(&answer.sound)));
    if let Some((Some(truncated), heard)) = cut {
        let what = format!("the AI's answer is truncated at what the caller heard: {truncated} ms, heard {heard} ms");
        checks.that(truncated.abs_diff(heard) <= 250, &what);
    } else {
        checks.fails("the AI's answer is truncated at what the caller heard");
    }
    let call =
        eventually(async || Ok(env.api.call(&report.call_sid).await?.filter(|call| call["state"] == "ended"))).await?;
    let Some(call) = call else {
        checks.fails("the call is in the CRM and has ended");
        return Ok(());
    };
    check_turns(&call, checks);
    let path = format!("/api/calls/{}/recording?format=wav", call["id"]);
    let (status, length, head) = env.api.range(&path).await?;
    // The check works before and after the daemon compresses the recording, because the decoded length is the same.
    let format = WavFormat::parse(&head, length);
    let seconds = format.as_ref().map_or(0, |format| format.frames() / u64::from(format.rate));
    let what = format!("both sides are recorded and served by range: stereo, {seconds} s");
    checks.that(status == 206 && format.is_some_and(|format| format.channels == 2), &what);
    Ok(())
}

fn check_turns(call: &Value, checks: &mut Checks) {
    let turns = call["turns"].as_array().cloned().unwrap_or_default();
    let by = |speaker: &str| turns.iter().filter(|turn| turn["speaker"] == speaker).collect::<Vec<_>>();
    let (caller, agent) = (by("caller"), by("agent"));
    checks.same(&(caller.len(), agent.len()), &(3, 3), "the CRM has three turns of each side, without duplicates");
    let cut: Vec<_> = agent.iter().filter(|turn| turn["interrupted"] == true).collect();
    let prefix = cut.first().is_some_and(|turn| {
        let (text, heard) =
            (turn["text"].as_str().unwrap_or_default(), turn["heard_text"].as_str().unwrap_or_default());
        !heard.is_empty() && heard.len() < text.len() && text.starts_with(heard)
    });
    checks.that(cut.len() == 1 && prefix, "the interrupted turn is marked, and contains the text that was heard");
}

pub(super) async fn check_without_stream(
    env: &DemoEnvironment,
    report: &CallReport,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let never = report.streams.first().is_some_and(|stream| stream.ended == StreamEnd::NeverOpened);
    let updates = env.twilio_state.call(&report.call_sid).map(|call| call.updates.len()).unwrap_or_default();
    checks.that(never && updates == 1, "the watchdog redirects the call without a stream, once");
    checks.same(&report.recordings.len(), &1, "Twilio's recorder records the caller");
    let call = eventually(async || {
        let call = env.api.call(&report.call_sid).await?;
        Ok(call.filter(|call| {
            let recordings = call["recordings"].as_array().cloned().unwrap_or_default();
            call["state"] == "ended"
                && recordings.iter().any(|it| it["source"] == "twilio" && it["state"] == "complete")
        }))
    });
    let call = call.await?;
    checks.that(call.is_some(), "the recording is in the CRM");
    let turns = call.map(|call| call["turns"].as_array().cloned().unwrap_or_default()).unwrap_or_default();
    let heard = turns.iter().any(|turn| turn["speaker"] == "caller" && turn["text"] != "");
    checks.that(heard, "the transcript of the recording is in the CRM");
    Ok(())
}

const DANA: &str = "+972501234567";
const YOSSI: &str = "+972521112233";
