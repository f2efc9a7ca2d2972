//! What is done in the folder of the data is done as the one to whom it belongs, so that root leaves no files there which
//! the daemon cannot open, and follows no links that the daemon's user has laid. Files that root names stay with root.
//!
//! As root in somebody else's folder a step is taken by this program as a process of that user; else right here. Content
//! goes through its stdin and stdout, findings as JSON.

use super::owner::other_owner;
use super::print_json;
use crate::config::{StoreConfig, folder_of};
use crate::store::{self, Abilities, CopyFacts, PutAside};
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

/// One step.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Writes the database to stdout.
    Send { published: PathBuf },
    /// Reads a database from stdin.
    TakeIn { published: PathBuf },
    /// Puts it in place.
    SwapIn { published: PathBuf },
    /// Takes that back; what was put aside comes as JSON.
    SwapBack { published: PathBuf, aside: String },
    /// Leaves for the next start that the database is that of another machine, until when.
    NotePromotion { published: PathBuf, until: String },
    /// Forgets what was read.
    Discard { published: PathBuf },
    /// Reads what was set on the page; where no published file is kept, from the live database.
    StoredSettings { published: PathBuf, publish: Option<bool> },
    /// Reads which tables there are, and how many rows they have.
    Shape { published: PathBuf },
    /// Tries what the file system can do, in a folder of this name.
    TryFileSystem { published: PathBuf, name: String },
}

pub(super) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Send { published } => {
            let out = io::stdout().as_fd().try_clone_to_owned().context("cannot use stdout")?;
            write_copy(published, &File::from(out))
        }
        Command::TakeIn { published } => print_json(&store::take_in(published, &mut io::stdin().lock())?),
        Command::SwapIn { published } => print_json(&store::swap_in(published)?),
        Command::SwapBack { published, aside } => {
            store::swap_back(published, &serde_json::from_str(aside)?)?;
            print_json(&())
        }
        Command::NotePromotion { published, until } => {
            store::note_promotion(published, until)?;
            print_json(&())
        }
        Command::Discard { published } => {
            store::discard_incoming(published)?;
            print_json(&())
        }
        Command::StoredSettings { published, publish } => {
            print_json(&store::peek_stored_settings(published, publish.unwrap_or(true))?)
        }
        Command::Shape { published } => print_json(&store::shape_of_copy(published)?),
        Command::TryFileSystem { published, name } => print_json(&store::try_abilities(folder_of(published), name)?),
    }
}

/// Writes the database into an open file.
pub(super) fn send(published: &Path, out: &File) -> anyhow::Result<()> {
    let Some(mut process) = as_owner(published, "send")? else { return write_copy(published, out) };
    let ended = process.stdout(out.try_clone()?).stderr(Stdio::piped()).spawn()?.wait_with_output()?;
    if !ended.status.success() {
        bail!("{}", told(&ended.stderr));
    }
    Ok(())
}

/// Writes the database into an open file. If that is on another disk, which may be slow or hang, a copy is made on the disk of
/// the data first: no transaction is open while the other disk is written.
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

/// Brings a database into the folder, where it is proven.
pub(super) fn take_in(published: &Path, from: &mut impl Read) -> anyhow::Result<CopyFacts> {
    let Some(mut process) = as_owner(published, "take-in")? else { return Ok(store::take_in(published, from)?) };
    let mut child = process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("a process without stdin")?;
    let copied = io::copy(from, &mut stdin).and_then(|_| stdin.flush());
    drop(stdin);
    let ended = child.wait_with_output()?;
    if !ended.status.success() {
        bail!("{}", told(&ended.stderr));
    }
    copied.context("cannot read it")?;
    Ok(serde_json::from_slice(&ended.stdout)?)
}

/// Puts it in place of the database.
pub(super) fn swap_in(published: &Path) -> anyhow::Result<PutAside> {
    match as_owner(published, "swap-in")? {
        None => Ok(store::swap_in(published)?),
        Some(process) => outcome(process),
    }
}

/// Takes that back.
pub(super) fn swap_back(published: &Path, aside: &PutAside) -> anyhow::Result<()> {
    match as_owner(published, "swap-back")? {
        None => Ok(store::swap_back(published, aside)?),
        Some(mut process) => {
            process.arg(serde_json::to_string(aside)?);
            outcome(process)
        }
    }
}

/// Leaves for the next start that the database is that of another machine; `until` is when that machine last replicated.
pub(super) fn note_promotion(published: &Path, until: &str) -> anyhow::Result<()> {
    match as_owner(published, "note-promotion")? {
        None => Ok(store::note_promotion(published, until)?),
        Some(mut process) => {
            process.arg(until);
            outcome(process)
        }
    }
}

/// Forgets what was brought in.
pub(super) fn discard(published: &Path) -> anyhow::Result<()> {
    match as_owner(published, "discard")? {
        None => Ok(store::discard_incoming(published)?),
        Some(process) => outcome(process),
    }
}

/// What was set on the page.
pub(super) fn stored_settings(config: &StoreConfig) -> anyhow::Result<Vec<(String, Value)>> {
    let published = config.published_file();
    match as_owner(&published, "stored-settings")? {
        None => Ok(store::peek_stored_settings(&published, config.publish)?),
        Some(mut process) => {
            process.arg(config.publish.to_string());
            outcome(process)
        }
    }
}

/// Which tables there are, and how many rows they have.
pub(super) fn shape(published: &Path) -> anyhow::Result<Value> {
    match as_owner(published, "shape")? {
        None => Ok(serde_json::to_value(store::shape_of_copy(published)?)?),
        Some(process) => outcome(process),
    }
}

/// What the file system under the data can do; `name` is that of a folder that is made for this, and removed again.
pub(super) fn try_file_system(published: &Path, name: &str) -> anyhow::Result<Abilities> {
    match as_owner(published, "try-file-system")? {
        None => Ok(store::try_abilities(folder_of(published), name)?),
        Some(mut process) => {
            process.arg(name);
            outcome(process)
        }
    }
}

fn outcome<T: DeserializeOwned>(mut process: Process) -> anyhow::Result<T> {
    let ended = process.stdin(Stdio::null()).output()?;
    if !ended.status.success() {
        bail!("{}", told(&ended.stderr));
    }
    Ok(serde_json::from_slice(&ended.stdout)?)
}

/// This program as the owner of the folder, if we are root and he is somebody else.
fn as_owner(published: &Path, step: &str) -> anyhow::Result<Option<Process>> {
    let Some((user, group)) = other_owner(published) else { return Ok(None) };
    let published = std::path::absolute(published)?;
    let mut process = Process::new(std::env::current_exe().context("cannot find this program")?);
    process.uid(user).gid(group).current_dir("/").args(["store-side", step]).arg(published);
    Ok(Some(process))
}

/// What a process of ours has told on stderr, without its name in front.
fn told(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let text = text.trim();
    text.strip_prefix("agentlocator: ").unwrap_or(text).to_owned()
}

const PIECE: usize = 1 << 20;
