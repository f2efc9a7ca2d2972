//! The proof of a copy: it is opened and read whole, and says what is in it.

use super::{Error, ReadTx, Result, adopt, copy, migrate, open};
use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What is in a copy that was found sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CopyFacts {
    /// Its size.
    pub bytes: u64,
    /// The newest migration that it has had.
    pub migration: String,
    /// People.
    pub contacts: u64,
    /// Messages.
    pub messages: u64,
    /// Calls.
    pub calls: u64,
    /// The last time that anything happened in a thread; none where nothing did.
    #[schema(value_type = Option<String>)]
    pub last_activity_at: Option<Timestamp>,
    /// What the last backup by command left in it, see [`BACKUP_MARK`].
    pub mark: Option<String>,
}

/// Reads a whole copy. Fails if anything in it is unsound, if it is none of ours, or if it comes from a later version.
pub fn prove_copy(file: &Path) -> Result<CopyFacts> {
    let bytes = std::fs::metadata(file)
        .map_err(|source| Error::File { doing: "cannot look at", path: file.to_owned(), source })?
        .len();
    if bytes == 0 {
        return Err(Error::Damaged { path: file.to_owned(), findings: "it is empty".into() });
    }
    adopt::refuse_a_log_beside(file)?;
    read_whole(file, bytes).map_err(|error| match error {
        Error::Sql(source) => Error::Damaged { path: file.to_owned(), findings: source.to_string() },
        other => other,
    })
}

fn read_whole(file: &Path, bytes: u64) -> Result<CopyFacts> {
    let conn = open::lone_file(file)?;
    let unsound = |findings| Error::Damaged { path: file.to_owned(), findings };
    if let Some(findings) = copy::findings(&conn)? {
        return Err(unsound(findings));
    }
    migrate::plan(&conn)?;
    let tx = ReadTx::new(&conn);
    let migration = tx.newest_applied_migration()?;
    if migration.is_empty() {
        return Err(unsound("it holds no data".into()));
    }
    let facts = tx.content_facts()?;
    Ok(CopyFacts { bytes, migration, mark: tx.meta(BACKUP_MARK)?, ..facts })
}

impl ReadTx<'_> {
    fn content_facts(&self) -> Result<CopyFacts> {
        let mut query = self.conn.prepare(
            "SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM messages), (SELECT count(*) FROM calls),
                    (SELECT max(last_message_at) FROM threads)",
        )?;
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(query.query_row([], |row| {
            Ok(CopyFacts {
                bytes: 0,
                migration: String::new(),
                contacts: count(row.get(0)?),
                messages: count(row.get(1)?),
                calls: count(row.get(2)?),
                last_activity_at: row.get(3)?,
                mark: None,
            })
        })?)
    }
}

/// The fact about a database that a backup by command sets before it begins: a copy that has it holds everything that was
/// acknowledged before.
pub const BACKUP_MARK: &str = "backup_mark";
