//! Empties the write-ahead log (WAL) at once, so that the WAL no longer contains data that was deleted.

use super::{Error, Result, Store};
use std::sync::PoisonError;
use std::time::Duration;

impl Store {
    /// Moves the whole WAL into the database and empties the WAL. Returns false if that is not possible now: for
    /// example, another program reads the database, or Litestream is configured, which must read the WAL before it is
    /// emptied.
    pub async fn empty_log(&self) -> Result<bool> {
        if self.is_log_of_litestream() {
            return Ok(false);
        }
        for _ in 0..ATTEMPTS {
            let answer = self
                .inner
                .writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .as_ref()
                .map(|writer| writer.empty_log());
            let answer = answer.ok_or(Error::Closed)?;
            self.write(|_| Ok(())).await?;
            if answer.await.map_err(|_| Error::Closed)? {
                return Ok(true);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(false)
    }

    fn is_log_of_litestream(&self) -> bool {
        let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.as_ref().is_some_and(|threads| threads.with_litestream())
    }
}

const ATTEMPTS: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);
