//! The resource usage of the daemon (memory, threads, open files), sampled each second.

use crate::expected::Expected;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Resident memory in KiB.
    pub resident: u64,
    /// The anonymous part of the resident memory in KiB: heap and stacks.
    pub own: u64,
    pub threads: u64,
    pub files: u64,
}

impl Sample {
    pub fn of(pid: u32) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
        Some(Self {
            resident: number("VmRSS")?,
            own: number("RssAnon")?,
            threads: number("Threads")?,
            files: files as u64,
        })
    }
}

/// Returns how long each of Tokio's threads in the daemon has waited for a core, in nanoseconds.
fn waits(pid: u32) -> BTreeMap<String, u64> {
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let workers = tasks.filter(|task| read(task.path().join("comm")).starts_with("tokio"));
    let wait = |task: &std::fs::DirEntry| read(task.path().join("schedstat")).split(' ').nth(1)?.parse().ok();
    workers.filter_map(|task| Some((task.file_name().to_string_lossy().into_owned(), wait(&task)?))).collect()
}

/// One sample each second. The results use the median of each minute.
#[derive(Default)]
pub struct Samples {
    samples: Mutex<Vec<Sample>>,
    busy: Mutex<Vec<SystemTime>>,
}

impl Samples {
    pub async fn take(&self, pid: u32, expected: &Expected) {
        let mut every = tokio::time::interval(Duration::from_secs(1));
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut waited = waits(pid);
        while !expected.is_over() {
            every.tick().await;
            let now = waits(pid);
            let is_busy = now
                .iter()
                .any(|(thread, wait)| wait.saturating_sub(*waited.get(thread).unwrap_or(wait)) > LONG_WAIT_NS);
            if is_busy {
                self.busy.lock().unwrap_or_else(PoisonError::into_inner).push(SystemTime::now());
            }
            waited = now;
            let Some(sample) = Sample::of(pid) else {
                expected.problem("the daemon's process has exited".to_owned());
                return;
            };
            self.samples.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
        }
    }

    /// Returns the medians of whole minutes.
    pub fn minutes(&self) -> Vec<Sample> {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.chunks_exact(60).map(median).collect()
    }

    pub fn latest(&self) -> Sample {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).last().copied().unwrap_or_default()
    }

    /// Returns the ends of the seconds in which other programs kept the daemon from running: an event loop thread
    /// waited for a core for more than a quarter of a second.
    pub fn busy(&self) -> Vec<SystemTime> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Returns the median of each value, computed separately.
fn median(samples: &[Sample]) -> Sample {
    let of = |figure: fn(&Sample) -> u64| {
        let mut figures: Vec<_> = samples.iter().map(figure).collect();
        figures.sort_unstable();
        figures.get(figures.len() / 2).copied().unwrap_or(0)
    };
    Sample {
        resident: of(|it| it.resident),
        own: of(|it| it.own),
        threads: of(|it| it.threads),
        files: of(|it| it.files),
    }
}

const LONG_WAIT_NS: u64 = 250_000_000;
