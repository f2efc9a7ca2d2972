//! Metrics for Prometheus. All modules count with the `metrics` macros; this module collects and renders the values.

mod catalog;
mod process;

pub use catalog::{METRICS, MetricInfo, MetricKind};

use crate::clock;
use crate::config::VersionInfo;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// If a recorder was already started in this process, that one stays active.
    pub fn start(version: &VersionInfo) -> Self {
        let builder = PrometheusBuilder::new();
        let seconds = Matcher::Suffix("_seconds".to_owned());
        // Setting the buckets fails only for an empty list.
        let builder = builder.set_buckets_for_metric(seconds, &DURATION_BUCKETS).unwrap_or_default();
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

    /// In Prometheus's text format.
    pub fn render(&self) -> String {
        process::measure();
        self.handle.render()
    }

    /// Aggregates the collected samples. Otherwise memory use would grow between two scrapes.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// In seconds: from half a millisecond, a fast response, to 30 s, which is longer than clients wait.
const DURATION_BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
