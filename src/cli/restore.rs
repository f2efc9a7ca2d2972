//! `agentlocator restore FILE`: replaces the database with a copy, and keeps the old database.

mod source;
mod systemd_unit;

use super::as_data_owner;
use super::backup::describe;
use super::output::{print_json, print_status};
use super::settings::Settings;
use crate::config::folder_of;
use crate::store::{self, ReplacedFiles, StagedCopy};
use anyhow::{Context, bail};
use clap::Args;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
pub(super) use systemd_unit::{SystemdUnit, systemctl};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The copy, or the name of a snapshot from `agentlocator snapshots list`.
    #[arg(value_name = "FILE|SNAPSHOT")]
    from: PathBuf,
    /// The key file (age) that decrypts an encrypted copy.
    #[arg(long, value_name = "KEYFILE")]
    identity: Option<PathBuf>,
    #[command(flatten)]
    consent: Consent,
}

/// What a command that replaces the database may do without asking.
#[derive(Debug, Args)]
pub(super) struct Consent {
    /// Do not ask for confirmation.
    #[arg(long)]
    pub yes: bool,
    /// Do not stop or start the service: it must be stopped already.
    #[arg(long)]
    pub no_service: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

pub(super) struct Replacement<'s> {
    pub what: &'s str,
    pub published: &'s Path,
    pub service: Option<&'s SystemdUnit>,
    pub consent: &'s Consent,
    /// For a database from another machine: the time up to which it was replicated.
    pub replicated_until: Option<&'s str>,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    Settings::print_default_database(&config);
    let published = config.store.published_file();
    store::ignore_file_size_signal();
    let mut source = source::open(&arguments.from, arguments.identity.as_deref(), &config)?;
    let service = service_to_stop(&published, &arguments.consent)?;
    let what = arguments.from.display().to_string();
    let replacement = Replacement {
        what: &what,
        published: &published,
        service: service.as_ref(),
        consent: &arguments.consent,
        replicated_until: None,
    };
    replace_database(&replacement, &mut source, || Ok(()))
}

/// `on_replaced` is called after the replacement, before the service starts again.
pub(super) fn replace_database(
    replacement: &Replacement<'_>,
    source: &mut impl Read,
    on_replaced: impl Fn() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Replacement { what, published, service, consent, replicated_until } = *replacement;
    print_status(&format!("Reading {what} …"));
    let copy = as_data_owner::stage_restore(published, source)
        .with_context(|| format!("{what} cannot be restored; nothing was changed"))?;
    print_status(&format!("Verified: {}.", describe(&copy.summary)));
    print_plan(published, service);
    if !copy.erased.is_empty() {
        let ids: Vec<String> = copy.erased.iter().map(ToString::to_string).collect();
        print_status(&format!(
            "It contains contacts that have been erased since: {}. After the restore, erase them again \
             (/app/contacts/ and the number).",
            ids.join(", ")
        ));
    }
    if !consent.yes && !confirm()? {
        as_data_owner::discard(published)?;
        bail!("nothing was changed");
    }
    let aside = replace_and_restart(published, service, &on_replaced)?;
    report(consent, published, &copy, &aside, replicated_until)?;
    if service.is_none_or(|service| !service.was_wanted()) {
        print_status("Start the daemon now; it uses the restored database.");
    }
    Ok(())
}

/// Returns `None` if no systemd service must be stopped. Fails if another process has the database open.
pub(super) fn service_to_stop(published: &Path, consent: &Consent) -> anyhow::Result<Option<SystemdUnit>> {
    let holder = if folder_of(published).exists() { store::lock_holder(published)? } else { None };
    let service =
        if consent.no_service { None } else { SystemdUnit::of(published, holder.and_then(|holder| holder.pid)) };
    if service.is_none()
        && let Some(holder) = holder
    {
        let who = holder.pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
        bail!("a running agentlocator{who} has {} open; stop it first", published.display());
    }
    Ok(service)
}

fn print_plan(published: &Path, service: Option<&SystemdUnit>) {
    let here = published.exists();
    let keep = if here {
        "The current database is kept beside it under a name with today's date"
    } else {
        "There is no database yet"
    };
    let service = match service {
        Some(service) if service.was_wanted() => format!("; {} is stopped and started again", service.name()),
        _ => String::new(),
    };
    print_status(&format!("It will replace the database {}. {keep}{service}.", published.display()));
}

/// If the service does not come up, the old database is restored, if there was one. Without a service, only replaces
/// the database.
fn replace_and_restart(
    published: &Path,
    service: Option<&SystemdUnit>,
    on_replaced: &impl Fn() -> anyhow::Result<()>,
) -> anyhow::Result<ReplacedFiles> {
    let activate_restore = || {
        let aside = as_data_owner::activate_restore(published)?;
        if let Err(error) = on_replaced() {
            print_status(&format!("The page will not show why the database was replaced: {error:#}"));
        }
        anyhow::Ok(aside)
    };
    let Some(service) = service else { return activate_restore() };
    let aside = while_stopped(service, published, activate_restore).inspect_err(|_| {
        let _ = service.start_if_wanted();
    })?;
    let Err(error) = service.start_if_wanted() else { return Ok(aside) };
    if aside.database.is_none() {
        return Err(error.context("the daemon does not start with the restored database; there was none before"));
    }
    print_status(&format!("The daemon does not start ({error:#}). Putting the old database back."));
    while_stopped(service, published, || as_data_owner::roll_back_restore(published, &aside))
        .context("cannot put the old database back")?;
    service.start_if_wanted().context("the old database was restored, but the daemon does not start with it either")?;
    bail!(
        "the daemon does not start with the restored database; the old one was restored and the daemon runs ({error:#})"
    )
}

/// `work` can fail because systemd restarts the service for a connection to one of its sockets. The service is then
/// stopped again.
fn while_stopped<T>(
    service: &SystemdUnit,
    published: &Path,
    work: impl Fn() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut attempts = 0;
    loop {
        service.stop()?;
        match work() {
            Err(_) if attempts < MAX_STOPS && matches!(store::lock_holder(published), Ok(Some(_))) => attempts += 1,
            outcome => return outcome,
        }
    }
}

fn report(
    consent: &Consent,
    published: &Path,
    copy: &StagedCopy,
    aside: &ReplacedFiles,
    replicated_until: Option<&str>,
) -> anyhow::Result<()> {
    if consent.json {
        let mut done = serde_json::json!({ "database": published, "copy": copy.summary, "kept": aside });
        if !copy.erased.is_empty() {
            done["erased_contacts"] = serde_json::json!(copy.erased);
        }
        if let Some(until) = replicated_until {
            done["replicated_until"] = until.into();
        }
        return print_json(&done);
    }
    print_status(&format!("Restored {}.", published.display()));
    if let Some(kept) = &aside.database {
        print_status(&format!("The old database is {}; delete it when you no longer need it.", kept.display()));
    }
    if let Some(foreign) = &aside.foreign_file {
        print_status(&format!("The foreign file that was in its place is {}.", foreign.display()));
    }
    Ok(())
}

fn confirm() -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        print_status("There is no terminal for a confirmation; use --yes to continue.");
        return Ok(false);
    }
    let mut err = std::io::stderr().lock();
    write!(err, "Continue? [y/N] ").and_then(|()| err.flush())?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

const MAX_STOPS: usize = 5;
