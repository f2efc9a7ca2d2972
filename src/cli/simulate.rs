//! `agentlocator simulate`: simulated clients and fake vendors, to test a server.

mod bridge;
mod call;
mod crm;
mod openai;
mod summary;
mod target;
mod twilio;
mod whatsapp;

use super::{Settings, print, print_json, print_status};
use crate::app;
use crate::simulator::EventLog;
use crate::simulator::specs::CHECKS_SCHEMAS;
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use target::Target;

/// What to simulate.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Call the server as a caller through Twilio: speak, listen, interrupt, hang up.
    Call(Box<call::Arguments>),
    /// Send a WhatsApp message to the server, through Twilio or the bridge.
    Whatsapp(Box<whatsapp::Arguments>),
    /// Fill a stopped database with a year of a shop's contacts, messages and calls.
    ///
    /// The names and texts are invented, mostly Hebrew, and the same for the same seed and date. It refuses a running daemon,
    /// and a database that has data, unless --add is given.
    Crm(crm::Arguments),
    /// Run a fake Twilio REST API until Ctrl-C (set TWILIO_API_BASE_URL to it).
    Twilio(twilio::Arguments),
    /// Run a fake AI until Ctrl-C (set OPENAI_BASE_URL to it).
    Openai(openai::Arguments),
    /// Run a fake WhatsApp bridge until Ctrl-C (set BAILEYS_OUTBOUND_URL to it).
    Bridge(bridge::Arguments),
}

pub(super) fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    if let Command::Crm(arguments) = command {
        return crm::run(&arguments, settings);
    }
    if !CHECKS_SCHEMAS {
        print_status(WITHOUT_SCHEMAS);
    }
    app::runtime()?.block_on(async {
        match command {
            Command::Call(arguments) => call::run(*arguments, settings).await,
            Command::Whatsapp(arguments) => whatsapp::run(*arguments, settings).await,
            Command::Twilio(arguments) => twilio::run(arguments, settings).await,
            Command::Openai(arguments) => openai::run(arguments).await,
            Command::Bridge(arguments) => bridge::run(arguments, settings).await,
            Command::Crm(_) => Ok(()),
        }
    })
}

/// A release has no schemas, so a simulation without violations proves less than one in the project's folder.
const WITHOUT_SCHEMAS: &str = "This build does not check requests against the vendors' schemas; `cargo run --features conformance -- simulate` does.";

/// The output of a simulation.
#[derive(Debug, clap::Args)]
struct OutputOptions {
    /// Print one JSON report at the end instead of a line per event.
    #[arg(long)]
    json: bool,
}

impl OutputOptions {
    /// A log that prints each event, or, with `--json`, only collects them.
    fn log(&self) -> EventLog {
        if self.json {
            return EventLog::new();
        }
        EventLog::echoing(|entry| {
            let _ = print(&format!("{entry}\n"));
        })
    }

    /// Prints the report; an error if the server violated a vendor's rules, or if there is a `failure`.
    fn finish<T: Serialize>(
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

/// Waits for Ctrl-C.
async fn interrupted() -> anyhow::Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}
