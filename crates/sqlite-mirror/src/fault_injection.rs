//! Fault injection for tests: a kill of the process, disk errors, or missing leases in the middle of publishing.
//! Outside of tests no fault ever occurs.

use std::io;

/// Called before every change of a file; returns the planned fault.
#[cfg(not(any(test, feature = "fault-injection")))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub fn inject() -> io::Result<()> {
    Ok(())
}

/// True if the file system is to be treated as having no leases.
#[cfg(not(any(test, feature = "fault-injection")))]
#[inline]
pub fn no_leases() -> bool {
    false
}

/// Fails if the file system is to be treated as supporting plain renames only.
#[cfg(not(any(test, feature = "fault-injection")))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub fn plain_renames() -> io::Result<()> {
    Ok(())
}

/// Overrides the size in bytes above which a published file counts as large.
#[cfg(not(any(test, feature = "fault-injection")))]
#[inline]
pub fn large_threshold() -> Option<u64> {
    None
}

/// Overrides how long the kernel lets an opener wait for a lease.
#[cfg(not(any(test, feature = "fault-injection")))]
#[inline]
pub fn lease_break_time() -> Option<std::time::Duration> {
    None
}

#[cfg(any(test, feature = "fault-injection"))]
pub use planned::{
    Fault, Killed, clear, disable_exchange, disable_leases, inject, large_threshold, lease_break_time, no_leases,
    plain_renames, plan, set_lease_break_time, treat_as_large,
};

#[cfg(any(test, feature = "fault-injection"))]
mod planned {
    use super::io;
    use std::cell::Cell;
    use std::time::Duration;

    /// A fault.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Fault {
        /// Unwinds this thread with [`Killed`], as if the process was killed.
        Kill,
        /// The operation fails with this errno.
        Errno(i32),
    }

    /// The panic payload of a killed thread.
    pub struct Killed;

    thread_local! {
        static PLAN: Cell<Option<(u32, Fault)>> = const { Cell::new(None) };
        static NO_LEASES: Cell<bool> = const { Cell::new(false) };
        static LARGE_FROM: Cell<Option<u64>> = const { Cell::new(None) };
        static PLAIN_RENAMES: Cell<bool> = const { Cell::new(false) };
        static LEASE_BREAK_TIME: Cell<Option<Duration>> = const { Cell::new(None) };
    }

    /// Plans a fault for the file change after the next `after` ones.
    pub fn plan(after: u32, fault: Fault) {
        PLAN.set(Some((after, fault)));
    }

    /// Cancels the planned fault. True if it had not occurred yet.
    pub fn clear() -> bool {
        PLAN.take().is_some()
    }

    /// Returns the planned fault, if it is due.
    pub fn inject() -> io::Result<()> {
        match PLAN.get() {
            None => Ok(()),
            Some((0, fault)) => {
                PLAN.set(None);
                match fault {
                    Fault::Kill => std::panic::resume_unwind(Box::new(Killed)),
                    Fault::Errno(code) => Err(io::Error::from_raw_os_error(code)),
                }
            }
            Some((left, fault)) => {
                PLAN.set(Some((left - 1, fault)));
                Ok(())
            }
        }
    }

    /// True if the file system is to be treated as having no leases.
    pub fn no_leases() -> bool {
        NO_LEASES.get()
    }

    /// Overrides the size in bytes above which a published file counts as large.
    pub fn large_threshold() -> Option<u64> {
        LARGE_FROM.get()
    }

    /// Makes this thread treat every published file as large.
    pub fn treat_as_large() {
        LARGE_FROM.set(Some(0));
    }

    /// Overrides how long the kernel lets an opener wait for a lease.
    pub fn lease_break_time() -> Option<Duration> {
        LEASE_BREAK_TIME.get()
    }

    /// Makes this thread take the kernel's limit for waiting openers for this one.
    pub fn set_lease_break_time(time: Duration) {
        LEASE_BREAK_TIME.set(Some(time));
    }

    /// Fails if the file system is to be treated as supporting plain renames only.
    pub fn plain_renames() -> io::Result<()> {
        // EINVAL, as file systems return that do not know a flag.
        if PLAIN_RENAMES.get() { Err(io::Error::from_raw_os_error(22)) } else { Ok(()) }
    }

    /// Makes exchanging renames fail in this thread.
    pub fn disable_exchange() {
        PLAIN_RENAMES.set(true);
    }

    /// Makes this thread find no leases.
    pub fn disable_leases() {
        NO_LEASES.set(true);
    }
}
