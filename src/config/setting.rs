//! One setting: its key, where it can be set, and what it may be. The table of all of them is what files, environment
//! and database are read by, what `config show` lists, and what the shipped example is tested against.

use super::found::Found;
use super::rule::{Refusal, Rule};
use super::{Config, agent, google, http, log, openai, speech, store, twilio, voice, whatsapp};
use std::rc::Rc;

type Apply = Rc<dyn Fn(&mut Config, &Found) -> Result<(), Refusal>>;

/// One setting.
pub(super) struct Setting {
    /// `section.name`, as in the file.
    pub(super) key: &'static str,
    /// Never shown, and read from files and credentials too.
    pub(super) secret: bool,
    /// The variables that set it, the weakest first.
    pub(super) variables: Vec<Variable>,
    apply: Apply,
}

/// A variable of the environment that sets something.
pub(super) struct Variable {
    pub(super) name: &'static str,
    apply: Apply,
}

/// A setting that `field` of the settings holds and that `rule` reads.
pub(super) fn setting<T: 'static>(key: &'static str, field: fn(&mut Config) -> &mut T, rule: Rule<T>) -> Setting {
    Setting { key, secret: false, variables: Vec::new(), apply: applier(field, rule) }
}

/// One that nobody may see.
pub(super) fn secret_setting<T: 'static>(
    key: &'static str,
    field: fn(&mut Config) -> &mut T,
    rule: Rule<T>,
) -> Setting {
    Setting { secret: true, ..setting(key, field, rule) }
}

impl Setting {
    /// Also read from the variable, by the same rule.
    pub(super) fn variable(mut self, name: &'static str) -> Self {
        self.variables.push(Variable { name, apply: Rc::clone(&self.apply) });
        self
    }

    /// Also read from the variable, by a rule of its own.
    pub(super) fn variable_as<T: 'static>(
        mut self,
        name: &'static str,
        field: fn(&mut Config) -> &mut T,
        rule: Rule<T>,
    ) -> Self {
        self.variables.push(Variable { name, apply: applier(field, rule) });
        self
    }

    /// The part of the key before the dot.
    pub(super) fn section(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(section, _)| section)
    }

    /// The part of the key behind it.
    pub(super) fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }

    pub(super) fn is_in(&self, section: &str) -> bool {
        self.section() == section
    }

    /// Whether the page may keep it in the database: no secret lies there in clear, and what is needed before the
    /// database is open cannot be in it.
    pub(super) fn is_storable(&self) -> bool {
        !self.secret
            && !matches!(self.section(), "store" | "log")
            && !matches!(self.key, "http.listen" | "http.crm_listen")
    }

    /// Sets it; the error says what was found and what is allowed.
    pub(super) fn set(&self, config: &mut Config, found: &Found) -> Result<(), String> {
        self.explain((self.apply)(config, found), found)
    }

    /// Sets it from one of its variables.
    pub(super) fn set_from(&self, variable: &Variable, config: &mut Config, found: &Found) -> Result<(), String> {
        self.explain((variable.apply)(config, found), found)
    }

    fn explain(&self, outcome: Result<(), Refusal>, found: &Found) -> Result<(), String> {
        outcome.map_err(|refusal| {
            let found = if self.secret { found.describe_secret() } else { found.describe() };
            let reason = refusal.reason.map(|reason| format!(", which {reason}")).unwrap_or_default();
            format!("{}: found {found}{reason}; allowed: {}", self.key, refusal.allowed)
        })
    }
}

/// Every setting there is, in the order of the example file.
pub(super) fn all() -> Vec<Setting> {
    [
        http::settings(),
        twilio::settings(),
        whatsapp::settings(),
        openai::settings(),
        google::settings(),
        speech::settings(),
        voice::settings(),
        agent::settings(),
        store::settings(),
        log::settings(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn applier<T: 'static>(field: fn(&mut Config) -> &mut T, rule: Rule<T>) -> Apply {
    Rc::new(move |config, found| {
        *field(config) = rule.read(found)?;
        Ok(())
    })
}
