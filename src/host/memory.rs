//! Returns unused memory to the system.

#![expect(unsafe_code, reason = "no crate that we use has a safe form of mallopt and malloc_trim")]

use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// An allocation of this size or larger gets pages of its own, which return to the system as soon as it is freed.
const MMAP_THRESHOLD: i32 = 1 << 20;

/// Makes large allocations return their memory.
///
/// glibc raises its threshold up to 32 MiB with the size of freed blocks, and keeps blocks below it in the arena of the
/// thread: each thread that hashed a password permanently kept the 19 MiB of Argon2. A fixed threshold is never raised.
pub fn return_large_allocations() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt changes a number inside the allocator under its own lock.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MMAP_THRESHOLD);
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
