//! A summary of a database: its pages, its tables with their row counts, and the other objects of its schema.

use crate::store::{Result, open};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Clone, Debug, Serialize)]
pub struct DatabaseSummary {
    /// In bytes.
    pub page_size: i64,
    pub pages: i64,
    pub free_pages: i64,
    pub rows: BTreeMap<String, i64>,
    /// Indexes, triggers and views.
    pub others: Vec<String>,
}

/// The copy is not changed.
pub fn summarize_copy(file: &Path) -> Result<DatabaseSummary> {
    let conn = open::lone_file(file)?;
    let number = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let mut names =
        conn.prepare("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")?;
    let mut summary = DatabaseSummary {
        page_size: number("PRAGMA page_size")?,
        pages: number("PRAGMA page_count")?,
        free_pages: number("PRAGMA freelist_count")?,
        rows: BTreeMap::new(),
        others: Vec::new(),
    };
    for found in names.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))? {
        let (kind, name) = found?;
        if kind == "table" {
            let count = number(&format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\"")))?;
            summary.rows.insert(name, count);
        } else {
            summary.others.push(name);
        }
    }
    Ok(summary)
}
