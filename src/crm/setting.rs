//! Settings that the owner changes on the page.

use super::Error;
use crate::domain::{ActorId, Timestamp};
use crate::store::{self, ReadTx, WriteTx};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub struct ChangedSettings {
    /// The new values; `None` resets a setting to its default.
    pub values: Vec<(&'static str, Option<Value>)>,
    /// The changed secrets, and whether each is set now. The secrets themselves are not stored in the database.
    pub secrets: Vec<(&'static str, bool)>,
}

/// A value that the setting has already is not recorded; a changed secret always is.
pub fn change(tx: &WriteTx<'_>, actor: ActorId, changed: &ChangedSettings, now: Timestamp) -> Result<(), Error> {
    let by = actor.to_string();
    for (key, value) in &changed.values {
        let is_new = match value {
            Some(value) => tx.set_setting(key, value, &by, now)?,
            None => tx.reset_setting(key, &by, now)?,
        };
        if is_new {
            audit(tx, actor, key, now)?;
        }
    }
    for (key, is_set) in &changed.secrets {
        tx.record_secret_change(key, *is_set, &by, now)?;
        audit(tx, actor, key, now)?;
    }
    Ok(())
}

/// Returns the keys of the settings for which the change conflicts with a newer one: the stored version differs from
/// the expected version, and the stored value differs from the new value or the setting is a secret. The version of a
/// setting is the number of its newest change, or 0 if it was never changed.
pub fn overtaken(
    tx: &ReadTx<'_>,
    changed: &ChangedSettings,
    expected: &BTreeMap<String, i64>,
) -> Result<Vec<String>, store::Error> {
    let mut overtaken = Vec::new();
    for (key, version) in expected {
        if tx.setting_version(key)? == *version {
            continue;
        }
        let wanted = changed.values.iter().find(|(changed, _)| changed == key);
        if let Some((_, wanted)) = wanted
            && tx.setting(key)?.map(|setting| setting.value) == *wanted
        {
            continue;
        }
        overtaken.push(key.clone());
    }
    Ok(overtaken)
}

fn audit(tx: &WriteTx<'_>, actor: ActorId, key: &str, now: Timestamp) -> Result<(), Error> {
    Ok(tx.insert_audit(actor, "setting_changed", &format!("setting:{key}"), now)?)
}
