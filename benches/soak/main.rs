//! The soak test: runs calls, messages in both directions, outages, copies and backups at the same time, and then
//! checks the database.
//!
//! The test runs the real daemon and the real bridge beside fake vendors. A slower machine receives less load, and gets
//! more time to finish.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a soak that cannot continue has failed")]
#![allow(clippy::disallowed_methods, reason = "a soak has its own clock and environment")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it reports on the terminal")]
#![allow(clippy::cast_precision_loss, reason = "printed values need no full precision")]
#![allow(unreachable_pub, reason = "no other crate uses a binary")]

mod calls;
mod compare;
mod copies;
mod expected;
mod growth;
/// The support code of the black-box tests.
#[path = "../../tests/it"]
#[allow(dead_code, unused_imports, reason = "the black-box tests use the rest")]
mod it {
    #[path = "bridge/harness.rs"]
    pub mod harness;
    pub mod support;
}
mod environment;
mod logged;
mod messages;
mod outages;
mod process;
mod report;

use clap::Parser;
use copies::{Copies, Copy};
use environment::Environment;
use expected::Expected;
use it::harness::BridgeHarness;
use it::support;
use it::support::rng::SeededRng;
use outages::{Outages, Vendors};
use process::{Sample, Samples};
use report::CheckResults;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::task::JoinSet;

/// Runs a mixed load against the daemon for a long time, and checks the database afterwards.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long the load runs, in minutes.
    #[arg(long, default_value_t = 35, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    minutes: u64,
    /// Number of concurrent calls.
    #[arg(long, default_value_t = 15)]
    calls: u64,
    /// Seed of the random load: the same seed gives the same load. Without it, the program chooses a seed and prints
    /// it.
    #[arg(long)]
    seed: Option<u64>,
    /// Run without outages.
    #[arg(long)]
    calm: bool,
    /// Additional environment variable of the daemon, for comparisons, such as `MALLOC_ARENA_MAX=2`.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// `cargo bench` passes this flag to all benches.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(soak(&arguments))
}

async fn soak(arguments: &Arguments) -> ExitCode {
    let seed = arguments.seed.unwrap_or_else(|| u64::from_ne_bytes(agentlocator::entropy::random_bytes()) >> 16);
    println!("soak of {} minutes, {} calls at a time, --seed {seed}", arguments.minutes, arguments.calls);
    let mut environment = Environment::begin(&arguments.env).await;
    let (expected, outages) = (Arc::new(Expected::default()), Outages::default());
    let (samples, copies) = (Samples::default(), Copies::default());
    let pid = environment.harness.daemon.pid();
    let idle = Sample::of(pid).unwrap();
    let (began, began_at) = (Instant::now(), SystemTime::now());
    let mut load = begin(&environment, arguments, seed, &expected);
    {
        let published = environment.harness.daemon.published_file();
        let BridgeHarness { bridge, whatsapp, .. } = &mut environment.harness;
        let whatsapp = &*whatsapp;
        let vendors = Vendors {
            ai: &environment.ai,
            ai_relay: &environment.ai_relay,
            twilio: &environment.twilio,
            twilio_relay: &environment.twilio_relay,
            bridge,
            whatsapp,
        };
        let disorder = async {
            if !arguments.calm {
                outages::run(vendors, &outages, SeededRng::new(seed, 1), &expected).await;
            }
        };
        let progress = report::progress(arguments.minutes, &expected, &samples, &copies, &outages);
        tokio::join!(
            progress,
            samples.take(pid, &expected),
            messages::write_by_bridge(whatsapp, SeededRng::new(seed, 2), &expected),
            disorder,
            copies.make(&published, &expected),
        );
    }
    while let Some(ended) = load.join_next().await {
        if let Err(error) = ended {
            expected.problem(format!("a part of the load ended: {error}"));
        }
    }
    let load_time = began.elapsed();
    println!("the load is over after {} s; waiting until no work is pending", load_time.as_secs());
    let left = drain(&environment, &expected).await;
    println!("a minute of rest");
    tokio::time::sleep(Duration::from_mins(1)).await;
    let rest = Sample::of(pid).unwrap_or_default();

    let mut results = CheckResults::default();
    results.add("all work is complete", left);
    results.add("the database matches", compare_with_database(&environment, &expected).await);
    results.add("no unexpected failure", expected.state().problems.clone());
    let violations = report::violations(&environment.log, &expected);
    results.add("the vendors' rules were followed", violations);
    let lines = environment.harness.daemon.logs().lines();
    let logged = logged::check(&lines, began_at, &outages.all(), &samples.busy(), &expected);
    results.add("no unexplained warning", report::unexplained(&logged));
    results.growth(&samples);
    report::tables(&expected, &samples, &logged, &Copy::of(&environment.harness.daemon.published_file()), load_time);
    report::rest(idle, rest);
    let kept = report::keep_evidence(&environment.harness, &results);
    let stopped = tokio::task::block_in_place(|| environment.harness.daemon.stop());
    results.add("clean shutdown", if stopped.success() { vec![] } else { vec![stopped.to_string()] });
    results.print(kept.as_deref())
}

fn begin(environment: &Environment, arguments: &Arguments, seed: u64, expected: &Arc<Expected>) -> JoinSet<()> {
    let mut load = JoinSet::new();
    let lines = calls::Lines {
        phone: environment.phone.clone(),
        ai: environment.ai.clone(),
        voice_url: environment.hook("incoming_call").to_string(),
        writers: Arc::new(messages::twilio_writers()),
        expected: expected.clone(),
        count: arguments.calls,
    };
    for line in 0..arguments.calls {
        load.spawn(calls::line(lines.clone(), line, SeededRng::new(seed, 100 + line)));
    }
    for writer in 0..messages::TWILIO_WRITERS {
        let url = environment.hook("whatsapp/twilio");
        let rng = SeededRng::new(seed, 1_000 + u64::from(writer));
        let (network, numbers) = (environment.network.clone(), messages::of_writer(writer));
        load.spawn(messages::write_by_twilio(network, url, numbers, rng, expected.clone()));
    }
    for sender in 0..u64::from(messages::SENDERS) {
        let rng = SeededRng::new(seed, 2_000 + sender);
        load.spawn(messages::send(environment.harness.api.clone(), sender, rng, expected.clone()));
    }
    load.spawn(messages::read(environment.harness.api.clone(), SeededRng::new(seed, 3), expected.clone()));
    load
}

/// Waits until no work is pending. Returns the pending work if it does not change for five and a half minutes. In this
/// time, the daemon reads Twilio's lists once more.
async fn drain(environment: &Environment, expected: &Expected) -> Vec<String> {
    let (mut before, mut changed) = (Vec::new(), Instant::now());
    loop {
        let state = environment.harness.whatsapp.state().await.unwrap_or_default();
        let published = environment.harness.daemon.published_file();
        let open = tokio::task::block_in_place(|| compare::open(&Copy::of(&published), expected, &state));
        if open.is_empty() {
            return Vec::new();
        }
        if open != before {
            (before, changed) = (open, Instant::now());
        }
        if changed.elapsed() > Duration::from_secs(330) {
            return before.iter().map(|(what, count)| format!("{count} {what}")).collect();
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

async fn compare_with_database(environment: &Environment, expected: &Expected) -> Vec<String> {
    let observed = compare::Observed {
        expected,
        whatsapp: environment.harness.whatsapp.state().await.unwrap_or_default(),
        by_twilio: environment.twilio_state.sent_messages().into_iter().map(|message| message.body).collect(),
        ai: environment.ai.state(),
    };
    compare::differences(&Copy::of(&environment.harness.daemon.published_file()), &observed)
}
