//! `agentlocator simulate bridge`: a fake WhatsApp bridge.

use super::output::{OutputOptions, interrupted};
use crate::cli::settings::Settings;
use crate::simulator::Party;
use crate::simulator::bridge::{Bridge, BridgeOptions};
use anyhow::Context;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Accepts messages like the bridge, and sends nothing to WhatsApp.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Simulate a lost connection to WhatsApp: health is 503, and messages are refused.
    #[arg(long)]
    down: bool,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) async fn run(arguments: Arguments, settings: &Settings) -> anyhow::Result<()> {
    let log = arguments.output.log();
    let config = settings.load()?;
    let secret = config.whatsapp.token_secret().map(|secret| secret.expose().to_owned());
    let secret = secret.context("the bridge's secret is not set: set WA_SHARED_SECRET, here and for the server")?;
    let options = BridgeOptions { connected: !arguments.down, ..BridgeOptions::connected(secret) };
    let listener =
        TcpListener::bind(arguments.listen).await.with_context(|| format!("--listen {}", arguments.listen))?;
    let bridge = Bridge::start(listener, options, log.clone())?;
    log.note(Party::Bridge, format!("listening; for the server: BAILEYS_OUTBOUND_URL={}", bridge.send_url()));
    interrupted().await?;
    arguments.output.finish(&log, &bridge.state(), "", None)
}
