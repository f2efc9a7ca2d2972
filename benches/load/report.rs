//! The results, compared with the floor and the goals.

use crate::detector::DetectorRun;
use crate::flood::attackers::AttackReport;
use crate::floor::CommitFloor;
use crate::office::Office;
use crate::startup::Starts;
use crate::stats::Summary;
use crate::turn::{self, TurnRun};
use crate::{voice, webhooks};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

#[derive(Default, Serialize)]
pub struct Results {
    pub machine: String,
    pub load_average: f64,
    pub voice: Vec<VoiceRun>,
    pub interruptions: Vec<VoiceRun>,
    pub slow_model: Option<voice::Outcome>,
    pub detector: Option<DetectorRun>,
    pub commit: Vec<CommitFloor>,
    pub webhooks: Vec<WebhookRun>,
    pub stored: BTreeMap<&'static str, Counted>,
    pub beside_calls: Option<Combined>,
    pub starts: Option<Starts>,
    pub flood: Option<Flood>,
    pub memory: Vec<MemoryRun>,
    pub office: Option<Office>,
    pub turns: Vec<TurnRun>,
    pub goals: Vec<Goal>,
}

#[derive(Clone, Serialize)]
pub struct VoiceRun {
    pub server: String,
    pub outcome: voice::Outcome,
}

#[derive(Clone, Serialize)]
pub struct WebhookRun {
    pub server: String,
    pub rate: String,
    pub outcome: webhooks::Outcome,
}

/// The number of acknowledged messages, and how many of them were in the database after the run.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Counted {
    pub accepted: u64,
    pub stored: u64,
}

#[derive(Clone, Serialize)]
pub struct Combined {
    pub calls: voice::Outcome,
    pub webhooks: webhooks::Outcome,
}

/// The results of calls and signed webhooks during a flood. Memory is in bytes.
#[derive(Clone, Serialize)]
pub struct Flood {
    pub peace: voice::Outcome,
    pub calls: voice::Outcome,
    pub webhooks: Summary,
    /// The number of signed webhooks that failed or took longer than ten seconds.
    pub refused: u64,
    pub attackers: AttackReport,
    pub rest: u64,
    pub highest: u64,
    /// The resident memory a minute after the flood.
    pub after: u64,
}

/// Resident memory in bytes: at rest, at the peak of the load, and a minute after the load.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MemoryRun {
    pub what: &'static str,
    pub rest: u64,
    pub highest: u64,
    pub after: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Goal {
    pub what: String,
    pub limit: String,
    pub reached: String,
    pub good: bool,
}

/// The names of the servers in the results. The floor is a minimal server, see `floor.rs`.
pub const FLOOR: &str = "floor";
pub const DAEMON: &str = "agentlocator";
pub const NO_RECORDING: &str = "agentlocator, no recording";
pub const NO_PUBLISHING: &str = "agentlocator, no publishing";

/// Ignores write errors.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

impl Results {
    /// Keeps the better of two runs of the same load, because other processes may have disturbed one of them.
    pub fn keep(&mut self, run: WebhookRun) {
        let same = |known: &&mut WebhookRun| known.server == run.server && known.rate == run.rate;
        match self.webhooks.iter_mut().find(same) {
            Some(known) if run.outcome.is_better_than(&known.outcome) => *known = run,
            Some(_) => {}
            None => self.webhooks.push(run),
        }
    }

