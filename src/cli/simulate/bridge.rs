//! `agentlocator simulate bridge`: the WhatsApp bridge.

use super::super::Settings;
use super::Telling;
use crate::simulator::Party;
use crate::simulator::bridge::{Bridge, BridgeOptions};
use anyhow::Context;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Takes messages as the bridge does; nothing goes out.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// WhatsApp is not connected: health is 503, and nothing is taken.
    #[arg(long)]
    down: bool,
    #[command(flatten)]
    telling: Telling,
}

pub(super) async fn run(arguments: Arguments, settings: &Settings) -> anyhow::Result<()> {
    let log = arguments.telling.log();
    let config = settings.load()?;
    let secret = config.whatsapp.token_secret().map(|secret| secret.expose().to_owned());
    let secret = secret.context("no secret of the bridge: set WA_SHARED_SECRET, here and for the box")?;
    let options = BridgeOptions { connected: !arguments.down, ..BridgeOptions::connected(secret) };
    let listener =
        TcpListener::bind(arguments.listen).await.with_context(|| format!("--listen {}", arguments.listen))?;
    let bridge = Bridge::start(listener, options, log.clone())?;
    log.note(Party::Bridge, format!("listens; for the box: BAILEYS_OUTBOUND_URL={}", bridge.send_url()));
    super::interrupted().await?;
    arguments.telling.finish(&log, &bridge.state(), "", None)
}
