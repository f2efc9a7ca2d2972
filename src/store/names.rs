//! Names of users and actors, as expressions in queries.

/// The name of the user or token that a column names in the form of the audit log (`user:3`); null for other actors.
pub(in crate::store) fn actor_name(column: &str) -> String {
    format!(
        "coalesce((SELECT name FROM users WHERE {column} LIKE 'user:%' AND id = CAST(substr({column}, 6) AS INTEGER)),
             (SELECT name FROM api_tokens WHERE {column} LIKE 'token:%' AND id = CAST(substr({column}, 7) AS INTEGER)))"
    )
}

/// The name of the user whose id a column has.
pub(in crate::store) fn user_name(column: &str) -> String {
    format!("(SELECT name FROM users WHERE id = {column})")
}
