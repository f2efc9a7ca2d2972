//! The names of snapshot files, which contain the kind and the time of the snapshot.

use crate::domain::{Timestamp, text_enum};
use std::fmt;
use std::str::FromStr;

text_enum! {
    /// The occasion of a snapshot.
    Kind {
        Nightly = "nightly",
        Manual = "manual",
        /// Before another version of the program is installed.
        Upgrade = "pre-upgrade",
        /// Before the schema is migrated.
        Migration = "pre-migration",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotName {
    pub kind: Kind,
    pub at: Timestamp,
    pub encrypted: bool,
    /// The part between kind and time, such as the schema version.
    detail: Option<String>,
}

impl SnapshotName {
    pub fn new(kind: Kind, at: Timestamp, encrypted: bool) -> Self {
        Self { kind, at, encrypted, detail: None }
    }
}

impl fmt::Display for SnapshotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time: String = self.at.to_string().chars().filter(|c| !matches!(c, '-' | ':' | '.')).collect();
        write!(f, "{}-", self.kind)?;
        if let Some(detail) = &self.detail {
            write!(f, "{detail}-")?;
        }
        write!(f, "{time}.db{}", if self.encrypted { ENCRYPTED_SUFFIX } else { "" })
    }
}

impl FromStr for SnapshotName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (rest, encrypted) = match text.strip_suffix(ENCRYPTED_SUFFIX) {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let rest = rest.strip_suffix(".db").ok_or(())?;
        let kind = *Kind::ALL.iter().find(|kind| rest.starts_with(&format!("{kind}-"))).ok_or(())?;
        let rest = &rest[kind.as_str().len() + 1..];
        let (detail, time) = match rest.rsplit_once('-') {
            Some((detail, time)) => (Some(detail.to_owned()), time),
            None => (None, rest),
        };
        let at = parse_time(time).ok_or(())?;
        let name = Self { kind, at, encrypted, detail };
        // Any other file name was chosen by a user and does not denote a snapshot.
        if name.to_string() == text { Ok(name) } else { Err(()) }
    }
}

/// Parses a time such as `20261120T030000123Z`.
fn parse_time(text: &str) -> Option<Timestamp> {
    if text.len() != 19 || !text.is_ascii() {
        return None;
    }
    let part = |from: usize, to: usize| &text[from..to];
    let (date, time) = ((part(0, 4), part(4, 6), part(6, 8)), (part(9, 11), part(11, 13), part(13, 15)));
    format!("{}-{}-{}T{}:{}:{}.{}Z", date.0, date.1, date.2, time.0, time.1, time.2, part(15, 18)).parse().ok()
}

const ENCRYPTED_SUFFIX: &str = ".age";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_snapshots_read_themselves_back_and_other_names_are_refused() {
        let at = Timestamp::from_millis(1_790_000_000_123);
        for kind in Kind::ALL {
            for encrypted in [false, true] {
                let name = SnapshotName::new(*kind, at, encrypted);
                assert_eq!(name.to_string().parse(), Ok(name));
            }
        }
        let before: SnapshotName = "pre-migration-V1-20261120T191535123Z.db".parse().unwrap();
        assert_eq!((before.kind, before.at.to_string().as_str()), (Kind::Migration, "2026-11-20T19:15:35.123Z"));
        for other in [
            "",
            "nightly-.db",
            "nightly-20261120T191535123Z.db.part",
            "nightly-20261120T191535123Z.db.sha256",
            "nightly-20269920T191535123Z.db",
            "nightly-20261120191535123ZZ.db",
            "mine-20261120T191535123Z.db",
            "before-upgrade.db",
            "nightly-שלום.db",
        ] {
            assert_eq!(other.parse::<SnapshotName>(), Err(()), "{other}");
        }
    }
}
