//! The only module that reads random bytes. Pure modules take them as an argument.

use crate::domain::hex;

/// `N` random bytes from the operating system.
///
/// # Panics
/// If the operating system returns no random bytes: nothing safe can be done without them.
#[expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the one drawing of chance; without randomness no secret can be made; stopping is the only safe answer"
)]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// `2 * N` random hex digits.
pub fn random_hex<const N: usize>() -> String {
    hex(&random_bytes::<N>())
}

/// A number from 0 to 1, for spreading things out in time.
pub fn chance() -> f64 {
    f64::from(u32::from_ne_bytes(random_bytes())) / f64::from(u32::MAX)
}
