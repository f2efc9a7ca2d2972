//! Measures the daemon's costs and delays. Many of them are compared with floors that run in the same session.
//!
//! Unless `--no-pin` is given, the server runs on core 0; the callers, the AI and the webhook senders share core 1. All
//! have real-time priority where the system permits it. The office part does not pin the server. A run of calls counts
//! only if the generator itself was on time and no call failed.

#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot continue has failed")]
#![expect(clippy::disallowed_methods, reason = "a bench has its own clock")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "figures for people"
)]
#![expect(clippy::cast_sign_loss, reason = "a share of a count is a count")]
#![expect(unreachable_pub, reason = "this program is not a library")]

mod detector;
mod flood;
mod floor;
mod machine;
mod memory;
mod office;
mod process;
mod report;
mod startup;
mod stats;
mod target;
mod turn;
mod voice;
mod webhooks;
mod wire;

use clap::Parser;
use machine::Machine;
use process::Folder;
use report::{Combined, DAEMON, FLOOR, NO_PUBLISHING, NO_RECORDING, Results, VoiceRun, WebhookRun, say};
use std::path::{Path, PathBuf};
use std::time::Duration;
use target::Target;
use tokio::net::TcpListener;
use tokio::task::LocalSet;
use voice::Load;
use voice::ai::AiBehavior;
use webhooks::{Hook, Rate};

/// Measure the daemon, and floors (minimal servers) as a baseline.
#[derive(Debug, Parser)]
struct Arguments {
    /// Numbers of concurrent calls, one run each. Turns are measured with 1 and 50 calls.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 50, 200, 500])]
    calls: Vec<u16>,
    /// Duration of each load in seconds.
    #[arg(long, default_value_t = 16)]
    seconds: u64,
    /// Run only these parts.
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = [Part::Voice, Part::Webhooks, Part::Start, Part::Office, Part::Turn])]
    only: Vec<Part>,
    /// Number of runs of each webhook load, alternating with the floor; the best run of each counts.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=9))]
    rounds: u8,
    /// Number of messages in the database for the start.
    #[arg(long, default_value_t = 100_000)]
    messages: u64,
    /// Number of contacts, messages and calls in the database for the office.
    #[arg(long, value_delimiter = ',', num_args = 1, default_values_t = [5_000, 200_000, 20_000])]
    office: Vec<u32>,
    /// Number of turns of each engine; with one call a tenth of them.
    #[arg(long, default_value_t = 300)]
    turns: usize,
    /// Measure only the turns of engines whose name in the table contains this text, such as `speculative, typical`.
    #[arg(long, value_name = "TEXT", default_value = "")]
    turn_engine: String,
    /// Also measure this server: a command that listens on $PORT and connects to the AI at $OPENAI_BASE_URL (path
    /// /realtime).
    #[arg(long, value_name = "COMMAND")]
    other: Option<String>,
    /// Path of the media socket of the server in --other.
    #[arg(long, value_name = "PATH", default_value = "/media-stream")]
    other_path: String,
    /// Additional environment variable of the daemon, for comparisons, such as `MALLOC_ARENA_MAX=2`. The daemon gets no
    /// other variable of this program's environment.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Do not pin processes to cores and do not set priorities.
    #[arg(long)]
    no_pin: bool,
    /// Write all results to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Fail if the result misses a goal.
    #[arg(long)]
    strict: bool,
    /// `cargo bench` passes this flag to all benches.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Voice,
    Webhooks,
    Start,
    /// Lists, searches and events with a year of messages and calls.
    Office,
    /// The time from the end of the caller's speech to the answer, with engines whose parts take published times.
    Turn,
    /// Attackers that flood the daemon during calls; in a network namespace (needs unshare and ip). Runs only if no
    /// other part is named.
    Flood,
    /// Memory that logins, API requests and calls leave behind; takes seven minutes.
    Memory,
}

