//! Where a setting came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Where the value of a setting came from, the weakest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    #[default]
    Default,
    /// The database, where the web page keeps what is changed on it.
    Stored,
    /// The last settings that worked, because those that are set are wrong.
    LastGood,
    /// The settings file; line and column count from 1.
    File {
        /// As it was named.
        path: PathBuf,
        /// Line.
        line: usize,
        /// Column, in characters.
        column: usize,
    },
    /// A file in systemd's `$CREDENTIALS_DIRECTORY`.
    Credential(PathBuf),
    /// A variable that is set by systemd or by whoever started us.
    Variable(&'static str),
    /// The file that a `…_FILE` variable names.
    VariableFile {
        /// The variable, with `_FILE`.
        variable: String,
        /// What it says.
        path: PathBuf,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Stored => f.write_str("set on the page"),
            Self::LastGood => f.write_str("last settings that worked"),
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Credential(path) => write!(f, "credential {}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::VariableFile { variable, path } => {
                write!(f, "environment variable {variable} ({})", path.display())
            }
        }
    }
}

/// Where each setting came from, by its key; what is missing is the default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origins(BTreeMap<&'static str, Origin>);

impl Origins {
    /// Where the setting came from.
    pub fn of(&self, key: &str) -> Origin {
        self.0.get(key).cloned().unwrap_or_default()
    }

    pub(super) fn set(&mut self, key: &'static str, origin: Origin) {
        match origin {
            Origin::Default => self.0.remove(key),
            origin => self.0.insert(key, origin),
        };
    }
}
