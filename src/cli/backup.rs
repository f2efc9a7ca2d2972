//! `agentlocator backup FILE`: writes a verified copy of the database into one file.

mod progress;
mod target;

use super::as_data_owner;
use super::output::{print_json, print_status};
use super::settings::Settings;
use crate::clock;
use crate::control::{self, ControlError};
use crate::crm::admin_command::AdminCommand;
use crate::domain::Timestamp;
use crate::entropy;
use crate::host::disk::format_bytes;
use crate::store::{self, CopySummary};
use anyhow::{Context, bail};
use clap::Args;
use progress::Progress;
use std::path::{Path, PathBuf};
use target::Target;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file to write; an existing file is replaced once the new one is verified.
    file: PathBuf,
    /// Print a summary of the copy as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    Settings::print_default_database(&config);
    let published = config.store.published_file();
    store::ignore_file_size_signal();
    // Open the target before the data is copied, to report a wrong path or missing permissions immediately.
    let target = Target::open(&arguments.file, &published)?;
    let mark = write_mark(&config.store.live_file());
    let size = size_of(&published, &config.store.live_file());
    target.check_space(size)?;

    let progress = Progress::start(target.file(), size);
    let sent = as_data_owner::send(&published, target.file());
    progress.end();
    sent.context("cannot copy the database")?;
    let facts = target.verify().context("the copy failed verification and was removed")?;
    if let Some(mark) = mark
        && facts.mark.as_deref() != Some(mark.as_str())
    {
        bail!(
            "the copy lacks the newest commit and was removed; is {} the database of the running daemon?",
            published.display()
        );
    }
    let file = target.finish()?;
    if arguments.json {
        return print_json(&serde_json::json!({ "file": file, "copy": facts }));
    }
    print_status(&format!("Wrote and verified {}: {}.", file.display(), describe(&facts)));
    Ok(())
}

pub(super) fn describe(facts: &CopySummary) -> String {
    let CopySummary { contacts, messages, calls, last_activity_at, .. } = facts;
    let last = last_activity_at.map(|at| format!(", last activity at {at}")).unwrap_or_default();
    format!("{}, with {contacts} contacts, {messages} messages and {calls} calls{last}", format_bytes(facts.bytes))
}

/// Makes the running daemon write a mark into the database: a copy that lacks the mark does not contain the newest
/// commits. Returns `None` if no daemon runs or if the command fails. The backup continues without the mark, because a
/// daemon that cannot write makes a backup urgent.
fn write_mark(live: &Path) -> Option<String> {
    let mark = mark(clock::now());
    match control::send_command(&control::socket_path(live), &AdminCommand::MarkBackup { mark: mark.clone() }) {
        Ok(_) => Some(mark),
        Err(ControlError::NotRunning) => None,
        Err(error) => {
            print_status(&format!("The running daemon cannot write ({error}); copying its current data."));
            None
        }
    }
}

fn mark(now: Timestamp) -> String {
    format!("{now} {}", entropy::random_hex::<8>())
}

/// The approximate size in bytes.
fn size_of(published: &Path, live: &Path) -> u64 {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    length(live).max(length(published))
}
