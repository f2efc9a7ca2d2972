//! Linux system calls, most of which the standard library lacks. All `unsafe` code of this crate is in this file.

#![expect(unsafe_code, reason = "no crate that we use has a safe form of leases")]

use crate::fault_injection;
use rustix::fs::{CWD, FallocateFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::{File, Permissions};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// The result of a request for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// No other process has the file open, and a process that opens it now waits until the lease is released.
    Granted,
    /// The file is open elsewhere, or the kernel cannot grant the lease now.
    Busy,
    /// The file belongs to another user, and only its owner may lease it.
    Denied,
    /// The file system has no leases, or is not known to enforce them.
    Unsupported,
}

/// Requests a write lease on an open file (fcntl(2), `F_SETLEASE`).
pub fn take_lease(file: &File) -> LeaseAnswer {
    if fault_injection::no_leases() || !honours_leases(file) {
        return LeaseAnswer::Unsupported;
    }
    // SAFETY: the descriptor is open for as long as `file` is borrowed; F_SETLEASE takes an integer and no pointer.
    let answer = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK) };
    if answer == 0 {
        return LeaseAnswer::Granted;
    }
    match io::Error::last_os_error().raw_os_error() {
        Some(libc::EAGAIN | libc::EINTR | libc::ENOMEM) => LeaseAnswer::Busy,
        Some(libc::EACCES | libc::EPERM) => LeaseAnswer::Denied,
        _ => LeaseAnswer::Unsupported,
    }
}

/// Returns true if the file system is known to make every process that opens a leased file wait.
///
/// FUSE and overlayfs also grant leases, but other processes can open the file without their knowledge: on the server
/// of an sshfs, or in the upper folder of an overlay. Such a process does not wait and reads a half-written file.
fn honours_leases(file: &File) -> bool {
    // A magic number has 32 bits. The field is wider on some machines, and signed.
    let magic = rustix::fs::fstatfs(file).map(|found| i128::from(found.f_type) & 0xffff_ffff);
    magic.is_ok_and(|magic| u32::try_from(magic).is_ok_and(is_known_to_honour_leases))
}

/// Checks the magic number of the file system, as listed in statfs(2) and in the sources of the file systems.
fn is_known_to_honour_leases(magic: u32) -> bool {
    matches!(magic, EXT | XFS | BTRFS | F2FS | TMPFS | ZFS)
}

/// The magic number of ext2, ext3 and ext4.
const EXT: u32 = 0xef53;
const XFS: u32 = 0x5846_5342;
const BTRFS: u32 = 0x9123_683e;
const F2FS: u32 = 0xf2f5_2010;
const TMPFS: u32 = 0x0102_1994;
const ZFS: u32 = 0x2fc1_2fc1;

/// Releases a lease. Processes that wait in `open` continue.
pub fn release_lease(file: &File) {
    // SAFETY: as in `take_lease`. `fcntl` fails only if no lease is held, and then nothing needs to be released.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK) };
}

/// Returns how long the kernel lets another process wait for a lease before it breaks the lease.
pub fn lease_break_time() -> Duration {
    let setting = std::fs::read_to_string("/proc/sys/fs/lease-break-time").ok();
    let seconds = setting.and_then(|text| text.trim().parse().ok()).filter(|seconds| *seconds > 0);
    fault_injection::lease_break_time().unwrap_or(Duration::from_secs(seconds.unwrap_or(45)))
}

/// Returns true while a write lease is held and no process waits for its release.
pub fn is_lease_uncontended(file: &File) -> bool {
    // SAFETY: as in `take_lease`; F_GETLEASE takes no argument.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLEASE) == libc::F_WRLCK }
}

/// Ignores SIGIO. The kernel sends SIGIO to the holder of a lease when another process waits for it, and the default
/// action would end the process. The publisher releases each lease soon, so it needs no signal.
pub fn ignore_lease_signal() {
    // SAFETY: SIG_IGN is a valid disposition and installs no handler; nothing else in the process uses SIGIO.
    unsafe { libc::signal(libc::SIGIO, libc::SIG_IGN) };
}

