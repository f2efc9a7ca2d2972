//! Checks that every event loop worker is responsive. A task that never yields blocks its worker, while tasks on other
//! workers, including this check, still run.

use std::time::{Duration, Instant};
use tokio::runtime::RuntimeMetrics;

pub(super) struct EventLoopMonitor {
    metrics: RuntimeMetrics,
    /// The time without progress after which a worker counts as blocked.
    limit: Duration,
    /// The last counters of each worker, and the time at which the worker was last idle or made progress.
    samples: Vec<(WorkerSample, Instant)>,
}

/// A worker's progress counters. Both increase with each iteration of the worker's loop.
#[derive(Clone, Copy, PartialEq, Eq)]
struct WorkerSample {
    parked: u64,
    busy: Duration,
}

impl EventLoopMonitor {
    pub(super) fn new(metrics: RuntimeMetrics, limit: Duration) -> Self {
        Self { metrics, limit, samples: Vec::new() }
    }

    /// Returns true if every worker is idle or has made progress within the limit.
    pub(super) fn all_responsive(&mut self, now: Instant) -> bool {
        for worker in 0..self.metrics.num_workers() {
            let sample = WorkerSample {
                parked: self.metrics.worker_park_unpark_count(worker),
                busy: self.metrics.worker_total_busy_duration(worker),
            };
            match self.samples.get_mut(worker) {
                None => self.samples.push((sample, now)),
                Some((last, _)) if *last == sample && !sample.is_parked() => {}
                Some(last) => *last = (sample, now),
            }
        }
        self.samples.iter().all(|(_, since)| now.saturating_duration_since(*since) < self.limit)
    }
}

impl WorkerSample {
    /// Tokio increments the count when a worker parks and when it unparks, so the count is odd while the worker is
    /// parked.
    fn is_parked(self) -> bool {
        self.parked % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use std::sync::mpsc;

    #[test]
    fn a_blocked_worker_is_noticed_and_a_parked_one_is_not() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        let mut monitor = EventLoopMonitor::new(runtime.metrics(), Duration::from_millis(100));
        let mut until = |wanted: bool| {
            let deadline = clock::instant() + Duration::from_secs(20);
            while monitor.all_responsive(clock::instant()) != wanted {
                assert!(clock::instant() < deadline, "all responsive: not {wanted}");
                runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
            }
        };
        until(true);
        let (release, held) = mpsc::channel::<()>();
        let task = runtime.spawn(async move { held.recv() });
        until(false);
        drop(release);
        let _ = runtime.block_on(task);
        until(true);
    }

    #[test]
    fn a_worker_parked_for_hours_is_responsive() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let mut monitor = EventLoopMonitor::new(runtime.metrics(), Duration::from_secs(15));
        let now = clock::instant();
        while !monitor.samples.iter().any(|(sample, _)| sample.is_parked()) {
            monitor.all_responsive(now);
        }
        assert!(monitor.all_responsive(now + Duration::from_hours(3)));
    }
}
