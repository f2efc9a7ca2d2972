//! The few calls of Linux that the standard library lacks. All that is `unsafe` in the store is in this file.

#![expect(unsafe_code, reason = "no crate that we use has a safe form of leases")]

use super::mishap;
use rustix::fs::{CWD, FallocateFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Duration;

/// What came of asking for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum LeaseAnswer {
    /// Nobody else has the file open, and whoever opens it now waits until the lease is given back.
    Granted,
    /// Somebody has it open.
    Busy,
    /// The file belongs to another user, and only its owner may lease it.
    Denied,
    /// The file system has no leases, or is not known to honour them.
    Unsupported,
}

/// Asks for a write lease on an open file (fcntl(2), `F_SETLEASE`).
pub(in crate::store) fn take_lease(file: &File) -> LeaseAnswer {
    if mishap::no_leases() || !honours_leases(file) {
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

/// True if the file system is known to make every opener wait for a lease.
///
/// FUSE and overlayfs grant leases too, but the file can be opened behind them (on the server of an sshfs, in the upper
/// folder of an overlay), and such an opener does not wait and reads a half-written file.
fn honours_leases(file: &File) -> bool {
    // A magic number has 32 bits; the field is wider on some machines, and signed.
    let magic = rustix::fs::fstatfs(file).map(|found| i128::from(found.f_type) & 0xffff_ffff);
    magic.is_ok_and(|magic| u32::try_from(magic).is_ok_and(is_known_to_honour_leases))
}

/// By the magic number of the file system, as statfs(2) and the file systems' own sources list them.
fn is_known_to_honour_leases(magic: u32) -> bool {
    matches!(magic, EXT | XFS | BTRFS | F2FS | TMPFS | ZFS)
}

/// ext2, ext3 and ext4 share one.
const EXT: u32 = 0xef53;
const XFS: u32 = 0x5846_5342;
const BTRFS: u32 = 0x9123_683e;
const F2FS: u32 = 0xf2f5_2010;
const TMPFS: u32 = 0x0102_1994;
const ZFS: u32 = 0x2fc1_2fc1;

/// Gives a lease back; who waits in `open` goes on.
pub(in crate::store) fn give_back_lease(file: &File) {
    // SAFETY: as in `take_lease`. It fails only where there is no lease, and then there is nothing to give back.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK) };
}

/// How long the kernel lets an opener wait before it ends a lease by itself.
pub(in crate::store) fn lease_break_time() -> Duration {
    let setting = std::fs::read_to_string("/proc/sys/fs/lease-break-time").ok();
    let seconds = setting.and_then(|text| text.trim().parse().ok()).filter(|seconds| *seconds > 0);
    Duration::from_secs(seconds.unwrap_or(45))
}

/// True while a write lease is held and nobody waits for its end.
pub(in crate::store) fn lease_undisturbed(file: &File) -> bool {
    // SAFETY: as in `take_lease`; F_GETLEASE takes no argument.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLEASE) == libc::F_WRLCK }
}

/// The kernel tells the holder of a lease by SIGIO that somebody waits, and SIGIO would end the process. The lease is
/// given back within moments anyway, so the signal is ignored.
pub(in crate::store) fn ignore_lease_signal() {
    // SAFETY: SIG_IGN is a valid disposition and installs no handler; nothing else in the process uses SIGIO.
    unsafe { libc::signal(libc::SIGIO, libc::SIG_IGN) };
}

/// A limit on file sizes makes a write fail, like a full disk; it must not kill the process (SIGXFSZ). For commands; the
/// daemon waits for that signal.
pub fn survive_size_limits() {
    // SAFETY: as in `ignore_lease_signal`.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Exchanges two names in one step.
pub(in crate::store) fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    mishap::may_happen()?;
    mishap::plain_renames()?;
    Ok(rustix::fs::renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

/// True if a call failed because the kernel or the file system does not know it.
pub(in crate::store) fn is_unable(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS | libc::EOPNOTSUPP))
}

/// Renames; what had the new name is gone.
pub(in crate::store) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    mishap::may_happen()?;
    std::fs::rename(from, to)
}

/// Renames unless something has the new name already.
pub(in crate::store) fn rename_to_free_name(from: &Path, to: &Path) -> io::Result<()> {
    mishap::may_happen()?;
    let flagged = mishap::plain_renames()
        .and_then(|()| Ok(rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?));
    match flagged {
        // A second name is not given either if there is such a file.
        Err(error) if is_unable(&error) => std::fs::hard_link(from, to).and_then(|()| std::fs::remove_file(from)),
        outcome => outcome,
    }
}

/// Makes sure that the next `length` bytes from `start` have their place on the disk, without changing the file's
/// length. A file system that cannot do this counts as having the room.
pub(in crate::store) fn reserve(file: &File, start: u64, length: u64) -> io::Result<()> {
    mishap::may_happen()?;
    match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, start, length) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INTR | Errno::INVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the file system that holds this file may not be written. By libc's name for the call, so that a preloaded library
/// can answer in its place.
pub(in crate::store) fn is_read_only(file: &File) -> bool {
    let mut told = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and the kernel writes one `statvfs` to the pointer.
    let answer = unsafe { libc::fstatvfs(file.as_raw_fd(), told.as_mut_ptr()) };
    // SAFETY: any bytes are a `statvfs`, and all of them were set to zero.
    let flags = unsafe { told.assume_init() }.f_flag;
    answer == 0 && flags & libc::ST_RDONLY != 0
}

/// Room on a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskSpace {
    /// Bytes that we may still write.
    pub free_bytes: u64,
    /// Bytes in all; 0 where that is not known.
    pub total_bytes: u64,
    /// Files that may still be made.
    pub free_files: u64,
    /// Files in all; 0 where the file system has no such limit.
    pub total_files: u64,
}

/// Asks for the room on the file system that holds `path`.
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
        // A file of another kind of file system, which every Linux has.
        assert_eq!(take_lease(&File::open("/proc/self/status").unwrap()), LeaseAnswer::Unsupported);
    }
}
