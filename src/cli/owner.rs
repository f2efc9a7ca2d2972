//! Root types a command, but the data belong to the service's user: what root made in there, the service could not write.

use super::{Command, Settings};
use crate::config::{Config, folder_of};
use rustix::process::geteuid;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

/// Starts the command anew as the user who owns the data, where root gave it, and it may open the database. Returns where
/// there is nothing to change, or with the reason why that cannot be done.
pub(super) fn become_owner_of_data(command: &Command, settings: &Settings) -> anyhow::Result<()> {
    if !opens_database(command) {
        return Ok(());
    }
    let Some((user, group)) = other_owner(&settings.store().published_file()) else { return Ok(()) };
    let program = std::env::current_exe()?;
    let mut again = std::process::Command::new(program);
    again.args(std::env::args_os().skip(1)).uid(user).gid(group);
    // What is wrong with the settings, the command itself tells better.
    if matches!(command, Command::Snapshots(_))
        && let Ok(config) = settings.load()
    {
        again.envs(keys(&config));
    }
    let error = again.exec();
    Err(anyhow::Error::new(error).context(format!("cannot become the user {user}, whose the data are")))
}

/// Commands that do their work by themselves while no daemon runs.
fn opens_database(command: &Command) -> bool {
    match command {
        // It only reads, and the key may be one that root alone may read.
        Command::Snapshots(snapshots) => !snapshots.has_identity(),
        Command::Setup(_)
        | Command::User(_)
        | Command::Token(_)
        | Command::Alerts(_)
        | Command::Retention(_)
        | Command::Standby(_)
        | Command::Migrate => true,
        _ => false,
    }
}

/// The bucket's keys, which root may read and the owner of the data may not.
fn keys(config: &Config) -> Vec<(&'static str, String)> {
    let Some(Ok(access)) = config.backup.bucket() else { return Vec::new() };
    [(KEY_ID, access.key_id), (SECRET, access.secret)].map(|(name, key)| (name, key.expose().to_owned())).into()
}

const KEY_ID: &str = "BACKUP_S3_ACCESS_KEY_ID";
const SECRET: &str = "BACKUP_S3_SECRET_ACCESS_KEY";

/// User and group of the folder that holds the database, if we are root and it is somebody else's.
pub(super) fn other_owner(published: &Path) -> Option<(u32, u32)> {
    let found = fs::metadata(folder_of(published)).ok()?;
    (geteuid().is_root() && found.uid() != 0).then(|| (found.uid(), found.gid()))
}
