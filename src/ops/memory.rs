//! How the process returns memory to the system.

#![expect(unsafe_code, reason = "no crate that we use has a safe form of mallopt and malloc_trim")]

use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// From this size on, an allocation has pages of its own, which go back to the system as soon as it is freed.
const OWN_PAGES_FROM: i32 = 1 << 20;

/// Makes large allocations return their memory.
///
/// glibc raises its threshold up to 32 MiB with the size of what is freed, and keeps what is below it in the arena of the
/// thread: each thread that hashed a password kept the 19 MiB of Argon2 for good. A fixed threshold is never raised.
pub fn return_large_allocations() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt changes a number inside the allocator under its own lock.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES_FROM);
    }
}

/// Returns freed memory to the system every half minute, for ever.
///
/// glibc returns only what lies at the top of its heap: one small block that a connection left there keeps all below it, and
/// after a flood of connections the process stayed 20 MiB larger for good.
pub async fn return_freed_memory() {
    let mut every = interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        // It takes milliseconds: not on a thread that serves calls.
        let _ = tokio::task::spawn_blocking(trim).await;
    }
}

fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim works on free memory alone, under the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

const EVERY: Duration = Duration::from_secs(30);