    pub fn tables(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "\nMachine: {}; load average {:.1} at the beginning\n", self.machine, self.load_average);
        if !self.voice.is_empty() {
            text.push_str("CALLS      added p50/p99 ms   up p50/p99       down p50/p99     CPU ms/call-s  RSS MB  KB/call  server\n");
            for VoiceRun { server, outcome: it } in &self.voice {
                let _ = writeln!(
                    text,
                    "{:>5}      {:>7.2} / {:<7.2} {:>6.2} / {:<6.2} {:>7.2} / {:<6.2} {:>11.2} {:>9.1} {:>8.1}  {server}{}",
                    it.calls,
                    it.added.p50,
                    it.added.p99,
                    it.up.p50,
                    it.up.p99,
                    it.down.p50,
                    it.down.p99,
                    it.cpu_ms_per_call_second,
                    it.memory as f64 / 1e6,
                    it.memory_per_call as f64 / 1e3,
                    if it.counts() { "" } else { "  (does not count: the generator was late, or calls failed)" },
                );
            }
        }
        for VoiceRun { server, outcome: it } in &self.interruptions {
            let _ = writeln!(
                text,
                "interrupted {} times in {} calls: silent after {:.1} / {:.1} ms, {} stale frames  {server}",
                it.cleared.count, it.calls, it.cleared.p50, it.cleared.p99, it.stale
            );
        }
        text.extend(self.detector.iter().map(DetectorRun::table));
        if !self.commit.is_empty() || !self.webhooks.is_empty() {
            text.push_str(
                "\nWEBHOOKS                       a second    p50/p99 ms        CPU ms/1000  refused  server\n",
            );
        }
        for it in &self.commit {
            let _ = writeln!(
                text,
                "group commit, {:>3} producers {:>12.0} {:>8.2} / {:<8.2}                       raw floor",
                it.producers, it.per_second, it.p50_ms, it.p99_ms
            );
        }
        for WebhookRun { server, rate, outcome: it } in &self.webhooks {
            let _ = writeln!(
                text,
                "{rate:<27} {:>11.0} {:>8.2} / {:<8.2} {:>11.1} {:>8}  {server}",
                it.per_second, it.latency.p50, it.latency.p99, it.cpu_ms_per_1000, it.refused
            );
        }
        if let Some(it) = &self.flood {
            let _ = writeln!(
                text,
                "\nFLOOD of {} connections ({} refused) and {:.0} MB\nframes up/down at most: {:.1} / {:.1} ms, in peace {:.1} / {:.1} ms; \
                 generator late at most {:.1} ms\nsigned webhooks: {} answered, {} refused, at most {:.0} ms\nRSS MB: {:.1} with {} calls \
                 in peace, {:.1} at rest, {:.1} at most in the flood, {:.1} a minute later",
                it.attackers.connections,
                it.attackers.refused,
                it.attackers.bytes as f64 / 1e6,
                it.calls.up.max,
                it.calls.down.max,
                it.peace.up.max,
                it.peace.down.max,
                it.calls.generator_late.max,
                it.webhooks.count,
                it.refused,
                it.webhooks.max,
                it.peace.memory as f64 / 1e6,
                it.peace.calls,
                it.rest as f64 / 1e6,
                it.highest as f64 / 1e6,
                it.after as f64 / 1e6,
            );
        }
        for it in &self.memory {
            let [rest, highest, after] = [it.rest, it.highest, it.after].map(|bytes| bytes as f64 / 1e6);
            let _ = writeln!(
                text,
                "\nRSS MB with {}: {rest:.1} at rest, {highest:.1} at most, {after:.1} a minute later",
                it.what
            );
        }
        if let Some(starts) = &self.starts {
            let _ = writeln!(text, "\nexec to healthy with {} messages: {:.1} ms", starts.messages, starts.median_ms);
        }
        text.extend(self.office.iter().map(Office::table));
        text.push_str(&turn::table(&self.turns));
        text
    }

    pub fn evaluate(&mut self) {
        let mut goals = Vec::new();
        for calls in [1, 50, 200] {
            if let Some((floor, own)) = self.pair(calls) {
                let goal = |p: &str, floor: f64, more: f64, own: f64| Goal {
                    what: format!("added voice to voice, {calls} calls, {p}"),
                    limit: format!("<= floor + {more} ms ({:.2})", floor + more),
                    reached: format!("{own:.2} ms ({:+.2})", own - floor),
                    good: own <= floor + more,
                };
                goals.push(goal("p50", floor.added.p50, 0.3, own.added.p50));
                goals.push(goal("p99", floor.added.p99, 2.0, own.added.p99));
            }
        }
        if let Some((_, own)) = self.pair(500) {
            goals.push(most("added voice to voice, 500 calls, p99", own.added.p99, 8.0, "ms"));
        }
        if let Some((_, own)) = self.pair(200) {
            goals.push(most("one-way time of a frame up, 200 calls, p99", own.up.p99, 1.5, "ms"));
            goals.push(most("one-way time of a frame down, 200 calls, p99", own.down.p99, 1.5, "ms"));
            goals.push(most("voice webhook to TwiML, 200 calls, p99", own.webhook.p99, 5.0, "ms"));
        }
        for (calls, server) in [(200, DAEMON), (500, DAEMON), (200, NO_RECORDING), (500, NO_RECORDING)] {
            if let (Some(floor), Some(own)) = (self.find(FLOOR, calls), self.find(server, calls)) {
                let ratio = own.cpu_ms_per_call_second / floor.cpu_ms_per_call_second;
                goals.push(Goal {
                    what: format!("CPU per call-second, {calls} calls ({server})"),
                    limit: "<= 1.25 x floor".into(),
                    reached: format!(
                        "{:.2} ms = {ratio:.2} x {:.2}",
                        own.cpu_ms_per_call_second, floor.cpu_ms_per_call_second
                    ),
                    good: ratio <= 1.25,
                });
            }
        }
        for (server, limit) in [(DAEMON, 120.0), (NO_RECORDING, 45.0)] {
            if let Some(own) = self.find(server, 200) {
                let what = format!("memory per call after the first, 200 calls ({server})");
                goals.push(most(&what, own.memory_per_call as f64 / 1e3, limit, "KB"));
            }
        }
        if let Some(own) = self.voice.iter().find(|run| run.server == DAEMON) {
            goals.push(most("memory without calls", own.outcome.memory_idle as f64 / 1e6, 12.0, "MB"));
        }
        for (calls, limit) in [(50, 13.0), (200, 20.0)] {
            if let Some(own) = self.find(NO_RECORDING, calls) {
                let what = format!("memory with {calls} calls, recording aside");
                goals.push(most(&what, own.memory as f64 / 1e6, limit, "MB"));
            }
        }
        for it in self.interruptions.iter().filter(|run| run.server == DAEMON) {
            goals.push(most(
                "interruption to clear, 50 calls, p99 (the VAD's 40 in it)",
                it.outcome.cleared.p99,
                43.0,
                "ms",
            ));
            goals.push(none("stale frames after clear", it.outcome.stale));
        }
        if let Some(it) = &self.slow_model {
            goals.push(none("frames lost while the model takes 800 ms to connect", it.frames_lost.unsigned_abs()));
            goals.push(none("frames sent before the model was ready", it.early));
        }
        if let Some(own) = self.find(DAEMON, 200) {
            let wrong = own.underruns + own.frames_lost.unsigned_abs() + own.out_of_order + own.stale;
            goals.push(none("underruns, lost, repeated or stale frames, 200 calls", wrong));
        }
        goals.extend(self.detector.iter().map(DetectorRun::goal));
        self.evaluate_webhooks(&mut goals);
        self.evaluate_flood(&mut goals);
        self.evaluate_memory(&mut goals);
        if let Some(starts) = &self.starts {
            let what = format!("exec to healthy, {} messages", starts.messages);
            goals.push(most(&what, starts.median_ms, 20.0, "ms"));
        }
        goals.extend(self.office.iter().flat_map(Office::goals));
        goals.extend(turn::goals(&self.turns));
        self.goals = goals;
    }

    fn evaluate_flood(&self, goals: &mut Vec<Goal>) {
        let Some(it) = &self.flood else { return };
        goals.push(most("one-way time of a frame up in the flood, at most", it.calls.up.max, 20.0, "ms"));
        goals.push(most("one-way time of a frame down in the flood, at most", it.calls.down.max, 20.0, "ms"));
        goals.push(none("calls that failed in the flood", it.calls.failed_calls.len() as u64));
        goals.push(none("signed webhooks refused in the flood", it.refused));
        goals.push(most("signed webhooks in the flood, at most", it.webhooks.max, 1_000.0, "ms"));
        let busy = it.rest.max(it.peace.memory);
        goals.push(most("memory in the flood above that with calls in peace", more(it.highest, busy), 64.0, "MiB"));
        goals.push(most("memory a minute later above rest", more(it.after, it.rest), 5.0, "MiB"));
    }

    fn evaluate_memory(&self, goals: &mut Vec<Goal>) {
        for it in &self.memory {
            goals.push(most(&format!("memory with {} above rest", it.what), more(it.highest, it.rest), 64.0, "MiB"));
            goals.push(most(
                &format!("memory a minute after {} above rest", it.what),
                more(it.after, it.rest),
                5.0,
                "MiB",
            ));
        }
    }

    fn evaluate_webhooks(&self, goals: &mut Vec<Goal>) {
        let find = |server: &str, rate: &str| {
            self.webhooks.iter().find(|run| run.server == server && run.rate.starts_with(rate)).map(|run| &run.outcome)
        };
        for (server, least) in [(DAEMON, 1.0 / 3.0), (NO_PUBLISHING, 0.65)] {
            if let (Some(floor), Some(own)) = (find(FLOOR, "64"), find(server, "64")) {
                let ratio = own.per_second / floor.per_second;
                goals.push(Goal {
                    what: format!("webhooks a second, 64 connections ({server})"),
                    limit: format!(">= {least:.2} x floor"),
                    reached: format!("{:.0} = {ratio:.2} x {:.0}", own.per_second, floor.per_second),
                    good: ratio >= least,
                });
            }
        }
        if let Some(own) = find(DAEMON, "64") {
            goals.push(most("webhooks, 64 connections, p99", own.latency.p99, 14.0, "ms"));
        }
        if let Some(own) = find(DAEMON, "5000") {
            goals.push(most("webhooks at 5,000 a second, p99", own.latency.p99, 6.0, "ms"));
        }
        if let Some(beside) = &self.beside_calls {
            goals.push(most(
                "webhooks at 1,000 a second beside 200 calls, p99",
                beside.webhooks.latency.p99,
                10.0,
                "ms",
            ));
            if let Some(floor) = self.find(FLOOR, 200) {
                let (own, floor) = (beside.calls.added.p99, floor.added.p99);
                goals.push(Goal {
                    what: "added voice to voice of those calls, p99".into(),
                    limit: format!("<= floor + 5 ms ({:.2})", floor + 5.0),
                    reached: format!("{own:.2} ms ({:+.2})", own - floor),
                    good: own <= floor + 5.0,
                });
            }
        }
        for (server, counted) in &self.stored {
            goals.push(Goal {
                what: format!("every 204 is in the database ({server})"),
                limit: "all, each once".into(),
                reached: format!("{} of {}", counted.stored, counted.accepted),
                good: counted.stored == counted.accepted,
            });
        }
    }

    pub fn goals_table(&self) -> String {
        let wide =
            |text: fn(&Goal) -> &str| self.goals.iter().map(|goal| text(goal).chars().count()).max().unwrap_or(0);
        let (what, goal) = (wide(|it| &it.what), wide(|it| &it.limit));
        let mut text = String::from("\nGOALS\n");
        for it in &self.goals {
            let mark = if it.good { "✓" } else { "✗" };
            let _ = writeln!(text, "{mark} {:<what$}  {:<goal$}  {}", it.what, it.limit, it.reached);
        }
        text
    }

    fn find(&self, server: &str, calls: u16) -> Option<&voice::Outcome> {
        self.voice.iter().find(|run| run.server == server && run.outcome.calls == calls).map(|run| &run.outcome)
    }

    fn pair(&self, calls: u16) -> Option<(&voice::Outcome, &voice::Outcome)> {
        Some((self.find(FLOOR, calls)?, self.find(DAEMON, calls)?))
    }
}

pub fn most(what: &str, own: f64, limit: f64, unit: &str) -> Goal {
    Goal {
        what: what.into(),
        limit: format!("<= {limit:.1} {unit}"),
        reached: format!("{own:.2} {unit}"),
        good: own <= limit,
    }
}

/// Returns how much `memory` exceeds `than`, in MiB.
fn more(memory: u64, than: u64) -> f64 {
    (memory as f64 - than as f64) / f64::from(1 << 20)
}

fn none(what: &str, count: u64) -> Goal {
    Goal { what: what.into(), limit: "0".into(), reached: count.to_string(), good: count == 0 }
}
