//! Settings that the owner changes on the page.

use super::Error;
use crate::domain::{ActorId, Timestamp};
use crate::store::WriteTx;
use serde_json::Value;

/// Changed settings, by key.
#[derive(Clone, Debug, Default)]
pub struct ChangedSettings {
    /// The new values; none resets a setting to its default.
    pub values: Vec<(&'static str, Option<Value>)>,
    /// Secrets, which are stored elsewhere: whether each is set now.
    pub secrets: Vec<(&'static str, bool)>,
}

/// Stores the changes, each with its history and an audit row.
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

fn audit(tx: &WriteTx<'_>, actor: ActorId, key: &str, now: Timestamp) -> Result<(), Error> {
    Ok(tx.insert_audit(actor, "setting_changed", &format!("setting:{key}"), now)?)
}
