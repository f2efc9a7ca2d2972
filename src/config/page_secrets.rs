//! Stores the secrets that the owner entered on the web page, in a file of the data folder that only the service's user
//! can read.
//!
//! These secrets are never stored in the database, because copies of the database leave the machine. After a restore,
//! users must enter them again.

use super::builder::ConfigBuilder;
use super::raw_value::RawValue;
use super::setting::Setting;
use super::{Config, Origin, Secret, StoreConfig, folder_of, private_file};
use crate::domain::{SettingError, SettingWarning, Timestamp};
use crate::secure_open;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The secrets of each section, by name.
type Sections = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Clone, Debug)]
pub struct PageSecrets {
    file: PathBuf,
}

/// The previous content of the file, for undoing a change.
#[derive(Debug)]
pub struct Replaced(Option<Vec<u8>>);

impl PageSecrets {
    pub fn of(store: &StoreConfig) -> Self {
        Self::in_folder(&store.data_folder())
    }

    pub fn in_folder(folder: &Path) -> Self {
        Self { file: folder.join(FILE_NAME) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.file
    }

    /// Returns the secrets by key. Empty if the file cannot be read.
    pub fn secrets(&self) -> BTreeMap<String, Secret> {
        let sections: Sections =
            content(&self.file).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
        let with_keys = |(section, all): (String, BTreeMap<String, String>)| {
            all.into_iter().map(move |(name, secret)| (format!("{section}.{name}"), Secret::new(secret)))
        };
        sections.into_iter().filter(|(section, _)| section != UNUSED).flat_map(with_keys).collect()
    }

    /// Returns the stored header values of tools, by the ids that [`tool_secret`] takes.
    pub fn tool_secrets(&self) -> io::Result<BTreeMap<String, Secret>> {
        let secrets = self.sections()?.remove(TOOLS).unwrap_or_default();
        Ok(secrets.into_iter().map(|(id, value)| (id, Secret::new(value))).collect())
    }

    /// Removes the header values of deleted tools, and those that were not among the needed ones for 30 days. A value that
    /// no tool needs now may be needed again: after a restore of an earlier database, the later one can be restored too.
    pub fn purge_tool_secrets(
        &self,
        needed: &BTreeSet<String>,
        deleted: &BTreeSet<String>,
        now: Timestamp,
    ) -> io::Result<()> {
        let before = self.sections()?;
        let mut sections = before.clone();
        let stored = sections.remove(TOOLS).unwrap_or_default();
        let unused_before = sections.remove(UNUSED).unwrap_or_default();
        let (mut kept, mut unused) = (BTreeMap::new(), BTreeMap::new());
        for (id, value) in stored {
            if !needed.contains(&id) {
                let since = unused_before.get(&id).and_then(|since| since.parse::<Timestamp>().ok());
                let since = since.map_or(now, |since| since.min(now));
                if deleted.contains(&id) || now.since(since) >= UNUSED_RETENTION {
                    continue;
                }
                unused.insert(id.clone(), since.to_string());
            }
            kept.insert(id, value);
        }
        sections.insert(TOOLS.to_owned(), kept);
        sections.insert(UNUSED.to_owned(), unused);
        sections.retain(|_, entries| !entries.is_empty());
        if sections == before { Ok(()) } else { self.write(&sections) }
    }

    /// Returns no sections if the file does not exist.
    fn sections(&self) -> io::Result<Sections> {
        match content(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sections::new()),
            text => toml::from_str(&text?).map_err(|_| io::Error::other(DAMAGED)),
        }
    }

