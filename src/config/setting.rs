//! A setting of a section, with its key, environment variables and parser.

use super::parser::{Parser, ValueError};
use super::raw_value::RawValue;
use super::value_kind::{ValueKind, unit};
use super::{Origin, Origins, Secret};
use crate::domain::{AllowedValues, SettingError};
use std::marker::PhantomData;
use std::rc::Rc;

type SecretField<S> = Rc<dyn for<'s> Fn(&'s mut S) -> &'s mut Option<Secret>>;
type Apply<S> = Rc<dyn Fn(&mut S, &RawValue) -> Result<(), ValueError>>;
type Compare<S> = Box<dyn Fn(&mut S, &mut S) -> bool>;
type Copy<S> = Box<dyn Fn(&mut S, &mut S)>;

/// A setting of the section `S`; `Setting<Config>` is a setting of any section.
pub(super) struct Setting<S> {
    pub(super) key: &'static str,
    /// Whether the value is a secret. A secret is never shown, and can also be read from files and systemd credentials.
    pub(super) secret: bool,
    /// The environment variables that set the value, in order of increasing precedence.
    pub(super) variables: Vec<EnvVar<S>>,
    /// True if the daemon reads the setting only at its start, so a change takes effect after a restart.
    pub(super) needs_restart: bool,
    pub(super) kind: ValueKind,
    pub(super) is_optional: bool,
    allowed: AllowedValues,
    /// Accesses the field of a secret, because serialisation does not show its value. `None` for other settings.
    secret_field: Option<SecretField<S>>,
    apply: Apply<S>,
    equal: Compare<S>,
    copy_value: Copy<S>,
}

pub(super) struct EnvVar<S> {
    pub(super) name: &'static str,
    apply: Apply<S>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lock {
    /// A source of higher precedence, such as an environment variable, sets the setting.
    Source(Origin),
    /// The setting is needed before the database is open.
    Start,
    /// The setting can be changed only on the machine: it is the path of a file or folder, or one of most
    /// settings of `[tls]`.
    Machine,
}

/// Creates the settings of the section `S`. Its type parameter makes type annotations in the calls unnecessary.
pub(super) struct Section<S>(PhantomData<S>);

impl<S: 'static> Section<S> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }

    #[expect(clippy::unused_self, reason = "the receiver tells the compiler the type of the section")]
    pub(super) fn setting<T: Clone + PartialEq + 'static>(
        &self,
        key: &'static str,
        field: fn(&mut S) -> &mut T,
        parser: Parser<T>,
    ) -> Setting<S> {
        Setting {
            key,
            secret: false,
            variables: Vec::new(),
            needs_restart: false,
            kind: parser.kind().clone(),
            is_optional: parser.is_optional(),
            allowed: parser.allowed().clone(),
            secret_field: None,
            apply: applier(field, parser),
            equal: Box::new(move |one, other| field(one) == field(other)),
            copy_value: Box::new(move |from, to| field(to).clone_from(field(from))),
        }
    }

    pub(super) fn secret_setting(
        &self,
        key: &'static str,
        field: fn(&mut S) -> &mut Option<Secret>,
        parser: Parser<Option<Secret>>,
    ) -> Setting<S> {
        Setting { secret: true, secret_field: Some(Rc::new(field)), ..self.setting(key, field, parser) }
    }
}

