//! `agentlocator standby`: continuously updates a copy of another machine's database. That machine replicates its
//! database with Litestream. This machine applies the replica's changes to a copy, and `agentlocator promote` activates
//! the copy.

mod copy;
mod follower;
mod replica;

pub(super) use copy::StandbyCopy;
pub(super) use follower::{Follower, FollowerEvent};
pub(super) use replica::{Newest, Replica, ReplicaArguments};

use super::output::{print, print_json};
use super::serve::NO_LOG;
use super::settings::Settings;
use crate::config::process_env;
use crate::host::systemd_notify;
use crate::telemetry;
use anyhow::{Context, bail};
use clap::Args;
use std::fs::File;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    replica: ReplicaArguments,
    /// Print how current the copy is, and exit; with 1 if it is not kept current.
    #[arg(long)]
    status: bool,
    /// Print the status as JSON.
    #[arg(long, requires = "status")]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load()?;
    let copy = StandbyCopy::of(&config.store);
    if arguments.status {
        let status = copy.status()?;
        if arguments.json {
            print_json(&status)?;
        } else {
            print(&format!("{status}\n"))?;
        }
        return status.problem().map_or(Ok(()), |problem| bail!("the copy is not kept current: {problem}"));
    }
    let replica = Replica::of(&arguments.replica, &config.store);
    let log = telemetry::log::start(&config, process_env("JOURNAL_STREAM").as_deref()).context(NO_LOG)?;
    let _flush = log.flush_on_drop();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stop = StopSignal::new()?;
        copy.prepare()?;
        let lock = copy.lock()?;
        if copy.archive_if_other_replica(&replica.identity()?)? {
            tracing::warn!(
                event = "STANDBY_OTHER_REPLICA",
                kept = %copy.previous().display(),
                "Litestream's settings or the path of the other machine's database have changed: creating a new copy; the previous copy is kept as {} until the new copy is complete",
                copy.previous().display()
            );
        }
        // Report readiness before the first copy is complete. The copy may take longer than systemd's start timeout.
        systemd_notify::ready(&copy.status()?.to_string());
        keep_current(&copy, &replica, &lock, &mut stop).await
    })
}

/// Restarts Litestream whenever it exits.
async fn keep_current(copy: &StandbyCopy, replica: &Replica, lock: &File, stop: &mut StopSignal) -> anyhow::Result<()> {
    let mut pause = MIN_PAUSE;
    loop {
        let ended =
            follow(copy, replica, lock, &mut pause, stop).await.unwrap_or_else(|error| Some(format!("{error:#}")));
        let Some(reason) = ended else { return Ok(()) };
        // A warning although the standby retries: until it succeeds, the copy is not current.
        tracing::warn!(
            event = "STANDBY_INTERRUPTED",
            reason,
            next_in_s = pause.as_secs(),
            "The standby copy is not current ({reason}); following the replica again in {} s",
            pause.as_secs()
        );
        copy.record_failure(Some(&reason));
        if follower::cannot_resume(&reason) {
            copy.archive()?;
        }
        systemd_notify::status(&copy.status()?.to_string());
        tokio::select! {
            () = stop.wait() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// Follows the replica until Litestream exits, and returns the reason: Litestream's last error, if it reported one.
/// Returns `None` if this process was asked to stop.
async fn follow(
    copy: &StandbyCopy,
    replica: &Replica,
    lock: &File,
    pause: &mut Duration,
    stop: &mut StopSignal,
) -> anyhow::Result<Option<String>> {
    let mut follower = tokio::select! {
        () = stop.wait() => return Ok(None),
        started = Follower::start(replica, copy, lock, INTERVAL, |snapshot| copy.rewind_to(snapshot)) => started?,
    };
    let mut reason = String::new();
    loop {
        let event = tokio::select! {
            () = stop.wait() => {
                systemd_notify::stopping("");
                follower.stop().await;
                return Ok(None);
            }
            event = follower.next() => event,
        };
        let Some(event) = event else {
            let is_unknown = reason.is_empty();
            return Ok(Some(if is_unknown { "Litestream ended and reported no error".to_owned() } else { reason }));
        };
        match event {
            FollowerEvent::Following => {
                *pause = MIN_PAUSE;
                copy.remove_previous();
                tracing::info!(event = "STANDBY_FOLLOWING", file = %copy.database().display(), "Litestream follows the replica and keeps the standby copy {} current", copy.database().display());
            }
            FollowerEvent::Applied => copy.record_failure(None),
            FollowerEvent::Failed(text) => {
                if text != reason {
                    tracing::warn!(
                        event = "STANDBY_BEHIND",
                        reason = text,
                        "Litestream cannot follow the replica ({text}); the standby copy is not current"
                    );
                    copy.record_failure(Some(&text));
                }
                reason = text;
            }
        }
        systemd_notify::status(&copy.status()?.to_string());
    }
}

struct StopSignal {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignal {
    fn new() -> anyhow::Result<Self> {
        let wait_for = |kind| signal(kind).context("cannot wait for signals");
        Ok(Self { terminate: wait_for(SignalKind::terminate())?, interrupt: wait_for(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Interval at which the replica is polled for changes.
const INTERVAL: Duration = Duration::from_secs(1);
const MIN_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_mins(1);