    /// Returns the previous content, with which [`PageSecrets::restore_previous`] can undo the change.
    pub fn change(&self, changes: &[(impl AsRef<str>, Option<Secret>)]) -> io::Result<Replaced> {
        let before = match fs::read(&self.file) {
            Ok(content) => Some(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let text = before.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        // A damaged file is an error: overwriting it could destroy other secrets.
        let mut sections: Sections = toml::from_str(&text).map_err(|_| io::Error::other(DAMAGED))?;
        for (key, secret) in changes {
            let (section, name) = key.as_ref().split_once('.').unwrap_or_default();
            let entries = sections.entry(section.to_owned()).or_default();
            match secret {
                Some(secret) => _ = entries.insert(name.to_owned(), secret.expose().to_owned()),
                None => _ = entries.remove(name),
            }
        }
        sections.retain(|_, entries| !entries.is_empty());
        self.write(&sections)?;
        Ok(Replaced(before))
    }

    fn write(&self, sections: &Sections) -> io::Result<()> {
        let text = toml::to_string(sections).map_err(io::Error::other)?;
        let content = format!("{HEADER}{text}");
        // A larger file could not be read again.
        if content.len() as u64 > MAX_SIZE {
            return Err(io::Error::other(TOO_LARGE));
        }
        private_file::replace(&self.file, content.as_bytes())
    }

    pub fn restore_previous(&self, Replaced(before): Replaced) -> io::Result<()> {
        match before {
            Some(content) => private_file::replace(&self.file, &content),
            None => private_file::remove(&self.file),
        }
    }
}

/// Returns the key of the header value with this id, for [`PageSecrets::change`]. The values of headers are no
/// settings: each belongs to a tool of the agent, and has a random id.
pub fn tool_secret(id: &str) -> String {
    format!("{TOOLS}.{id}")
}

/// Reads the secrets of settings that have no value from a source of higher precedence.
pub(super) fn read(settings: &[Setting<Config>], builder: &mut ConfigBuilder) {
    let file = PageSecrets::of(&builder.config.store).file;
    // The file may be missing, or the user may have no access to its folder. The program then runs without these
    // secrets.
    if fs::symlink_metadata(&file).is_err() {
        return;
    }
    let origin = Origin::PageSecrets(file.clone());
    let text = match content(&file) {
        Ok(text) => text,
        Err(error) => {
            let error = match error.kind() {
                io::ErrorKind::PermissionDenied => SettingError::PageSecretsDenied,
                _ => SettingError::PageSecretsNotRead { reason: error.to_string() },
            };
            return builder.add_problem_of_file(origin, error);
        }
    };
    let sections: Sections = match toml::from_str(&text) {
        Ok(sections) => sections,
        // The parser's own message quotes the line, which contains a secret.
        Err(error) => {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            return builder.add_problem_of_file(origin, SettingError::PageSecretsLine { line: line as u64 });
        }
    };
    for (section, entries) in sections.into_iter().filter(|(section, _)| section != TOOLS && section != UNUSED) {
        for (name, secret) in entries {
            let key = format!("{section}.{name}");
            match settings.iter().find(|setting| setting.secret && setting.key == key) {
                None => builder
                    .config
                    .unused_secrets
                    .push(SettingWarning::SecretUnused { place: origin.to_string(), setting: key }),
                Some(setting) if builder.config.origins.of(setting.key) == Origin::Default => {
                    builder.set(setting, &RawValue::Text(secret), origin.clone());
                }
                Some(_) => {}
            }
        }
    }
}

/// Rejects links and special files: the service's user could create a link in this folder, and root must not follow
/// it.
fn content(file: &Path) -> io::Result<String> {
    let is_file_of_secrets = |found: &fs::Metadata| found.is_file() && found.len() <= MAX_SIZE;
    let refused = || io::Error::other("it is not a file of secrets");
    if !is_file_of_secrets(&fs::symlink_metadata(file)?) {
        return Err(refused());
    }
    let mut file = secure_open::open_inside(folder_of(file), Path::new(FILE_NAME))?;
    if !is_file_of_secrets(&file.metadata()?) {
        return Err(refused());
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

const FILE_NAME: &str = "page-secrets.toml";
/// The section with the headers of the agent's tools.
const TOOLS: &str = "agent_tools";
/// The section with the times since when no tool has needed a header value, by the id of the value.
const UNUSED: &str = "agent_tools_unused";
/// How long a header value is kept that no tool needs.
const UNUSED_RETENTION: Duration = Duration::from_hours(30 * 24);
const HEADER: &str = "# Secrets entered on the page. The settings file and the environment take precedence.\n\n";
const DAMAGED: &str = "the file of the secrets is damaged; correct it, or delete it and enter the secrets again";
const TOO_LARGE: &str =
    "the file of the secrets would be too large; delete tools that are not needed, which takes effect after a day";
const MAX_SIZE: u64 = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, load};
    use std::os::unix::fs::PermissionsExt;

    fn read_with(folder: &Path, token: Option<&str>) -> Result<Config, String> {
        let database = folder.join("shop.db").display().to_string();
        let env = |name: &str| match name {
            "DATABASE_URL" => Some(database.clone()),
            "TWILIO_AUTH_TOKEN" => token.map(str::to_owned),
            _ => None,
        };
        load(None, &env).map_err(|errors| errors.to_string())
    }

    #[test]
    fn secrets_of_the_page_are_weaker_than_the_environment_and_survive_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let store = read_with(folder.path(), None).unwrap().store;
        let secrets = PageSecrets::of(&store);
        secrets.change(&[("twilio.auth_token", Some(Secret::new("from-the-page")))]).unwrap();
        let first = secrets.change(&[("openai.api_key", Some(Secret::new("sk-\"quoted\"")))]).unwrap();
        let config = read_with(folder.path(), None).unwrap();
        assert_eq!(config.twilio.auth_token, Some(Secret::new("from-the-page")));
        assert_eq!(config.openai.api_key, Some(Secret::new("sk-\"quoted\"")));
        assert_eq!(config.origins.of("openai.api_key"), Origin::PageSecrets(secrets.file.clone()));
        assert_eq!(fs::metadata(&secrets.file).unwrap().permissions().mode() & 0o777, 0o600);
        let config = read_with(folder.path(), Some("stronger")).unwrap();
        assert_eq!(config.twilio.auth_token, Some(Secret::new("stronger")));
        secrets.restore_previous(first).unwrap();
        assert_eq!(read_with(folder.path(), None).unwrap().openai.api_key, None);
        secrets.change(&[("twilio.auth_token", None)]).unwrap();
        assert_eq!(read_with(folder.path(), None).unwrap().twilio.auth_token, None);
    }

    #[test]
    fn headers_of_tools_are_kept_beside_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = PageSecrets::of(&read_with(folder.path(), None).unwrap().store);
        assert_eq!(secrets.tool_secrets().unwrap().get("a1"), None);
        secrets.change(&[("twilio.auth_token", Some(Secret::new("from-the-page")))]).unwrap();
        secrets.change(&[(tool_secret("a1"), Some(Secret::new("Bearer x")))]).unwrap();
        secrets.change(&[(tool_secret("b2"), Some(Secret::new("Bearer y")))]).unwrap();
        let config = read_with(folder.path(), None).unwrap();
        assert_eq!((&config.unused_secrets[..], config.twilio.auth_token.is_some()), (&[][..], true));
        assert_eq!(secrets.tool_secrets().unwrap().get("a1"), Some(&Secret::new("Bearer x")));
        secrets.change(&[(tool_secret("a1"), None)]).unwrap();
        let ids: BTreeSet<_> = secrets.tool_secrets().unwrap().into_keys().collect();
        assert_eq!(ids, BTreeSet::from(["b2".to_owned()]));
    }

