//! The one place where chance is drawn. Pure rooms take it as an argument.

use std::fmt::Write;

/// `N` random bytes from the operating system.
///
/// # Panics
/// If the operating system has no randomness to give; nothing safe can be done without it.
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
    random_bytes::<N>().iter().fold(String::with_capacity(2 * N), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A number from 0 to 1, for spreading things out in time.
pub fn chance() -> f64 {
    f64::from(u32::from_ne_bytes(random_bytes())) / f64::from(u32::MAX)
}
