//! Full verification: whether the database is undamaged, and whether its published copy is complete.

use super::{Error, Integrity, PublishState, Result, Store, copy, open, sys};
use crate::clock;
use rusqlite::Connection;

/// The result of a check of the published copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyCheck {
    /// It is undamaged and complete.
    Equal,
    /// It is damaged or incomplete; the text says how.
    Differs(String),
    /// The settings switch the published copy off.
    Off,
    /// There is no space for a second copy, which is needed to write while another process reads the first.
    InsufficientSpace,
}

impl Store {
    /// Reads the whole database in the background; returns what is wrong with it, none if it is undamaged.
    /// [`Store::health`] reports the same afterwards.
    pub async fn check_integrity(&self) -> Result<Option<String>> {
        let conn = open::reader(&self.inner.folder.database())?;
        let found = self.inner.background_reads.run(conn, copy::findings).await?;
        super::disk_reserve::create_if_possible(&self.inner.folder);
        self.inner.health_state.record_integrity(match &found {
            None => Integrity::Ok,
            Some(findings) => Integrity::Damaged { findings: findings.clone() },
        });
        Ok(found)
    }

    /// Reads the whole published copy in the background, and compares it with what the database had before.
    pub async fn check_published(&self) -> Result<CopyCheck> {
        if self.health().publish == PublishState::Off {
            return Ok(CopyCheck::Off);
        }
        let (rows, size) = self.read(|tx| Ok((tx.count_rows()?, tx.page_usage()?))).await?;
        let free = sys::disk_space(self.inner.folder.root()).map_or(u64::MAX, |space| space.free_bytes);
        if free < size.pages * size.page_bytes * 5 / 4 {
            return Ok(CopyCheck::InsufficientSpace);
        }
        // Once this write is acknowledged, the copy must contain the mark.
        let mark = clock::now().to_string();
        let written = mark.clone();
        self.write(move |tx| tx.set_meta(MARK, &written)).await?;
        match self.health().publish {
            PublishState::Late { reason, .. } => return Ok(CopyCheck::Differs(format!("it is behind: {reason}"))),
            PublishState::Foreign { reason } | PublishState::Frozen { reason } => {
                return Ok(CopyCheck::Differs(reason));
            }
            PublishState::Current | PublishState::Off => {}
        }
        let file = self.inner.folder.published.clone();
        // Opening waits for a publishing that is in progress, so it must not run on the runtime's own threads.
        let conn = tokio::task::spawn_blocking(move || open::lone_file(&file)).await.map_err(|_| Error::Panicked)??;
        self.inner.background_reads.run(conn, move |conn| compare(conn, &mark, &rows)).await
    }
}

fn compare(copy: &Connection, mark: &str, rows: &[(&'static str, i64)]) -> Result<CopyCheck> {
    if let Some(findings) = copy::findings(copy)? {
        return Ok(CopyCheck::Differs(findings));
    }
    let tx = super::ReadTx::new(copy);
    if tx.meta(MARK)?.is_none_or(|found| found.as_str() < mark) {
        return Ok(CopyCheck::Differs("it lacks what was written a moment ago".to_owned()));
    }
    for ((table, expected), (_, found)) in rows.iter().zip(tx.count_rows()?) {
        if found < *expected {
            return Ok(CopyCheck::Differs(format!("it has {found} rows of {table}, the database had {expected}")));
        }
    }
    Ok(CopyCheck::Equal)
}

/// Key of the mark that the last check wrote.
const MARK: &str = "copy_checked_at";
