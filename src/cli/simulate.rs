//! `agentlocator simulate`: the other side of everything, to try a box with.

mod bridge;
mod call;
mod openai;
mod place;
mod summary;
mod twilio;
mod whatsapp;

use super::{Settings, print, print_json, tell};
use crate::app;
use crate::simulator::EventLog;
use clap::Subcommand;
use place::Place;
use serde::Serialize;
use serde_json::json;

/// What `simulate` can be.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Phone the box: speak, listen, interrupt, hang up, as a caller through Twilio would.
    Call(Box<call::Arguments>),
    /// Write to the box on WhatsApp, through Twilio or through the bridge.
    Whatsapp(Box<whatsapp::Arguments>),
    /// Stand in for Twilio's REST interface until Ctrl-C (set TWILIO_API_BASE_URL to it).
    Twilio(twilio::Arguments),
    /// Stand in for the AI until Ctrl-C (set OPENAI_BASE_URL to it).
    Openai(openai::Arguments),
    /// Stand in for the WhatsApp bridge until Ctrl-C (set BAILEYS_OUTBOUND_URL to it).
    Bridge(bridge::Arguments),
}

pub(super) fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    app::runtime()?.block_on(async {
        match command {
            Command::Call(arguments) => call::run(*arguments, settings).await,
            Command::Whatsapp(arguments) => whatsapp::run(*arguments, settings).await,
            Command::Twilio(arguments) => twilio::run(arguments, settings).await,
            Command::Openai(arguments) => openai::run(arguments).await,
            Command::Bridge(arguments) => bridge::run(arguments, settings).await,
        }
    })
}

/// How a simulation is told of.
#[derive(Debug, clap::Args)]
struct Telling {
    /// Print one JSON report at the end instead of a line for each thing that happens.
    #[arg(long)]
    json: bool,
}

impl Telling {
    /// A log that prints as things happen, or only collects.
    fn log(&self) -> EventLog {
        if self.json {
            return EventLog::new();
        }
        EventLog::telling(|entry| {
            let _ = print(&format!("{entry}\n"));
        })
    }

    /// Reports, and fails if the box broke a vendor's rules or `failure` says so.
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
            tell("The box broke the rules of the other side:");
            for violation in &violations {
                tell(&violation.to_string());
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
