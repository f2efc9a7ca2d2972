//! Returns unused memory to the system.

#![expect(unsafe_code, reason = "no crate that we use has a safe form of mallopt and malloc_trim")]

use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Limits the memory that the allocator keeps for later; call it before other threads start.
///
/// glibc adapts its thresholds to the blocks that are freed: it then keeps blocks of up to 32 MiB in the arena of the thread
/// (each thread that hashed a password permanently kept the 19 MiB of Argon2), and twice the size of the largest at the
/// end of each arena, which `malloc_trim` does not return. Fixed thresholds are never raised. By default glibc also makes
/// eight arenas for each core, and each keeps free memory of its own.
pub fn limit_kept_memory() {
    #[cfg(target_env = "gnu")]
    for (option, value) in [
        (libc::M_MMAP_THRESHOLD, MMAP_THRESHOLD),
        (libc::M_TRIM_THRESHOLD, TRIM_THRESHOLD),
        (libc::M_ARENA_MAX, ARENAS),
    ] {
        // SAFETY: mallopt changes a number inside the allocator under its own lock.
        unsafe {
            libc::mallopt(option, value);
        }
    }
}

/// Returns freed memory to the system every 30 seconds, forever.
///
/// glibc returns only the memory at the top of its heap: one small block that a connection left there keeps everything
/// below it, and after a flood of connections the process permanently stayed 20 MiB larger.
pub async fn return_freed_memory() {
    let mut every = interval(TRIM_INTERVAL);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        // Takes milliseconds, so it must not run on a thread that serves calls.
        let _ = tokio::task::spawn_blocking(trim).await;
    }
}

fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim changes only free memory, under the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

const TRIM_INTERVAL: Duration = Duration::from_secs(30);
/// An allocation of this size or larger gets pages of its own, which return to the system as soon as it is freed.
const MMAP_THRESHOLD: i32 = 1 << 20;
/// The free memory at the end of an arena that is kept; glibc's own value before it adapts.
const TRIM_THRESHOLD: i32 = 128 << 10;
/// Threads mostly allocate from caches of their own, so that few wait for the arena. With a second one, a thousand calls left half
/// a mebibyte more, and no webhook was answered sooner.
const ARENAS: i32 = 1;
