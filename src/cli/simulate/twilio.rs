//! `agentlocator simulate twilio`: a fake Twilio REST API.

use super::output::{OutputOptions, interrupted};
use super::target::Target;
use crate::cli::doctor::parse_number;
use crate::cli::settings::Settings;
use crate::domain::PhoneNumber;
use crate::providers::twilio::messages::MESSAGE_PATH;
use crate::simulator::Party;
use crate::simulator::caller::parse_time;
use crate::simulator::twilio::{TwilioOptions, TwilioRest, TwilioState};
use anyhow::Context;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Accepts messages and sends signed status callbacks for them. Has no inbound messages, so it serves no media files.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9001")]
    listen: SocketAddr,
    /// The time between a message's statuses.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "500ms")]
    status_gap: Duration,
    /// Refuse texts to contacts who have not written within 24 hours, like WhatsApp.
    #[arg(long)]
    enforce_window: bool,
    /// A phone number of the account, whose calls go to Twilio's demo like those of a new number. Can be repeated.
    #[arg(long = "number", value_name = "NUMBER", value_parser = parse_number)]
    numbers: Vec<PhoneNumber>,
    /// A WhatsApp sender of the account, whose messages go to the server. Can be repeated.
    #[arg(long = "sender", value_name = "NUMBER", value_parser = parse_number)]
    senders: Vec<PhoneNumber>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) async fn run(arguments: Arguments, settings: &Settings) -> anyhow::Result<()> {
    let log = arguments.output.log();
    let twilio_state = TwilioState::new(arguments.target.account(settings)?);
    for number in &arguments.numbers {
        twilio_state.add_number(number.as_str(), |_| {});
    }
    let webhook = arguments.target.webhook(settings, MESSAGE_PATH)?;
    for number in &arguments.senders {
        twilio_state.add_sender(number.as_str(), webhook.as_str(), |_| {});
    }
    let options = TwilioOptions {
        status_gap: arguments.status_gap,
        enforce_window: arguments.enforce_window,
        ..TwilioOptions::default()
    };
    let listener =
        TcpListener::bind(arguments.listen).await.with_context(|| format!("--listen {}", arguments.listen))?;
    let rest =
        TwilioRest::start(listener, twilio_state.clone(), arguments.target.route(settings)?, options, log.clone())?;
    log.note(Party::Twilio, format!("listening; for the server: TWILIO_API_BASE_URL={}", rest.base_url()));
    interrupted().await?;
    arguments.output.finish(&log, &twilio_state.messages(), "", None)
}
