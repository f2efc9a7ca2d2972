//! The settings file: TOML with known keys only.

use super::builder::ConfigBuilder;
use super::raw_value::RawValue;
use super::setting::Setting;
use super::{Config, Origin, suggest};
use crate::domain::{AllowedValues, SettingError};
use std::fs;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) fn read(path: &Path, settings: &[Setting<Config>], builder: &mut ConfigBuilder) {
    let text = match fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => {
            let at = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
            builder.add_problem_of_file(origin_at(path, &before, at), SettingError::NotUtf8);
            return;
        }
        Err(error) => {
            let error = SettingError::FileNotRead { file: path.display().to_string(), reason: error.to_string() };
            builder.add_problem_of_file(Origin::Default, error);
            return;
        }
    };
    let (root, errors) = DeTable::parse_recoverable(&text);
    let source = Source { path, text: &text };
    // If the file has syntax errors, do not read its values, because they would only cause follow-up errors.
    if errors.is_empty() {
        source.read_sections(root.get_ref(), settings, builder);
    }
    for error in errors {
        let origin = source.origin_at(error.span().map_or(text.len(), |span| span.start));
        // Use only the message: the full error text quotes the line, which may contain a secret.
        builder.add_problem_of_file(origin, source.describe(&error));
    }
}

struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;

impl Source<'_> {
    /// A duplicate section has a special message, because guides ask users to add a section that may already exist.
    fn describe(&self, error: &toml::de::Error) -> SettingError {
        let Some(span) = error.span().filter(|_| error.message() == "duplicate key") else {
            return SettingError::Syntax { problem: error.message().to_owned() };
        };
        let line = self.text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let is_section = self.text[line..].trim_start().starts_with('[');
        let name = self.text.get(span).unwrap_or_default();
        let name = name.to_owned();
        if is_section { SettingError::SectionTwice { section: name } } else { SettingError::KeyTwice { key: name } }
    }

    fn read_sections(&self, root: &DeTable<'_>, settings: &[Setting<Config>], builder: &mut ConfigBuilder) {
        for (section, value) in root {
            let name = section.get_ref().as_ref();
            match value.get_ref() {
                _ if !settings.iter().any(|setting| setting.is_in(name)) => {
                    builder.add_problem_of_file(self.place_of(section), suggest::unknown_section(name, settings));
                }
                DeValue::Table(entries) => {
                    for (key, value) in entries {
                        self.read_entry(name, key, value.get_ref(), settings, builder);
                    }
                }
                other => {
                    let found = RawValue::from_toml(other).describe();
                    let allowed = AllowedValues::Section { section: name.to_owned() };
                    builder.add_problem(self.place_of(section), name, SettingError::Value { found, allowed });
                }
            }
        }
    }

    fn read_entry(
        &self,
        section: &str,
        key: &Key<'_>,
        value: &DeValue<'_>,
        settings: &[Setting<Config>],
        builder: &mut ConfigBuilder,
    ) {
        let origin = self.place_of(key);
        let name = format!("{section}.{}", key.get_ref());
        let found = RawValue::from_toml(value);
        if let Some(setting) = settings.iter().find(|setting| setting.key == name) {
            builder.set(setting, &found, origin);
            return;
        }
        // The `…_file` variant of a secret setting names a file that contains the secret.
        let secret = settings.iter().find(|setting| setting.secret && name.strip_suffix("_file") == Some(setting.key));
        match secret {
            None => builder.add_problem_of_file(origin, suggest::unknown_key(section, key.get_ref(), settings)),
            Some(setting) if matches!(builder.config.origins.of(setting.key), Origin::File { .. }) => {
                builder.add_problem(origin, name, SettingError::SetTwice { other: setting.key.to_owned() });
            }
            Some(setting) => match found.as_text().map(|path| super::private_file::read_secret(&PathBuf::from(path))) {
                Some(Ok(secret)) => builder.set(setting, &RawValue::Text(secret), origin),
                Some(Err(error)) => builder.add_problem(origin, name, error),
                None => {
                    let found = found.describe_secret();
                    builder.add_problem(origin, name, SettingError::Value { found, allowed: AllowedValues::File });
                }
            },
        }
    }

    fn place_of(&self, key: &Key<'_>) -> Origin {
        self.origin_at(key.span().start)
    }

    fn origin_at(&self, at: usize) -> Origin {
        origin_at(self.path, self.text, at)
    }
}

fn origin_at(path: &Path, text: &str, at: usize) -> Origin {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Origin::File {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}
