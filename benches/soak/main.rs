//! A long mixed run: calls, messages both ways by both providers, outages, copies and backups; then the books are balanced.
//!
//! It runs the real daemon and the real bridge beside fake vendors. Nothing in it depends on how fast the machine is: a slower one
//! carries less load and is given more time at the end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a soak that cannot continue has failed")]
#![allow(clippy::disallowed_methods, reason = "a soak has its own clock and environment")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it reports on the terminal")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(unreachable_pub, reason = "this binary is its own whole world")]

mod balance;
mod calls;
mod chance;
mod copies;
mod expected;
mod gate;
mod growth;
/// What the black-box tests stand on.
#[path = "../../tests/it"]
#[allow(dead_code, unused_imports, reason = "the black-box tests use the rest")]
mod it {
    pub mod support;
    #[path = "bridge/world.rs"]
    pub mod world;
}
mod logged;
mod messages;
mod outages;
mod process;
mod report;
mod town;

use chance::Chance;
use clap::Parser;
use copies::{Copies, Copy};
use expected::Expected;
use it::support;
use it::world::World;
use outages::{Outages, Vendors};
use process::{Sample, Samples};
use report::Verdicts;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::task::JoinSet;
use town::Town;

/// Runs a mixed load against the daemon for a long time, and balances the books.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long the load runs, in minutes.
    #[arg(long, default_value_t = 35, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    minutes: u64,
    /// Calls at a time.
    #[arg(long, default_value_t = 15)]
    calls: u64,
    /// Decides what is random: the same number gives the same load. Not set: a new one, which is printed.
    #[arg(long)]
    seed: Option<u64>,
    /// No outages.
    #[arg(long)]
    calm: bool,
    /// More of the daemon's environment, to compare: `MALLOC_ARENA_MAX=2`.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// What `cargo bench` says to every bench.
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
    let mut town = Town::begin(&arguments.env).await;
    let (expected, outages) = (Arc::new(Expected::default()), Outages::default());
    let (samples, copies) = (Samples::default(), Copies::default());
    let pid = town.world.daemon.pid();
    let idle = Sample::of(pid).unwrap();
    let (began, began_at) = (Instant::now(), SystemTime::now());
    let mut load = begin(&town, arguments, seed, &expected);
    {
        let published = town.world.daemon.published_file();
        let World { bridge, whatsapp, .. } = &mut town.world;
        let whatsapp = &*whatsapp;
        let vendors = Vendors {
            ai: &town.ai,
            ai_gate: &town.ai_gate,
            twilio: &town.twilio,
            twilio_gate: &town.twilio_gate,
            bridge,
            whatsapp,
        };
        let disorder = async {
            if !arguments.calm {
                outages::run(vendors, &outages, Chance::new(seed, 1), &expected).await;
            }
        };
        let progress = report::progress(arguments.minutes, &expected, &samples, &copies, &outages);
        tokio::join!(
            progress,
            samples.take(pid, &expected),
            messages::write_by_bridge(whatsapp, Chance::new(seed, 2), &expected),
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
    println!("the load is over after {} s; waiting until nothing is on its way", load_time.as_secs());
    let left = drain(&town, &expected).await;
    println!("a minute of rest");
    tokio::time::sleep(Duration::from_mins(1)).await;
    let rest = Sample::of(pid).unwrap_or_default();

    let mut verdicts = Verdicts::default();
    verdicts.add("nothing is left on its way", left);
    verdicts.add("books balance", balanced(&town, &expected).await);
    verdicts.add("no problem of the load", expected.state().problems.clone());
    let violations = report::violations(&town.log, &expected);
    verdicts.add("the vendors' rules were kept", violations);
    let lines = town.world.daemon.logs().lines();
    let logged = logged::check(&lines, began_at, &outages.all(), &samples.busy(), &expected);
    verdicts.add("no warning that asks for nothing", report::unexplained(&logged));
    verdicts.growth(&samples);
    report::tables(&expected, &samples, &logged, &Copy::of(&town.world.daemon.published_file()), load_time);
    report::rest(idle, rest);
    let kept = report::keep_evidence(&town.world, &verdicts);
    let stopped = tokio::task::block_in_place(|| town.world.daemon.stop());
    verdicts.add("it stops in order", if stopped.success() { vec![] } else { vec![stopped.to_string()] });
    verdicts.print(kept.as_deref())
}

/// The part of the load that runs in tasks of its own.
fn begin(town: &Town, arguments: &Arguments, seed: u64, expected: &Arc<Expected>) -> JoinSet<()> {
    let mut load = JoinSet::new();
    let lines = calls::Lines {
        phone: town.phone.clone(),
        ai: town.ai.clone(),
        voice_url: town.hook("incoming_call").to_string(),
        writers: Arc::new(messages::twilio_writers()),
        expected: expected.clone(),
    };
    for line in 0..arguments.calls {
        load.spawn(calls::line(lines.clone(), line, Chance::new(seed, 100 + line)));
    }
    for writer in 0..messages::TWILIO_WRITERS {
        let url = town.hook("whatsapp/twilio");
        let chance = Chance::new(seed, 1_000 + u64::from(writer));
        let (network, numbers) = (town.network.clone(), messages::of_writer(writer));
        load.spawn(messages::write_by_twilio(network, url, numbers, chance, expected.clone()));
    }
    for sender in 0..u64::from(messages::SENDERS) {
        let chance = Chance::new(seed, 2_000 + sender);
        load.spawn(messages::send(town.world.api.clone(), sender, chance, expected.clone()));
    }
    load.spawn(messages::read(town.world.api.clone(), Chance::new(seed, 3), expected.clone()));
    load
}

/// Waits until nothing is on its way. Gives what is left when nothing changes for five minutes, within which the daemon reads Twilio's
/// lists once more.
async fn drain(town: &Town, expected: &Expected) -> Vec<String> {
    let (mut before, mut changed) = (Vec::new(), Instant::now());
    loop {
        let state = town.world.whatsapp.state().await.unwrap_or_default();
        let published = town.world.daemon.published_file();
        let open = tokio::task::block_in_place(|| balance::open(&Copy::of(&published), expected, &state));
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

async fn balanced(town: &Town, expected: &Expected) -> Vec<String> {
    let outside = balance::Outside {
        expected,
        whatsapp: town.world.whatsapp.state().await.unwrap_or_default(),
        by_twilio: town.exchange.sent_messages().into_iter().map(|message| message.body).collect(),
        ai: town.ai.state(),
    };
    balance::differences(&Copy::of(&town.world.daemon.published_file()), &outside)
}
