//! `agentlocator replay`: shows what happened in a call, and makes the call's decisions again.

mod pipeline;
mod reproduce;
mod timeline;

use super::as_data_owner;
use super::output::{Table, format_time, print, print_json, print_status};
use super::settings::Settings;
use crate::domain::{CallId, CallSid, Timestamp};
use crate::host::disk::format_bytes;
use crate::runtime::input_log::{self, Header, LoggedCall, StoredLog};
use crate::secure_open;
use anyhow::{Context, bail};
use clap::{Args, ValueHint};
use flate2::Compression;
use flate2::write::GzEncoder;
use reproduce::{Outcome, Replay};
use serde_json::json;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The call: its id (the number in the page's address), or Twilio's CallSid. Without it, the stored logs are
    /// listed.
    #[arg(conflicts_with = "file")]
    call: Option<String>,
    /// Replay an exported log instead of a stored one.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// Show every audio frame, every part of a text and every timer, instead of summaries.
    #[arg(long)]
    frames: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Copy the log into a new file, to attach it to a report. It contains the audio and the words of the call.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    export: Option<PathBuf>,
    /// Write a new log with the same inputs and the decisions of this program: the expectation of a regression test.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    record: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  agentlocator replay                             list the calls that can be replayed
  agentlocator replay 17                          the timeline of call 17; are its decisions reproduced?
  agentlocator replay 17 --export call.jsonl   copy the log
  agentlocator replay --file call.jsonl        replay the copy, on any machine

Logs are kept for voice.input_log_days. No service is contacted, and nothing is changed.
Exit status: 0 reproduced, 1 the decisions differ or the log cannot be read, 2 wrong usage.
";

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let mut file = match (&arguments.file, &arguments.call) {
        (Some(file), _) => secure_open::open_file(file, &[&settings.store().data_folder()])
            .with_context(|| format!("cannot open {}", file.display()))?,
        (None, Some(call)) => open_stored(call, settings)?,
        (None, None) => return list(arguments, settings),
    };
    let call = input_log::read(&mut file)?;
    if let Some(export) = &arguments.export {
        file.seek(SeekFrom::Start(0))?;
        let mut copy = create(export)?;
        io::copy(&mut file, &mut copy).with_context(|| format!("cannot write {}", export.display()))?;
        print_status(&format!("Wrote {}. It contains the audio and the words of the call.", export.display()));
    }
    let replay = Replay::run(&call);
    if let Some(record) = &arguments.record {
        let mut to = GzEncoder::new(create(record)?, Compression::best());
        replay.as_log(&call).write(&mut to)?;
        to.finish().with_context(|| format!("cannot write {}", record.display()))?;
    }
    show(arguments, &call, &replay)?;
    match replay.outcome {
        Outcome::Different(_) => bail!("the decisions were not reproduced"),
        Outcome::Reproduced | Outcome::Gap(_) => Ok(()),
    }
}

fn show(arguments: &Arguments, call: &LoggedCall, replay: &Replay) -> anyhow::Result<()> {
    let lines = timeline::lines(replay, arguments.frames);
    let header = &call.header;
    if arguments.json {
        return print_json(&json!({
            "call_sid": header.call_sid,
            "started_at": header.started_at,
            "release": header.release,
            "commit": header.commit,
            "is_of_this_program": header.is_of_this_program(),
            "is_complete": call.is_complete,
            "steps": replay.steps.len(),
            "decisions": replay.compared,
            "outcome": replay.outcome.name(),
            "difference": replay.outcome.difference(),
            "timeline": lines,
        }));
    }
    let mut text = format!("Call {}, {}\n\n", header.call_sid, header.started_at);
    for line in &lines {
        _ = writeln!(text, "{line}");
    }
    text.push('\n');
    if !header.is_of_this_program() {
        let Header { release, commit, .. } = header;
        _ = writeln!(
            text,
            "Recorded by AgentLocator {release} ({commit}); this is another version, which may decide otherwise."
        );
    }
    if !call.is_complete {
        text.push_str("The log has no end: the program was stopped, or the call is still active.\n");
    }
    text.push_str(&replay.summary());
    print(&text)
}

fn list(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    if arguments.export.is_some() || arguments.record.is_some() {
        bail!("name the call, or a log with --file");
    }
    let logs = input_log::list(&folder(settings)).context("cannot list the logs")?;
    let time = |log: &StoredLog| {
        let since_epoch = log.written_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    };
    if arguments.json {
        let logs = logs
            .iter()
            .map(|log| json!({"call_sid": log.sid, "file": log.name, "bytes": log.bytes, "written_at": time(log)}));
        return print_json(&logs.collect::<Vec<_>>());
    }
    if logs.is_empty() {
        print_status("No log of a call is stored. voice.input_log_days says how long they are kept.");
        return Ok(());
    }
    let mut table = Table::new(["CALL", "ENDED", "SIZE"]);
    for log in &logs {
        table.row([log.sid.to_string(), format_time(Some(time(log))), format_bytes(log.bytes)]);
    }
    print(&table.to_string())
}

/// Opens the newest log of a call.
fn open_stored(call: &str, settings: &Settings) -> anyhow::Result<File> {
    let sid = match (call.parse::<CallSid>(), call.parse::<i64>()) {
        (Ok(sid), _) => sid,
        (_, Ok(id)) => as_data_owner::call_sid(&settings.store(), CallId(id))?
            .with_context(|| format!("there is no call with the id {id}"))?,
        _ => bail!("{call:?} is no call: expected the id of a call or a CallSid (CA and 32 hexadecimal digits)"),
    };
    let logs = input_log::list(&folder(settings)).context("cannot list the logs")?;
    let Some(log) = logs.into_iter().rfind(|log| log.sid == sid) else {
        bail!(
            "there is no log of the inputs of call {sid}: it is older than voice.input_log_days, it was not recorded, \
             or the disk was full"
        );
    };
    let data = settings.store().data_folder();
    secure_open::open_inside(&data, &Path::new(input_log::FOLDER).join(&log.name))
        .with_context(|| format!("cannot open the log {}", log.name))
}

fn folder(settings: &Settings) -> PathBuf {
    settings.store().data_folder().join(input_log::FOLDER)
}

/// Creates a file that only this user can read. An existing file is not replaced, and links of other users are not
/// followed, because root may use the command.
fn create(path: &Path) -> anyhow::Result<File> {
    let created = secure_open::find_target(path).and_then(|target| {
        if target.found.is_some() { Err(io::ErrorKind::AlreadyExists.into()) } else { target.open(&target.name) }
    });
    created.with_context(|| format!("cannot create {}", path.display()))
}
