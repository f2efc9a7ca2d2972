//! The daemon's tasks, and the order in which they stop.

use crate::backup::Snapshots;
use crate::host::systemd_notify;
use crate::maintenance::systemd_status::StatusLine;
use crate::runtime::calls::Calls;
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Tasks that are stopped together. A task that ends before the group is stopped is an error. Uses a `JoinSet` instead
/// of a `TaskTracker`, because a panic of a task must be detected, and a task that does not stop must be aborted.
#[derive(Default)]
pub(super) struct TaskGroup {
    stop: CancellationToken,
    tasks: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl TaskGroup {
    /// Starts a task that is dropped at its current await point when the group stops.
    pub(super) fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn_draining(name, |stop| async move {
            stop.run_until_cancelled(task).await;
        });
    }

    /// Starts a task that finishes its work when its token is cancelled, and then ends.
    pub(super) fn spawn_draining<F>(&mut self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let handle = self.tasks.spawn(task(self.stop.clone()));
        self.names.insert(handle.id(), name);
    }

    /// Never returns while the group has no task.
    async fn ended_early(&mut self) -> String {
        match self.tasks.join_next_with_id().await {
            Some(ended) => self.describe(ended),
            None => std::future::pending().await,
        }
    }

    fn cancel(&self) {
        self.stop.cancel();
    }

    /// Returns false if some tasks are still running after `limit`.
    async fn wait(&mut self, limit: Duration) -> bool {
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        tokio::time::timeout(limit, all_ended).await.is_ok()
    }

    fn describe(&self, ended: Result<(Id, ()), JoinError>) -> String {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
        let name = self.names.get(&id).copied().unwrap_or("unknown");
        match ended {
            Ok(_) => format!("the task `{name}` ended"),
            Err(error) => format!("the task `{name}` failed: {error}"),
        }
    }
}

/// The tasks of the daemon, in groups that stop one after the other.
#[derive(Default)]
pub(super) struct Tasks {
    /// Background workers. They stop first.
    pub(super) workers: TaskGroup,
    /// The listeners. They stay open while calls are drained, because Twilio requests TwiML when a call's stream ends.
    pub(super) listeners: TaskGroup,
    /// All other tasks; they stop last.
    pub(super) upkeep: TaskGroup,
}

impl Tasks {
    pub(super) async fn ended_early(&mut self) -> String {
        tokio::select! {
            what = self.workers.ended_early() => what,
            what = self.listeners.ended_early() => what,
            what = self.upkeep.ended_early() => what,
        }
    }

    pub(super) async fn stop(mut self, calls: &Calls, snapshots: &Snapshots, status: StatusLine) {
        systemd_notify::stopping("Stopping: waiting for calls and requests in progress to end");
        tracing::info!(event = "STOPPING", "Stopping: waiting for calls and requests in progress to end");
        self.workers.cancel();
        snapshots.cancel_token().cancel();
        let drained = async { tokio::join!(calls.drain(CALLS_TIMEOUT), self.workers.wait(CALLS_TIMEOUT)) };
        tokio::select! {
            _ = drained => {}
            () = status.run_while_draining() => {}
        }
        self.listeners.cancel();
        if !self.listeners.wait(REQUESTS_TIMEOUT).await {
            tracing::warn!(
                event = "REQUESTS_ABORTED",
                "Shutdown: requests that had not finished after {REQUESTS_TIMEOUT:?} were aborted"
            );
        }
        self.upkeep.cancel();
        for mut group in [self.workers, self.listeners, self.upkeep] {
            group.tasks.shutdown().await;
        }
    }
}

/// How long calls may continue after the daemon was asked to stop.
const CALLS_TIMEOUT: Duration = Duration::from_secs(8);

/// How long requests may run after the listeners have closed.
const REQUESTS_TIMEOUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_early_is_named() {
        let mut group = TaskGroup::default();
        group.spawn("stays", std::future::pending());
        group.spawn("leaves", std::future::ready(()));
        assert_eq!(group.ended_early().await, "the task `leaves` ended");
        group.spawn("breaks", async { panic!("on purpose") });
        let what = group.ended_early().await;
        assert!(what.starts_with("the task `breaks` failed:") && what.contains("on purpose"), "{what}");
    }

    #[tokio::test]
    async fn a_draining_task_finishes_its_work_and_others_are_dropped() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let mut group = TaskGroup::default();
        group.spawn("waits for ever", std::future::pending());
        group.spawn_draining("finishes", |stop| async move {
            stop.cancelled().await;
            let _ = sender.send("finished");
        });
        assert!(!group.wait(Duration::ZERO).await);
        group.cancel();
        assert!(group.wait(Duration::from_secs(10)).await);
        assert_eq!(receiver.await, Ok("finished"));
    }
}