fn main() -> std::process::ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).is_some_and(|word| word == "floor") {
        floor::run(&words[2..]);
        return std::process::ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if let [_, word, port, seconds] = &words[..]
        && word == "attackers"
    {
        let (port, seconds) = (port.parse().expect("a port"), seconds.parse().expect("seconds"));
        runtime.block_on(flood::attackers::run(port, seconds));
        return std::process::ExitCode::SUCCESS;
    }
    let arguments = Arguments::parse();
    if arguments.only == [Part::Flood]
        && let Some(status) = flood::enter_own_network()
    {
        return status;
    }
    target::set_daemon_environment(&arguments.env);
    let machine = Machine::take(!arguments.no_pin);
    let mut results =
        Results { machine: machine.describe(), load_average: machine::load_average(), ..Results::default() };
    runtime.block_on(async {
        if arguments.only == [Part::Flood] {
            results.flood = Some(flood::measure(machine).await);
            return;
        }
        if arguments.only.contains(&Part::Voice) {
            measure_voice(&arguments, machine, &mut results).await;
        }
        if arguments.only.contains(&Part::Memory) {
            results.memory = memory::measure(machine).await;
        }
        if arguments.only.contains(&Part::Webhooks) || arguments.only.contains(&Part::Start) {
            measure_webhooks(&arguments, machine, &mut results).await;
        }
        if arguments.only.contains(&Part::Turn) {
            results.turns = turn::measure(machine, arguments.turns, &arguments.calls, &arguments.turn_engine).await;
        }
        if arguments.only.contains(&Part::Office) {
            let [contacts, messages, calls] = arguments.office[..] else { panic!("--office takes three numbers") };
            let size = office::Size { contacts, messages, calls };
            results.office = Some(office::measure(machine, size, arguments.seconds.min(12)).await);
        }
    });
    results.evaluate();
    say(&results.tables());
    say(&results.goals_table());
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&results).expect("JSON");
        std::fs::write(file, text).expect("the results are written");
    }
    let missed = results.goals.iter().any(|goal| !goal.good);
    if arguments.strict && missed { std::process::ExitCode::FAILURE } else { std::process::ExitCode::SUCCESS }
}

async fn measure_voice(arguments: &Arguments, machine: Machine, results: &mut Results) {
    results.detector = Some(detector::measure());
    let mut servers =
        vec![(FLOOR, Target::Relay), (DAEMON, Target::daemon()), (NO_RECORDING, Target::daemon_without_recording())];
    if let Some(command) = &arguments.other {
        servers.push(("other", Target::Other { command: command.clone(), path: arguments.other_path.clone() }));
    }
    for &calls in &arguments.calls {
        for (name, target) in &servers {
            if *name == NO_RECORDING && calls < 50 {
                continue;
            }
            say(&format!("{calls} calls for {} s: {name}", arguments.seconds));
            let outcome = measure_calls(target, machine, Load::new(calls, arguments.seconds)).await;
            results.voice.push(VoiceRun { server: (*name).into(), outcome });
        }
    }
    let interrupting = AiBehavior { answer: Duration::from_millis(2_500), ..AiBehavior::default() };
    for (name, target) in servers.iter().filter(|(name, _)| *name != NO_RECORDING) {
        say(&format!("50 calls that interrupt: {name}"));
        let load = Load { behavior: interrupting, ..Load::new(50, arguments.seconds.min(13)) };
        let outcome = measure_calls(target, machine, load).await;
        results.interruptions.push(VoiceRun { server: (*name).into(), outcome });
    }
    say("20 calls whose model takes 800 ms to connect");
    let slow = AiBehavior { connect: Duration::from_millis(800), ..AiBehavior::default() };
    let load = Load { behavior: slow, ..Load::new(20, 6) };
    results.slow_model = Some(measure_calls(&Target::daemon(), machine, load).await);
}

/// Runs a load against a fresh server, up to [`TRIES`] times, until the generator is on time and no call fails.
async fn measure_calls(target: &Target, machine: Machine, load: Load) -> voice::Outcome {
    let mut outcome = voice::Outcome::default();
    for attempt in 1..=TRIES {
        let folder = Folder::new("voice");
        let ai = TcpListener::bind("127.0.0.1:0").await.expect("a port for the AI");
        let (server, endpoint) = target.start(machine, &folder, ai.local_addr().expect("its address"));
        outcome = voice::run(load, &server, &endpoint, ai).await;
        server.stop();
        if outcome.counts() {
            break;
        }
        let (late, failed) = (outcome.generator_late.p99, outcome.failed_calls.len());
        say(&format!("  try {attempt} does not count: the generator was {late:.1} ms late, {failed} calls failed"));
        if let Some(reason) = outcome.failed_calls.first() {
            say(&format!("  {reason}"));
        }
    }
    outcome
}

async fn measure_webhooks(arguments: &Arguments, machine: Machine, results: &mut Results) {
    let seconds = arguments.seconds.min(8);
    if arguments.only.contains(&Part::Webhooks) {
        for producers in [1, 16, 64] {
            say(&format!("group commit with {producers} producers"));
            results.commit.push(floor::commit(machine, producers, seconds.min(4)));
        }
    }
    let mut folder = Folder::new("empty");
    for _ in 0..arguments.rounds {
        if arguments.only.contains(&Part::Webhooks) {
            measure_hooks(FLOOR, machine, seconds, results).await;
            measure_hooks(NO_PUBLISHING, machine, seconds, results).await;
            folder = measure_hooks(DAEMON, machine, seconds, results).await;
        }
    }
    if arguments.only.contains(&Part::Start) {
        let stored = top_up(machine, &folder, arguments.messages).await;
        say(&format!("starts with {stored} messages"));
        results.starts = Some(startup::measure(machine, &folder, stored, 11));
    }
    if arguments.only.contains(&Part::Webhooks) {
        say("200 calls beside 1,000 webhooks a second");
        results.beside_calls = Some(measure_combined(machine, arguments.seconds).await);
    }
}

