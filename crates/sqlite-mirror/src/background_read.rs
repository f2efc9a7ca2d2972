//! Background reads of a whole file: each read runs on its own low-priority thread, and closing the database interrupts
//! all of them.

use crate::{Error, Result};
use rusqlite::{Connection, InterruptHandle};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The background reads that are running.
#[derive(Default)]
pub struct BackgroundReads {
    // A synchronous mutex: it is held only while a thread is started or a short list is changed.
    running: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    threads: Vec<(JoinHandle<()>, InterruptHandle)>,
}

impl BackgroundReads {
    /// Runs `work` with `conn` on a new thread, and returns the result of `work`. [`Self::stop`] interrupts `work`;
    /// after it, this function returns [`Error::Closed`].
    pub async fn run<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        conn: Connection,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (sender, receiver) = oneshot::channel();
        let interrupt = conn.get_interrupt_handle();
        {
            let mut state = self.state();
            if state.closed {
                return Err(Error::Closed.into());
            }
            state.threads.retain(|(thread, _)| !thread.is_finished());
            let thread = std::thread::Builder::new().name("store-bg-read".into()).spawn(move || {
                lower_priority();
                let outcome = work(&conn);
                drop(conn);
                // Sending fails if the caller has dropped its future.
                let _ = sender.send(outcome);
            });
            let failed =
                |source| Error::File { doing: "cannot start the thread", path: "store-bg-read".into(), source };
            state.threads.push((thread.map_err(failed)?, interrupt));
        }
        receiver.await.map_err(|_| Error::Panicked)?
    }

    /// Interrupts all running reads and waits for their threads. Later reads are rejected.
    pub fn stop(&self) {
        let threads = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.threads)
        };
        for (thread, interrupt) in threads {
            interrupt_until_finished(thread, &interrupt);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops a thread that reads with the connection of `interrupt`.
///
/// An interrupt stops only the statement that is running, so the interrupt is repeated until the thread has finished.
/// Otherwise a statement that starts just after an interrupt would run to its end.
pub fn interrupt_until_finished(thread: JoinHandle<()>, interrupt: &InterruptHandle) {
    while !thread.is_finished() {
        interrupt.interrupt();
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    let _ = thread.join();
}

/// Gives the current thread the lowest CPU priority. If the system rejects the request, the thread keeps its priority.
pub fn lower_priority() {
    let _ = rustix::process::nice(19);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_of_a_thread_is_interrupted_not_only_the_one_that_runs() {
        let conn = Connection::open_in_memory().unwrap();
        let interrupt = conn.get_interrupt_handle();
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let thread = std::thread::spawn(move || {
            for _ in 0..3 {
                assert!(conn.query_row(endless, [], |_| Ok(())).is_err());
            }
        });
        interrupt_until_finished(thread, &interrupt);
    }
}
