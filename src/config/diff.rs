//! Compares two sets of settings, and applies the changes that need no restart.

use super::{Config, settings_table};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigDiff {
    /// Settings whose change takes effect immediately.
    pub changed: Vec<&'static str>,
    /// Settings whose change takes effect after a restart. Until the restart, they keep their old value.
    pub needs_restart: Vec<&'static str>,
}

impl Config {
    /// Returns the settings that are active after a reload with `next`, and the changes. The comparison includes the
    /// values of secrets.
    ///
    /// A setting that only a restart can change keeps its old value in the result. The result therefore contains the
    /// values that the daemon actually uses, and the next reload reports the change again.
    #[must_use]
    pub fn merge_reloadable(&self, next: &Self) -> (Self, ConfigDiff) {
        let (mut before, mut next, mut changes) = (self.clone(), next.clone(), ConfigDiff::default());
        for setting in settings_table::all() {
            let same = setting.has_equal_value(&mut before, &mut next);
            if setting.needs_restart {
                setting.copy_value(&mut before, &mut next);
                next.origins.set(setting.key, before.origins.of(setting.key));
            }
            match (same, setting.needs_restart) {
                (true, _) => {}
                (false, false) => changes.changed.push(setting.key),
                (false, true) => changes.needs_restart.push(setting.key),
            }
        }
        // This value is derived from the listeners and from `tls.domain`, which only a restart can change.
        next.http.fallback = before.http.fallback;
        (next, changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BaseUrl, Secret};

    #[test]
    fn equal_settings_have_no_difference() {
        let config = Config::default();
        assert_eq!(config.merge_reloadable(&config), (config.clone(), ConfigDiff::default()));
    }

    #[test]
    fn values_are_compared_and_not_how_they_are_shown() {
        let (mut config, mut next) = (Config::default(), Config::default());
        config.twilio.auth_token = Some(Secret::new("one"));
        next.twilio.auth_token = Some(Secret::new("two"));
        next.voice.recording = !next.voice.recording;
        let (now, changes) = config.merge_reloadable(&next);
        assert_eq!(now, next);
        assert_eq!(changes.changed, ["twilio.auth_token", "voice.recording"]);
        assert!(changes.needs_restart.is_empty());
    }

    #[test]
    fn a_setting_that_needs_a_restart_is_unchanged_and_reported_each_time() {
        let (config, mut next) = (Config::default(), Config::default());
        next.http.listen = Some(([127, 0, 0, 1], 9000).into());
        next.http.fallback = BaseUrl::loopback(9000);
        next.store.readers += 1;
        let (now, changes) = config.merge_reloadable(&next);
        assert_eq!(now, config);
        assert_eq!(changes.needs_restart, ["http.listen", "store.readers"]);
        assert_eq!(now.merge_reloadable(&next).1, changes);
    }
}
