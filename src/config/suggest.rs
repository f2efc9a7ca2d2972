//! Suggestions for unknown keys.

use super::Config;
use super::setting::Setting;
use crate::domain::SettingError;

pub(super) fn unknown_section(name: &str, settings: &[Setting<Config>]) -> SettingError {
    let section = name.to_owned();
    let mut sections: Vec<_> = settings.iter().map(Setting::section).collect();
    sections.dedup();
    if let Some(key) = settings.iter().find(|setting| setting.name() == name) {
        return SettingError::SectionIsKey { section, owner: key.section().to_owned() };
    }
    match closest(name, sections.iter().copied()) {
        Some(meant) => SettingError::SectionSuggestion { section, meant: meant.to_owned() },
        None => SettingError::UnknownSection { section, sections: sections.join(", ") },
    }
}

pub(super) fn unknown_key(section: &str, name: &str, settings: &[Setting<Config>]) -> SettingError {
    let key = format!("{section}.{name}");
    let own: Vec<_> = settings.iter().filter(|setting| setting.is_in(section)).map(Setting::name).collect();
    if let Some(meant) = closest(name, own.iter().copied()) {
        return SettingError::KeySuggestion { key, meant: meant.to_owned() };
    }
    match settings.iter().find(|setting| setting.name() == name) {
        Some(other) => SettingError::KeyOfSection { key, name: name.to_owned(), owner: other.section().to_owned() },
        None => SettingError::UnknownKey { key, keys: own.join(", ") },
    }
}

/// Suggests the most similar known name, otherwise all known names.
pub(super) fn credential(name: &str, known: &[String]) -> String {
    // `closest` compares names with underscores, as in the keys of settings.
    let underlined: Vec<String> = known.iter().map(|name| name.replace('-', "_")).collect();
    match closest(name, underlined.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean {}?", meant.replace('_', "-")),
        None => format!("known: {}", known.join(", ")),
    }
}

/// Returns the most similar word; `None` if more than 3 letters, or more than about a third of the letters, differ.
fn closest<'a>(word: &str, all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('-', "_");
    all.map(|other| (strsim::damerau_levenshtein(&word, other), other))
        .min()
        .filter(|(distance, other)| *distance <= other.len().div_ceil(3).min(3))
        .map(|(_, other)| other)
}