    #[test]
    fn an_unused_header_is_kept_for_30_days_and_that_of_a_deleted_tool_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = PageSecrets::of(&read_with(folder.path(), None).unwrap().store);
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        let day = |day: i64| Timestamp::from_millis(day * 24 * 3_600_000);
        let left = |needed: &[&str], deleted: &[&str], now| {
            secrets.purge_tool_secrets(&ids(needed), &ids(deleted), now).unwrap();
            secrets.tool_secrets().unwrap().into_keys().collect::<Vec<_>>()
        };
        assert!(left(&[], &[], day(0)).is_empty() && !secrets.file.exists());
        for id in ["a1", "b2", "c3"] {
            secrets.change(&[(tool_secret(id), Some(Secret::new("Bearer x")))]).unwrap();
        }
        assert_eq!(left(&["a1"], &["c3"], day(0)), ["a1", "b2"]);
        assert_eq!(left(&["a1"], &[], day(29)), ["a1", "b2"]);
        // A value that is needed in between is kept for another 30 days.
        assert_eq!(left(&["a1", "b2"], &[], day(29)), ["a1", "b2"]);
        assert_eq!(left(&["a1"], &[], day(31)), ["a1", "b2"]);
        let config = read_with(folder.path(), None).unwrap();
        assert_eq!((&config.unused_secrets[..], secrets.secrets().len()), (&[][..], 2));
        assert_eq!(left(&["a1"], &[], day(61)), ["a1"]);
        assert!(!fs::read_to_string(&secrets.file).unwrap().contains(UNUSED));
    }

    #[test]
    fn a_damaged_file_is_reported_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        fs::write(&file, "[twilio]\nauth_token = \"geheim\n").unwrap();
        let error = read_with(folder.path(), None).unwrap_err();
        assert!(error.contains("line 2") && !error.contains("geheim"), "{error}");
        fs::write(&file, "[twilio]\nauth_token = \"zwei worte\"\nother = \"x\"\n").unwrap();
        let error = read_with(folder.path(), None).unwrap_err();
        assert!(error.contains("twilio.auth_token") && !error.contains("worte"), "{error}");
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &file).unwrap();
        assert!(read_with(folder.path(), None).unwrap_err().contains("cannot be read"));
    }
}
