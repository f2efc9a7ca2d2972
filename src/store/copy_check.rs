//! Looking at everything: whether the database is sound, and whether its published copy has all that it has.

use super::{Error, Integrity, PublishState, Result, Store, copy, open, sys};
use crate::clock;
use rusqlite::Connection;

/// What a look at the published copy has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyCheck {
    /// It is sound, and has all that the database has.
    Equal,
    /// It does not; what was found.
    Differs(String),
    /// There is none, as the settings say.
    Off,
    /// There is no room for a second copy, which writing makes necessary while somebody reads the first.
    NoRoom,
}

impl Store {
    /// Reads all of the database beside the service; what is wrong with it, if anything is. Health says the same afterwards.
    pub async fn check_integrity(&self) -> Result<Option<String>> {
        let conn = open::reader(&self.inner.folder.database())?;
        let found = self.inner.beside.run(conn, copy::findings).await?;
        super::reserve::keep(&self.inner.folder);
        self.inner.reports.integrity(match &found {
            None => Integrity::Ok,
            Some(findings) => Integrity::Damaged { findings: findings.clone() },
        });
        Ok(found)
    }

    /// Reads all of the published copy beside the service, and compares it with what the database had before.
    pub async fn check_published(&self) -> Result<CopyCheck> {
        if self.health().publish == PublishState::Off {
            return Ok(CopyCheck::Off);
        }
        let (rows, size) = self.read(|tx| Ok((tx.count_rows()?, tx.fill()?))).await?;
        let free = sys::disk_space(self.inner.folder.root()).map_or(u64::MAX, |space| space.free_bytes);
        if free < size.pages * size.page_bytes * 5 / 4 {
            return Ok(CopyCheck::NoRoom);
        }
        // A mark that the copy must show from the moment on at which this is answered.
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
        // Opening waits for a publishing that is under way, so it is not for the runtime's own threads.
        let conn = tokio::task::spawn_blocking(move || open::lone_file(&file)).await.map_err(|_| Error::Panicked)??;
        self.inner.beside.run(conn, move |conn| compare(conn, &mark, &rows)).await
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

/// Where the mark of the last look stands.
const MARK: &str = "copy_checked_at";
