//! `agentlocator promote`: puts the copy that `agentlocator standby` keeps in use on this machine.

use super::owner::other_owner;
use super::restore::{self, Consent};
use super::standby::{Follower, FollowerEvent, Newest, Replica, ReplicaArguments, StandbyCopy};
use super::{Settings, store_side, tell};
use crate::clock;
use crate::store;
use anyhow::{Context, bail};
use clap::Args;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    replica: ReplicaArguments,
    /// Use the copy as it is here, where the replica cannot be reached any more.
    #[arg(long)]
    without_replica: bool,
    #[command(flatten)]
    consent: Consent,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    let published = config.store.published_file();
    let copy = StandbyCopy::of(&config.store);
    if !copy.database().exists() {
        bail!("there is no copy of another machine here; `agentlocator standby` makes one and keeps it current");
    }
    store::survive_size_limits();
    let service = restore::who_must_stop(&published, &arguments.consent)?;
    stop_standby_service(&arguments.consent);
    let lock = copy.lock()?;

    let newest = if arguments.without_replica {
        None
    } else {
        let replica = Replica::of(&arguments.replica, &config.store).read_as(other_owner(&published));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let caught_up = runtime.block_on(catch_up(&copy, &replica));
        Some(caught_up.context("nothing was changed; --without-replica uses the copy as it is")?)
    };
    if !copy.is_whole() {
        bail!(
            "the copy is in the middle of a change, which only the replica can complete; make it reachable, or restore a snapshot"
        );
    }
    let until = newest.map(|newest| newest.at);
    let what = match &until {
        Some(at) => format!("the copy, which has all that was replicated until {at}"),
        None => "the copy as it is here".to_owned(),
    };
    let mut source =
        File::open(copy.database()).with_context(|| format!("cannot open {}", copy.database().display()))?;
    let swap =
        restore::Swap { what: &what, published: &published, service: service.as_ref(), consent: &arguments.consent };
    restore::put_in_place(&swap, &mut source, || store_side::note_promotion(&published, until.as_deref()))?;
    drop(lock);
    if let Some(at) = &until {
        tell(&format!(
            "What the other machine took in after {at} is not here: look through Twilio's logs from then on. Messages that waited \
             to be sent are held for review."
        ));
    }
    tell("Keep the other machine off, and point Twilio at this one (docs/admin/standby.md).");
    Ok(())
}

/// Brings the copy up to the newest change of the replica.
async fn catch_up(copy: &StandbyCopy, replica: &Replica) -> anyhow::Result<Newest> {
    let began = clock::instant();
    let mut newest = replica.newest()?;
    let mut follower = Follower::start(replica, copy, INTERVAL)?;
    let mut raised = 0;
    let mut last_failure = String::new();
    let outcome = loop {
        let reached = copy.transaction().is_some_and(|here| here >= newest.transaction) && copy.is_whole();
        if reached {
            match replica.newest() {
                Ok(now) if now.transaction <= newest.transaction => break Ok(newest),
                Ok(_) if raised == STILL_WRITES => {
                    break Err(anyhow::anyhow!("the other machine still writes to the replica; stop it first"));
                }
                Ok(now) => (newest, raised) = (now, raised + 1),
                Err(error) => break Err(error),
            }
        }
        if clock::instant().saturating_duration_since(began) > LONGEST_CATCH_UP {
            break Err(anyhow::anyhow!("the copy does not reach the replica's newest change: {last_failure}"));
        }
        match tokio::time::timeout(INTERVAL, follower.next()).await {
            Ok(Some(FollowerEvent::Failed(reason))) => last_failure = reason,
            Ok(None) => break Err(anyhow::anyhow!("Litestream has ended: {last_failure}")),
            Ok(Some(FollowerEvent::Following | FollowerEvent::Applied)) | Err(_) => {}
        }
    };
    follower.stop().await;
    outcome
}

/// The standby's own unit, where there is one.
fn stop_standby_service(consent: &Consent) {
    if !consent.no_service {
        let mut systemctl = Command::new("systemctl");
        // Where it is not loaded, there is nothing to stop; whoever runs without it is told by the lock.
        let _ = systemctl.args(["stop", STANDBY_UNIT]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

const STANDBY_UNIT: &str = "agentlocator-standby.service";
const INTERVAL: Duration = Duration::from_millis(200);
/// So often the replica may have grown when the copy had reached it.
const STILL_WRITES: u32 = 5;
const LONGEST_CATCH_UP: Duration = Duration::from_mins(10);
