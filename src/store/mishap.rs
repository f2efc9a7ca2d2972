//! What a test lets happen in the middle of publishing: the process is killed, the disk refuses, there are no leases.
//! Outside of tests nothing ever comes from here.

use std::io;

/// Stands before everything that changes a file.
#[cfg(not(test))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub(in crate::store) fn may_happen() -> io::Result<()> {
    Ok(())
}

/// True if the file system is to be taken for one that has no leases.
#[cfg(not(test))]
#[inline]
pub(in crate::store) fn no_leases() -> bool {
    false
}

/// Fails if the file system is to be taken for one that can only rename plainly.
#[cfg(not(test))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
pub(in crate::store) fn plain_renames() -> io::Result<()> {
    Ok(())
}

/// The size in bytes above which a published file counts as large.
#[cfg(not(test))]
#[inline]
pub(in crate::store) fn large_from() -> Option<u64> {
    None
}

#[cfg(test)]
pub(in crate::store) use planned::{
    Killed, Mishap, forget_exchange, forget_leases, large_from, may_happen, no_leases, plain_renames, plan,
    pretend_large, unplan,
};

#[cfg(test)]
mod planned {
    use super::io;
    use std::cell::Cell;

    /// What is to happen.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(in crate::store) enum Mishap {
        /// This thread ends at once, as if its process was killed; it unwinds with [`Killed`].
        Kill,
        /// The disk refuses, with this error of the system.
        Refusal(i32),
    }

    /// What a killed thread unwinds with.
    pub(in crate::store) struct Killed;

    thread_local! {
        static PLAN: Cell<Option<(u32, Mishap)>> = const { Cell::new(None) };
        static NO_LEASES: Cell<bool> = const { Cell::new(false) };
        static LARGE_FROM: Cell<Option<u64>> = const { Cell::new(None) };
        static PLAIN_RENAMES: Cell<bool> = const { Cell::new(false) };
    }

    /// Lets so many changes of files go well, and then the mishap happen to the next one.
    pub(in crate::store) fn plan(after: u32, mishap: Mishap) {
        PLAN.set(Some((after, mishap)));
    }

    /// Nothing happens any more. True if it had not happened yet.
    pub(in crate::store) fn unplan() -> bool {
        PLAN.take().is_some()
    }

    pub(in crate::store) fn may_happen() -> io::Result<()> {
        match PLAN.get() {
            None => Ok(()),
            Some((0, mishap)) => {
                PLAN.set(None);
                match mishap {
                    Mishap::Kill => std::panic::resume_unwind(Box::new(Killed)),
                    Mishap::Refusal(code) => Err(io::Error::from_raw_os_error(code)),
                }
            }
            Some((left, mishap)) => {
                PLAN.set(Some((left - 1, mishap)));
                Ok(())
            }
        }
    }

    pub(in crate::store) fn no_leases() -> bool {
        NO_LEASES.get()
    }

    pub(in crate::store) fn large_from() -> Option<u64> {
        LARGE_FROM.get()
    }

    /// From here on this thread takes every published file for a large one.
    pub(in crate::store) fn pretend_large() {
        LARGE_FROM.set(Some(0));
    }

    pub(in crate::store) fn plain_renames() -> io::Result<()> {
        // EINVAL, as file systems answer that do not know a flag.
        if PLAIN_RENAMES.get() { Err(io::Error::from_raw_os_error(22)) } else { Ok(()) }
    }

    /// From here on this thread can only rename plainly.
    pub(in crate::store) fn forget_exchange() {
        PLAIN_RENAMES.set(true);
    }

    /// From here on this thread finds no leases.
    pub(in crate::store) fn forget_leases() {
        NO_LEASES.set(true);
    }
}