impl<S: 'static> Setting<S> {
    pub(super) fn env(mut self, name: &'static str) -> Self {
        self.variables.push(EnvVar { name, apply: Rc::clone(&self.apply) });
        self
    }

    pub(super) fn env_as<T: 'static>(
        mut self,
        name: &'static str,
        field: fn(&mut S) -> &mut T,
        parser: Parser<T>,
    ) -> Self {
        self.variables.push(EnvVar { name, apply: applier(field, parser) });
        self
    }

    /// Marks the setting as read only at the start, so that a change needs a restart. Required for every setting that
    /// is not read from [`super::Reloadable`] at each use.
    pub(super) fn requires_restart(mut self) -> Self {
        self.needs_restart = true;
        self
    }

    /// Converts a setting of a section to the same setting of the settings `C`, which contain the section.
    pub(super) fn within<C: 'static>(self, section: fn(&mut C) -> &mut S) -> Setting<C> {
        let Self { key, secret, needs_restart, kind, is_optional, allowed, equal, copy_value, .. } = self;
        let secret_field = self.secret_field.map(|field| -> SecretField<C> { Rc::new(move |all| field(section(all))) });
        let apply_within = |apply: Apply<S>| -> Apply<C> { Rc::new(move |all, raw| apply(section(all), raw)) };
        let variables = self.variables.into_iter();
        Setting {
            key,
            secret,
            variables: variables.map(|EnvVar { name, apply }| EnvVar { name, apply: apply_within(apply) }).collect(),
            needs_restart,
            kind,
            is_optional,
            allowed,
            secret_field,
            apply: apply_within(self.apply),
            equal: Box::new(move |one, other| equal(section(one), section(other))),
            copy_value: Box::new(move |from, to| copy_value(section(from), section(to))),
        }
    }

    pub(super) fn allowed(&self) -> &AllowedValues {
        &self.allowed
    }

    /// Returns the secret; `None` if it is not set, or if the setting is not a secret.
    pub(super) fn secret<'s>(&self, section: &'s mut S) -> Option<&'s Secret> {
        self.secret_field.as_ref().and_then(|field| field(section).as_ref())
    }

    pub(super) fn has_equal_value(&self, one: &mut S, other: &mut S) -> bool {
        (self.equal)(one, other)
    }

    pub(super) fn copy_value(&self, from: &mut S, to: &mut S) {
        (self.copy_value)(from, to);
    }

    pub(super) fn section(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(section, _)| section)
    }

    pub(super) fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }

    pub(super) fn is_in(&self, section: &str) -> bool {
        self.section() == section
    }

    /// Secrets are excluded, because the database is not encrypted.
    pub(super) fn is_storable(&self) -> bool {
        !self.secret && self.permanent_lock().is_none()
    }

    /// The database cannot contain the settings that are needed to open it. A user of the web page must not select
    /// files of this machine.
    pub(super) fn permanent_lock(&self) -> Option<Lock> {
        match self.kind {
            ValueKind::Path => Some(Lock::Machine),
            ValueKind::Listener => Some(Lock::Start),
            _ if matches!(self.section(), "store" | "log") => Some(Lock::Start),
            _ if self.is_in("tls") && !EDITABLE_TLS.contains(&self.name()) => Some(Lock::Machine),
            _ => None,
        }
    }

    pub(super) fn lock(&self, origins: &Origins) -> Option<Lock> {
        let origin = origins.of(self.key);
        self.permanent_lock().or_else(|| (!origin.is_page()).then_some(Lock::Source(origin)))
    }

    pub(super) fn unit(&self) -> Option<&'static str> {
        unit(self.key)
    }

    pub(super) fn set(&self, section: &mut S, raw: &RawValue) -> Result<(), SettingError> {
        self.explain((self.apply)(section, raw), raw)
    }

    pub(super) fn set_from(&self, variable: &EnvVar<S>, section: &mut S, raw: &RawValue) -> Result<(), SettingError> {
        self.explain((variable.apply)(section, raw), raw)
    }

    fn explain(&self, outcome: Result<(), ValueError>, raw: &RawValue) -> Result<(), SettingError> {
        outcome.map_err(|ValueError { fault, allowed }| {
            let found = if self.secret { raw.describe_secret() } else { raw.describe() };
            match fault {
                Some(fault) => SettingError::Fault { found, fault: Box::new(fault), allowed },
                None => SettingError::Value { found, allowed },
            }
        })
    }
}

/// The other TLS settings can only be changed on the machine.
const EDITABLE_TLS: [&str; 3] = ["domain", "acme", "acme_contact"];

fn applier<S: 'static, T: 'static>(field: fn(&mut S) -> &mut T, parser: Parser<T>) -> Apply<S> {
    Rc::new(move |section, raw| {
        *field(section) = parser.parse(raw)?;
        Ok(())
    })
}
