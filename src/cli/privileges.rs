//! Runs root's commands as the owner of the data: the service's user could not write to files that root creates.

use super::settings::Settings;
use crate::config::{Config, folder_of};
use rustix::process::geteuid;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

/// Re-executes the command as the owner of the data, if the process is root; with the bucket's keys if it needs them. Returns
/// if no change of user is needed, or with an error if it fails.
pub(super) fn drop_to_data_owner(settings: &Settings, needs_bucket: bool) -> anyhow::Result<()> {
    let Some((user, group)) = data_owner(&settings.store().published_file()) else { return Ok(()) };
    let program = std::env::current_exe()?;
    let mut command = std::process::Command::new(program);
    command.args(std::env::args_os().skip(1)).uid(user).gid(group);
    // The command itself reports errors in the settings.
    if needs_bucket && let Ok(config) = settings.load() {
        command.envs(keys(&config));
    }
    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("cannot change to the user {user}, who owns the data")))
}

/// The bucket's keys, which root can read and the owner of the data cannot.
fn keys(config: &Config) -> Vec<(&'static str, String)> {
    let Some(Ok(access)) = config.backup.bucket() else { return Vec::new() };
    [(KEY_ID, access.key_id), (SECRET, access.secret)].map(|(name, key)| (name, key.expose().to_owned())).into()
}

const KEY_ID: &str = "BACKUP_S3_ACCESS_KEY_ID";
const SECRET: &str = "BACKUP_S3_SECRET_ACCESS_KEY";

/// User and group of the database's folder, if the process is root and another user owns the folder.
pub(super) fn data_owner(published: &Path) -> Option<(u32, u32)> {
    let found = fs::metadata(folder_of(published)).ok()?;
    (geteuid().is_root() && found.uid() != 0).then(|| (found.uid(), found.gid()))
}
