//! Collects settings and problems while the settings are loaded.

use super::raw_value::RawValue;
use super::setting::{EnvVar, Setting};
use super::{Config, Origin, Problem};
use crate::domain::SettingError;

#[derive(Default)]
pub(super) struct ConfigBuilder {
    pub(super) config: Config,
    pub(super) problems: Vec<Problem>,
}

impl ConfigBuilder {
    /// An invalid value only adds a problem. The caller must check that the origin has the higher precedence.
    pub(super) fn set(&mut self, setting: &Setting<Config>, raw: &RawValue, origin: Origin) {
        let outcome = setting.set(&mut self.config, raw);
        self.record(setting, outcome, origin);
    }

    pub(super) fn set_from(
        &mut self,
        setting: &Setting<Config>,
        variable: &EnvVar<Config>,
        raw: &RawValue,
        origin: Origin,
    ) {
        let outcome = setting.set_from(variable, &mut self.config, raw);
        self.record(setting, outcome, origin);
    }

    pub(super) fn add_problem(&mut self, origin: Origin, key: impl Into<String>, error: SettingError) {
        self.problems.push(Problem { origin, key: Some(key.into()), error });
    }

    /// Adds a problem with a file, or with a key that no setting has.
    pub(super) fn add_problem_of_file(&mut self, origin: Origin, error: SettingError) {
        self.problems.push(Problem { origin, key: None, error });
    }

    fn record(&mut self, setting: &Setting<Config>, outcome: Result<(), SettingError>, origin: Origin) {
        match outcome {
            Ok(()) => self.config.origins.set(setting.key, origin),
            Err(error) => self.add_problem(origin, setting.key, error),
        }
    }
}
