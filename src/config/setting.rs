//! One setting: its key, its origins, and its parser. The table of all settings is used to load the file, the
//! environment and the database, to list them in `config show`, and to test the shipped example.

use super::parser::{Parser, ValueError};
use super::raw_value::RawValue;
use super::value_kind::{ValueKind, unit};
use super::{
    Config, Lock, Secret, agent, alerts, backup, business, care, disk, google, http, log, mail, openai, pipeline,
    retention, soniox, speech, store, tls, twilio, updates, voice, whatsapp,
};
use std::rc::Rc;

type SecretField = fn(&mut Config) -> &mut Option<Secret>;
type Apply = Rc<dyn Fn(&mut Config, &RawValue) -> Result<(), ValueError>>;
type Compare = Box<dyn Fn(&mut Config, &mut Config) -> bool>;
type Copy = Box<dyn Fn(&mut Config, &mut Config)>;

/// One setting.
pub(super) struct Setting {
    /// `section.name`, as in the file.
    pub(super) key: &'static str,
    /// Never shown; can also be read from files and credentials.
    pub(super) secret: bool,
    /// The environment variables that set it, in order of increasing precedence.
    pub(super) variables: Vec<EnvVar>,
    /// Used only at the start: a change takes effect after a restart.
    pub(super) needs_restart: bool,
    /// The kind of its value.
    pub(super) kind: ValueKind,
    /// Whether the value may be left out.
    pub(super) is_optional: bool,
    /// A description of what is allowed.
    allowed: String,
    /// The field of a secret, which cannot be read otherwise.
    secret_field: Option<SecretField>,
    apply: Apply,
    equal: Compare,
    copy_value: Copy,
}

/// An environment variable that sets a setting.
pub(super) struct EnvVar {
    pub(super) name: &'static str,
    apply: Apply,
}

/// A setting that is stored in `field` of the settings and parsed by `parser`.
pub(super) fn setting<T: Clone + PartialEq + 'static>(
    key: &'static str,
    field: fn(&mut Config) -> &mut T,
    parser: Parser<T>,
) -> Setting {
    Setting {
        key,
        secret: false,
        variables: Vec::new(),
        needs_restart: false,
        kind: parser.kind().clone(),
        is_optional: parser.is_optional(),
        allowed: parser.allowed().to_owned(),
        secret_field: None,
        apply: applier(field, parser),
        equal: Box::new(move |one, other| field(one) == field(other)),
        copy_value: Box::new(move |from, to| field(to).clone_from(field(from))),
    }
}

/// A secret setting.
pub(super) fn secret_setting(key: &'static str, field: SecretField, parser: Parser<Option<Secret>>) -> Setting {
    Setting { secret: true, secret_field: Some(field), ..setting(key, field, parser) }
}

impl Setting {
    /// Adds a variable that is parsed by the same parser.
    pub(super) fn env(mut self, name: &'static str) -> Self {
        self.variables.push(EnvVar { name, apply: Rc::clone(&self.apply) });
        self
    }

    /// Adds a variable that is parsed by a parser of its own.
    pub(super) fn env_as<T: 'static>(
        mut self,
        name: &'static str,
        field: fn(&mut Config) -> &mut T,
        parser: Parser<T>,
    ) -> Self {
        self.variables.push(EnvVar { name, apply: applier(field, parser) });
        self
    }

    /// Marks the setting as used only at the start, so that a change needs a restart. Required for every setting whose
    /// users do not read it from [`super::Reloadable`] each time.
    pub(super) fn requires_restart(mut self) -> Self {
        self.needs_restart = true;
        self
    }

    /// A description of what is allowed.
    pub(super) fn allowed(&self) -> &str {
        &self.allowed
    }

    /// The value, also of a secret; null if it is not set.
    pub(super) fn value(&self, config: &Config) -> serde_json::Value {
        match self.secret_field {
            Some(field) => field(&mut config.clone()).as_ref().map(Secret::expose).into(),
            None => config.shown_value(self.key),
        }
    }

    /// Whether it has the same value in both.
    pub(super) fn has_equal_value(&self, one: &mut Config, other: &mut Config) -> bool {
        (self.equal)(one, other)
    }

    /// Copies the value from `from` to `to`.
    pub(super) fn copy_value(&self, from: &mut Config, to: &mut Config) {
        (self.copy_value)(from, to);
    }

    /// The part of the key before the dot.
    pub(super) fn section(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(section, _)| section)
    }

    /// The part of the key after the dot.
    pub(super) fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }

    pub(super) fn is_in(&self, section: &str) -> bool {
        self.section() == section
    }

    /// Whether the web page may store it in the database: secrets are not stored in plain text.
    pub(super) fn is_storable(&self) -> bool {
        !self.secret && self.permanent_lock().is_none()
    }

    /// Why the page can never change it: settings needed before the database is open cannot be in it, and a
    /// login on the page must not choose files of this machine.
    pub(super) fn permanent_lock(&self) -> Option<Lock> {
        match self.kind {
            ValueKind::Path => Some(Lock::Machine),
            ValueKind::Listener => Some(Lock::Start),
            _ if matches!(self.section(), "store" | "log") => Some(Lock::Start),
            _ if self.is_in("tls") && !EDITABLE_TLS.contains(&self.name()) => Some(Lock::Machine),
            _ => None,
        }
    }

    /// The unit of its number.
    pub(super) fn unit(&self) -> Option<&'static str> {
        unit(self.key)
    }

    /// Sets the value; the error says what was found and what is allowed.
    pub(super) fn set(&self, config: &mut Config, raw: &RawValue) -> Result<(), String> {
        self.explain((self.apply)(config, raw), raw)
    }

    /// Sets the value from one of its variables.
    pub(super) fn set_from(&self, variable: &EnvVar, config: &mut Config, raw: &RawValue) -> Result<(), String> {
        self.explain((variable.apply)(config, raw), raw)
    }

    fn explain(&self, outcome: Result<(), ValueError>, raw: &RawValue) -> Result<(), String> {
        outcome.map_err(|refusal| {
            let found = if self.secret { raw.describe_secret() } else { raw.describe() };
            let reason = refusal.reason.map(|reason| format!(", which {reason}")).unwrap_or_default();
            format!("{}: found {found}{reason}; allowed: {}", self.key, refusal.allowed)
        })
    }
}

/// The settings of certificates that a business needs to change; the others belong to the machine.
const EDITABLE_TLS: [&str; 3] = ["domain", "acme", "acme_contact"];

/// All settings, in the order of the example file.
pub(super) fn all() -> Vec<Setting> {
    [
        http::settings(),
        tls::settings(),
        twilio::settings(),
        whatsapp::settings(),
        openai::settings(),
        google::settings(),
        speech::settings(),
        soniox::settings(),
        pipeline::settings(),
        voice::settings(),
        business::settings(),
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

/// A setting as documentation describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSetting {
    /// `section.name`.
    pub key: &'static str,
    /// A description of what is allowed.
    pub allowed: String,
    /// Whether its value is secret.
    pub secret: bool,
    /// Whether a change takes effect only after a restart.
    pub needs_restart: bool,
    /// The environment variables that set it, in order of increasing precedence.
    pub variables: Vec<&'static str>,
}

/// All settings, for generating documentation.
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

fn applier<T: 'static>(field: fn(&mut Config) -> &mut T, parser: Parser<T>) -> Apply {
    Rc::new(move |config, raw| {
        *field(config) = parser.parse(raw)?;
        Ok(())
    })
}
