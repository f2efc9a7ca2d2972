//! The requests of a synthesiser that sends one request for each clause.

use crate::pipeline::ClauseId;
use crate::telemetry::log::inherit_subject;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::{AbortHandle, JoinSet};

/// The maximum time for a clause. The session's own timeout for a clause without audio is much shorter.
pub(super) const LIMIT: Duration = Duration::from_secs(30);
const BUFFER: usize = 64;

/// Dropping this value stops the requests.
pub(super) struct ClauseTasks<E> {
    tasks: JoinSet<()>,
    running: HashMap<ClauseId, AbortHandle>,
    sender: Sender<(ClauseId, E)>,
    receiver: Receiver<(ClauseId, E)>,
}

impl<E> ClauseTasks<E> {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(BUFFER);
        Self { tasks: JoinSet::new(), running: HashMap::new(), sender, receiver }
    }

    /// Starts the request for a clause. `request` sends the events of the clause, and returns the last one.
    pub(super) fn start<R: Future<Output = E> + Send + 'static>(
        &mut self,
        clause: ClauseId,
        request: impl FnOnce(ClauseEvents<E>) -> R,
    ) where
        E: Send + 'static,
    {
        while self.tasks.try_join_next().is_some() {}
        self.running.retain(|_, task| !task.is_finished());
        let (request, events) = (request(self.events(clause)), self.events(clause));
        let task = self.tasks.spawn(inherit_subject(async move { events.send(request.await).await }));
        self.running.insert(clause, task);
    }

    fn events(&self, clause: ClauseId) -> ClauseEvents<E> {
        ClauseEvents { clause, sender: self.sender.clone() }
    }

    pub(super) fn stop(&mut self, clause: ClauseId) {
        if let Some(task) = self.running.remove(&clause) {
            task.abort();
        }
    }

    /// Cancel safe.
    pub(super) async fn next(&mut self) -> (ClauseId, E) {
        match self.receiver.recv().await {
            Some(event) => event,
            // Never happens, because `self.sender` keeps the channel open.
            None => std::future::pending().await,
        }
    }
}

pub(super) struct ClauseEvents<E> {
    clause: ClauseId,
    sender: Sender<(ClauseId, E)>,
}

impl<E> ClauseEvents<E> {
    pub(super) async fn send(&self, event: E) {
        // Fails only if the engine, and with it the receiver, was dropped.
        let _ = self.sender.send((self.clause, event)).await;
    }
}
