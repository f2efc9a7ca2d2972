//! `agentlocator support-bundle`: collects diagnostics in one file, without secrets and without the content of calls
//! and messages.
//!
//! All content except the versions and the tables of the database is filtered by [`redact`], even if it should contain
//! no private data, because a single filter is easier to verify than several.

mod journal;
mod machine;
mod redact;
mod settings;

use super::output::print;
use super::settings::Settings;
use super::{as_data_owner, doctor};
use crate::app;
use crate::clock;
use crate::config::VersionInfo;
use crate::doctor::{DoctorContext, run_all};
use anyhow::Context;
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use redact::Redactor;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file to write; by default agentlocator-support-TIME.tar.gz in the current folder.
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// The number of log lines of each service.
    #[arg(long, default_value_t = 2000, value_name = "LINES")]
    log_lines: u32,
}

struct Part {
    name: &'static str,
    about: &'static str,
    content: String,
}

impl Part {
    fn text(name: &'static str, about: &'static str, content: String) -> Self {
        Self { name, about, content }
    }

    fn json(name: &'static str, about: &'static str, content: &Value) -> Self {
        Self { name, about, content: format!("{content:#}\n") }
    }
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let file = arguments.file.clone().unwrap_or_else(default_name);
    // Opened first, because collecting the content takes time.
    let target = create(&file)?;
    let written = app::runtime()?.block_on(collect(settings, arguments.log_lines)).and_then(|parts| {
        write(target, &parts).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(parts)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&file);
    }
    let parts = written?;
    let mut text = format!("{} contains:\n", file.display());
    for part in &parts {
        let _ = writeln!(text, "  {:20} {:>8} bytes  {}", part.name, part.content.len(), part.about);
    }
    text.push_str(
        "\nIt contains no secrets, messages, transcripts, names or complete phone numbers.\n\
         Nothing was sent anywhere. Check it before you pass it on:  tar -xzOf FILE | less\n",
    );
    print(&text)
}

fn default_name() -> PathBuf {
    let time = clock::now().to_string()[..19].replace(':', "");
    PathBuf::from(format!("agentlocator-support-{time}Z.tar.gz"))
}

async fn collect(settings: &Settings, log_lines: u32) -> anyhow::Result<Vec<Part>> {
    let context = Arc::new(doctor::find(settings, &[]).await?);
    let redactor = Redactor::new(context.config());
    let findings = run_all(context.clone()).await;
    let (ready, metrics) = tokio::join!(context.get_local("/readyz"), context.get_local("/metrics"));
    let (units, daemon_log, bridge_log) = tokio::join!(
        machine::units(),
        journal::read("agentlocator.service", log_lines, &redactor),
        journal::read("agentlocator-whatsapp.service", log_lines, &redactor),
    );
    let body =
        |answer: Option<(u16, String)>| answer.map_or("the daemon does not answer\n".to_owned(), |(_, body)| body);
    let mut parts = vec![
        Part::json("versions.json", "the installed and the running version", &versions(&context)),
        Part::json("settings.json", "every setting with its source, without secrets and texts", &{
            settings::shown(&context, &redactor)
        }),
        Part::json("doctor.json", "the findings of agentlocator doctor", &redactor.json(&doctor::report(&findings))),
        Part::text("readyz.json", "the state of the daemon's parts", redactor.text(&body(ready))),
        Part::text("metrics.txt", "the daemon's metrics", redactor.secrets(&body(metrics))),
        Part::text("units.txt", "the state of the systemd units", redactor.text(&units)),
        Part::text("log-daemon.jsonl", "the daemon's log, without debug lines and texts", daemon_log),
        Part::text("log-bridge.jsonl", "the bridge's log, without debug lines and texts", bridge_log),
        Part::text("machine.txt", "system, memory, disk", redactor.secrets(&machine::describe(context.config()))),
    ];
    if let Some(config) = context.config() {
        let published = config.store.published_file();
        parts.push(Part::text(
            "files.txt",
            "names and sizes in the data folder",
            redactor.secrets(&machine::files(&config.store.data_folder())),
        ));
        let shape = as_data_owner::shape(&published);
        let database = shape.unwrap_or_else(|error| json!({"problem": format!("{error:#}")}));
        parts.push(Part::json("database.json", "tables and their row counts", &database));
    }
    Ok(parts)
}

fn versions(context: &DoctorContext) -> Value {
    let running = context.running().map(|status| {
        let about = &status.info;
        json!({"release": about.release, "build": about.build, "started_at": about.started_at, "store": status.store,
            "overdue_messages": status.overdue_messages, "newer_release": status.newer_release})
    });
    json!({
        "installed": {"release": env!("CARGO_PKG_VERSION"), "build": VersionInfo::default()},
        "running": running,
        "made_at": clock::now(),
    })
}

/// Fails if the file exists. Only its owner can read it.
fn create(file: &Path) -> anyhow::Result<File> {
    let target = File::options().write(true).create_new(true).mode(0o600).open(file);
    target.with_context(|| format!("cannot create {}", file.display()))
}

fn write(target: File, parts: &[Part]) -> anyhow::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(target, Compression::default()));
    let now = u64::try_from(clock::now().as_secs()).unwrap_or_default();
    for part in parts {
        let mut header = tar::Header::new_gnu();
        header.set_size(part.content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(now);
        archive.append_data(&mut header, format!("agentlocator-support/{}", part.name), part.content.as_bytes())?;
    }
    let mut target = archive.into_inner()?.finish()?;
    target.flush()?;
    Ok(target.sync_all()?)
}
