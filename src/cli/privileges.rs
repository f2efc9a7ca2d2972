//! Runs root's commands as the owner of the data: the service's user could not write to files that root creates.

use super::{Command, Settings};
use crate::config::{Config, folder_of};
use rustix::process::geteuid;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

/// Re-executes the command as the owner of the data, if the process is root and the command may open the database. Returns if
/// no change of user is needed, or with an error if it fails.
pub(super) fn drop_to_data_owner(command: &Command, settings: &Settings) -> anyhow::Result<()> {
    if !opens_database(command) {
        return Ok(());
    }
    let Some((user, group)) = data_owner(&settings.store().published_file()) else { return Ok(()) };
    let program = std::env::current_exe()?;
    let mut command_as_owner = std::process::Command::new(program);
    command_as_owner.args(std::env::args_os().skip(1)).uid(user).gid(group);
    // The command itself reports errors in the settings.
    if matches!(command, Command::Snapshots(_))
        && let Ok(config) = settings.load()
    {
        command_as_owner.envs(keys(&config));
    }
    let error = command_as_owner.exec();
    Err(anyhow::Error::new(error).context(format!("cannot change to the user {user}, who owns the data")))
}

/// Whether the command opens the database itself while no daemon runs.
fn opens_database(command: &Command) -> bool {
    match command {
        // `verify` only reads, and the key file may be readable only by root.
        Command::Snapshots(snapshots) => !snapshots.has_identity(),
        Command::Setup(_)
        | Command::User(_)
        | Command::Token(_)
        | Command::Alerts(_)
        | Command::Retention(_)
        | Command::Standby(_)
        | Command::Migrate
        | Command::Simulate(super::simulate::Command::Crm(_)) => true,
        _ => false,
    }
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