/// Makes a write beyond a file size limit fail like on a full disk, instead of killing the process (SIGXFSZ). For
/// commands only, because the daemon handles that signal itself.
pub fn ignore_file_size_signal() {
    // SAFETY: as in `ignore_lease_signal`.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Exchanges two names atomically.
pub fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    fault_injection::inject()?;
    fault_injection::plain_renames()?;
    Ok(rustix::fs::renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

/// Returns true if the error means that the kernel or the file system does not support the operation.
pub fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS | libc::EOPNOTSUPP))
}

/// Renames a file, and replaces an existing file with the new name.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fault_injection::inject()?;
    std::fs::rename(from, to)
}

/// Renames a file. Returns an error if the new name exists.
pub fn rename_to_free_name(from: &Path, to: &Path) -> io::Result<()> {
    fault_injection::inject()?;
    let flagged = fault_injection::plain_renames()
        .and_then(|()| Ok(rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?));
    match flagged {
        // A hard link also fails if the name exists.
        Err(error) if is_unsupported(&error) => std::fs::hard_link(from, to).and_then(|()| std::fs::remove_file(from)),
        outcome => outcome,
    }
}

/// Allocates `length` bytes of disk space from offset `start`, without changing the file's length. Also succeeds,
/// without allocating all of the space, if the file system does not support allocation or a signal interrupts the call.
pub fn reserve(file: &File, start: u64, length: u64) -> io::Result<()> {
    fault_injection::inject()?;
    match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, start, length) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INTR | Errno::INVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Returns the permissions for a file that the next start must be able to write: `mode`, plus read and write for the
/// owner. A restored backup may have the mode 0444.
pub fn owner_writable(mode: u32) -> Permissions {
    Permissions::from_mode(mode & 0o777 | 0o600)
}

/// Returns true if the file system that contains this file is read-only. Calls libc's `fstatvfs` by name, so that a
/// preloaded library can replace it.
pub fn is_read_only(file: &File) -> bool {
    let mut stat = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and the kernel writes one `statvfs` to the
    // pointer.
    let answer = unsafe { libc::fstatvfs(file.as_raw_fd(), stat.as_mut_ptr()) };
    // SAFETY: every bit pattern is a valid `statvfs`, and all bytes were initialized to zero.
    let flags = unsafe { stat.assume_init() }.f_flag;
    answer == 0 && flags & libc::ST_RDONLY != 0
}

/// The capacity of a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskSpace {
    /// Bytes that an unprivileged user can still write.
    pub free_bytes: u64,
    /// Total bytes; 0 if unknown.
    pub total_bytes: u64,
    /// Files that may still be created; 0 also if the file system has no such limit (`total_files` is then 0 too).
    pub free_files: u64,
    /// Total files; 0 if the file system has no such limit.
    pub total_files: u64,
}

/// Returns the capacity of the file system that contains `path`.
pub fn disk_space(path: &Path) -> io::Result<DiskSpace> {
    let answer = rustix::fs::statvfs(path)?;
    Ok(DiskSpace {
        free_bytes: answer.f_bavail.saturating_mul(answer.f_frsize),
        total_bytes: answer.f_blocks.saturating_mul(answer.f_frsize),
        free_files: answer.f_favail,
        total_files: answer.f_files,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_file_systems_that_make_every_opener_wait_are_leased() {
        let (fuse, overlay, nfs, cifs) = (0x6573_5546, 0x794c_7630, 0x6969, 0xff53_4d42);
        for magic in [fuse, overlay, nfs, cifs] {
            assert!(!is_known_to_honour_leases(magic), "{magic:x}");
        }
        assert!(is_known_to_honour_leases(BTRFS) && is_known_to_honour_leases(EXT));
        // A file on procfs, which has no leases.
        assert_eq!(take_lease(&File::open("/proc/self/status").unwrap()), LeaseAnswer::Unsupported);
    }
}
