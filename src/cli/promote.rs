//! `agentlocator promote`: replaces this machine's database with the copy that `agentlocator standby` maintains.

use super::as_data_owner;
use super::output::print_status;
use super::privileges::data_owner;
use super::restore::{self, Consent, systemctl};
use super::settings::Settings;
use super::standby::{Follower, FollowerEvent, Newest, Replica, ReplicaArguments, StandbyCopy};
use crate::clock;
use crate::config::StoreConfig;
use crate::store;
use anyhow::{Context, bail};
use clap::Args;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    replica: ReplicaArguments,
    /// Use the copy as it is, if the replica is no longer reachable.
    #[arg(long)]
    without_replica: bool,
    #[command(flatten)]
    consent: Consent,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    let copy = StandbyCopy::of(&config.store);
    store::ignore_file_size_signal();
    let standby = StandbyService::stop(&arguments.consent);
    let outcome = promote(arguments, &config.store, &copy);
    if outcome.is_err() {
        standby.restart_if_active();
    }
    outcome
}

fn promote(arguments: &Arguments, store: &StoreConfig, copy: &StandbyCopy) -> anyhow::Result<()> {
    let published = store.published_file();
    let service = restore::service_to_stop(&published, &arguments.consent)?;
    let Some(changed_at) = copy.status()?.changed_at() else {
        let previous = copy.previous();
        if previous.exists() {
            bail!(
                "there is no complete copy of the other machine here yet; to use the earlier one, run `agentlocator restore {0}`",
                previous.display()
            );
        }
        bail!("there is no copy of another machine here; `agentlocator standby` creates one and keeps it current");
    };
    let lock = copy.lock()?;
    let until = if arguments.without_replica {
        changed_at.to_string()
    } else {
        print_status("Getting the newest changes from the replica …");
        let replica = Replica::of(&arguments.replica, store).read_as(data_owner(&published));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let caught_up = runtime.block_on(catch_up(copy, &published, &replica, &lock));
        caught_up.context("nothing was changed; --without-replica uses the copy as it is")?.at
    };
    if !copy.is_complete() {
        bail!(
            "the copy contains an incomplete change, which only the replica can complete; make the replica reachable, or restore a snapshot"
        );
    }
    let what = format!("the copy, replicated until {until}");
    let mut source = copy.open()?;
    let replacement = restore::Replacement {
        what: &what,
        published: &published,
        service: service.as_ref(),
        consent: &arguments.consent,
        replicated_until: Some(&until),
    };
    restore::replace_database(&replacement, &mut source, || as_data_owner::note_promotion(&published, &until))?;
    // Delete the copy: its content is the active database now, and a later promotion must not use the old state.
    as_data_owner::remove_standby(&published)
        .with_context(|| format!("cannot remove the copy {}, which is no longer needed", copy.database().display()))?;
    print_status(&format!(
        "Messages and calls that the other machine received after {until} are missing: check Twilio's logs since then. Messages \
         that were waiting to be sent are held for review."
    ));
    print_status("Keep the other machine switched off, and point Twilio to this one (docs/admin/standby.md).");
    Ok(())
}

/// Applies the replica's changes to the copy until the copy has the newest change.
async fn catch_up(copy: &StandbyCopy, published: &Path, replica: &Replica, lock: &File) -> anyhow::Result<Newest> {
    let began = clock::instant();
    let mut newest = replica.newest().await?;
    if copy.transaction()?.is_some_and(|here| here > newest.transaction) {
        bail!("the replica is older than the copy, so it belongs to another database; is it the right one?");
    }
    let rewind = |snapshot: &str| as_data_owner::rewind_standby(published, snapshot);
    let mut follower = Follower::start(replica, copy, lock, INTERVAL, rewind).await?;
    let mut raised = 0;
    let mut last_failure = String::new();
    let outcome = loop {
        let reached = copy.transaction()?.is_some_and(|here| here >= newest.transaction) && copy.is_complete();
        if reached {
            match replica.newest().await {
                Ok(now) if now.transaction <= newest.transaction => break Ok(newest),
                Ok(_) if raised == MAX_NEW_TARGETS => {
                    break Err(anyhow::anyhow!("the other machine still writes to the replica; stop it first"));
                }
                Ok(now) => (newest, raised) = (now, raised + 1),
                Err(error) => break Err(error),
            }
        }
        if clock::instant().saturating_duration_since(began) > CATCH_UP_TIMEOUT {
            break Err(anyhow::anyhow!("the copy did not reach the replica's newest change: {last_failure}"));
        }
        match tokio::time::timeout(INTERVAL, follower.next()).await {
            Ok(Some(FollowerEvent::Failed(reason))) => last_failure = reason,
            Ok(None) => break Err(anyhow::anyhow!("Litestream exited: {last_failure}")),
            Ok(Some(FollowerEvent::Following | FollowerEvent::Applied)) | Err(_) => {}
        }
    };
    follower.stop().await;
    outcome
}

struct StandbyService {
    was_active: bool,
}

impl StandbyService {
    /// A standby that runs outside of systemd is detected later, by the lock of the copy.
    fn stop(consent: &Consent) -> Self {
        let was_active = !consent.no_service && systemctl(&["is-active", "--quiet", STANDBY_UNIT]).is_ok();
        if was_active {
            let _ = systemctl(&["stop", STANDBY_UNIT]);
        }
        Self { was_active }
    }

    fn restart_if_active(&self) {
        if self.was_active
            && let Err(error) = systemctl(&["start", "--no-block", STANDBY_UNIT])
        {
            print_status(&format!("The standby was stopped and cannot be restarted: {error:#}"));
        }
    }
}

const STANDBY_UNIT: &str = "agentlocator-standby.service";
const INTERVAL: Duration = Duration::from_millis(200);
/// How often new changes in the replica may extend the catch-up, before the other machine is considered to be still
/// running.
const MAX_NEW_TARGETS: u32 = 5;
const CATCH_UP_TIMEOUT: Duration = Duration::from_mins(10);
