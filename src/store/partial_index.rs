//! Verifies partial indexes (`CREATE INDEX … WHERE …`).
//!
//! `PRAGMA integrity_check` finds a row without an entry in a partial index. Since SQLite 3.54 it no longer counts the
//! entries of such an index, so it misses an entry without a row. In the index that finds duplicate messages, such an
//! entry makes a new message look like a duplicate. If `integrity_check` finds nothing, and the number of entries
//! equals the number of rows that belong in the index, entries and rows match one to one.

use super::Result;
use crate::domain::Cause;
use rusqlite::{Connection, ErrorCode};
use std::collections::BTreeMap;

#[derive(Debug)]
struct PartialIndex {
    name: String,
    condition: String,
}

/// Empty if the partial indexes are undamaged. Reads each of these indexes once, and each table with such an index
/// once.
pub(in crate::store) fn findings(conn: &Connection) -> Result<Vec<Cause>> {
    let mut findings = Vec::new();
    for (table, indexes) in partial_indexes(conn)? {
        // Entries and rows must be counted in the same snapshot, because a writer may change the table meanwhile.
        let snapshot = conn.unchecked_transaction()?;
        let rows = count_rows(conn, &table, &indexes)?;
        for (index, rows) in indexes.iter().zip(rows) {
            match count_entries(conn, &table, index)? {
                Some(entries) if entries != rows => {
                    let (index, table) = (index.name.clone(), table.clone());
                    let (entries, rows) = (entries.to_string(), rows.to_string());
                    findings.push(Cause::IndexWrong { index, entries, rows, table });
                }
                Some(_) => {}
                None => tracing::warn!(
                    event = "STORE_INDEX_UNVERIFIED",
                    index = index.name,
                    "The integrity check skipped the partial index {}: SQLite cannot use it for its own condition. Please report this",
                    index.name
                ),
            }
        }
        drop(snapshot);
    }
    Ok(findings)
}

fn partial_indexes(conn: &Connection) -> Result<BTreeMap<String, Vec<PartialIndex>>> {
    let mut query = conn.prepare(
        "SELECT tables.name, indexes.name, indexes.sql
           FROM sqlite_schema AS tables
           JOIN pragma_index_list(tables.name) AS list ON list.partial
           JOIN sqlite_schema AS indexes ON indexes.type = 'index' AND indexes.name = list.name
          WHERE tables.type = 'table'
          ORDER BY tables.name, indexes.name",
    )?;
    let mut found: BTreeMap<String, Vec<PartialIndex>> = BTreeMap::new();
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (table, name, sql): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let Some(condition) = condition(&sql).map(str::to_owned) else {
            tracing::warn!(
                event = "STORE_INDEX_UNVERIFIED",
                index = name,
                "The integrity check skipped the partial index {name}: its WHERE condition cannot be parsed. Please report this"
            );
            continue;
        };
        found.entry(table).or_default().push(PartialIndex { name, condition });
    }
    Ok(found)
}

/// The number of rows that belong in each index. Reads only the table.
fn count_rows(conn: &Connection, table: &str, indexes: &[PartialIndex]) -> Result<Vec<i64>> {
    // The line break ends a comment that may be at the end of a condition.
    let counts: Vec<_> = indexes.iter().map(|index| format!("count(*) FILTER (WHERE {}\n)", index.condition)).collect();
    let sql = format!("SELECT {} FROM {} NOT INDEXED", counts.join(", "), quoted(table));
    Ok(conn.query_row(&sql, [], |row| (0..indexes.len()).map(|column| row.get(column)).collect())?)
}

