//! A small file system, for tests with a full disk.

use super::skipped;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A small file system in memory. `mount` returns `None` where this process may not mount file systems.
pub struct SmallDisk {
    mounted_on: PathBuf,
    _folder: TempDir,
}

impl SmallDisk {
    pub fn mount(megabytes: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted_on = folder.path().join("disk");
        std::fs::create_dir(&mounted_on).unwrap();
        let size = format!("size={megabytes}m");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&mounted_on).output();
        if output.is_ok_and(|output| output.status.success()) {
            return Some(Self { mounted_on, _folder: folder });
        }
        skipped("mounting a small file system is not allowed here");
        None
    }

    pub fn path(&self) -> &Path {
        &self.mounted_on
    }

    /// Uses this many megabytes of disk space. Returns the file.
    pub fn take(&self, megabytes: usize) -> PathBuf {
        let path = self.mounted_on.join("ballast");
        std::fs::write(&path, vec![1; megabytes << 20]).unwrap();
        path
    }

    /// Uses all disk space except `left` bytes. Returns the file.
    pub fn fill(&self, left: u64) -> PathBuf {
        let path = self.mounted_on.join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        // Writes smaller and smaller pieces until not even one page fits.
        let piece = vec![1; 1 << 20];
        let mut size = piece.len();
        while size >= 4096 {
            if file.write_all(&piece[..size]).is_err() {
                size /= 2;
            }
        }
        file.set_len(file.metadata().unwrap().len() - left).unwrap();
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.mounted_on).output();
    }
}
