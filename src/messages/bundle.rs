//! The parsed locale files.

use crate::domain::{Language, TextParam};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;

pub(super) type Bundle = FluentBundle<FluentResource>;

pub(super) fn bundle(language: Language) -> &'static Bundle {
    match language {
        Language::Hebrew => &HEBREW,
        Language::English => &ENGLISH,
    }
}

pub(super) fn source(language: Language) -> &'static str {
    match language {
        Language::Hebrew => include_str!("../../locales/he.ftl"),
        Language::English => include_str!("../../locales/en.ftl"),
    }
}

// These statics are parsed on first use and never change, so one test or module cannot influence another through them.
static HEBREW: LazyLock<Bundle> = LazyLock::new(|| parse(Language::Hebrew));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| parse(Language::English));

fn parse(language: Language) -> Bundle {
    let locale = language.as_str().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    // Parameters are not enclosed in direction marks (U+2068, U+2069). The texts contain commands and paths that users
    // copy, are spoken by voices, and are logged. A copied command that contains such a mark fails.
    bundle.set_use_isolating(false);
    // The tests verify that the files have no errors.
    let resource = FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(resource, _)| resource);
    let _ = bundle.add_resource(resource);
    bundle
}

/// If the text is missing, which the tests prevent, returns the key.
pub(super) fn render(
    bundle: &Bundle,
    key: &str,
    attribute: Option<&str>,
    params: Vec<(&'static str, TextParam<'_>)>,
) -> String {
    let message = bundle.get_message(key);
    let pattern = message.and_then(|message| match attribute {
        None => message.value(),
        Some(name) => message.get_attribute(name).map(|attribute| attribute.value()),
    });
    let Some(pattern) = pattern else { return key.to_owned() };
    let args: FluentArgs<'_> = params.into_iter().map(|(name, value)| (name, fluent_value(bundle, value))).collect();
    let mut errors = Vec::new();
    bundle.format_pattern(pattern, Some(&args), &mut errors).trim_end().to_owned()
}

/// Returns the text of a parameter; the texts of a chain are joined with `: `.
pub(super) fn render_param(bundle: &Bundle, param: TextParam<'_>) -> String {
    match param {
        TextParam::Number(number) => number.to_string(),
        TextParam::Text(text) => text.into_owned(),
        TextParam::Chain(texts) => {
            let texts = texts.into_iter().map(|(key, params)| render(bundle, key, None, params));
            texts.collect::<Vec<_>>().join(": ")
        }
    }
}

fn fluent_value<'a>(bundle: &Bundle, param: TextParam<'a>) -> FluentValue<'a> {
    match param {
        TextParam::Number(number) => FluentValue::from(number),
        TextParam::Text(text) => FluentValue::String(text),
        chain @ TextParam::Chain(_) => FluentValue::String(render_param(bundle, chain).into()),
    }
}
