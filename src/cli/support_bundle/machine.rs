//! Describes the machine: operating system, memory, disk, and the names and sizes of the files in the data folder.

use crate::config::Config;
use crate::host::program::output_of;
use crate::secure_open;
use rustix::fs::{FileType, Stat};
use std::fmt::Write;
use std::fs;
use std::path::Path;

pub(super) async fn units() -> String {
    let properties = "--property=Id,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,ExecMainStatus,\
                      ExecMainStartTimestamp,MemoryCurrent,MemoryPeak,TasksCurrent,CPUUsageNSec,StatusText";
    let mut arguments = vec!["show", "--no-pager", properties];
    arguments.extend([
        "agentlocator.service",
        "agentlocator-whatsapp.service",
        "agentlocator-web.socket",
        "agentlocator-http.socket",
        "agentlocator-https.socket",
    ]);
    output_of("systemctl", &arguments).await.unwrap_or_else(|| "systemd does not run here\n".to_owned())
}

pub(super) fn describe(config: Option<&Config>) -> String {
    let mut text = String::new();
    for (file, lines) in [
        ("/etc/os-release", 3),
        ("/etc/debian_version", 1),
        ("/proc/version", 1),
        ("/proc/uptime", 1),
        ("/proc/loadavg", 1),
        ("/proc/meminfo", 5),
        ("/proc/pressure/memory", 2),
        ("/proc/pressure/io", 2),
    ] {
        let content = fs::read_to_string(file).unwrap_or_else(|error| error.to_string());
        let _ = writeln!(text, "{file}:");
        for line in content.lines().take(lines) {
            let _ = writeln!(text, "  {line}");
        }
    }
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let _ = writeln!(text, "processors: {cores}");
    if let Some(config) = config {
        let _ = writeln!(text, "{}", disk(&config.store.published_file()));
    }
    text
}

fn disk(file: &Path) -> String {
    let folder = file.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::statvfs(folder) {
        Ok(stats) => format!(
            "disk of the data: {} of {} bytes free, {} of {} files free, {} (type {:x})",
            stats.f_bavail * stats.f_frsize,
            stats.f_blocks * stats.f_frsize,
            stats.f_favail,
            stats.f_files,
            if stats.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) { "read-only" } else { "writable" },
            rustix::fs::statfs(folder).map_or(0, |stats| stats.f_type),
        ),
        Err(error) => format!("disk of the data: {error}"),
    }
}

/// Lists the names, sizes, owners and modes of the files, two levels deep. Symbolic links are not followed: the command
/// runs as root, and the service's user, who owns the folder, could point a link at another folder.
pub(super) fn files(folder: &Path) -> String {
    let mut text = String::new();
    for (name, found) in secure_open::list(folder, None, MAX_FILES).unwrap_or_default() {
        describe_file(&mut text, Path::new(&name), &found);
        if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
            for (inner, found) in secure_open::list(folder, Some(&name), MAX_FILES).unwrap_or_default() {
                describe_file(&mut text, &Path::new(&name).join(inner), &found);
            }
        }
    }
    text
}

fn describe_file(text: &mut String, name: &Path, found: &Stat) {
    let (mode, uid, size) = (found.st_mode & 0o7777, found.st_uid, found.st_size);
    let _ = writeln!(text, "{mode:4o} {uid:6} {size:14} {}", name.display());
}

const MAX_FILES: usize = 1000;
