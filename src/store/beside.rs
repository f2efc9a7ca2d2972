//! Reading a whole file beside the service: on a thread of its own that gives way to everybody, and that the end of the store
//! does not wait for.

use super::{Error, Result};
use rusqlite::{Connection, InterruptHandle};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// What reads at the moment.
#[derive(Default)]
pub(in crate::store) struct Beside {
    // A plain mutex: it is held to look at a short list.
    running: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    threads: Vec<(JoinHandle<()>, InterruptHandle)>,
}

impl Beside {
    /// Runs `work` on a connection; an end of the store interrupts it.
    pub(in crate::store) async fn run<T: Send + 'static>(
        &self,
        conn: Connection,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let interrupt = conn.get_interrupt_handle();
        {
            let mut state = self.state();
            if state.closed {
                return Err(Error::Closed);
            }
            state.threads.retain(|(thread, _)| !thread.is_finished());
            let thread = std::thread::Builder::new().name("store-beside".into()).spawn(move || {
                give_way();
                let outcome = work(&conn);
                drop(conn);
                // Whoever has gone does not want to know.
                let _ = tell.send(outcome);
            });
            let failed = |source| Error::File { doing: "cannot start the thread", path: "store-beside".into(), source };
            state.threads.push((thread.map_err(failed)?, interrupt));
        }
        told.await.map_err(|_| Error::Panicked)?
    }

    /// Ends what runs, done or not; nothing runs any more afterwards.
    pub(in crate::store) fn stop(&self) {
        let threads = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.threads)
        };
        for (thread, interrupt) in threads {
            // A statement that begins just after an interrupt is not interrupted by it.
            while !thread.is_finished() {
                interrupt.interrupt();
                std::thread::park_timeout(std::time::Duration::from_millis(5));
            }
            let _ = thread.join();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// This thread gets the processor when nobody else wants it. Where that is not allowed it runs as any other.
fn give_way() {
    let _ = rustix::process::nice(19);
}
