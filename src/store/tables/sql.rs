//! Parts of SQL statements.

use serde_json::Value;

/// A JSON list of numbers or texts for SQLite's `json_each`.
pub(in crate::store) fn json_list<'a, T: Clone + Into<Value> + 'a>(values: impl IntoIterator<Item = &'a T>) -> String {
    values.into_iter().cloned().collect::<Value>().to_string()
}

/// An SQL expression for the name of the user or token in a column such as `user:3`. Null for other actors.
pub(in crate::store) fn actor_name(column: &str) -> String {
    format!(
        "coalesce((SELECT name FROM users WHERE {column} LIKE 'user:%' AND id = CAST(substr({column}, 6) AS INTEGER)),
             (SELECT name FROM api_tokens WHERE {column} LIKE 'token:%' AND id = CAST(substr({column}, 7) AS INTEGER)))"
    )
}

/// An SQL expression for the name of the user whose id is in a column.
pub(in crate::store) fn user_name(column: &str) -> String {
    format!("(SELECT name FROM users WHERE id = {column})")
}

/// The id of a new row of a table of `contact::RETIRED`: greater than that of any row, also of deleted ones.
macro_rules! new_id {
    ($table:literal) => {
        concat!(
            "(SELECT 1 + max(ifnull((SELECT max(id) FROM ",
            $table,
            "), 0), ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE key = '",
            $table,
            ".newest_erased_id'), 0)))"
        )
    };
}

pub(in crate::store) use new_id;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_json() {
        assert_eq!((json_list(&[1, 2]), json_list(&["a\"b"])), ("[1,2]".to_owned(), r#"["a\"b"]"#.to_owned()));
        assert_eq!(json_list::<i64>(&[]), "[]");
    }
}
