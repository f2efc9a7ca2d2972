//! Checks the data folder: its owner, the permissions of its files, and its file system.

use super::{DoctorContext, Finding, Fix, file_system};
use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CHECK: &str = "folder";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let findings = tokio::task::spawn_blocking(move || check_blocking(&context)).await;
    findings.unwrap_or_else(|_| vec![Finding::skipped(CHECK, "the check of the data folder was aborted")])
}

fn check_blocking(context: &DoctorContext) -> Vec<Finding> {
    let Some(config) = context.config() else { return Vec::new() };
    let published = config.store.published_file();
    let folder = config.store.data_folder();
    let metadata = match std::fs::metadata(&folder) {
        Ok(metadata) => metadata,
        Err(error) => return vec![no_folder(context, &folder, &error)],
    };
    if let Some(linked) = linked(&folder) {
        return vec![linked];
    }
    let mut findings = file_system::evaluate(context, &published, &folder);
    findings.extend(owners(context, &folder, &metadata));
    findings.extend(open_to_all(&folder, &metadata, &published, &config.store.live_file()));
    findings
}

/// systemd does not start a service whose state folder is a symbolic link.
fn linked(folder: &Path) -> Option<Finding> {
    let is_of_systemd = folder.parent() == Some(Path::new("/var/lib"));
    let is_link = std::fs::symlink_metadata(folder).is_ok_and(|found| found.is_symlink());
    (is_of_systemd && is_link).then(|| {
        let target = std::fs::read_link(folder).unwrap_or_default();
        let found = format!(
            "{} is a link to {}, with which systemd does not start the service",
            folder.display(),
            target.display()
        );
        let remedy = "replace it by a folder, and mount the data there (bind mount, docs/admin/move.md)";
        Finding::error(CHECK, found, remedy)
    })
}

fn no_folder(context: &DoctorContext, folder: &Path, error: &std::io::Error) -> Finding {
    let found = format!("the data folder {} cannot be read ({error})", folder.display());
    if error.kind() != std::io::ErrorKind::NotFound {
        return Finding::error(CHECK, found, "run as root: sudo agentlocator doctor");
    }
    let remedy =
        "to create it, run as root: agentlocator doctor --fix; without systemd, the daemon creates it at its start";
    let missing = Finding::warning(CHECK, format!("there is no data folder {} yet", folder.display()), remedy);
    match service_user(context, None) {
        Some((uid, gid)) => missing.with_fix(Fix::Folder { path: folder.to_owned(), uid, gid }),
        None => missing,
    }
}

/// The service cannot write to files that belong to other users.
fn owners(context: &DoctorContext, folder: &Path, metadata: &Metadata) -> Vec<Finding> {
    let Some((uid, gid)) = service_user(context, Some(metadata)) else { return Vec::new() };
    let foreign: Vec<_> = everything_in(folder)
        .into_iter()
        .filter(|path| std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.uid() != uid))
        .collect();
    let Some(first) = foreign.first() else { return Vec::new() };
    let more = if foreign.len() > 1 { format!(" and {} more", foreign.len() - 1) } else { String::new() };
    let found = format!("{}{more} does not belong to the service (user {uid})", first.display());
    let remedy = format!("chown -R {uid}:{gid} {}", folder.display());
    let fix = Fix::Owner { folder: folder.to_owned(), paths: foreign, uid, gid };
    vec![Finding::error(CHECK, found, remedy).with_fix(fix)]
}

/// Reports the published file and the folder of the live database if all users can read or write them, which they
/// cannot if the data folder is closed to them. Reports the data folder if all users can write to it.
fn open_to_all(folder: &Path, metadata: &Metadata, published: &Path, live: &Path) -> Vec<Finding> {
    let mode = |metadata: &Metadata| metadata.permissions().mode() & 0o7777;
    let mut findings = Vec::new();
    // A user without this permission on the folder cannot open the files in it, whatever their own permissions are.
    let is_entered_by_all = mode(metadata) & 0o001 != 0;
    let live = live.parent().unwrap_or(live);
    for (path, private) in [(published, 0o007), (live, 0o077)] {
        let Ok(metadata) = std::fs::symlink_metadata(path) else { continue };
        let mode = mode(&metadata);
        if is_entered_by_all && mode & 0o006 != 0 && !metadata.is_symlink() {
            let found = format!("all users of this machine can access {}", path.display());
            let (fix, remedy) = without(path, mode, private);
            findings.push(Finding::warning(CHECK, found, remedy).with_fix(fix));
        }
    }
    if mode(metadata) & 0o002 != 0 {
        let found = format!("all users of this machine can write to {}", folder.display());
        let (fix, remedy) = without(folder, mode(metadata), 0o007);
        findings.push(Finding::error(CHECK, found, remedy).with_fix(fix));
    }
    findings
}

fn without(path: &Path, before: u32, removed: u32) -> (Fix, String) {
    let after = before & !removed;
    (Fix::Mode { path: path.to_owned(), before, after }, format!("chmod {after:o} {}", path.display()))
}

/// Returns the user and group that should own the data: those of the running daemon, otherwise the package's user,
/// otherwise the folder's owner.
pub(super) fn service_user(context: &DoctorContext, folder: Option<&Metadata>) -> Option<(u32, u32)> {
    let running = context.running().and_then(|status| std::fs::metadata(format!("/proc/{}", status.info.pid)).ok());
    running.map(|process| (process.uid(), process.gid())).or_else(package_user).or_else(|| {
        let folder = folder?;
        Some((folder.uid(), folder.gid()))
    })
}

/// Returns the user and group ids of the user `agentlocator`, which the package creates.
fn package_user() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|line| line.split(':').next() == Some("agentlocator"))?;
    let mut fields = line.split(':').skip(2).map(str::parse);
    Some((fields.next()?.ok()?, fields.next()?.ok()?))
}

/// Returns the paths of the folder, of its entries, and of the entries in its direct subfolders; at most `MAX_ENTRIES`
/// for each folder.
fn everything_in(folder: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).take(MAX_ENTRIES).collect::<Vec<_>>()
    };
    let first = inside(folder);
    // Do not follow links: the folder's owner could link to any path, and root would change files there.
    let is_folder = |path: &&PathBuf| std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let second: Vec<_> = first.iter().filter(is_folder).flat_map(|path| inside(path)).collect();
    std::iter::once(folder.to_owned()).chain(first).chain(second).collect()
}

const MAX_ENTRIES: usize = 10_000;
