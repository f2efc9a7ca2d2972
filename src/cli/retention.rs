//! `agentlocator retention`: deletes data older than the retention settings.

use super::as_data_owner::load_with_stored;
use super::daemon_client;
use super::output::{Table, format_time, print, print_json, print_status};
use super::settings::Settings;
use crate::config::Config;
use crate::crm::admin_command::{AdminCommand, CommandOutput};
use crate::crm::retention::{self, Cutoff, DeletedCount};
use crate::domain::{AlertKind, AlertState, Language};
use crate::host::disk::format_bytes;
use crate::maintenance::{clock_confirmation, housekeeping};
use crate::{app, clock, messages};
use clap::Args;

/// Delete data older than the retention settings ([retention]) now, before the daemon does it.
#[derive(Debug, Args)]
pub(super) struct Retention {
    /// Only list what would be deleted.
    #[arg(long)]
    dry_run: bool,
    /// Delete also while the clock seems to be wrong. With a clock that is ahead, all data looks old.
    #[arg(long)]
    force: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Retention, settings: &Settings) -> anyhow::Result<()> {
    let config = load_with_stored(settings)?;
    let cutoffs = housekeeping::cutoffs(&config.retention, clock::now());
    let deleted = if arguments.dry_run {
        match daemon_client::execute(settings, AdminCommand::PlanRetention { cutoffs })?.0 {
            CommandOutput::DeletedCounts(deleted) => deleted,
            _ => Vec::new(),
        }
    } else {
        if !arguments.force {
            check_clock(settings, &config)?;
        }
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

/// Returns an error if the clock is known to be wrong, or has leapt and no other clock confirms it.
fn check_clock(settings: &Settings, config: &Config) -> anyhow::Result<()> {
    if let (CommandOutput::Alerts(alerts), _) = daemon_client::execute(settings, AdminCommand::ListAlerts)?
        && let Some(alert) = alerts.iter().find(|alert| alert.kind == AlertKind::ClockWrong)
        && alert.state == AlertState::Raised
    {
        let detail = messages::detail(Language::English, &alert.detail);
        anyhow::bail!("nothing was deleted, because the clock is wrong. {detail} {REMEDY}");
    }
    if let (CommandOutput::RetentionRun(Some(last)), _) =
        daemon_client::execute(settings, AdminCommand::GetRetentionRun)?
        && retention::is_leap(last, clock::now())
        && !app::runtime()?.block_on(clock_confirmation::is_confirmed(config))
    {
        let (last, now) = (format_time(Some(last)), format_time(Some(clock::now())));
        anyhow::bail!(
            "nothing was deleted: the last deletion, or the newest call or message, was at {last}, the clock shows {now}, \
             and no other clock confirms that. {REMEDY}"
        );
    }
    Ok(())
}

const REMEDY: &str = "Correct the clock, or, if it is right, use --force.";

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
