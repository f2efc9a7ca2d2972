//! The origin of a setting.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Default,
    /// The database, where the web page stores changed settings.
    Stored,
    /// The file with the secrets that were entered on the web page.
    PageSecrets(PathBuf),
    /// The last working settings, which are used because the configured settings are invalid.
    LastGood,
    /// The settings file; line and column are counted from 1.
    File {
        /// The path as the user specified it.
        path: PathBuf,
        line: usize,
        /// The column, in characters.
        column: usize,
    },
    /// A file in systemd's `$CREDENTIALS_DIRECTORY`, or in the folder `credentials` beside the settings file.
    Credential(PathBuf),
    /// A variable set by systemd or by the parent process.
    Variable(&'static str),
    VariableFile {
        /// The name of the variable, including `_FILE`.
        variable: String,
        path: PathBuf,
    },
}

impl Origin {
    /// Returns the name of the origin's kind, as the API uses it.
    pub fn source(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Stored | Self::PageSecrets(_) => "page",
            Self::LastGood => "last_good",
            Self::File { .. } => "file",
            Self::Credential(_) => "credential",
            Self::Variable(_) | Self::VariableFile { .. } => "environment",
        }
    }

    /// Returns true if the web page may replace a value from this origin.
    pub fn is_page(&self) -> bool {
        matches!(self, Self::Default | Self::Stored | Self::PageSecrets(_))
    }

    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } | Self::Credential(path) | Self::VariableFile { path, .. } => Some(path),
            Self::Default | Self::Stored | Self::PageSecrets(_) | Self::LastGood | Self::Variable(_) => None,
        }
    }

    pub fn line(&self) -> Option<usize> {
        if let Self::File { line, .. } = self { Some(*line) } else { None }
    }

    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Variable(name) => Some(name),
            Self::VariableFile { variable, .. } => Some(variable),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Stored => f.write_str("set on the page"),
            Self::PageSecrets(path) => write!(f, "entered on the page ({})", path.display()),
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

/// The origins of the settings by key. A setting without an entry has its default value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origins(BTreeMap<&'static str, Origin>);

impl Origins {
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
