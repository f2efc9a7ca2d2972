//! The tables `settings` and `settings_history`: the settings that the owner changed on the web page, and their
//! history.

use super::page::{page, rows_for};
use crate::domain::{ChangeKind, Timestamp};
use crate::store::peek::peek;
use crate::store::{ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row};
use serde_json::Value;
use std::path::Path;

#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Of the form `section.field`.
    pub key: String,
    pub value: Value,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The actor of the last change, such as `user:3`, `token:2` or `cli`.
    pub actor: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SettingChange {
    /// Later changes have greater numbers.
    pub id: i64,
    /// The name of the setting.
    pub key: String,
    /// The new value; null if the setting was reset to its default. For a secret, only whether it was set.
    pub value: Value,
    /// The value before the change; null if the setting had its default.
    pub previous: Value,
    pub changed_at: Timestamp,
    pub actor: String,
    /// `None` for other actors than users and tokens.
    pub actor_name: Option<String>,
}

impl ReadTx<'_> {
    /// Returns keys, and values as JSON.
    pub fn stored_settings(&self) -> Result<Vec<(String, Value)>> {
        let mut list = self.conn.prepare_cached("SELECT key, value FROM settings ORDER BY key")?;
        let rows = list.query_map([], |row| Ok((row.get(0)?, json(row, 1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn setting(&self, key: &str) -> Result<Option<Setting>> {
        let mut find = self.conn.prepare_cached("SELECT key, value, updated_at, actor FROM settings WHERE key = ?1")?;
        Ok(find.query_row([key], row_to_setting).optional()?)
    }

    /// The number of the newest change of a setting; 0 if it was never changed.
    pub fn setting_version(&self, key: &str) -> Result<i64> {
        let mut find = self.conn.prepare_cached("SELECT coalesce(max(id), 0) FROM settings_history WHERE key = ?1")?;
        Ok(find.query_row([key], |row| row.get(0))?)
    }

    /// Newest first, before the change `before`, with the position of the next page if one exists. `None` as `key`
    /// includes all settings.
    pub fn setting_history(
        &self,
        key: Option<&str>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<(Vec<SettingChange>, Option<i64>)> {
        let sql = format!("{HISTORY} WHERE (?1 IS NULL OR h.key = ?1) AND h.id < ?2 ORDER BY h.id DESC LIMIT ?3");
        let mut list = self.conn.prepare_cached(&sql)?;
        let rows = list.query_map((key, before.unwrap_or(i64::MAX), rows_for(limit)), row_to_change)?;
        let changes = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(page(changes, limit, |change| change.id))
    }

    /// Returns only settings that were ever changed.
    pub fn newest_setting_changes(&self) -> Result<Vec<SettingChange>> {
        let sql = format!("{HISTORY} WHERE h.id IN (SELECT max(id) FROM settings_history GROUP BY key)");
        let mut list = self.conn.prepare_cached(&sql)?;
        let rows = list.query_map([], row_to_change)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// Returns false, and adds no history, if the setting already has that value.
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

    /// Returns false if the setting already had its default.
    pub fn reset_setting(&self, key: &str, actor: &str, now: Timestamp) -> Result<bool> {
        let gone = self.conn.prepare_cached("DELETE FROM settings WHERE key = ?1")?.execute([key])? > 0;
        if gone {
            self.record_setting_change(key, None, actor, now)?;
        }
        Ok(gone)
    }

    /// The secret is stored elsewhere.
    pub fn record_secret_change(&self, key: &str, is_set: bool, actor: &str, now: Timestamp) -> Result<()> {
        self.record_setting_change(key, is_set.then_some(&Value::Bool(true)), actor, now)
    }

    /// Records that stored settings have become active.
    pub fn record_active_settings(&self) -> Result<()> {
        self.record_in(ChangeKind::SettingUpdated, None, None)
    }

    fn record_setting_change(&self, key: &str, value: Option<&Value>, actor: &str, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO settings_history(key, value, changed_at, actor) VALUES (?1, ?2, ?3, ?4)")?
            .execute((key, value.map(Value::to_string), now, actor))?;
        self.record_in(ChangeKind::SettingUpdated, None, None)
    }
}

/// For a process other than the daemon. Empty if there is no database.
pub fn peek_stored_settings(published: &Path, publish: bool) -> Result<Vec<(String, Value)>> {
    peek(published, publish, Vec::new(), |tx| tx.stored_settings())
}

fn row_to_setting(row: &Row<'_>) -> rusqlite::Result<Setting> {
    Ok(Setting { key: row.get(0)?, value: json(row, 1)?, updated_at: row.get(2)?, actor: row.get(3)? })
}

/// Changes with the previous value of each, and the name of the actor.
const HISTORY: &str = "SELECT h.id, h.key, h.value, h.changed_at, h.actor, coalesce(u.name, t.name),
        (SELECT p.value FROM settings_history p WHERE p.key = h.key AND p.id < h.id ORDER BY p.id DESC LIMIT 1)
    FROM settings_history h
    LEFT JOIN users u ON h.actor LIKE 'user:%' AND u.id = CAST(substr(h.actor, 6) AS INTEGER)
    LEFT JOIN api_tokens t ON h.actor LIKE 'token:%' AND t.id = CAST(substr(h.actor, 7) AS INTEGER)";

fn row_to_change(row: &Row<'_>) -> rusqlite::Result<SettingChange> {
    Ok(SettingChange {
        id: row.get(0)?,
        key: row.get(1)?,
        value: json(row, 2)?,
        changed_at: row.get(3)?,
        actor: row.get(4)?,
        actor_name: row.get(5)?,
        previous: json(row, 6)?,
    })
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
            tx.record_secret_change("twilio.auth_token", true, "cli", at(6_000))?;
            let (history, next) = tx.setting_history(Some("voice.greeting"), None, 10)?;
            let seen: Vec<_> = history.iter().map(|change| (change.value.clone(), change.actor.as_str())).collect();
            assert_eq!(seen, [(json!(null), "user:1"), (json!({"text": "hi"}), "cli"), (json!("שלום"), "user:1")]);
            let before: Vec<_> = history.iter().map(|change| change.previous.clone()).collect();
            assert_eq!((before, next), (vec![json!({"text": "hi"}), json!("שלום"), json!(null)], None));
            let (first, next) = tx.setting_history(None, None, 2)?;
            assert_eq!((first[0].key.as_str(), &first[0].value), ("twilio.auth_token", &json!(true)));
            let (rest, end) = tx.setting_history(None, next, 10)?;
            assert_eq!((rest.len(), end), (2, None));
            assert_eq!(tx.newest_setting_changes()?.len(), 2);
            Ok(())
        });
    }

    #[test]
    fn settings_are_listed_by_name() {
        let (_folder, conn) = database();
        transact(&conn, |tx| {
            tx.set_setting("b", &json!(2), "cli", at(0))?;
            tx.set_setting("a", &json!(1.5), "cli", at(0))?;
            assert_eq!(tx.stored_settings()?, [("a".to_owned(), json!(1.5)), ("b".to_owned(), json!(2))]);
            Ok(())
        });
    }
}