/// Returns the data folder of the server.
async fn measure_hooks(name: &'static str, machine: Machine, seconds: u64, results: &mut Results) -> Folder {
    let folder = Folder::new("webhooks");
    let (server, hook) = start_hooks(name, machine, &folder);
    let mut accepted = 0;
    let rates =
        [("64 connections", Rate::Closed { connections: 64 }), ("5000 a second", Rate::Open { per_second: 5_000 })];
    for (number, (rate_name, rate)) in rates.into_iter().enumerate() {
        say(&format!("webhooks, {rate_name}: {name}"));
        let local = LocalSet::new();
        let outcome = local.run_until(webhooks::run(&hook, rate, seconds, number as u64 + 1, &server)).await;
        accepted += outcome.accepted;
        results.keep(WebhookRun { server: name.into(), rate: rate_name.into(), outcome });
    }
    server.stop();
    if name != FLOOR {
        let counted = results.stored.entry(name).or_default();
        counted.accepted += accepted;
        counted.stored += stored_in(folder.path());
    }
    folder
}

fn start_hooks(name: &'static str, machine: Machine, folder: &Folder) -> (process::Server, Hook) {
    let account =
        agentlocator::simulator::twilio::Account { sid: format!("AC{:032}", 1), auth_token: "bench-token".into() };
    let file = if name == NO_PUBLISHING { "[store]\npublish = false\n" } else { "" };
    if name == FLOOR {
        let server = process::Server::start(machine, &target::own_program(), |command, port| {
            command.args(["floor", "webhook", &port.to_string()]).arg(folder.path()).arg(&account.auth_token);
        });
        let hook = Hook { address: server.address, path: "/hook", auth_token: account.auth_token.into() };
        return (server, hook);
    }
    let server = process::Server::start(machine, target::DAEMON, |command, port| {
        target::daemon_settings(command, folder, file, port, &account);
    });
    let hook =
        Hook { address: server.address, path: "/webhook/whatsapp/twilio", auth_token: account.auth_token.into() };
    (server, hook)
}

/// Sends webhooks until the database has `wanted` messages. Returns the number of stored messages.
async fn top_up(machine: Machine, folder: &Folder, wanted: u64) -> u64 {
    for run in 10.. {
        let stored = stored_in(folder.path());
        if stored >= wanted {
            return stored;
        }
        let (server, hook) = start_hooks(DAEMON, machine, folder);
        let local = LocalSet::new();
        let rate = Rate::Closed { connections: 64 };
        let outcome = local.run_until(webhooks::run(&hook, rate, 3, run, &server)).await;
        server.stop();
        if outcome.accepted == 0 {
            break;
        }
    }
    stored_in(folder.path())
}

async fn measure_combined(machine: Machine, seconds: u64) -> Combined {
    let folder = Folder::new("beside");
    let ai = TcpListener::bind("127.0.0.1:0").await.expect("a port for the AI");
    let (server, endpoint) = Target::daemon().start(machine, &folder, ai.local_addr().expect("its address"));
    let hook = Hook { address: server.address, path: "/webhook/whatsapp/twilio", auth_token: endpoint.token() };
    let rate = Rate::Open { per_second: 1_000 };
    let local = LocalSet::new();
    let messages = local.run_until(async { webhooks::run(&hook, rate, seconds, 1, &server).await });
    let (calls, webhooks) = tokio::join!(voice::run(Load::new(200, seconds), &server, &endpoint, ai), messages);
    server.stop();
    Combined { calls, webhooks }
}

/// Returns the number of messages in the published database or, if it has none, in the live one.
fn stored_in(folder: &Path) -> u64 {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let file = [folder.join("agentlocator.db"), folder.join("live/db.sqlite")].into_iter().find(|file| {
        let count = rusqlite::Connection::open_with_flags(file, flags)
            .and_then(|database| database.query_row("SELECT count(*) FROM messages", [], |row| row.get::<_, i64>(0)));
        count.is_ok_and(|count| count > 0)
    });
    let Some(file) = file else { return 0 };
    rusqlite::Connection::open_with_flags(file, flags)
        .and_then(|database| database.query_row("SELECT count(*) FROM messages", [], |row| row.get::<_, i64>(0)))
        .map_or(0, |count| count as u64)
}

const TRIES: usize = 3;
