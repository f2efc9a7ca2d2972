//! `agentlocator migrate`: brings the database up to date and stops.

use super::Settings;
use crate::app;
use crate::crm::order::{Order, Outcome};
use crate::drive::control::{self, AskError};
use crate::store::newest_migration;
use anyhow::{Context, bail};

pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    let socket = control::socket_path(&config.store.live_file());
    match control::ask(&socket, &Order::TellMigration) {
        Err(AskError::NotRunning) => {}
        // A daemon brings the database up to its own date when it starts.
        answer => match answer?.0 {
            Outcome::Migration(newest) if newest == newest_migration() => return Ok(()),
            _ => bail!("the running daemon is of another version; restart it, and it brings the database up to date"),
        },
    }
    let (store, applied) = Settings::open_store(&config)?.context("cannot open the database")?;
    app::report_migrations(&applied);
    store.close();
    Ok(())
}
