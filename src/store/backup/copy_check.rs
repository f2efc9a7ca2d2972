//! Full verification: whether the database is undamaged, and whether its published copy is complete.

use super::copy;
use crate::clock;
use crate::domain::Causes;
use crate::store::publish::CheckedCopy;
use crate::store::{Error, Integrity, PublishState, Result, Store, open};
use std::sync::PoisonError;
use tokio::sync::oneshot;

/// The result of a check of the published copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyCheck {
    /// The copy is current and equals the live database.
    Equal,
    /// Pages of the copy, or its length, differ from the live database.
    Differs {
        /// The number of differing pages; 0 if only the length differs.
        pages: u32,
        /// The number of the first differing page; 0 if only the length differs.
        first: u32,
    },
    /// The copy is behind the live database, or cannot be compared now, for example because the live database is still
    /// being verified.
    Behind,
    /// A foreign file has the name of the copy.
    Foreign,
    /// The copy is frozen as the last undamaged copy, because the live database is damaged.
    Frozen,
    /// The settings switch the published copy off.
    Off,
}

impl CopyCheck {
    fn unequal(state: &PublishState) -> Self {
        match state {
            PublishState::Off => Self::Off,
            PublishState::Current | PublishState::Late { .. } => Self::Behind,
            PublishState::Foreign { .. } => Self::Foreign,
            PublishState::Frozen => Self::Frozen,
        }
    }
}

impl Store {
    /// Reads the whole database in the background. Returns the damage that was found; `None` if the database is
    /// undamaged. [`Store::health`] reports the same result afterwards.
    pub async fn check_integrity(&self) -> Result<Option<Causes>> {
        let conn = open::reader(&self.inner.folder.database())?;
        let found = self.inner.background_reads.run(conn, copy::findings).await?;
        crate::store::disk_reserve::create_if_possible(&self.inner.folder);
        self.inner.health_state.record_integrity(match &found {
            None => Integrity::Ok,
            Some(findings) => Integrity::Damaged { findings: findings.clone() },
        });
        Ok(found)
    }

    /// Reads the whole published copy in the background, and compares it with the live database.
    pub async fn check_published(&self) -> Result<CopyCheck> {
        // Once this write is acknowledged, the copy must contain it, unless the state of the copy says otherwise.
        let mark = clock::now().to_string();
        self.write(move |tx| tx.set_meta(MARK, &mark)).await?;
        match self.health().publish {
            PublishState::Current => {}
            unequal => return Ok(CopyCheck::unequal(&unequal)),
        }
        let Some(checked) = self.request_copy_check()? else { return Ok(CopyCheck::Off) };
        match checked.await.map_err(|_| Error::Closed)? {
            CheckedCopy::Equal => Ok(CopyCheck::Equal),
            CheckedCopy::Differs { pages, first } => Ok(CopyCheck::Differs { pages, first }),
            CheckedCopy::Failed(reason) => {
                let (doing, path) = ("cannot check", self.inner.folder.published.clone());
                Err(Error::File { doing, path, source: std::io::Error::other(reason) })
            }
            CheckedCopy::NotMaintained => Ok(CopyCheck::unequal(&self.health().publish)),
        }
    }

    fn request_copy_check(&self) -> Result<Option<oneshot::Receiver<CheckedCopy>>> {
        let threads = self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(threads.as_ref().ok_or(Error::Closed)?.check_published())
    }
}

/// The key of the value that the last check wrote.
const MARK: &str = "copy_checked_at";
