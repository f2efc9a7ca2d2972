//! How the process returns memory to the system.

#![expect(unsafe_code, reason = "no crate that we use has a safe form of mallopt")]

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
