//! `agentlocator retention`: deletes data older than the retention settings.

use super::as_data_owner::load_with_stored;
use super::daemon_client;
use super::output::{Table, format_time, print, print_json, print_status};
use super::settings::Settings;
use crate::clock;
use crate::crm::admin_command::{AdminCommand, CommandOutput};
use crate::crm::retention::{Cutoff, DeletedCount};
use crate::host::disk::format_bytes;
use crate::maintenance::housekeeping;
use clap::Args;

/// Delete data older than the retention settings ([retention]) now, before the daemon does it.
#[derive(Debug, Args)]
pub(super) struct Retention {
    /// Only list what would be deleted.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Retention, settings: &Settings) -> anyhow::Result<()> {
    let cutoffs = housekeeping::cutoffs(&load_with_stored(settings)?.retention, clock::now());
    let deleted = if arguments.dry_run {
        match daemon_client::execute(settings, AdminCommand::PlanRetention { cutoffs })?.0 {
            CommandOutput::DeletedCounts(deleted) => deleted,
            _ => Vec::new(),
        }
    } else {
        delete(settings, &cutoffs)?
    };
    if arguments.json {
        return print_json(&deleted);
    }
    if deleted.is_empty() {
        print_status("The settings keep all data for ever.");
        return Ok(());
    }
    let done = if arguments.dry_run { "TO DELETE" } else { "DELETED" };
    let mut table = Table::new(["KIND", "OLDER THAN", done, "SIZE"]);
    for DeletedCount { what, before, rows, bytes } in deleted {
        table.row([what.to_string(), format_time(Some(before)), rows.to_string(), format_bytes(bytes)]);
    }
    print(&table.to_string())
}

/// Deletes in small batches, so that other writers do not wait long for the database.
fn delete(settings: &Settings, cutoffs: &[Cutoff]) -> anyhow::Result<Vec<DeletedCount>> {
    let mut deleted = Vec::new();
    for cutoff in cutoffs {
        let mut all = DeletedCount { what: cutoff.what, before: cutoff.before, rows: 0, bytes: 0 };
        while let (CommandOutput::DeletedCounts(done), _) =
            daemon_client::execute(settings, AdminCommand::DeleteExpired { cutoff: *cutoff })?
        {
            let Some(done) = done.first().filter(|done| done.rows > 0) else { break };
            all.rows += done.rows;
            all.bytes += done.bytes;
        }
        deleted.push(all);
    }
    daemon_client::execute(settings, AdminCommand::AuditRetention { deleted: deleted.clone() })?;
    Ok(deleted)
}
