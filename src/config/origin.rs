//! The origin of a setting.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The origin of a setting's value, in order of increasing precedence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Not set.
    #[default]
    Default,
    /// The database, where the web page stores changed settings.
    Stored,
    /// The last working settings, because the configured ones are invalid.
    LastGood,
    /// The settings file; line and column count from 1.
    File {
        /// The path as given.
        path: PathBuf,
        /// The line number.
        line: usize,
        /// The column, in characters.
        column: usize,
    },
    /// A file in systemd's `$CREDENTIALS_DIRECTORY`.
    Credential(PathBuf),
    /// A variable set by systemd or by the parent process.
    Variable(&'static str),
    /// The file that a `…_FILE` variable names.
    VariableFile {
        /// The variable, with `_FILE`.
        variable: String,
        /// The variable's value.
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

/// The origins of the settings by key; a setting without an entry has its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origins(BTreeMap<&'static str, Origin>);

impl Origins {
    /// The origin of a setting.
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
