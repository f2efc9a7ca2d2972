//! Returns unused memory to the system.

#![expect(unsafe_code, reason = "no crate that we use has a safe form of mallopt and malloc_trim")]

use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Limits the freed memory that the allocator keeps for reuse. Must be called before other threads start.
///
/// By default, glibc raises its thresholds when large blocks are freed. It then keeps freed blocks of up to 32 MiB in
/// the arena of the thread: each thread that hashed a password permanently kept the 19 MiB of Argon2. At the end of
/// each arena it keeps twice the size of the largest freed block, which `malloc_trim` does not return. A threshold that
/// is set explicitly is never raised. By default, glibc also creates up to eight arenas per core, and each arena keeps
/// its own free memory.
pub fn limit_kept_memory() {
    #[cfg(target_env = "gnu")]
    for (option, value) in [
        (libc::M_MMAP_THRESHOLD, MMAP_THRESHOLD),
        (libc::M_TRIM_THRESHOLD, TRIM_THRESHOLD),
        (libc::M_ARENA_MAX, ARENAS),
    ] {
        // SAFETY: mallopt only changes settings of the allocator.
        unsafe {
            libc::mallopt(option, value);
        }
    }
}

/// Returns freed memory to the system every 30 seconds. Never returns.
///
/// By itself, glibc returns only the memory at the top of its heap, so one used block near the top keeps all free
/// memory below it.
pub async fn return_freed_memory() {
    let mut every = interval(TRIM_INTERVAL);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        // Takes milliseconds, so it must not run on a thread that serves phone calls.
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
/// The minimum size, in bytes, of allocations with separate pages. These pages return to the system when the allocation
/// is freed.
const MMAP_THRESHOLD: i32 = 1 << 20;
/// The amount of free memory, in bytes, that is kept at the end of an arena. This is glibc's initial default.
const TRIM_THRESHOLD: i32 = 128 << 10;
/// The number of arenas. Threads mostly allocate from their own caches, so they rarely wait for the lock of the arena.
/// In a measurement with a thousand phone calls, a second arena kept 0.5 MiB more and did not make webhooks faster.
const ARENAS: i32 = 1;
