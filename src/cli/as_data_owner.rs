//! Runs steps in the data folder as the folder's owner. If root ran them, it could create files that the daemon cannot
//! open, or follow symbolic links that the daemon's user has created. Files named on the command line are still opened
//! by root.
//!
//! If the process is root and another user owns the folder, a step runs in a child process of this program under that
//! user; otherwise it runs in this process.

use super::output::print_json;
use super::privileges::data_owner;
use super::settings::Settings;
use super::standby::StandbyCopy;
use crate::config::{Config, StoreConfig, folder_of};
use crate::domain::{CallId, CallSid};
use crate::store::{self, FsSupport, ReplacedFiles, StagedCopy};
use anyhow::{Context, bail};
use clap::Subcommand;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

/// A step in the data folder.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Writes the database to stdout.
    Send { published: PathBuf },
    /// Reads a database from stdin.
    StageRestore { published: PathBuf },
    /// Replaces the current database by the one that was read.
    ActivateRestore { published: PathBuf },
    /// Puts the old database back; `aside` is the result of `ActivateRestore` as JSON.
    RollBackRestore { published: PathBuf, aside: String },
    /// Records for the next start that the database comes from another machine, and the time up to which it was
    /// replicated.
    NotePromotion { published: PathBuf, until: String },
    /// Makes the standby's copy resume from this earlier change.
    RewindStandby { published: PathBuf, transaction: String },
    /// Deletes the standby's copy.
    RemoveStandby { published: PathBuf },
    /// Deletes the database that was read.
    Discard { published: PathBuf },
    /// Reads the settings of the page; from the live database if publishing is off or there is no published file.
    StoredSettings { published: PathBuf, publish: Option<bool> },
    /// Reads the CallSid of a call; from the live database if publishing is off or there is no published file.
    CallSid { published: PathBuf, call: i64, publish: Option<bool> },
    /// Lists the tables and their row counts.
    Shape { published: PathBuf },
    /// Tests the file system's features, in a folder of this name.
    TryFileSystem { published: PathBuf, name: String },
}

pub(super) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Send { published } => {
            let out = io::stdout().as_fd().try_clone_to_owned().context("cannot use stdout")?;
            write_copy(published, &File::from(out))
        }
        Command::StageRestore { published } => print_json(&store::stage_restore(published, &mut io::stdin().lock())?),
        Command::ActivateRestore { published } => print_json(&store::activate_restore(published)?),
        Command::RollBackRestore { published, aside } => {
            store::roll_back_restore(published, &serde_json::from_str(aside)?)?;
            print_json(&())
        }
        Command::NotePromotion { published, until } => {
            store::leave_promotion_notice(published, until)?;
            print_json(&())
        }
        Command::RewindStandby { published, transaction } => {
            StandbyCopy::beside(published).rewind_to(transaction)?;
            print_json(&())
        }
        Command::RemoveStandby { published } => {
            StandbyCopy::beside(published).remove()?;
            print_json(&())
        }
        Command::Discard { published } => {
            store::discard_staged_restore(published)?;
            print_json(&())
        }
        Command::StoredSettings { published, publish } => {
            print_json(&store::peek_stored_settings(published, publish.unwrap_or(true))?)
        }
        Command::CallSid { published, call, publish } => {
            print_json(&store::peek_call_sid(published, publish.unwrap_or(true), CallId(*call))?)
        }
        Command::Shape { published } => print_json(&store::summarize_copy(published)?),
        Command::TryFileSystem { published, name } => {
            print_json(&store::probe_file_system(folder_of(published), name)?)
        }
    }
}

/// Writes the database into an open file, as the owner of the data folder.
pub(super) fn send(published: &Path, out: &File) -> anyhow::Result<()> {
    let Some(mut process) = as_owner(published, "send")? else { return write_copy(published, out) };
    let ended = process.stdout(out.try_clone()?).stderr(Stdio::piped()).spawn()?.wait_with_output()?;
    if !ended.status.success() {
        bail!("{}", error_text(&ended.stderr));
    }
    Ok(())
}

/// If the file is on another disk, the database is first copied on its own disk, if possible. A slow or hanging target
/// disk then does not keep a transaction open.
fn write_copy(published: &Path, out: &File) -> anyhow::Result<()> {
    let is_on_same_disk = std::fs::metadata(folder_of(published))
        .is_ok_and(|folder| out.metadata().is_ok_and(|out| out.dev() == folder.dev()));
    let spool = if is_on_same_disk { None } else { store::spool_database(published)? };
    match spool {
        Some(mut spool) => _ = io::copy(&mut spool, &mut &*out).context("cannot write the copy")?,
        None => _ = store::copy_database(published, &mut BufWriter::with_capacity(PIECE, out))?,
    }
    Ok(())
}

