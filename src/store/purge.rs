//! Removes the content of deleted rows from the database, and from the files beside it: from the write-ahead log (WAL),
//! and from the spare files of the published copy.

use super::writer::Writer;
use super::{Error, Result, Store, WriteTx};
use crate::clock;
use std::sync::PoisonError;
use std::time::Duration;

impl WriteTx<'_> {
    /// Runs `work` so that deleted content is overwritten with zeros, including content on pages that become free.
    pub(in crate::store) fn overwriting<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.conn.execute_batch("PRAGMA secure_delete = ON")?;
        let done = work();
        self.conn.execute_batch("PRAGMA secure_delete = FAST")?;
        done
    }

    /// Like [`Self::overwriting`] if `work` deletes little. Each overwritten page must be read, and written to the log
    /// and to the published copy, so a large deletion would delay other writes. Its free pages keep their content until
    /// they are used again or released.
    pub(in crate::store) fn overwriting_little<T>(&self, bytes: u64, work: impl FnOnce() -> Result<T>) -> Result<T> {
        if bytes <= MAX_OVERWRITTEN_BYTES { self.overwriting(work) } else { work() }
    }
}

impl Store {
    /// Releases all free pages, in small steps with pauses, so that other writes are hardly delayed. They may contain
    /// what was deleted at any time before. Returns false if free pages remain after `limit`.
    pub async fn release_free_pages(&self, limit: Duration) -> Result<bool> {
        let began = clock::instant();
        loop {
            let started = clock::instant();
            let step = |tx: &WriteTx<'_>| Ok((tx.release_pages(PAGES_PER_STEP)?, tx.page_usage()?.free_pages));
            let (released, left) = self.write(step).await?;
            if left == 0 || released == 0 || clock::instant().duration_since(began) >= limit {
                return Ok(left == 0);
            }
            tokio::time::sleep((clock::instant().duration_since(started) * 2).max(PAUSE)).await;
        }
    }

    /// Tries for about two seconds each to empty the WAL and to delete the spare files. Returns false if one of them
    /// fails, for example because another program reads the database or has a spare file open, and always if Litestream
    /// is configured, which must read the WAL before it is emptied.
    pub async fn purge_deleted(&self) -> Result<bool> {
        let is_log_empty = !self.is_log_of_litestream() && until_done(|| self.empty_log()).await?;
        let are_spares_deleted = until_done(|| self.delete_spares()).await?;
        Ok(is_log_empty && are_spares_deleted)
    }

    /// Returns false if the WAL cannot be emptied now.
    async fn empty_log(&self) -> Result<bool> {
        let emptied = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Writer::empty_log);
        let answer = emptied.ok_or(Error::Closed)?;
        self.write(|_| Ok(())).await?;
        answer.await.map_err(|_| Error::Closed)
    }

    /// The spare files are created again when they are needed. Returns false if they cannot be deleted now.
    async fn delete_spares(&self) -> Result<bool> {
        let answer = {
            let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
            threads.as_ref().ok_or(Error::Closed)?.delete_spares()
        };
        // Without publishing there are none.
        let Some(answer) = answer else { return Ok(true) };
        answer.await.map_err(|_| Error::Closed)
    }

    fn is_log_of_litestream(&self) -> bool {
        let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.as_ref().is_some_and(|threads| threads.with_litestream())
    }
}

/// Returns false if no attempt returns true.
async fn until_done<F: Future<Output = Result<bool>> + Send>(attempt: impl Fn() -> F + Send) -> Result<bool> {
    for _ in 0..ATTEMPTS {
        if attempt().await? {
            return Ok(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(false)
}

const ATTEMPTS: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);
/// Small, because the release of one page may move two other pages.
const PAGES_PER_STEP: u32 = 256;
/// About eight minutes of a recording as WAV.
const MAX_OVERWRITTEN_BYTES: u64 = 8 << 20;
