//! The printed report: a line each minute, and tables and the result at the end.

use crate::copies::{Copies, Copy};
use crate::expected::Expected;
use crate::growth::Growth;
use crate::it::harness::BridgeHarness;
use crate::logged::Logged;
use crate::outages::Outages;
use crate::process::{Sample, Samples};
use agentlocator::simulator::EventLog;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Prints a line each minute, and ends the load after the last minute.
pub async fn progress(minutes: u64, expected: &Expected, samples: &Samples, copies: &Copies, outages: &Outages) {
    for minute in 1..=minutes {
        tokio::time::sleep(Duration::from_mins(1)).await;
        let process = samples.minutes().last().copied().unwrap_or_else(|| samples.latest());
        let state = expected.state();
        let written: usize = state.written.values().map(Vec::len).sum();
        println!(
            "{minute:>3} min: {:>2} calls now, {} over; {written} messages in, {} out; memory {} ({} own), {} threads, {} files; \
             {} copies of {} MB, {} backups; {} outages; {} problems",
            state.calls_now,
            state.calls.len(),
            state.sent.len(),
            mebibytes(process.resident),
            mebibytes(process.own),
            process.threads,
            process.files,
            copies.made.load(Ordering::Relaxed),
            copies.bytes.load(Ordering::Relaxed) >> 20,
            copies.backups.load(Ordering::Relaxed),
            outages.all().len(),
            state.problems.len(),
        );
    }
    expected.stop();
}

#[derive(Default)]
pub struct CheckResults(Vec<(String, Option<bool>, Vec<String>)>);

impl CheckResults {
    pub fn add(&mut self, what: &str, found: Vec<String>) {
        self.0.push((what.to_owned(), Some(found.is_empty()), found));
    }

    pub fn growth(&mut self, samples: &Samples) {
        let minutes = samples.minutes();
        let figures = |of: fn(&Sample) -> f64| minutes.iter().map(of).collect::<Vec<_>>();
        for growth in [
            Growth::of("memory in MiB", &figures(|it| it.resident as f64 / 1024.0), MEMORY_TOLERANCE_MIB),
            Growth::of("threads", &figures(|it| it.threads as f64), THREADS_TOLERANCE),
            Growth::of("open files", &figures(|it| it.files as f64), FILES_TOLERANCE),
        ] {
            self.0.push((format!("no growth: {}", growth.describe()), growth.is_flat(), Vec::new()));
        }
    }

    fn is_good(&self) -> bool {
        self.0.iter().all(|(_, is_good, _)| *is_good != Some(false))
    }

    pub fn print(&self, evidence: Option<&str>) -> ExitCode {
        println!("\nRESULT");
        for (what, is_good, found) in &self.0 {
            let word = match is_good {
                Some(true) => "held  ",
                Some(false) => "FAILED",
                None => "unsure",
            };
            println!("  {word}  {what}");
            for line in found.iter().take(MAX_FINDINGS) {
                println!("            {line}");
            }
            if found.len() > MAX_FINDINGS {
                println!("            and {} more", found.len() - MAX_FINDINGS);
            }
        }
        if let Some(evidence) = evidence {
            println!("  log and database: {evidence}");
        }
        if self.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

pub fn unexplained(logged: &Logged) -> Vec<String> {
    logged.unexplained.iter().map(|(event, (times, example))| format!("{event} {times} times: {example}")).collect()
}

/// Returns the violations of the vendors' rules. In a small share of calls, a race is allowed, because a client cannot
/// prevent the AI from starting a response by itself while the client requests one.
pub fn violations(log: &EventLog, expected: &Expected) -> Vec<String> {
    let all: Vec<_> = log.violations().iter().map(ToString::to_string).collect();
    let (races, mut rest): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|text| text.contains("already_has_active_response"));
    if races.len() * 100 > MAX_RACES_PERCENT * expected.state().calls.len() {
        rest.push(format!("{} response requests raced with another response, such as {}", races.len(), races[0]));
    }
    rest
}

pub fn tables(expected: &Expected, samples: &Samples, logged: &Logged, copy: &Copy, load_time: Duration) {
    let state = expected.state();
    let mut kinds: BTreeMap<_, usize> = BTreeMap::new();
    for call in &state.calls {
        *kinds.entry(call.kind).or_default() += 1;
    }
    println!(
        "\nCALLS {} in all, {} dialled a person",
        state.calls.len(),
        state.calls.iter().filter(|it| it.dialled > 0).count()
    );
    for (kind, count) in kinds {
        println!("  {kind:<18} {count}");
    }
    for line in copy.texts(
        "SELECT coalesce(engine, 'no engine') || ', ' || coalesce(end_reason, 'no reason') || ': ' || count(*) FROM calls GROUP BY engine, end_reason ORDER BY 1",
    ) {
        println!("  ended {line}");
    }
    let webhooks = copy.number("SELECT count(*) FROM webhook_journal");
    let files = copy.number("SELECT count(*) FROM message_media");
    let per_second = webhooks as f64 / load_time.as_secs_f64().max(1.0);
    println!(
        "WEBHOOKS {webhooks} stored, {per_second:.1} a second; {files} files; {} jobs wait",
        copy.number("SELECT count(*) FROM jobs WHERE state = 'waiting'")
    );
    for line in copy.texts("SELECT direction || ' ' || coalesce(provider, 'no provider') || ' ' || status || ': ' || count(*) FROM messages GROUP BY direction, provider, status ORDER BY 1") {
        println!("  messages {line}");
    }
    println!("MEMORY by minute, MiB: resident (own), threads, files");
    for (minute, sample) in (1..).zip(samples.minutes()) {
        println!(
            "  {minute:>3}  {} ({}), {}, {}",
            mebibytes(sample.resident),
            mebibytes(sample.own),
            sample.threads,
            sample.files
        );
    }
    println!("MACHINE too busy in {} seconds", samples.busy().len());
    println!("LOG {} lines; warnings and errors with a known cause:", logged.lines);
    for (event, times) in &logged.explained {
        println!("  {event} {times}");
    }
}

pub fn rest(idle: Sample, rest: Sample) {
    println!(
        "IDLE before the load {} ({} own), {} threads, {} files; after it and a minute of rest {} ({} own), {} threads, {} files",
        mebibytes(idle.resident),
        mebibytes(idle.own),
        idle.threads,
        idle.files,
        mebibytes(rest.resident),
        mebibytes(rest.own),
        rest.threads,
        rest.files,
    );
}

/// Stores the logs and the database of a failed run. Returns their folder; `None` if all checks passed or a file cannot
/// be stored.
pub fn keep_evidence(harness: &BridgeHarness, results: &CheckResults) -> Option<String> {
    if results.is_good() {
        return None;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("soak");
    std::fs::create_dir_all(&folder).ok()?;
    std::fs::write(folder.join("daemon.log"), harness.daemon.logs().lines().join("\n")).ok()?;
    std::fs::write(folder.join("bridge.log"), harness.bridge.log_lines().join("\n")).ok()?;
    std::fs::copy(harness.daemon.published_file(), folder.join("agentlocator.db")).ok()?;
    Some(folder.display().to_string())
}

fn mebibytes(kibibytes: u64) -> String {
    format!("{:.1}", kibibytes as f64 / 1024.0)
}

const MEMORY_TOLERANCE_MIB: f64 = 3.0;
/// The number of threads varies with downloads and name resolution.
const THREADS_TOLERANCE: f64 = 4.0;
const FILES_TOLERANCE: f64 = 10.0;
const MAX_FINDINGS: usize = 20;
const MAX_RACES_PERCENT: usize = 3;
