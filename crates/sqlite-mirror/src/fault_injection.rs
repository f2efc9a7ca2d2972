//! Fault injection for tests: a kill of the process, a disk error, a file system without leases or exchanging renames,
//! a short lease break time, or files that count as large. Outside tests no fault is injected.

use std::io;

/// Returns `Ok`: no fault is planned. The crate calls this before each change of a file that a test can make fail.
#[cfg(not(any(test, feature = "fault-injection")))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub fn inject() -> io::Result<()> {
    Ok(())
}

/// Returns true if the crate must assume that the file system has no leases.
#[cfg(not(any(test, feature = "fault-injection")))]
#[inline]
pub fn no_leases() -> bool {
    false
}

/// Returns an error if the crate must assume that the file system cannot exchange two names.
#[cfg(not(any(test, feature = "fault-injection")))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub fn plain_renames() -> io::Result<()> {
    Ok(())
}

/// Returns the size in bytes above which a published file is large; `None` for the usual size.
#[cfg(not(any(test, feature = "fault-injection")))]
#[inline]
pub fn large_threshold() -> Option<u64> {
    None
}

/// Returns the lease break time that replaces the kernel's; `None` for the kernel's.
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

    /// A fault to inject.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Fault {
        /// Unwinds this thread with [`Killed`], to simulate a kill of the process.
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

    /// Plans a fault that occurs after `after` further file changes have succeeded.
    pub fn plan(after: u32, fault: Fault) {
        PLAN.set(Some((after, fault)));
    }

    /// Cancels the planned fault. Returns true if the fault had not occurred yet.
    pub fn clear() -> bool {
        PLAN.take().is_some()
    }

    /// Lets the planned fault occur if it is due: unwinds this thread, or returns an error.
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

    /// Returns true if the crate must assume that the file system has no leases.
    pub fn no_leases() -> bool {
        NO_LEASES.get()
    }

    /// Returns the size in bytes above which a published file is large; `None` for the usual size.
    pub fn large_threshold() -> Option<u64> {
        LARGE_FROM.get()
    }

    /// Makes this thread treat every published file as large.
    pub fn treat_as_large() {
        LARGE_FROM.set(Some(0));
    }

    /// Returns the lease break time that replaces the kernel's; `None` for the kernel's.
    pub fn lease_break_time() -> Option<Duration> {
        LEASE_BREAK_TIME.get()
    }

    /// Sets the lease break time that this thread uses in place of the kernel's.
    pub fn set_lease_break_time(time: Duration) {
        LEASE_BREAK_TIME.set(Some(time));
    }

    /// Returns an error if the crate must assume that the file system cannot exchange two names.
    pub fn plain_renames() -> io::Result<()> {
        // File systems return EINVAL for a rename flag that they do not support.
        if PLAIN_RENAMES.get() { Err(io::Error::from_raw_os_error(22)) } else { Ok(()) }
    }

    /// Makes exchanging renames fail in this thread.
    pub fn disable_exchange() {
        PLAIN_RENAMES.set(true);
    }

    /// Makes this thread treat the file system as having no leases.
    pub fn disable_leases() {
        NO_LEASES.set(true);
    }
}
