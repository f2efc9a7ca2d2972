//! The tables `settings` and `settings_history`: settings that the owner changed on the web page, and their history.

use super::{ReadTx, Result, WriteTx, open};
use crate::config::folder_of;
use crate::domain::Timestamp;
use rusqlite::{OptionalExtension, Row};
use serde_json::Value;
use std::path::Path;

/// A setting that the owner has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The name: `section.field`.
    pub key: String,
    /// The value.
    pub value: Value,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The actor of the last change: `user:3`, `token:2`, `cli`.
    pub actor: String,
}

/// A change of a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingChange {
    /// The new value; null if it was reset to its default.
    pub value: Value,
    /// The time of the change.
    pub changed_at: Timestamp,
    /// The actor.
    pub actor: String,
}

impl ReadTx<'_> {
    /// All stored settings: keys, and values as JSON.
    pub fn stored_settings(&self) -> Result<Vec<(String, Value)>> {
        let mut list = self.conn.prepare_cached("SELECT key, value FROM settings ORDER BY key")?;
        let rows = list.query_map([], |row| Ok((row.get(0)?, json(row, 1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// A setting by its name.
    pub fn setting(&self, key: &str) -> Result<Option<Setting>> {
        let mut find = self.conn.prepare_cached("SELECT key, value, updated_at, actor FROM settings WHERE key = ?1")?;
        Ok(find.query_row([key], row_to_setting).optional()?)
    }

    /// The changes of a setting, newest first.
    pub fn setting_history(&self, key: &str, limit: u32) -> Result<Vec<SettingChange>> {
        let mut list = self.conn.prepare_cached(
            "SELECT value, changed_at, actor FROM settings_history WHERE key = ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let rows = list.query_map((key, limit), |row| {
            Ok(SettingChange { value: json(row, 0)?, changed_at: row.get(1)?, actor: row.get(2)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Sets a setting. Returns false, and adds no history, if it has that value already.
    pub fn set_setting(&self, key: &str, value: &Value, actor: &str, now: Timestamp) -> Result<bool> {
        if self.setting(key)?.is_some_and(|setting| setting.value == *value) {
            return Ok(false);
        }
        self.conn
            .prepare_cached(
                "INSERT INTO settings(key, value, updated_at, actor) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT(key) DO UPDATE
                 SET value = excluded.value, updated_at = excluded.updated_at, actor = excluded.actor",
            )?
            .execute((key, value.to_string(), now, actor))?;
        self.record_setting_change(key, Some(value), actor, now)?;
        Ok(true)
    }

    /// Resets a setting to its default. Returns false if it had the default already.
    pub fn reset_setting(&self, key: &str, actor: &str, now: Timestamp) -> Result<bool> {
        let gone = self.conn.prepare_cached("DELETE FROM settings WHERE key = ?1")?.execute([key])? > 0;
        if gone {
            self.record_setting_change(key, None, actor, now)?;
        }
        Ok(gone)
    }

    fn record_setting_change(&self, key: &str, value: Option<&Value>, actor: &str, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO settings_history(key, value, changed_at, actor) VALUES (?1, ?2, ?3, ?4)")?
            .execute((key, value.map(Value::to_string), now, actor))?;
        Ok(())
    }
}

/// All stored settings, for a process other than the daemon, which may be running: read from the published file, which
/// any process may open at any time, else from the live database. Empty if neither exists yet.
pub fn peek_stored_settings(published: &Path, publish: bool) -> Result<Vec<(String, Value)>> {
    let live = folder_of(published).join("live").join("db.sqlite");
    let conn = if publish && published.exists() {
        open::lone_file(published)?
    } else if live.exists() {
        open::reader(&live)?
    } else {
        return Ok(Vec::new());
    };
    ReadTx::new(&conn).stored_settings()
}

fn row_to_setting(row: &Row<'_>) -> rusqlite::Result<Setting> {
    Ok(Setting { key: row.get(0)?, value: json(row, 1)?, updated_at: row.get(2)?, actor: row.get(3)? })
}

/// The schema allows only valid JSON.
fn json(row: &Row<'_>, column: usize) -> rusqlite::Result<Value> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{database, transact};
    use serde_json::json;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn changes_leave_a_history() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            assert!(tx.set_setting("voice.greeting", &json!("שלום"), "user:1", at(1_000))?);
            assert!(!tx.set_setting("voice.greeting", &json!("שלום"), "user:2", at(2_000))?);
            assert!(tx.set_setting("voice.greeting", &json!({"text": "hi"}), "cli", at(3_000))?);
            assert!(tx.reset_setting("voice.greeting", "user:1", at(4_000))?);
            assert!(!tx.reset_setting("voice.greeting", "user:1", at(5_000))?);
            assert_eq!(tx.setting("voice.greeting")?, None);
            let history = tx.setting_history("voice.greeting", 10)?;
            let seen: Vec<_> = history.iter().map(|change| (change.value.clone(), change.actor.as_str())).collect();
            assert_eq!(seen, [(json!(null), "user:1"), (json!({"text": "hi"}), "cli"), (json!("שלום"), "user:1")]);
            Ok(())
        });
    }

    #[test]
    fn they_are_listed_by_name() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            tx.set_setting("b", &json!(2), "cli", at(0))?;
            tx.set_setting("a", &json!(1.5), "cli", at(0))?;
            assert_eq!(tx.stored_settings()?, [("a".to_owned(), json!(1.5)), ("b".to_owned(), json!(2))]);
            Ok(())
        });
    }
}
