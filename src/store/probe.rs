//! Probes the database with a write and a read. Probes that are requested within a second share one result.

use super::probes::Outcome;
use super::{Error, Result, Store};
use crate::clock;
use sqlite_mirror::AckAfter;
use std::time::Duration;
use tokio::sync::watch;

impl Store {
    /// Sends an empty write through the writer's and the publisher's threads. It changes a value on disk only if the
    /// last commit or probe failed, or if the last commit is older than `HEARTBEAT_INTERVAL`, so that an idle machine
    /// rarely writes to its disk.
    pub async fn heartbeat(&self) -> Result<()> {
        let commits = self.inner.health_state.needs_commit(clock::instant(), HEARTBEAT_INTERVAL);
        let now = clock::now().to_string();
        self.write(move |tx| if commits { tx.set_meta(BEAT_AT, &now) } else { Ok(()) }).await
    }

    /// Writes to the database and reads the value back, or returns the outcome of a probe that is less than a second
    /// old. Takes less than a second.
    pub async fn probe(&self) -> Result<()> {
        let mut running = match self.last_or_running() {
            Ok(last) => return last.map_err(Error::Probe),
            Err(running) => running,
        };
        let outcome = tokio::time::timeout(LIMIT, running.wait_for(Option::is_some)).await;
        match outcome {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or(Ok(())).map_err(Error::Probe),
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => {
                self.inner.health_state.record_probe(false, clock::now());
                Err(Error::Slow(LIMIT.as_millis()))
            }
        }
    }

    fn last_or_running(&self) -> std::result::Result<Outcome, watch::Receiver<Option<Outcome>>> {
        let mut state = self.inner.probes.state();
        let now = clock::instant();
        if let Some((at, outcome)) = &state.last
            && now.saturating_duration_since(*at) < FRESH
        {
            return Ok(outcome.clone());
        }
        // If a probe hangs, callers wait for it instead of starting more probes.
        if let Some(running) = &state.running
            && running.has_changed().is_ok()
        {
            return Err(running.clone());
        }
        let (sender, receiver) = watch::channel(None);
        state.running = Some(receiver.clone());
        let store = self.clone();
        tokio::spawn(async move {
            let outcome = store.write_and_read().await.map_err(|error| {
                let reason = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
                format!("{error}{reason}")
            });
            store.inner.health_state.record_probe(outcome.is_ok(), clock::now());
            store.inner.probes.finish(outcome.clone());
            let _ = sender.send(Some(outcome));
        });
        Err(receiver)
    }

    async fn write_and_read(&self) -> Result<()> {
        let stamp = clock::now().to_string();
        let written = stamp.clone();
        self.submit(AckAfter::Commit, move |tx| tx.set_meta(PROBED_AT, &written)).await?;
        let read = self.inner.readers.probe.read(|tx| tx.meta(PROBED_AT)).await?;
        // A later probe may have written before this read. An earlier time means that the write was lost.
        if read.is_some_and(|read| read >= stamp) {
            Ok(())
        } else {
            Err(Error::NotFound("probe that was just written"))
        }
    }
}

const BEAT_AT: &str = "beat_at";
/// Maximum time until a full or broken disk is detected if no other write occurs.
const HEARTBEAT_INTERVAL: Duration = Duration::from_mins(1);
const PROBED_AT: &str = "probed_at";
const FRESH: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_millis(900);
