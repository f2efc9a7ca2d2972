//! Enums that are stored and sent as one fixed word each.

/// A word that is none of an enum's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a {kind}; expected one of: {expected}")]
pub struct UnknownValue {
    /// What the enum is called.
    pub kind: &'static str,
    /// The word that was found.
    pub value: String,
    /// The words that exist, joined by commas.
    pub expected: String,
}

/// Declares an enum together with the word of each variant: its one source of truth for database, API and logs.
macro_rules! text_enum {
    // The word is a `tt` and no `literal`: only so do the derives below see it for what it is.
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:tt),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $($(#[$vdoc])* #[doc = concat!("`", $word, "`")] #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands for the value in the database, the API and the log.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
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
                    kind: stringify!($name),
                    value: word.to_owned(),
                    expected: [$($word),+].join(", "),
                })
            }
        }
    };
}

pub(crate) use text_enum;
