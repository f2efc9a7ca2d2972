//! The texts that people read and hear, in Hebrew and English. Other modules name a text by a value with
//! parameters, such as a [`Notice`] or a [`Phrase`]. Notices, causes and findings are stored as values and not as
//! texts; a phrase is rendered immediately.
//!
//! The texts are in `locales/`, one Fluent file for each language. `tests` compares the two files with each other and
//! with the keys and parameters that the code uses.

mod bundle;
mod phrase;

pub use phrase::Phrase;

use crate::domain::{
    AlertDetail, AlertKind, Causes, CheckResult, FoundText, HebrewMonth, Holiday, Language, Localized, Notice,
    RemedyText, StoredNotice, TextParam,
};
use bundle::{bundle, render, render_param};

pub fn text(language: Language, text: &impl Localized) -> String {
    render(bundle(language), text.key(), None, text.params())
}

/// Returns the causes as one text, joined with `: `.
pub fn causes(language: Language, causes: &Causes) -> String {
    param(language, causes.into())
}

pub fn param(language: Language, param: TextParam<'_>) -> String {
    render_param(bundle(language), param)
}

/// A notice from an earlier release is returned in the language in which it was stored.
pub fn stored(language: Language, notice: &StoredNotice) -> String {
    match notice {
        StoredNotice::Notice(notice) => text(language, notice),
        StoredNotice::Text(text) => text.clone(),
    }
}

/// Returns a failure of a message for the daemon's log, in English. A provider's own text is left out, because it may
/// contain a phone number.
pub fn logged(code: &str, notice: &StoredNotice) -> String {
    match notice {
        StoredNotice::Notice(Notice::TwilioErrorBecause { .. } | Notice::WhatsAppRefusedBecause { .. })
        | StoredNotice::Text(_) => format!("error code {code} of the provider"),
        StoredNotice::Notice(notice) => format!("{} (code {code})", text(Language::English, notice)),
    }
}

/// Returns the text of an alert's detail; empty if the alert has none.
pub fn detail(language: Language, detail: &AlertDetail) -> String {
    match (detail, language) {
        (AlertDetail::Notices(found), _) => notices(language, found),
        (AlertDetail::Findings(findings), _) => {
            let line = |result: &CheckResult| format!("{}: {}", result.check, finding(language, result).0);
            findings.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        (AlertDetail::Texts { he, .. }, Language::Hebrew) => he.clone(),
        (AlertDetail::Texts { en, .. }, Language::English) => en.clone(),
    }
}

pub fn finding(language: Language, result: &CheckResult) -> (String, Option<String>) {
    let found = match &result.found {
        FoundText::Found(found) => text(language, found),
        FoundText::Notices(found) => notices(language, found),
        FoundText::Texts { he, en } => if language == Language::Hebrew { he } else { en }.clone(),
        FoundText::Text(text) => text.clone(),
    };
    match &result.remedy {
        Some(RemedyText::Remedy(remedy)) => (found, Some(text(language, remedy))),
        Some(RemedyText::Text(text)) => (found, Some(text.clone()).filter(|text| !text.is_empty())),
        // The notices about the bridge contain both the finding and the remedy.
        None => match found.split_once("; ").filter(|_| matches!(result.found, FoundText::Notices(_))) {
            Some((found, remedy)) => (found.to_owned(), Some(remedy.to_owned())),
            None => (found, None),
        },
    }
}

fn notices(language: Language, notices: &[Notice]) -> String {
    notices.iter().map(|notice| text(language, notice)).collect::<Vec<_>>().join(" ")
}

pub fn in_both_languages(of: &AlertDetail) -> AlertDetail {
    AlertDetail::Texts { he: detail(Language::Hebrew, of), en: detail(Language::English, of) }
}

pub fn headline(language: Language, kind: AlertKind) -> String {
    render(bundle(language), &alert_key(kind), None, Vec::new())
}

pub fn remedy(language: Language, kind: AlertKind) -> String {
    render(bundle(language), &alert_key(kind), Some(REMEDY), Vec::new())
}

/// Returns the display name of a setting such as `voice.max_call_s`.
pub fn setting_title(language: Language, setting: &str) -> String {
    render(bundle(language), &setting_key(setting), None, Vec::new())
}

pub fn setting_help(language: Language, setting: &str) -> String {
    render(bundle(language), &setting_key(setting), Some(HELP), Vec::new())
}

/// Returns the key of a setting's name; the help text is an attribute of that key.
fn setting_key(setting: &str) -> String {
    format!("{SETTING}{}", setting.replace(['.', '_'], "-"))
}

/// Returns the key of an alert's headline; the remedy is an attribute of that key.
fn alert_key(kind: AlertKind) -> String {
    format!("alert-{}", kind.as_str().replace('_', "-"))
}

pub fn holiday(language: Language, holiday: Holiday) -> String {
    render(bundle(language), &holiday_key(holiday), None, Vec::new())
}

pub fn hebrew_month(language: Language, month: HebrewMonth) -> String {
    render(bundle(language), &month_key(month), None, Vec::new())
}

fn holiday_key(holiday: Holiday) -> String {
    format!("holiday-{}", holiday.as_str().replace('_', "-"))
}

fn month_key(month: HebrewMonth) -> String {
    format!("hebrew-month-{}", month.as_str().replace('_', "-"))
}

const REMEDY: &str = "remedy";
const SETTING: &str = "setting-";
const HELP: &str = "help";

#[cfg(test)]
mod tests;
