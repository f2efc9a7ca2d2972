//! The output of a simulation.

use crate::cli::output::{print, print_json, print_status};
use crate::simulator::EventLog;
use serde::Serialize;
use serde_json::json;

/// The output of a simulation.
#[derive(Debug, clap::Args)]
pub(super) struct OutputOptions {
    /// Print one JSON report at the end instead of a line per event.
    #[arg(long)]
    json: bool,
}

impl OutputOptions {
    pub(super) fn log(&self) -> EventLog {
        if self.json {
            return EventLog::new();
        }
        EventLog::echoing(|entry| {
            let _ = print(&format!("{entry}\n"));
        })
    }

    /// Fails if the server violated a vendor's rules, or if `failure` is set.
    pub(super) fn finish<T: Serialize>(
        &self,
        log: &EventLog,
        report: &T,
        summary: &str,
        failure: Option<&str>,
    ) -> anyhow::Result<()> {
        let violations = log.violations();
        if self.json {
            print_json(&json!({"report": report, "violations": violations, "failure": failure}))?;
        } else {
            print(summary)?;
        }
        if !violations.is_empty() {
            print_status("The server violated a vendor's rules:");
            for violation in &violations {
                print_status(&violation.to_string());
            }
            anyhow::bail!("{} violations", violations.len());
        }
        failure.map_or(Ok(()), |failure| Err(anyhow::anyhow!("{failure}")))
    }
}

pub(super) async fn interrupted() -> anyhow::Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}
