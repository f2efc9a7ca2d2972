//! Fault injection for tests: a kill of the process, disk errors, or missing leases in the middle of publishing.
//! Outside of tests no fault ever occurs.

use std::io;

/// Called before every change of a file; returns the planned fault.
#[cfg(not(test))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub(in crate::store) fn inject() -> io::Result<()> {
    Ok(())
}

/// True if the file system is to be treated as having no leases.
#[cfg(not(test))]
#[inline]
pub(in crate::store) fn no_leases() -> bool {
    false
}

/// Fails if the file system is to be treated as supporting plain renames only.
#[cfg(not(test))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub(in crate::store) fn plain_renames() -> io::Result<()> {
    Ok(())
}

/// Overrides the size in bytes above which a published file counts as large.
#[cfg(not(test))]
#[inline]
pub(in crate::store) fn large_threshold() -> Option<u64> {
    None
}

#[cfg(test)]
pub(in crate::store) use planned::{
    Fault, Killed, clear, disable_exchange, disable_leases, inject, large_threshold, no_leases, plain_renames, plan,
    treat_as_large,
};

#[cfg(test)]
mod planned {
    use super::io;
    use std::cell::Cell;

    /// A fault.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(in crate::store) enum Fault {
        /// Unwinds this thread with [`Killed`], as if the process was killed.
        Kill,
        /// The operation fails with this errno.
        Errno(i32),
    }

    /// The panic payload of a killed thread.
    pub(in crate::store) struct Killed;

    thread_local! {
        static PLAN: Cell<Option<(u32, Fault)>> = const { Cell::new(None) };
        static NO_LEASES: Cell<bool> = const { Cell::new(false) };
        static LARGE_FROM: Cell<Option<u64>> = const { Cell::new(None) };
        static PLAIN_RENAMES: Cell<bool> = const { Cell::new(false) };
    }

    /// Plans a fault for the file change after the next `after` ones.
    pub(in crate::store) fn plan(after: u32, fault: Fault) {
        PLAN.set(Some((after, fault)));
    }

    /// Cancels the planned fault. True if it had not occurred yet.
    pub(in crate::store) fn clear() -> bool {
        PLAN.take().is_some()
    }

    pub(in crate::store) fn inject() -> io::Result<()> {
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

    pub(in crate::store) fn no_leases() -> bool {
        NO_LEASES.get()
    }

    pub(in crate::store) fn large_threshold() -> Option<u64> {
        LARGE_FROM.get()
    }

    /// Makes this thread treat every published file as large.
    pub(in crate::store) fn treat_as_large() {
        LARGE_FROM.set(Some(0));
    }

    pub(in crate::store) fn plain_renames() -> io::Result<()> {
        // EINVAL, as file systems return that do not know a flag.
        if PLAIN_RENAMES.get() { Err(io::Error::from_raw_os_error(22)) } else { Ok(()) }
    }

    /// Makes exchanging renames fail in this thread.
    pub(in crate::store) fn disable_exchange() {
        PLAIN_RENAMES.set(true);
    }

    /// Makes this thread find no leases.
    pub(in crate::store) fn disable_leases() {
        NO_LEASES.set(true);
    }
}
