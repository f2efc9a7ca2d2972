//! `agentlocator migrate`: applies database migrations and exits.

use super::output::print_status;
use super::settings::Settings;
use crate::app;
use crate::control::{self, ControlError};
use crate::crm::admin_command::{AdminCommand, CommandOutput};
use crate::store::newest_migration;
use anyhow::bail;

pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    let socket = control::socket_path(&config.store.live_file());
    match control::send_command(&socket, &AdminCommand::GetMigration) {
        Err(ControlError::NotRunning) => {}
        // A daemon migrates the database at its start.
        answer => match answer?.0 {
            CommandOutput::Migration(newest) if newest == newest_migration() => {
                print_status(UP_TO_DATE);
                return Ok(());
            }
            _ => bail!("the running daemon has another version; restart it to migrate the database"),
        },
    }
    let (store, applied) = Settings::open_store(&config)?;
    app::report_migrations(&applied);
    if applied.is_empty() {
        print_status(UP_TO_DATE);
    }
    store.close();
    Ok(())
}

const UP_TO_DATE: &str = "The database is up to date: there was no migration to apply.";
