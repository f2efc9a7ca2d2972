//! The tables that other programs may read.

use super::support::Daemon;

#[test]
fn tables_and_columns_are_as_promised() {
    let daemon = Daemon::start(|_| {});
    for (table, columns) in [
        ("threads", "id business_id type provider peer_number title last_message_at created_at"),
        (
            "messages",
            "id thread_id direction message_type content_text media_url provider_msg_id status created_at provider",
        ),
        ("calls", "id call_sid"),
        ("call_turns", "id call_id"),
    ] {
        let found: Vec<String> = daemon.query_column(&format!("SELECT name FROM pragma_table_info('{table}')"));
        for column in columns.split(' ') {
            assert!(found.iter().any(|name| name == column), "{table}.{column} is missing: {found:?}");
        }
    }
    let business: String =
        daemon.query_value("SELECT dflt_value FROM pragma_table_info('threads') WHERE name = 'business_id'");
    assert_eq!(business, "1");
}

#[test]
fn indices_are_as_promised() {
    let daemon = Daemon::start(|_| {});
    let sql = |name: &str| {
        let sql: String =
            daemon.query_value(&format!("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = '{name}'"));
        sql
    };
    assert!(sql("idx_threads_biz_last").ends_with("(business_id, last_message_at DESC)"));
    assert!(sql("idx_msgs_thread_time").ends_with("(thread_id, created_at)"));
    let unique: i64 = daemon.query_value(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'messages'
           AND sql LIKE 'CREATE UNIQUE INDEX%(provider, provider_msg_id%WHERE provider_msg_id IS NOT NULL'",
    );
    assert_eq!(unique, 1);
}

#[test]
fn all_tables_are_strict() {
    let daemon = Daemon::start(|_| {});
    let loose: Vec<String> = daemon.query_column(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0
           AND name NOT LIKE 'sqlite_%' AND name <> 'refinery_schema_history'",
    );
    assert_eq!(loose, Vec::<String>::new());
}
