//! Compares a database's migrations with those of this program version, and applies the missing ones.

use super::{Error, ReadTx, Result};
use crate::domain::Cause;
use refinery::Migration;
use rusqlite::{Connection, OptionalExtension};

mod embedded {
    refinery::embed_migrations!("migrations");
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Plan {
    /// The newest applied migration; `None` in an empty database.
    pub current: Option<String>,
    /// The missing migrations, in order.
    pub pending: Vec<String>,
}

/// Does not change the database.
pub(in crate::store) fn plan(conn: &Connection) -> Result<Plan> {
    compare(&history(conn)?, embedded::migrations::runner().get_migrations())
}

/// All in one transaction. Returns the names of the applied migrations.
pub(in crate::store) fn apply(conn: &mut Connection) -> Result<Vec<String>> {
    let report = embedded::migrations::runner().set_grouped(true).run(conn).map_err(|error| {
        // The outer error names the migration; its chain of sources has the reason.
        Error::Migration(Cause::other(chain(&error)).into())
    })?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

pub fn newest_migration() -> String {
    let runner = embedded::migrations::runner();
    runner.get_migrations().iter().max().map(ToString::to_string).unwrap_or_default()
}

impl ReadTx<'_> {
    /// Empty if no migration has been applied.
    pub fn newest_applied_migration(&self) -> Result<String> {
        Ok(history(self.conn)?.last().map(Applied::title).unwrap_or_default())
    }
}

#[derive(Debug)]
struct Applied {
    version: i64,
    name: String,
    checksum: String,
}

impl Applied {
    fn title(&self) -> String {
        format!("V{}__{}", self.version, self.name)
    }
}

fn history(conn: &Connection) -> Result<Vec<Applied>> {
    let table = |name: &str| -> Result<Option<i64>> {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name LIKE ?1 LIMIT 1";
        Ok(conn.query_row(sql, [name], |row| row.get(0)).optional()?)
    };
    if table("refinery_schema_history")?.is_none() {
        return match table("%")? {
            None => Ok(Vec::new()),
            Some(_) => Err(Error::Migration(Cause::DatabaseNotOurs.into())),
        };
    }
    let mut rows = conn.prepare("SELECT version, name, checksum FROM refinery_schema_history ORDER BY version")?;
    let rows =
        rows.query_map([], |row| Ok(Applied { version: row.get(0)?, name: row.get(1)?, checksum: row.get(2)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn compare(history: &[Applied], ours: &[Migration]) -> Result<Plan> {
    let mut ours: Vec<&Migration> = ours.iter().collect();
    ours.sort();
    let newest = ours.last().map_or(0, |migration| i64::from(migration.version()));
    for applied in history {
        let title = applied.title();
        match ours.iter().find(|migration| i64::from(migration.version()) == applied.version) {
            None if applied.version > newest => {
                let known = ours.last().map(ToString::to_string).unwrap_or_default();
                return Err(Error::Newer(Cause::DatabaseNewer { migration: title, known }.into()));
            }
            None => return Err(Error::Migration(Cause::DatabaseUnknownMigration { migration: title }.into())),
            Some(migration) if migration.checksum().to_string() != applied.checksum => {
                return Err(Error::Migration(Cause::DatabaseOtherMigration { migration: title }.into()));
            }
            Some(_) => {}
        }
    }
    let current = history.last().map(Applied::title);
    let has = |migration: &&Migration| history.iter().any(|applied| applied.version == i64::from(migration.version()));
    let pending = ours.iter().filter(|migration| !has(migration)).map(ToString::to_string).collect();
    Ok(Plan { current, pending })
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(name: &str) -> Migration {
        Migration::unapplied(name, "SELECT 1").unwrap()
    }

    fn applied(migration: &Migration) -> Applied {
        Applied {
            version: i64::from(migration.version()),
            name: migration.name().to_owned(),
            checksum: migration.checksum().to_string(),
        }
    }

    #[test]
    fn missing_migrations_are_found_in_order() {
        let ours = [migration("V2__second"), migration("V1__first"), migration("V3__third")];
        assert_eq!(compare(&[], &ours).unwrap().pending, ["V1__first", "V2__second", "V3__third"]);
        let plan = compare(&[applied(&ours[1])], &ours).unwrap();
        assert_eq!((plan.current.as_deref(), plan.pending.len()), (Some("V1__first"), 2));
    }

    #[test]
    fn a_newer_database_is_refused_with_what_to_do() {
        let (first, second) = (migration("V1__first"), migration("V2__second"));
        let error = compare(&[applied(&first), applied(&second)], std::slice::from_ref(&first)).unwrap_err();
        let newer = Cause::DatabaseNewer { migration: "V2__second".into(), known: "V1__first".into() };
        assert!(matches!(error, Error::Newer(causes) if causes == newer.into()));
    }

    #[test]
    fn an_upgraded_database_accepts_the_words_of_another_provider() {
        let mut conn = Connection::open_in_memory().unwrap();
        embedded::migrations::runner().set_target(refinery::Target::Version(15)).run(&mut conn).unwrap();
        conn.execute_batch(
            "INSERT OR IGNORE INTO businesses (id, created_at) VALUES (1, 't');
             INSERT INTO contacts (id, business_id, created_at, updated_at) VALUES (1, 1, 't', 't');",
        )
        .unwrap();
        let add =
            "INSERT INTO addresses (business_id, contact_id, kind, value, created_at) VALUES (1, 1, ?1, '1', 't')";
        conn.execute(add, ["phone"]).unwrap();
        assert!(conn.execute(add, ["telegram"]).is_err(), "version 15 has a list of kinds");

        let applied = apply(&mut conn).unwrap();
        assert_eq!(applied.first().map(String::as_str), Some("V16__open_words_call_outcomes"));
        conn.execute(add, ["telegram"]).unwrap();
        let lists =
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('addresses', 'recordings') AND sql LIKE '%IN (%twilio%'";
        let lists: u32 = conn.query_row(lists, [], |row| row.get(0)).unwrap();
        let intact: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!((lists, intact.as_str()), (0, "ok"));
    }

    #[test]
    fn a_changed_or_unknown_migration_is_refused() {
        let ours = [migration("V1__first"), migration("V3__third")];
        let mut changed = applied(&ours[0]);
        changed.checksum = "1".into();
        assert!(matches!(compare(&[changed], &ours), Err(Error::Migration(_))));
        assert!(matches!(compare(&[applied(&migration("V2__second"))], &ours), Err(Error::Migration(_))));
    }

    #[test]
    fn the_embedded_migrations_apply_once() {
        let mut conn = Connection::open_in_memory().unwrap();
        let pending = plan(&conn).unwrap().pending;
        assert_eq!(apply(&mut conn).unwrap(), pending);
        assert_eq!(plan(&conn).unwrap().pending, Vec::<String>::new());
    }

    #[test]
    fn a_foreign_database_is_refused() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE theirs(a)").unwrap();
        assert!(plan(&conn).is_err());
    }
}
