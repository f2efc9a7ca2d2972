//! Texts for users as data: a key of the locale files and its parameters. The module `messages` renders them.

use super::{Timestamp, text_enum};
use std::borrow::Cow;

text_enum! {
    /// A language of the texts for users.
    Language {
        Hebrew = "he",
        English = "en",
    }
}

impl Language {
    /// Returns the language for a BCP 47 tag such as `he` or `he-IL`: Hebrew for Hebrew tags, else English.
    pub fn for_tag(tag: &str) -> Self {
        if tag.split('-').next() == Some(Self::Hebrew.as_str()) { Self::Hebrew } else { Self::English }
    }
}

/// A text that the locale files contain.
pub trait Localized {
    /// Returns the key of the text in the locale files.
    fn key(&self) -> &'static str;

    /// Returns the names and values of the parameters.
    fn params(&self) -> Vec<(&'static str, TextParam<'_>)>;
}

/// The value of a parameter of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextParam<'a> {
    /// A number. The text can select its plural form by it.
    Number(u64),
    /// A text.
    Text(Cow<'a, str>),
    /// Texts of the locale files, joined by colons. Each text has its own parameters.
    Chain(Vec<(&'static str, Vec<(&'static str, Self)>)>),
}

impl From<&u64> for TextParam<'_> {
    fn from(number: &u64) -> Self {
        Self::Number(*number)
    }
}

impl<'a> From<&'a String> for TextParam<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&Timestamp> for TextParam<'_> {
    fn from(time: &Timestamp) -> Self {
        Self::Text(time.to_string().into())
    }
}

/// Declares an enum of texts: each variant is a key of the locale files, with typed parameters. The JSON form is
/// `{"code": key, "params": {…}}`; a text without parameters has no `params`. The texts are in `locales/*.ftl`.
#[macro_export]
macro_rules! localized_enum {
    // The key is a `tt` and not a `literal`, because the derives below do not accept a captured literal.
    ($(#[$doc:meta])* $name:ident {
        $($variant:ident $({ $($param:ident: $type:ty),+ $(,)? })? = $key:tt),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "code", content = "params")]
        pub enum $name {
            $(
                #[doc = concat!("The text `", $key, "` of the locale files.")]
                #[serde(rename = $key)]
                $variant $({ $(#[doc = "A parameter of the text."] $param: $type),+ })?
            ),+
        }

        impl $name {
            /// The keys of all texts, each with the names of its parameters.
            pub const ALL: &'static [(&'static str, &'static [&'static str])] =
                &[$(($key, &[$($(stringify!($param)),+)?])),+];
        }

        impl $crate::domain::Localized for $name {
            fn key(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $key),+ }
            }

            fn params(&self) -> Vec<(&'static str, $crate::domain::TextParam<'_>)> {
                match self { $(Self::$variant $({ $($param),+ })? => vec![$($((stringify!($param), $param.into())),+)?]),+ }
            }
        }
    };
}

pub use localized_enum;

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn every_language_but_hebrew_reads_english() {
        for (tag, language) in
            [("he", "he"), ("he-IL", "he"), ("en", "en"), ("ar-XA", "en"), ("hebrew", "en"), ("", "en")]
        {
            assert_eq!(Language::for_tag(tag).as_str(), language, "{tag}");
        }
    }
}
