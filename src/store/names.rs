//! SQL expressions for the names of users and actors.

/// Returns an SQL expression for the name of the user or token in a column such as `user:3`, the form of the audit log.
/// Null for other actors.
pub(in crate::store) fn actor_name(column: &str) -> String {
    format!(
        "coalesce((SELECT name FROM users WHERE {column} LIKE 'user:%' AND id = CAST(substr({column}, 6) AS INTEGER)),
             (SELECT name FROM api_tokens WHERE {column} LIKE 'token:%' AND id = CAST(substr({column}, 7) AS INTEGER)))"
    )
}

/// Returns an SQL expression for the name of the user whose id is in a column.
pub(in crate::store) fn user_name(column: &str) -> String {
    format!("(SELECT name FROM users WHERE id = {column})")
}
