//! Verifies the whole database, and compares its published copy with it.

use super::copy;
use crate::clock;
use crate::domain::Causes;
use crate::store::publish::CheckedCopy;
use crate::store::{Error, Integrity, PublishState, Result, Store, open};
use std::sync::PoisonError;
use tokio::sync::oneshot;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyCheck {
    Equal,
    Differs {
        /// 0 if only the length differs.
        pages: u32,
        /// 0 if only the length differs.
        first: u32,
    },
    /// The copy is behind the live database, or cannot be compared now.
    Behind,
    Foreign,
    /// The copy is the last undamaged one, because the live database is damaged.
    Frozen,
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
    /// Returns the damage that was found; `None` if the database is undamaged. [`Store::health`] reports the same
    /// result afterwards.
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

    /// Compares the whole published copy with the live database.
    pub async fn check_published(&self) -> Result<CopyCheck> {
        // Once this write is acknowledged, a current copy must contain it.
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

const MARK: &str = "copy_checked_at";
