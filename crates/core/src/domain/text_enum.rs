//! Enums whose values are stored and sent as fixed strings.

/// The error for a text that is not a value of the enum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a {kind}; expected {expected}")]
pub struct UnknownValue {
    /// What the text should be: the name of the enum's Rust type, or another noun such as `cursor`.
    pub kind: &'static str,
    /// The invalid text.
    pub value: String,
    /// The valid values, as the error text shows them.
    pub expected: String,
}

/// An enum whose values are fixed strings, for code that handles all such enums. [`text_enum!`] implements this trait.
pub trait TextEnum: Copy + 'static {
    /// The name of the enum's Rust type.
    const NAME: &'static str;
    /// The doc comment of the enum, which the API documentation shows.
    const DESCRIPTION: &'static str;
    /// All values, in the order of their declaration.
    const ALL: &'static [Self];

    /// Returns the string of the value in the database, the API and the logs.
    fn as_str(self) -> &'static str;
}

/// Declares an enum with the string of each variant. The database, the API and the logs use the same string.
#[macro_export]
macro_rules! text_enum {
    // The string is a `tt` and not a `literal`, because the derives below do not accept a captured literal.
    ($(#[doc = $doc:tt])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:tt),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[doc = concat!("`", $word, "`")] #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// All values, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the string of the value in the database, the API and the logs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl $crate::domain::TextEnum for $name {
            const NAME: &'static str = stringify!($name);
            const DESCRIPTION: &'static str = concat!($($doc, "\n"),*);
            const ALL: &'static [Self] = $name::ALL;

            fn as_str(self) -> &'static str {
                $name::as_str(self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::UnknownValue;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|v| v.as_str() == word).ok_or_else(|| $crate::domain::UnknownValue {
                    kind: <Self as $crate::domain::TextEnum>::NAME,
                    value: word.to_owned(),
                    expected: format!("one of: {}", [$($word),+].join(", ")),
                })
            }
        }
    };
}

pub use text_enum;