/// Copies a database into the data folder and verifies it.
pub(super) fn stage_restore(published: &Path, from: &mut impl Read) -> anyhow::Result<StagedCopy> {
    let Some(mut process) = as_owner(published, "stage-restore")? else {
        return Ok(store::stage_restore(published, from)?);
    };
    let mut child = process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("a process without stdin")?;
    let copied = io::copy(from, &mut stdin).and_then(|_| stdin.flush());
    drop(stdin);
    let ended = child.wait_with_output()?;
    if !ended.status.success() {
        bail!("{}", error_text(&ended.stderr));
    }
    copied.context("cannot copy the database into the data folder")?;
    Ok(serde_json::from_slice(&ended.stdout)?)
}

pub(super) fn activate_restore(published: &Path) -> anyhow::Result<ReplacedFiles> {
    match as_owner(published, "activate-restore")? {
        None => Ok(store::activate_restore(published)?),
        Some(process) => run_step(process),
    }
}

pub(super) fn roll_back_restore(published: &Path, aside: &ReplacedFiles) -> anyhow::Result<()> {
    match as_owner(published, "roll-back-restore")? {
        None => Ok(store::roll_back_restore(published, aside)?),
        Some(mut process) => {
            process.arg(serde_json::to_string(aside)?);
            run_step(process)
        }
    }
}

/// `until` is the time of the other machine's last replicated change.
pub(super) fn note_promotion(published: &Path, until: &str) -> anyhow::Result<()> {
    match as_owner(published, "note-promotion")? {
        None => Ok(store::leave_promotion_notice(published, until)?),
        Some(mut process) => {
            process.arg(until);
            run_step(process)
        }
    }
}

pub(super) fn rewind_standby(published: &Path, transaction: &str) -> anyhow::Result<()> {
    match as_owner(published, "rewind-standby")? {
        None => StandbyCopy::beside(published).rewind_to(transaction),
        Some(mut process) => {
            process.arg(transaction);
            run_step(process)
        }
    }
}

pub(super) fn remove_standby(published: &Path) -> anyhow::Result<()> {
    match as_owner(published, "remove-standby")? {
        None => Ok(StandbyCopy::beside(published).remove()?),
        Some(process) => run_step(process),
    }
}

/// Deletes the database that [`stage_restore`] has read, if it was not activated.
pub(super) fn discard(published: &Path) -> anyhow::Result<()> {
    match as_owner(published, "discard")? {
        None => Ok(store::discard_staged_restore(published)?),
        Some(process) => run_step(process),
    }
}

pub(super) fn stored_settings(config: &StoreConfig) -> anyhow::Result<Vec<(String, Value)>> {
    let published = config.published_file();
    match as_owner(&published, "stored-settings")? {
        None => Ok(store::peek_stored_settings(&published, config.publish)?),
        Some(mut process) => {
            process.arg(config.publish.to_string());
            run_step(process)
        }
    }
}

/// Includes the settings that were changed on the page.
pub(super) fn load_with_stored(settings: &Settings) -> anyhow::Result<Config> {
    let config = settings.load()?;
    let stored = stored_settings(&config.store).context("cannot read the settings that were changed on the page")?;
    Ok(config.with_stored(&stored).0)
}

/// `None` if there is no such call.
pub(super) fn call_sid(config: &StoreConfig, call: CallId) -> anyhow::Result<Option<CallSid>> {
    let published = config.published_file();
    match as_owner(&published, "call-sid")? {
        None => Ok(store::peek_call_sid(&published, config.publish, call)?),
        Some(mut process) => {
            process.arg(call.to_string()).arg(config.publish.to_string());
            run_step(process)
        }
    }
}

/// Returns the tables and their row counts as JSON.
pub(super) fn shape(published: &Path) -> anyhow::Result<Value> {
    match as_owner(published, "shape")? {
        None => Ok(serde_json::to_value(store::summarize_copy(published)?)?),
        Some(process) => run_step(process),
    }
}

/// Uses a temporary folder called `name` in the data folder.
pub(super) fn try_file_system(published: &Path, name: &str) -> anyhow::Result<FsSupport> {
    match as_owner(published, "try-file-system")? {
        None => Ok(store::probe_file_system(folder_of(published), name)?),
        Some(mut process) => {
            process.arg(name);
            run_step(process)
        }
    }
}

fn run_step<T: DeserializeOwned>(mut process: Process) -> anyhow::Result<T> {
    let ended = process.stdin(Stdio::null()).output()?;
    if !ended.status.success() {
        bail!("{}", error_text(&ended.stderr));
    }
    Ok(serde_json::from_slice(&ended.stdout)?)
}

/// `None` if the step can run in this process.
fn as_owner(published: &Path, step: &str) -> anyhow::Result<Option<Process>> {
    let Some((user, group)) = data_owner(published) else { return Ok(None) };
    let published = std::path::absolute(published)?;
    let mut process = Process::new(std::env::current_exe().context("cannot find this program")?);
    process.uid(user).gid(group).current_dir("/").args(["as-data-owner", step]).arg(published);
    Ok(Some(process))
}

fn error_text(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let text = text.trim();
    text.strip_prefix("agentlocator: ").unwrap_or(text).to_owned()
}

const PIECE: usize = 1 << 20;
