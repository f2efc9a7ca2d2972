//! The only module of the daemon that reads random bytes; only cryptographic libraries read their own. Modules without
//! I/O receive random bytes as an argument.

use crate::domain::hex;

/// Returns `N` random bytes from the operating system.
///
/// # Panics
/// Panics if the operating system returns no random bytes, because keys and tokens would not be secure without them.
#[expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the only call that reads random bytes; without them no secret is safe, so the process must stop"
)]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Returns `2 * N` random hex digits.
pub fn random_hex<const N: usize>() -> String {
    hex(&random_bytes::<N>())
}

/// Returns a random number from 0 to 1, for jitter in delays.
pub fn chance() -> f64 {
    f64::from(u32::from_ne_bytes(random_bytes())) / f64::from(u32::MAX)
}
