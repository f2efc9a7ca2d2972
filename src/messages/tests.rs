//! The two locale files match each other, and the keys and parameters that the code uses.

use super::bundle::{bundle, source};
use super::*;
use crate::config::known_settings;
use crate::domain::{
    AllowedValues, Cause, Causes, CheckStatus, Found, Notice, Remedy, SettingError, SettingFault, SettingWarning,
    TextParam, Timestamp,
};
use fluent_bundle::{FluentArgs, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, Pattern, PatternElement};
use fluent_syntax::parser;
use std::collections::{BTreeMap, BTreeSet};

/// The texts of a file, each with its parameters. An attribute is a text of its own.
type Texts = BTreeMap<String, BTreeSet<String>>;

#[derive(Default)]
struct Used {
    params: BTreeSet<String>,
    references: BTreeSet<String>,
}

impl Used {
    fn pattern(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                for variant in variants {
                    self.pattern(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.params.insert(id.name.to_owned());
            }
            InlineExpression::MessageReference { id, attribute: None } => {
                self.references.insert(id.name.to_owned());
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
            InlineExpression::MessageReference { .. }
            | InlineExpression::TermReference { .. }
            | InlineExpression::FunctionReference { .. } => panic!("not in use: {inline:?}"),
        }
    }
}

/// Returns the texts of a language with their parameters. A text that only other texts include is left out; the
/// parameters of an included text count as parameters of the text that includes it.
fn texts(language: Language) -> Texts {
    let resource = parser::parse(source(language)).unwrap_or_else(|(_, errors)| panic!("{language}: {errors:?}"));
    let mut found: BTreeMap<String, Used> = BTreeMap::new();
    for entry in &resource.body {
        let Entry::Message(Message { id, value, attributes, .. }) = entry else { continue };
        let value = value.as_ref().map(|value| (id.name.to_owned(), value));
        let attributes = attributes.iter().map(|one| (format!("{}.{}", id.name, one.id.name), &one.value));
        for (key, pattern) in value.into_iter().chain(attributes) {
            let mut used = Used::default();
            used.pattern(pattern);
            assert!(found.insert(key.clone(), used).is_none(), "{language}: {key} is there twice");
        }
    }
    let included: BTreeSet<String> = found.values().flat_map(|used| used.references.clone()).collect();
    let params = |used: &Used| {
        let own = used.params.iter().cloned();
        own.chain(used.references.iter().flat_map(|key| found[key].params.clone())).collect()
    };
    let used = used();
    let is_whole = |key: &String| !included.contains(key) || used.contains_key(key);
    found.iter().filter(|(key, _)| is_whole(key)).map(|(key, used)| (key.clone(), params(used))).collect()
}

fn used() -> Texts {
    let settings_errors =
        AllowedValues::ALL.iter().chain(SettingFault::ALL).chain(SettingError::ALL).chain(SettingWarning::ALL);
    let declared = Notice::ALL.iter().chain(Cause::ALL).chain(Phrase::ALL).chain(Found::ALL).chain(Remedy::ALL);
    let declared = declared.chain(settings_errors);
    let declared = declared.map(|(key, params)| ((*key).to_owned(), params.iter().map(|&name| name.into()).collect()));
    let alerts = AlertKind::ALL.iter().map(|kind| alert_key(*kind));
    let alerts = alerts.flat_map(|key| [format!("{key}.{REMEDY}"), key]).map(|key| (key, BTreeSet::new()));
    let holidays = Holiday::ALL.iter().map(|holiday| holiday_key(*holiday));
    let days = holidays.chain(HebrewMonth::ALL.iter().map(|month| month_key(*month)));
    let settings = known_settings().into_iter().map(|setting| setting_key(setting.key));
    let settings = settings.flat_map(|key| [format!("{key}.{HELP}"), key]);
    declared.chain(alerts).chain(days.chain(settings).map(|key| (key, BTreeSet::new()))).collect()
}

fn has_hebrew(text: &str) -> bool {
    text.chars().any(|letter| ('א'..='ת').contains(&letter))
}

#[test]
fn both_files_have_the_texts_that_the_code_uses_with_the_same_parameters() {
    let days = Holiday::ALL.len() + HebrewMonth::ALL.len();
    let with_attribute = AlertKind::ALL.len() + known_settings().len();
    let of_checks = Found::ALL.len() + Remedy::ALL.len();
    let of_settings =
        AllowedValues::ALL.len() + SettingFault::ALL.len() + SettingError::ALL.len() + SettingWarning::ALL.len();
    let declared =
        Notice::ALL.len() + Cause::ALL.len() + Phrase::ALL.len() + of_checks + of_settings + 2 * with_attribute + days;
    assert_eq!(used().len(), declared, "a key is used twice");
    for language in Language::ALL {
        let (used, texts) = (used(), texts(*language));
        let keys = |texts: &Texts| texts.keys().cloned().collect::<BTreeSet<_>>();
        let missing: Vec<_> = keys(&used).difference(&keys(&texts)).cloned().collect();
        let unused: Vec<_> = keys(&texts).difference(&keys(&used)).cloned().collect();
        assert_eq!((missing, unused), (Vec::new(), Vec::new()), "missing and unused texts in {language}");
        for (key, params) in used {
            assert_eq!(texts[&key], params, "the parameters of {key} in {language}");
        }
    }
}

#[test]
fn every_text_is_rendered_without_an_error_in_both_languages() {
    let samples = ["second", "minute", "hour", "day", "year", "x"].map(FluentValue::from);
    let numbers = [0_u64, 1, 2, 3, 11, 100].map(FluentValue::from);
    for language in Language::ALL {
        let bundle = bundle(*language);
        for (key, names) in used() {
            for (text, number) in samples.iter().flat_map(|text| numbers.iter().map(move |number| (text, number))) {
                // Only these parameters are numbers (`TextParam::Number`): the Fluent texts select a plural form by
                // them.
                let is_number = |name: &str| ["count", "files"].contains(&name);
                let args = names
                    .iter()
                    .map(|name| (name.as_str(), if is_number(name) { number.clone() } else { text.clone() }));
                let args: FluentArgs<'_> = args.collect();
                let (id, attribute) = key.split_once('.').map_or((key.as_str(), None), |(id, name)| (id, Some(name)));
                let message = bundle.get_message(id).unwrap();
                let pattern = match attribute {
                    None => message.value(),
                    Some(name) => message.get_attribute(name).map(|attribute| attribute.value()),
                };
                let mut errors = Vec::new();
                let rendered = bundle.format_pattern(pattern.unwrap(), Some(&args), &mut errors);
                assert!(errors.is_empty(), "{language}: {key}: {errors:?}");
                assert!(!rendered.contains('{'), "{language}: {rendered}");
                assert!(
                    *language == Language::English && rendered.is_ascii()
                        || has_hebrew(&rendered)
                        || ["verbatim", "cause-other", "cause-setting-error", "setting-error-syntax"]
                            .contains(&key.as_str())
                );
            }
        }
    }
}

#[test]
fn alerts_have_headlines_of_their_own_and_remedies_that_are_sentences() {
    for language in Language::ALL {
        let mut seen = BTreeSet::new();
        for kind in AlertKind::ALL {
            assert!(seen.insert(headline(*language, *kind)), "{kind}");
            assert!(remedy(*language, *kind).ends_with('.'), "{kind}");
        }
    }
}

#[test]
fn settings_have_short_titles_and_help_that_is_a_sentence() {
    for language in Language::ALL {
        let mut seen = BTreeSet::new();
        for setting in known_settings() {
            let (title, help) = (setting_title(*language, setting.key), setting_help(*language, setting.key));
            let section = setting.key.split('.').next();
            assert!(seen.insert((section, title.clone())) && title.chars().count() <= 48, "{}: {title}", setting.key);
            assert!(help.ends_with('.') && help != title, "{}: {help}", setting.key);
        }
    }
}

#[test]
fn numbers_have_their_grammatical_form() {
    let hebrew = |notice: &Notice| text(Language::Hebrew, notice);
    assert_eq!(hebrew(&Notice::OutboxHeld { count: 1 }), "הודעה אחת חיכתה לשליחה במסד הנתונים ששוחזר.");
    assert_eq!(hebrew(&Notice::OutboxHeld { count: 2 }), "שתי הודעות חיכו לשליחה במסד הנתונים ששוחזר.");
    assert_eq!(hebrew(&Notice::OutboxHeld { count: 20 }), "20 הודעות חיכו לשליחה במסד הנתונים ששוחזר.");
    let behind = Notice::ClockBehind { host: "api.twilio.com".into(), count: 2, unit: "day".into() };
    assert_eq!(hebrew(&behind), "לפי api.twilio.com, השעון מפגר בהפרש של יומיים.");
    assert_eq!(text(Language::English, &behind), "By api.twilio.com: 2 days behind");
    assert_eq!(
        text(Language::English, &Notice::OutboxHeld { count: 1 }),
        "One message waited to be sent in the restored database."
    );
    assert_eq!(
        text(Language::English, &Notice::AiLimitNear { setting: "a".into(), used: 1_000, limit: 1_200 }),
        "a: 1000 of 1200"
    );
}

#[test]
fn parameters_are_inserted_as_they_are() {
    let found = Notice::StartedFoundForeign { file: "/data/a.db".into(), archived: "/data/{ b }.db".into() };
    for language in Language::ALL {
        let text = text(*language, &found);
        // A user copies the command: it must contain no direction mark.
        assert!(text.contains("`agentlocator restore /data/{ b }.db`") && !text.contains('\u{2068}'), "{text}");
    }
    let reason = Causes::default();
    assert_eq!(text(Language::English, &Notice::BackupMissing { reason }), "There is no good snapshot yet.");
}

#[test]
fn details_are_joined_and_those_of_earlier_releases_are_kept() {
    let space = Notice::DiskSpace { free: "1 MB".into(), total: "9 GB".into() };
    let both = AlertDetail::Notices(vec![space, Notice::DiskFiles { files: 7 }]);
    assert_eq!(detail(Language::English, &both), "1 MB of 9 GB are free. Only 7 more files can be created.");
    assert_eq!(detail(Language::Hebrew, &AlertDetail::default()), "");
    let earlier: AlertDetail = serde_json::from_str(r#"{"he":"א","en":"a"}"#).unwrap();
    assert_eq!(Language::ALL.iter().map(|language| detail(*language, &earlier)).collect::<Vec<_>>(), ["א", "a"]);
    assert_eq!(in_both_languages(&earlier), earlier);
    let found = CheckResult::error("address", Found::AddressUnset, Remedy::AddressSet);
    let findings = AlertDetail::Findings(vec![found]);
    let stored = serde_json::to_string(&findings).unwrap();
    assert_eq!(serde_json::from_str::<AlertDetail>(&stored).unwrap(), findings);
    let texts = Language::ALL.iter().map(|language| detail(*language, &findings)).collect::<Vec<_>>();
    assert!(has_hebrew(&texts[0]) && texts[1].starts_with("address: no public address"), "{texts:?}");
}

#[test]
fn causes_are_in_the_language_of_the_text_and_texts_of_programs_are_isolated_in_hebrew() {
    let reason = Cause::NoAnswer.because(Cause::other("os error 5"));
    let notice = Notice::BackupMissing { reason };
    assert_eq!(text(Language::English, &notice), "There is no good snapshot yet. no answer in time: os error 5");
    assert_eq!(
        text(Language::Hebrew, &notice),
        "עדיין אין גיבוי טוב. לא התקבלה תשובה בזמן: \"\u{2068}os error 5\u{2069}\""
    );
    let earlier = r#"{"code":"backup-missing","params":{"reason":"the disk is gone"}}"#;
    let earlier: Notice = serde_json::from_str(earlier).unwrap();
    assert_eq!(text(Language::English, &earlier), "There is no good snapshot yet. the disk is gone");
}

#[test]
fn notices_are_stored_as_codes_with_parameters() {
    let since = Timestamp::from_millis(0);
    for (notice, json) in [
        (Notice::BridgeDisk, r#"{"code":"bridge-disk"}"#),
        (
            Notice::BridgeNotReceiving { since },
            r#"{"code":"bridge-not-receiving","params":{"since":"1970-01-01T00:00:00.000Z"}}"#,
        ),
        (Notice::OutboxHeld { count: 3 }, r#"{"code":"outbox-held","params":{"count":3}}"#),
    ] {
        let stored = StoredNotice::Notice(notice);
        assert_eq!(serde_json::to_string(&stored).unwrap(), json);
        assert_eq!(serde_json::from_str::<StoredNotice>(json).unwrap(), stored);
        let detail = AlertDetail::from(Notice::from(stored));
        assert_eq!(serde_json::to_string(&detail).unwrap(), format!("[{json}]"));
        assert_eq!(serde_json::from_str::<AlertDetail>(&format!("[{json}]")).unwrap(), detail);
    }
    let earlier = serde_json::from_str::<StoredNotice>(r#""a sentence""#).unwrap();
    assert_eq!(stored(Language::Hebrew, &earlier), "a sentence");
    assert_eq!(Notice::OutboxHeld { count: 3 }.params(), [("count", TextParam::Number(3))]);
}

#[test]
fn findings_are_stored_as_codes_and_those_of_earlier_releases_are_kept() {
    let found = CheckResult::error("address", Found::AddressUnset, Remedy::AddressSet);
    let json = r#"{"check":"address","state":"error","found":{"code":"found-address-unset"},"remedy":{"code":"remedy-address-set"}}"#;
    assert_eq!(serde_json::to_string(&found).unwrap(), json);
    assert_eq!(serde_json::from_str::<CheckResult>(json).unwrap(), found);
    let (hebrew, english) = (finding(Language::Hebrew, &found), finding(Language::English, &found));
    assert!(has_hebrew(&hebrew.0) && has_hebrew(&hebrew.1.unwrap()));
    assert_eq!(english.0, "no public address is set, so Twilio cannot call this machine");

    let notice = CheckResult::error("bridge", Notice::BridgeSilent, Remedy::Doctor);
    let notice = CheckResult { remedy: None, ..notice };
    let stored: CheckResult = serde_json::from_str(&serde_json::to_string(&notice).unwrap()).unwrap();
    assert_eq!(stored, notice);
    let (what, remedy) = finding(Language::English, &stored);
    assert_eq!(
        (what.as_str(), remedy.as_deref()),
        ("the WhatsApp bridge does not answer", Some("restart its service"))
    );

    let earlier = r#"{"check":"disk","state":"ok","found":"enough free space","remedy":""}"#;
    let earlier: CheckResult = serde_json::from_str(earlier).unwrap();
    assert_eq!(earlier, CheckResult::on_console("disk", CheckStatus::Ok, "enough free space", ""));
    assert_eq!(finding(Language::Hebrew, &earlier), ("enough free space".to_owned(), None));
}
