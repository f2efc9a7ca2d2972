//! One setting: its key, where it can be set, and what it may be. The table of all of them is what files, environment
//! and database are read by, what `config show` lists, and what the shipped example is tested against.

use super::found::Found;
use super::rule::{Refusal, Rule};
use super::{
    Config, Secret, agent, alerts, backup, care, disk, google, http, log, mail, openai, retention, speech, store, tls,
    twilio, updates, voice, whatsapp,
};
use std::rc::Rc;

type SecretField = fn(&mut Config) -> &mut Option<Secret>;
type Apply = Rc<dyn Fn(&mut Config, &Found) -> Result<(), Refusal>>;
type Compare = Box<dyn Fn(&mut Config, &mut Config) -> bool>;
type Copy = Box<dyn Fn(&mut Config, &mut Config)>;

/// One setting.
pub(super) struct Setting {
    /// `section.name`, as in the file.
    pub(super) key: &'static str,
    /// Never shown, and read from files and credentials too.
    pub(super) secret: bool,
    /// The variables that set it, the weakest first.
    pub(super) variables: Vec<Variable>,
    /// Used at the start alone: a change holds after a restart.
    pub(super) needs_restart: bool,
    /// What it may be, in words.
    allowed: String,
    /// The field of a secret, which has no other way out.
    secret_field: Option<SecretField>,
    apply: Apply,
    same: Compare,
    keep: Copy,
}

/// A variable of the environment that sets something.
pub(super) struct Variable {
    pub(super) name: &'static str,
    apply: Apply,
}

/// A setting that `field` of the settings holds and that `rule` reads.
pub(super) fn setting<T: Clone + PartialEq + 'static>(
    key: &'static str,
    field: fn(&mut Config) -> &mut T,
    rule: Rule<T>,
) -> Setting {
    Setting {
        key,
        secret: false,
        variables: Vec::new(),
        needs_restart: false,
        allowed: rule.allowed().to_owned(),
        secret_field: None,
        apply: applier(field, rule),
        same: Box::new(move |one, other| field(one) == field(other)),
        keep: Box::new(move |from, to| field(to).clone_from(field(from))),
    }
}

/// One that nobody may see.
pub(super) fn secret_setting(key: &'static str, field: SecretField, rule: Rule<Option<Secret>>) -> Setting {
    Setting { secret: true, secret_field: Some(field), ..setting(key, field, rule) }
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

    /// Used at the start alone, so that a change needs a restart. Whatever does not take its value from
    /// [`super::Live`] each time says so by this.
    pub(super) fn at_start(mut self) -> Self {
        self.needs_restart = true;
        self
    }

    /// Its value, a secret's too; null where it is not set.
    pub(super) fn value(&self, config: &Config) -> serde_json::Value {
        match self.secret_field {
            Some(field) => field(&mut config.clone()).as_ref().map(Secret::expose).into(),
            None => config.shown_value(self.key),
        }
    }

    /// Whether it has the same value in both.
    pub(super) fn is_same(&self, one: &mut Config, other: &mut Config) -> bool {
        (self.same)(one, other)
    }

    /// Sets it in `to` as it is in `from`.
    pub(super) fn keep(&self, from: &mut Config, to: &mut Config) {
        (self.keep)(from, to);
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
            && !matches!(self.section(), "store" | "log" | "tls")
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
        tls::settings(),
        twilio::settings(),
        whatsapp::settings(),
        openai::settings(),
        google::settings(),
        speech::settings(),
        voice::settings(),
        agent::settings(),
        alerts::settings(),
        mail::settings(),
        disk::settings(),
        retention::settings(),
        care::settings(),
        store::settings(),
        backup::settings(),
        log::settings(),
        updates::settings(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A setting as documents tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSetting {
    /// `section.name`.
    pub key: &'static str,
    /// What it may be, in words.
    pub allowed: String,
    /// Whether nobody may see its value.
    pub secret: bool,
    /// Whether a change holds only after a restart.
    pub needs_restart: bool,
    /// The variables that set it, the weakest first.
    pub variables: Vec<&'static str>,
}

/// Every setting there is, for whoever writes about them.
pub fn known_settings() -> Vec<KnownSetting> {
    let known = |setting: Setting| KnownSetting {
        key: setting.key,
        secret: setting.secret,
        needs_restart: setting.needs_restart,
        variables: setting.variables.iter().map(|variable| variable.name).collect(),
        allowed: setting.allowed,
    };
    all().into_iter().map(known).collect()
}

fn applier<T: 'static>(field: fn(&mut Config) -> &mut T, rule: Rule<T>) -> Apply {
    Rc::new(move |config, found| {
        *field(config) = rule.read(found)?;
        Ok(())
    })
}
