//! Numbers for Prometheus. Whoever has something to count counts it by the `metrics` macros; this is where it ends up.

mod catalog;
mod process;

pub use catalog::{Kind, NUMBERS, Number};

use crate::clock;
use crate::config::VersionInfo;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// What the process has counted.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Begins to count. A second start in one process counts on its own, into nothing.
    pub fn start(version: &VersionInfo) -> Self {
        let builder = PrometheusBuilder::new();
        let seconds = Matcher::Suffix("_seconds".to_owned());
        // The list is not empty, which is all that can be wrong with it.
        let builder = builder.set_buckets_for_metric(seconds, &SECONDS).unwrap_or_default();
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let _ = metrics::set_global_recorder(recorder);
        catalog::register();
        let labels = [("version", env!("CARGO_PKG_VERSION").to_owned()), ("commit", version.commit.clone())];
        metrics::gauge!("agentlocator_build_info", &labels).set(1.0);
        #[expect(clippy::cast_precision_loss, reason = "a time in seconds is far below 2^52")]
        metrics::gauge!("process_start_time_seconds").set(clock::now().as_secs() as f64);
        Self { handle }
    }

    /// All of it in Prometheus's text form.
    pub fn render(&self) -> String {
        process::measure();
        self.handle.render()
    }

    /// Takes in what has gathered; without it memory would grow between two readings.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// From half a millisecond, which is a good answer, to what no one waits for.
const SECONDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
