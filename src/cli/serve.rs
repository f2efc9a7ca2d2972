//! `agentlocator serve`: the daemon in the foreground.

use super::Settings;
use crate::app;
use crate::config::process_env;
use crate::drive::Prompts;
use crate::http::Listeners;
use crate::ops;
use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

/// Runs the daemon until SIGTERM or SIGINT.
pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    Prompts::load(&config)?;
    ops::log::start(&config, process_env("JOURNAL_STREAM").as_deref());
    app::runtime()?.block_on(async move {
        let listeners = Listeners::open(&config.http).await.context("cannot listen")?;
        app::run(config, listeners, stopped()?).await
    })
}

/// Resolves at the first SIGTERM or SIGINT.
fn stopped() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