/// `None` if SQLite does not use the index for its own condition.
fn count_entries(conn: &Connection, table: &str, index: &PartialIndex) -> Result<Option<i64>> {
    let PartialIndex { name, condition } = index;
    let sql = format!("SELECT count(*) FROM {} INDEXED BY {} WHERE {condition}\n", quoted(table), quoted(name));
    let mut query = match conn.prepare(&sql) {
        Ok(query) => query,
        // The error "no query solution". Damage and an interrupt have other codes.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::Unknown) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(Some(query.query_row([], |row| row.get(0))?))
}

/// The expression after the `WHERE` of a `CREATE INDEX` statement.
///
/// The first `WHERE` outside parentheses, strings, quoted names and comments belongs to the statement, because the
/// indexed columns are in parentheses.
fn condition(sql: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' | '`' => quoted_length(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            '-' if rest.starts_with("--") => rest.find('\n').map_or(rest.len(), |end| end + 1),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            other => {
                match other {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                other.len_utf8()
            }
        };
        let (token, after) = rest.split_at(length);
        if depth == 0 && token.eq_ignore_ascii_case("where") {
            return Some(after.trim()).filter(|condition| !condition.is_empty());
        }
        rest = after;
    }
    None
}

/// Length in bytes. A doubled quote inside stands for one quote.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::copy;
    use crate::store::testing::{database, transact};

    /// Runs `sql` while the index is missing from the schema, so that SQLite does not update its entries.
    fn behind_the_index(conn: &Connection, index: &str, sql: &str) {
        let hidden: (i64, String, String) = conn
            .query_row("SELECT rootpage, tbl_name, sql FROM sqlite_schema WHERE name = ?1", [index], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        conn.execute_batch("PRAGMA writable_schema = ON").unwrap();
        conn.execute("DELETE FROM sqlite_schema WHERE name = ?1", [index]).unwrap();
        conn.execute_batch("PRAGMA writable_schema = RESET").unwrap();
        conn.execute_batch(sql).unwrap();
        conn.execute_batch("PRAGMA writable_schema = ON").unwrap();
        let insert = "INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES ('index', ?1, ?2, ?3, ?4)";
        conn.execute(insert, rusqlite::params![index, hidden.1, hidden.0, hidden.2]).unwrap();
        conn.execute_batch("PRAGMA writable_schema = RESET").unwrap();
    }

    #[test]
    fn the_condition_is_found_whatever_stands_around_it() {
        for (sql, expected) in [
            ("CREATE INDEX i ON t(a) WHERE a IS NOT NULL", Some("a IS NOT NULL")),
            ("CREATE INDEX i ON t(a)where(a>1)", Some("(a>1)")),
            ("create unique index \"a WHERE b\" on [x where y](a, b) WhErE b = 'it''s where' -- end", {
                Some("b = 'it''s where' -- end")
            }),
            ("CREATE INDEX i ON t(a) -- where not\n/* WHERE no */ WHERE x", Some("x")),
            ("CREATE INDEX i ON t(coalesce(a, 'WHERE'), `where`) WHERE לקוח = 1", Some("לקוח = 1")),
            ("CREATE INDEX nowhere ON t(wherever)", None),
            ("CREATE INDEX i ON t(a) WHERE", None),
            ("CREATE INDEX i ON t('", None),
        ] {
            assert_eq!(condition(sql), expected, "{sql}");
        }
    }

    #[test]
    fn every_partial_index_of_the_schema_can_be_counted() {
        let (_folder, conn) = database();
        let found = partial_indexes(&conn).unwrap();
        let stated: i64 = conn
            .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%WHERE%'", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(found.values().map(Vec::len).sum::<usize>(), usize::try_from(stated).unwrap());
        for (table, indexes) in &found {
            assert_eq!(count_rows(&conn, table, indexes).unwrap().len(), indexes.len());
            for index in indexes {
                assert_eq!(count_entries(&conn, table, index).unwrap(), Some(0), "{index:?}");
            }
        }
        assert_eq!(findings(&conn).unwrap(), []);
    }

    #[test]
    fn entries_without_rows_and_rows_without_entries_are_found() {
        let (_folder, conn) = database();
        conn.execute_batch(
            "CREATE TABLE items(id INTEGER PRIMARY KEY, name TEXT, done INTEGER, due TEXT);
             CREATE INDEX \"quoted \"\"where\" ON items(due) WHERE done IS NULL AND name <> 'where' -- open ones
             ;
             CREATE TABLE keyed(name TEXT PRIMARY KEY, state TEXT) WITHOUT ROWID;
             CREATE UNIQUE INDEX by_state ON keyed(state, name) WHERE state IN ('new', 'old');",
        )
        .unwrap();
        let fill = "INSERT INTO items(name, done, due) VALUES ('a', NULL, '1'), ('b', NULL, '2'), ('c', 1, '3');
                    INSERT INTO keyed VALUES ('x', 'new'), ('y', 'gone'), ('z', 'old');";
        conn.execute_batch(fill).unwrap();
        assert_eq!(copy::findings(&conn).unwrap(), None);

        behind_the_index(&conn, "by_state", "DELETE FROM keyed WHERE name = 'x'");
        let found = Cause::IndexWrong {
            index: "by_state".into(),
            entries: "2".into(),
            rows: "1".into(),
            table: "keyed".into(),
        };
        assert_eq!(copy::findings(&conn).unwrap(), Some(found.into()));
        conn.execute_batch("REINDEX by_state").unwrap();
        assert_eq!(copy::findings(&conn).unwrap(), None);

        behind_the_index(&conn, "quoted \"where", "DELETE FROM items WHERE name = 'a'");
        assert!(copy::findings(&conn).unwrap().is_some(), "the index has an entry too many");
        conn.execute_batch("REINDEX").unwrap();
        behind_the_index(&conn, "quoted \"where", "INSERT INTO items(name, due) VALUES ('d', '9')");
        assert!(copy::findings(&conn).unwrap().is_some(), "a row lacks its entry");
    }

    #[test]
    fn a_writer_at_work_is_not_taken_for_damage() {
        let (folder, conn) = database();
        let writes = std::thread::spawn(move || {
            for number in 0..300 {
                transact(&conn, |tx| tx.set_meta("n", &number.to_string()));
                conn.execute_batch(
                    "INSERT INTO jobs(kind, payload, state, run_at, created_at, updated_at) VALUES ('x', '{}', 'waiting', '', '', '')",
                )
                .unwrap();
            }
        });
        let reader = crate::store::open::reader(&folder.path().join("db.sqlite")).unwrap();
        while !writes.is_finished() {
            assert_eq!(findings(&reader).unwrap(), []);
        }
        writes.join().unwrap();
    }
}
