//! Removes the content of deleted rows from the files beside the database: from the write-ahead log (WAL), and from the
//! spare files of the published copy.

use super::{Error, Result, Store};
use std::sync::PoisonError;
use std::time::Duration;

impl Store {
    /// Removes the content of deleted rows from the WAL and from the spare files. Returns false if all attempts of about
    /// two seconds fail, for example because another program reads the database or has a spare file open. Returns false
    /// also if Litestream is configured, which must read the WAL before it is emptied.
    pub async fn purge_deleted(&self) -> Result<bool> {
        let is_log_empty = self.empty_log().await?;
        let are_spares_deleted = self.delete_spares().await?;
        Ok(is_log_empty && are_spares_deleted)
    }

    /// Moves the whole WAL into the database and empties the WAL.
    async fn empty_log(&self) -> Result<bool> {
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

    /// Deletes the spare files. If a spare will be needed again, it is created from the published file.
    async fn delete_spares(&self) -> Result<bool> {
        for _ in 0..ATTEMPTS {
            let answer = {
                let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
                threads.as_ref().ok_or(Error::Closed)?.delete_spares()
            };
            let Some(answer) = answer else { return Ok(true) };
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
