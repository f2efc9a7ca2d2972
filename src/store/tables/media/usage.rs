//! Determines which files are still used: a file may belong to messages and scheduled messages of several contacts.
//!
//! Each deletion of a file's content uses one of these two conditions. A new table that refers to files must be added
//! to both of them. A test compares them with the schema.

/// SQL: a row refers to the file of this row of `media`.
pub(in crate::store) const IS_USED: &str =
    "(EXISTS (SELECT 1 FROM message_media WHERE message_media.sha256 = media.sha256)
     OR media.sha256 IN (SELECT media_id FROM scheduled_messages WHERE media_id IS NOT NULL))";

/// SQL: the file of this row of `media` belongs to a message from `?1` or later, or to a scheduled message that
/// still waits.
pub(in crate::store) const IS_USED_SINCE: &str = "(EXISTS (
         SELECT 1 FROM message_media JOIN messages ON messages.id = message_media.message_id
         WHERE message_media.sha256 = media.sha256 AND messages.created_at >= ?1)
     OR media.sha256 IN (SELECT media_id FROM scheduled_messages WHERE media_id IS NOT NULL AND state = 'waiting'))";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::database;

    #[test]
    fn every_table_that_refers_to_files_is_in_both_conditions() {
        let (_folder, conn) = database();
        let mut query = conn
            .prepare(
                "SELECT m.name FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
                 WHERE m.type = 'table' AND f.\"table\" = 'media' ORDER BY m.name",
            )
            .unwrap();
        let tables: Vec<String> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(tables.len() >= 3, "{tables:?}");
        // The table of details does not count as a use of the file.
        for table in tables.iter().filter(|table| *table != "media_details") {
            assert!(IS_USED.contains(table.as_str()) && IS_USED_SINCE.contains(table.as_str()), "{table}");
        }
    }
}
