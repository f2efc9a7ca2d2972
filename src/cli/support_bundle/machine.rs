//! The machine: operating system, memory and disk, and the files of the data folder by name and size.

use crate::config::Config;
use crate::doctor::output_of;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The state of the systemd units, without their logs.
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

/// System, processors, memory, disks.
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

/// Names, sizes, owners and modes, two folders deep.
pub(super) fn files(folder: &Path) -> String {
    let mut text = String::new();
    for path in listed(folder).into_iter().flat_map(|path| {
        let inside = if path.is_dir() { listed(&path) } else { Vec::new() };
        std::iter::once(path).chain(inside)
    }) {
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        let name = path.strip_prefix(folder).unwrap_or(&path);
        let (mode, uid, size) = (metadata.mode() & 0o7777, metadata.uid(), metadata.len());
        let _ = writeln!(text, "{mode:4o} {uid:6} {size:14} {}", name.display());
    }
    text
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).take(MAX_FILES).collect();
    paths.sort();
    paths
}

const MAX_FILES: usize = 1000;
