//! Collects settings and problems while the settings are loaded.

use super::found::Found;
use super::setting::{Setting, Variable};
use super::{Config, Origin, Problem};

#[derive(Default)]
pub(super) struct Draft {
    pub(super) config: Config,
    pub(super) problems: Vec<Problem>,
}

impl Draft {
    /// Sets a value; it replaces one from an origin of lower precedence.
    pub(super) fn take(&mut self, setting: &Setting, found: &Found, origin: Origin) {
        let outcome = setting.set(&mut self.config, found);
        self.note(setting, outcome, origin);
    }

    /// The same, parsed by the rule of one of the setting's variables.
    pub(super) fn take_from(&mut self, setting: &Setting, variable: &Variable, found: &Found, origin: Origin) {
        let outcome = setting.set_from(variable, &mut self.config, found);
        self.note(setting, outcome, origin);
    }

    pub(super) fn problem(&mut self, origin: Origin, message: impl Into<String>) {
        self.problems.push(Problem::new(origin, message));
    }

    fn note(&mut self, setting: &Setting, outcome: Result<(), String>, origin: Origin) {
        match outcome {
            Ok(()) => self.config.origins.set(setting.key, origin),
            Err(message) => self.problem(origin, message),
        }
    }
}
