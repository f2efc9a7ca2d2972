//! The fixes of `doctor --fix`: the changes, and the instructions to undo them.

use super::DoctorContext;
use crate::providers::twilio::account::{NumberWebhooks, set_number_webhooks};
use crate::providers::twilio::rest;
use crate::secure_open;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::process::{Gid, Uid};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Changes the webhooks of a phone number at Twilio.
    Number(Box<NumberFix>),
    Owner {
        folder: PathBuf,
        /// The files to change: the folder itself, its entries, or the entries of its subfolders.
        paths: Vec<PathBuf>,
        uid: u32,
        gid: u32,
    },
    /// Changes the mode (permission bits) of a file or folder.
    Mode { path: PathBuf, before: u32, after: u32 },
    /// Changes the group and the mode of a file.
    Group {
        path: PathBuf,
        /// Group id and mode.
        before: (u32, u32),
        after: (u32, u32),
    },
    /// Creates the data folder.
    Folder { path: PathBuf, uid: u32, gid: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberFix {
    /// The id of the number: `PN…`.
    pub sid: String,
    /// The number with `+` and country code.
    pub phone_number: String,
    pub before: NumberWebhooks,
    pub after: NumberWebhooks,
    /// True if the number's calls currently go to another program.
    pub is_elsewhere: bool,
    /// True if the command line or the settings name this number.
    pub is_named: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum FixError {
    #[error(transparent)]
    Twilio(#[from] rest::Error),
    /// Twilio accepted the request, but returned values that differ from it.
    #[error("Twilio accepted the change, but returns different values")]
    NotApplied,
    /// A file or folder could not be changed: a system call failed, or the change would not be safe.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}

impl Fix {
    pub fn changes(&self) -> Vec<String> {
        match self {
            Self::Number(number) => {
                let NumberFix { phone_number, before, after, .. } = &**number;
                let mut lines = vec![format!("Twilio's number {phone_number}:")];
                let or_none = |text: &str| if text.is_empty() { "(none)".to_owned() } else { text.to_owned() };
                for (name, before, after) in [
                    ("A call comes in", &before.voice_url, &after.voice_url),
                    ("  by", &before.voice_method, &after.voice_method),
                    ("Call status changes", &before.status_callback, &after.status_callback),
                    ("  by", &before.status_callback_method, &after.status_callback_method),
                ] {
                    if before != after {
                        lines.push(format!("  {name}: {} → {}", or_none(before), or_none(after)));
                    }
                }
                lines
            }
            Self::Owner { paths, uid, gid, .. } => {
                paths.iter().map(|path| format!("owner of {} → {uid}:{gid}", path.display())).collect()
            }
            Self::Mode { path, before, after } => vec![format!("mode of {}: {before:o} → {after:o}", path.display())],
            Self::Group { path, before, after } => vec![format!(
                "group and mode of {}: {} {:o} → {} {:o}",
                path.display(),
                before.0,
                before.1,
                after.0,
                after.1
            )],
            Self::Folder { path, uid, gid } => vec![format!("new folder {} for {uid}:{gid}", path.display())],
        }
    }

    pub fn undo(&self) -> Option<String> {
        match self {
            Self::Number(number) => Some(format!(
                "to undo, in Twilio's console under {}: A call comes in → {:?} by {}, Call status changes → {:?}",
                number.phone_number, number.before.voice_url, number.before.voice_method, number.before.status_callback
            )),
            Self::Mode { path, before, .. } => Some(format!("to undo: chmod {before:o} {}", path.display())),
            Self::Group { path, before: (gid, mode), .. } => {
                Some(format!("to undo: chgrp {gid} {0} && chmod {mode:o} {0}", path.display()))
            }
            Self::Owner { .. } | Self::Folder { .. } => None,
        }
    }

    /// Returns true if calls of the number go to another program, and the user has not named the number to confirm the
    /// change.
    pub fn must_be_named(&self) -> bool {
        matches!(self, Self::Number(number) if number.is_elsewhere && !number.is_named)
    }

    /// Applies the fix. If it fails, some of its changes may have been made.
    pub async fn apply(&self, context: &DoctorContext) -> Result<(), FixError> {
        match self {
            Self::Number(number) => {
                let config = context.config().ok_or(rest::Error::NotConfigured)?;
                let NumberFix { sid, after, .. } = &**number;
                let number = set_number_webhooks(&context.client, &config.twilio, sid, after, LIMIT).await?;
                if number.webhooks == *after { Ok(()) } else { Err(FixError::NotApplied) }
            }
            Self::Owner { folder, paths, uid, gid } => {
                let change =
                    |path: &PathBuf| change_owner(folder, path, *uid, *gid).map_err(|error| file_error(path, error));
                // Try all files, even if the change of one file fails.
                let results: Vec<_> = paths.iter().map(change).collect();
                results.into_iter().collect()
            }
            Self::Mode { path, after, .. } => open_no_follow(path)
                .and_then(|file| file.set_permissions(Permissions::from_mode(*after)))
                .map_err(|source| file_error(path, source)),
            Self::Group { path, after: (gid, mode), .. } => open_no_follow(path)
                .and_then(|file| fchown(&file, None, Some(*gid)).map(|()| file))
                .and_then(|file| file.set_permissions(Permissions::from_mode(*mode)))
                .map_err(|source| file_error(path, source)),
            Self::Folder { path, uid, gid } => fs::create_dir_all(path)
                .and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o750)))
                .and_then(|()| chown(path, Some(*uid), Some(*gid)))
                .map_err(|source| file_error(path, source)),
        }
    }
}

/// Changes the owner of a file inside a folder. The folder's current owner could replace the file with a link at any
/// moment. Symbolic links are therefore not followed, and a file with a second hard link is rejected.
fn change_owner(folder: &Path, path: &Path, uid: u32, gid: u32) -> io::Result<()> {
    let inside = path.strip_prefix(folder).map_err(io::Error::other)?;
    if inside.as_os_str().is_empty() {
        return chown(folder, Some(uid), Some(gid));
    }
    let (parent, name) = secure_open::parent_inside(folder, inside)?;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&parent, name, flags, Mode::empty())?;
    if !secure_open::has_one_name(&rustix::fs::fstat(&file)?) {
        return Err(io::Error::other("it has a second name (a hard link), which may be another user's file"));
    }
    let (user, group) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
    Ok(rustix::fs::chownat(&file, "", user, group, AtFlags::EMPTY_PATH)?)
}

fn open_no_follow(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}

fn file_error(path: &Path, source: io::Error) -> FixError {
    FixError::File { path: path.to_owned(), source }
}

const LIMIT: Duration = Duration::from_secs(15);
