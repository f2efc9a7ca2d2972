//! `agentlocator simulate`: simulated clients and fake vendors, to test a server.

mod bridge;
mod call;
mod crm;
mod openai;
mod output;
mod summary;
mod target;
mod twilio;
mod whatsapp;

use super::output::print_status;
use super::settings::Settings;
use crate::app;
use crate::simulator::specs::CHECKS_SCHEMAS;
use clap::Subcommand;

/// What to simulate.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Call the server as a caller through Twilio: speak, listen, interrupt, hang up.
    Call(Box<call::Arguments>),
    /// Send a WhatsApp message to the server, through Twilio or the bridge.
    Whatsapp(Box<whatsapp::Arguments>),
    /// Fill the database of a stopped daemon with a year of a shop's contacts, messages and calls.
    ///
    /// The names and texts are invented, mostly Hebrew, and the same for the same seed and date. The command fails if
    /// the daemon runs. It fails if the database has data, unless --add is given.
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

/// Note of builds without the feature `conformance`. They do not contain the vendors' API schemas, so they check
/// requests less strictly.
const WITHOUT_SCHEMAS: &str = "This build does not check requests against the vendors' schemas; `cargo run --features conformance -- simulate` does.";
