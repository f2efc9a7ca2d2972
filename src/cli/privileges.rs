//! Runs commands of root as the owner of the data, because the service's user could not write to files that root
//! creates.

use super::settings::Settings;
use crate::config::{Config, folder_of, process_env};
use rustix::process::geteuid;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

/// Re-executes the program as the owner of the data if the process is root. With `needs_bucket`, passes the backup
/// bucket's keys in the environment. Returns `Ok` only if no change of user is needed.
pub(super) fn drop_to_data_owner(settings: &Settings, needs_bucket: bool) -> anyhow::Result<()> {
    let Some((user, group)) = data_owner(&settings.store().published_file()) else { return Ok(()) };
    let program = std::env::current_exe()?;
    let mut command = std::process::Command::new(program);
    command.args(std::env::args_os().skip(1)).env(BY_ROOT, "1").uid(user).gid(group);
    // Ignore errors in the settings here: the re-executed command reports them.
    if needs_bucket && let Ok(config) = settings.load() {
        command.envs(keys(&config));
    }
    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("cannot change to the user {user}, who owns the data")))
}

/// Also true after the program was re-executed as the owner of the data.
pub(super) fn is_run_by_root() -> bool {
    geteuid().is_root() || process_env(BY_ROOT).is_some()
}

/// The environment variable that tells the re-executed program that root runs the command.
const BY_ROOT: &str = "AGENTLOCATOR_RUN_BY_ROOT";

/// Returns the keys of the backup bucket as environment variables. Root can read them; the owner of the data may not be
/// able to.
fn keys(config: &Config) -> Vec<(&'static str, String)> {
    let Some(Ok(access)) = config.backup.bucket() else { return Vec::new() };
    [(KEY_ID, access.key_id), (SECRET, access.secret)].map(|(name, key)| (name, key.expose().to_owned())).into()
}

const KEY_ID: &str = "BACKUP_S3_ACCESS_KEY_ID";
const SECRET: &str = "BACKUP_S3_SECRET_ACCESS_KEY";

/// Returns the user and group ids of the database's folder, if the process is root and another user owns the folder.
pub(super) fn data_owner(published: &Path) -> Option<(u32, u32)> {
    let found = fs::metadata(folder_of(published)).ok()?;
    (geteuid().is_root() && found.uid() != 0).then(|| (found.uid(), found.gid()))
}
