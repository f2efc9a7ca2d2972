//! *The turn*: the time from the caller's last voiced sample to the first sample of the answer that the caller hears,
//! measured in the caller's own audio. The fake services respond after the response times that vendors publish.

use crate::machine::Machine;
use crate::process::{Folder, Server};
use crate::report::{Goal, say};
use crate::stats::Samples;
use crate::target::{DAEMON, daemon_settings};
use agentlocator::simulator::caller::{CallPlan, Phone, Script, StreamReport, Utterance};
use agentlocator::simulator::openai::{OpenAi, OpenAiOptions, Turn};
use agentlocator::simulator::soniox::{Soniox, SonioxOptions};
use agentlocator::simulator::twilio::{Account, TwilioState};
use agentlocator::simulator::{DaemonConnector, EventLog};
use futures_util::future::join_all;
use serde::Serialize;
use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Clone, Debug, Serialize)]
pub struct TurnRun {
    pub engine: &'static str,
    pub profile: &'static str,
    pub calls: usize,
    /// The number of answered turns.
    pub turns: usize,
    /// The number of turns to which the caller heard no answer.
    pub unanswered: usize,
    /// The median time of a turn, in milliseconds.
    pub p50: f64,
    pub p95: f64,
    pub max: f64,
    /// The median time without the planned times of the engine's parts, in milliseconds; `None` if these times vary.
    pub own: Option<f64>,
    /// The share of the requests to the model that were discarded, from 0 to 1.
    pub discarded: f64,
}

/// The median response times of the services, in milliseconds.
#[derive(Clone, Copy)]
struct Profile {
    name: &'static str,
    transcriber_ms: u64,
    model_ms: u64,
    synthesiser_ms: u64,
    /// The 95th percentile of each time, as a multiple of its median.
    spread: f64,
}

const PROFILES: [Profile; 2] = [
    Profile { name: "fast", transcriber_ms: 150, model_ms: 250, synthesiser_ms: 80, spread: 1.0 },
    Profile { name: "typical", transcriber_ms: 350, model_ms: 400, synthesiser_ms: 150, spread: 2.0 },
];

const REALTIME: &str = "realtime";
const HELD: &str = "realtime, held";
const PLAIN: &str = "pipeline, plain";
const SPECULATIVE: &str = "pipeline, speculative";
const ONCE: &str = "pipeline, speculative, no duplicates";
const ENGINES: [(&str, &str); 5] = [
    (REALTIME, "[voice]\nengine = \"realtime\"\n[openai]\nearly_replies = false\n"),
    (HELD, "[voice]\nengine = \"realtime\"\n[openai]\nearly_replies = true\n"),
    (PLAIN, "[voice]\nengine = \"pipeline\"\n[pipeline]\nspeculation = false\nduplicate_requests = false\n"),
    (ONCE, "[voice]\nengine = \"pipeline\"\n[pipeline]\nspeculation = true\nduplicate_requests = false\n"),
    (SPECULATIVE, "[voice]\nengine = \"pipeline\"\n[pipeline]\nspeculation = true\nduplicate_requests = true\n"),
];

/// The callers' sentences. A sentence takes 300 ms for each word, because the fake transcriber recognises a word every
/// 300 ms.
const SENTENCES: [&str; 6] = [
    "אתם פתוחים היום?",
    "אפשר תור בשעה חמש",
    "אני רוצה לבטל את התור",
    "כמה עולה תספורת לילד?",
    "קוראים לי נועה ברק",
    "אפשר לדבר עם דנה בבקשה",
];
const WORD_MS: usize = 300;
/// The silence after which the fake Realtime engine ends the turn, and the one after which an early reply is requested.
const SERVER_SILENCE_MS: u64 = 500;
const EARLY_SILENCE_MS: u64 = 200;
/// The shortest pause after which the pipeline ends a turn.
const SHORTEST_PAUSE_MS: u64 = 150;
/// The time that the fake model takes from its first word to the last word of the first clause of [`ANSWER`].
const FIRST_CLAUSE_MS: u64 = 20;
const SAMPLES_PER_MS: u64 = 8;
const FILLERS: [&[u8]; 2] = [
    include_bytes!("../../packaging/audio/one_moment_he.ulaw"),
    include_bytes!("../../packaging/audio/more_time_he.ulaw"),
];
/// 40 ms of voiced samples, by which a filler is found in what the caller heard.
const FILLER_PART: Range<usize> = 2_400..2_720;
/// The agent's answer. Its first clause is short, so the speech synthesis can start after the first words of the model.
const ANSWER: &str = "בשמחה רבה, רגע אחד.";

