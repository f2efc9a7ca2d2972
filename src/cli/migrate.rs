//! `agentlocator migrate`: brings the database up to date and stops.

use super::Settings;
use crate::app;
use crate::store::Store;
use anyhow::Context;

pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    let (store, applied) = Store::open(&config.store).context("cannot open the database")?;
    app::report_migrations(&applied);
    store.close();
    Ok(())
}
