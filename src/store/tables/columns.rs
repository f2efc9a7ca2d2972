//! Reads the columns of a row by name.

use rusqlite::Row;
use rusqlite::types::FromSql;
use std::cell::Cell;

/// [`Row::get`] compares a name with those of all columns from the first one, for each column of each row. In a long
/// list this takes longer than the query. Here the comparison begins with the column after the one that was read last,
/// so it is fast if the columns are read in the order in which the query selects them.
pub(in crate::store) struct Columns<'a, 'r> {
    row: &'a Row<'r>,
    next: Cell<usize>,
}

impl<'a, 'r> Columns<'a, 'r> {
    pub(in crate::store) fn of(row: &'a Row<'r>) -> Self {
        Self { row, next: Cell::new(0) }
    }

    /// The names of the columns must differ.
    pub(in crate::store) fn get<T: FromSql>(&self, name: &str) -> rusqlite::Result<T> {
        let statement = self.row.as_ref();
        let (next, count) = (self.next.get(), statement.column_count());
        let is_named = |index: &usize| statement.column_name(*index).is_ok_and(|found| found == name);
        let found = (next..count).chain(0..next.min(count)).find(is_named);
        let index = found.map_or_else(|| statement.column_index(name), Ok)?;
        if cfg!(test) {
            assert_eq!(Ok(index), statement.column_index(name), "two columns have the name {name}");
        }
        self.next.set(index + 1);
        self.row.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn columns_are_found_in_any_order() {
        let conn = Connection::open_in_memory().unwrap();
        let read = |row: &Row<'_>| {
            let row = Columns::of(row);
            let mut found = String::new();
            for name in ["a", "b", "d", "c", "c", "a"] {
                found += &row.get::<String>(name)?;
            }
            assert!(matches!(row.get::<String>("e"), Err(rusqlite::Error::InvalidColumnName(name)) if name == "e"));
            assert!(row.get::<i64>("b").is_err());
            Ok(found)
        };
        let found = conn.query_row("SELECT 'w' AS a, 'x' AS b, 'y' AS c, 'z' AS d", [], read).unwrap();
        assert_eq!(found, "wxzyyw");
    }
}