/// `turns` is the number of turns of a run; with one call, a tenth of it. Of the runs with 1 and 50 calls, only those are
/// made whose number is in `calls`, and whose name in the table contains `filter`.
pub async fn measure(machine: Machine, turns: usize, calls: &[u16], filter: &str) -> Vec<TurnRun> {
    let mut runs = Vec::new();
    for profile in PROFILES {
        for engine in ENGINES {
            if !format!("{}, {}", engine.0, profile.name).contains(filter) {
                continue;
            }
            for calls in [1, 50].into_iter().filter(|count| calls.contains(count)).map(usize::from) {
                say(&format!("the turn, {} with {} parts, {calls} calls", engine.0, profile.name));
                let turns = if calls == 1 { turns.div_ceil(10) } else { turns.div_ceil(calls) };
                runs.push(run(machine, profile, engine, calls, turns).await);
            }
        }
    }
    runs
}

async fn run(
    machine: Machine,
    profile: Profile,
    (engine, file): (&'static str, &str),
    calls: usize,
    turns: usize,
) -> TurnRun {
    let ms = Duration::from_millis;
    let (log, folder) = (EventLog::new(), Folder::new("turn"));
    let heard: Vec<String> = SENTENCES.map(str::to_owned).to_vec();
    let soniox = SonioxOptions {
        heard: heard.clone(),
        transcribe: ms(profile.transcriber_ms),
        think: ms(profile.synthesiser_ms),
        spread: profile.spread,
        ..SonioxOptions::default()
    };
    let soniox = Soniox::start(port().await, soniox, log.clone()).expect("a transcriber");
    // A speech-to-speech model replaces the language model and the speech synthesis, so its response time is the sum of
    // both.
    let is_realtime = matches!(engine, REALTIME | HELD);
    let think = profile.model_ms + if is_realtime { profile.synthesiser_ms } else { 0 };
    let ai = OpenAiOptions {
        turns: heard.iter().map(|heard| Turn::new(heard, ANSWER)).collect(),
        think: ms(think),
        spread: profile.spread,
        ..OpenAiOptions::default()
    };
    let ai = OpenAi::start(port().await, ai, log.clone()).expect("an AI");
    let account = Account { sid: format!("AC{:032}", 1), auth_token: "bench-token".into() };
    let server = Server::start(machine, DAEMON, |command, port| {
        daemon_settings(command, &folder, file, port, &account);
        command.env("OPENAI_API_KEY", "bench").env("OPENAI_BASE_URL", ai.base_url()).env("SONIOX_API_KEY", "bench");
        command.env("SONIOX_STT_BASE_URL", soniox.base_url()).env("SONIOX_TTS_BASE_URL", soniox.base_url());
    });
    let connector = DaemonConnector::new(Some(server.address)).expect("a client");
    let phone = Phone::new(TwilioState::new(account), connector, log.clone());
    let placed = (0..calls).map(|number| phone.place_call(plan(&server, number, turns)));
    let reports = join_all(placed).await;
    let mut samples = Samples::default();
    let latencies = reports.iter().flat_map(|report| &report.streams).flat_map(latencies_ms);
    latencies.for_each(|latency_ms| samples.add(latency_ms * 1_000));
    let summary = samples.summary();
    let requests = if is_realtime {
        ai.state().sessions.iter().map(|session| session.answers.len()).sum()
    } else {
        ai.state().requests.iter().filter(|(path, _)| path == "/chat/completions").count()
    };
    server.stop();
    for violation in log.violations().iter().take(3) {
        say(&format!("  {violation}"));
    }
    TurnRun {
        engine,
        profile: profile.name,
        calls,
        turns: summary.count,
        unanswered: (calls * turns).saturating_sub(summary.count),
        p50: summary.p50,
        own: (profile.spread <= 1.0).then(|| summary.p50 - planned_ms(engine, profile) as f64),
        p95: samples.at(0.95),
        max: summary.max,
        discarded: requests.saturating_sub(summary.count) as f64 / requests.max(1) as f64,
    }
}

/// Returns the time that the parts of an engine need from the end of the caller's speech to the first audio.
fn planned_ms(engine: &str, profile: Profile) -> u64 {
    let Profile { transcriber_ms, model_ms, synthesiser_ms, .. } = profile;
    let waits = match engine {
        REALTIME => SERVER_SILENCE_MS,
        HELD => EARLY_SILENCE_MS,
        // The transcript of the last word is complete after half of the time.
        SPECULATIVE | ONCE => transcriber_ms / 2 + FIRST_CLAUSE_MS,
        // The pipeline ends the turn after the shortest pause, and then gets the final transcript.
        _ => SHORTEST_PAUSE_MS + transcriber_ms + FIRST_CLAUSE_MS,
    };
    waits + model_ms + synthesiser_ms
}

/// Returns the milliseconds from the end of each of the caller's utterances to the first sample of the answer. The
/// sentences against silence (fillers) are no answers: a turn without anything else has no latency.
fn latencies_ms(stream: &StreamReport) -> impl Iterator<Item = u64> {
    stream.turns().filter_map(|(asked_ms, heard)| {
        let answered_ms = heard.into_iter().find_map(|heard| answer_ms(stream, heard))?;
        Some(answered_ms.saturating_sub(asked_ms))
    })
}

/// Returns the time at which the answer in an utterance of the agent begins: after the filler, if there is one.
fn answer_ms(stream: &StreamReport, heard: &Utterance) -> Option<u64> {
    let from = usize::try_from(heard.began_ms * SAMPLES_PER_MS).ok()?;
    let to = usize::try_from(heard.ended_ms * SAMPLES_PER_MS).ok()?.min(stream.heard.len());
    let sound = stream.heard.get(from..to)?;
    let filler_end = FILLERS.iter().find_map(|filler| {
        let at = memchr::memmem::find(sound, filler.get(FILLER_PART)?)?;
        Some(at + filler.len() - FILLER_PART.start)
    });
    match filler_end {
        None => Some(heard.began_ms),
        Some(end) if end < sound.len() => Some(heard.began_ms + end as u64 / SAMPLES_PER_MS),
        Some(_) => None,
    }
}

fn plan(server: &Server, number: usize, turns: usize) -> CallPlan {
    let mut plan = CallPlan::new(format!("http://{}/webhook/incoming_call", server.address));
    plan.from = format!("+97250{number:07}");
    let said = (0..turns).map(|turn| {
        let words = SENTENCES[turn % SENTENCES.len()].split(' ').count();
        format!("say {}ms; listen", words * WORD_MS)
    });
    // The callers start to speak at different times.
    let begin = format!("wait {}ms; ", 500 + number * 61 % 3_000);
    let script = begin + &said.collect::<Vec<_>>().join("; ");
    plan.script = script.parse::<Script>().expect("a script");
    plan.fast = true;
    plan
}

async fn port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

pub fn table(runs: &[TurnRun]) -> String {
    let mut text = String::new();
    if runs.is_empty() {
        return text;
    }
    text.push_str(
        "\nTHE TURN                                       calls  turns  p50/p95/max ms       discarded  own ms\n",
    );
    for it in runs {
        let unanswered = if it.unanswered > 0 { format!("  {} unanswered", it.unanswered) } else { String::new() };
        let _ = writeln!(
            text,
            "{:<46} {:>5} {:>6}  {:>4.0} / {:>4.0} / {:>5.0} {:>12.0} %  {}{unanswered}",
            format!("{}, {}", it.engine, it.profile),
            it.calls,
            it.turns,
            it.p50,
            it.p95,
            it.max,
            it.discarded * 100.0,
            it.own.map_or_else(|| "     -".to_owned(), |own| format!("{own:>6.0}"))
        );
    }
    text
}

/// Returns the goals for the speculative pipeline.
pub fn goals(runs: &[TurnRun]) -> Vec<Goal> {
    let mut goals = Vec::new();
    let speculative = runs.iter().filter(|run| run.engine == SPECULATIVE);
    for it in speculative {
        let median = if it.profile == "fast" { 450.0 } else { 650.0 };
        let mut goal = |what: &str, limit: f64, reached: f64, unit: &str| {
            goals.push(Goal {
                what: format!("the turn, {} parts, {} calls, {what}", it.profile, it.calls),
                limit: format!("<= {limit:.0} {unit}"),
                reached: format!("{reached:.0} {unit}"),
                good: reached <= limit,
            });
        };
        goal("median", median, it.p50, "ms");
        goal("p95", 1_000.0, it.p95, "ms");
        goal("discarded requests", 40.0, it.discarded * 100.0, "%");
        goal("turns without an answer", 0.0, it.unanswered as f64, "");
        if let Some(own) = it.own {
            goal("beyond the engine's parts, median", 20.0, own, "ms");
        }
    }
    goals
}
