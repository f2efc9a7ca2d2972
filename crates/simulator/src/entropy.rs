//! The simulator's random bytes.

use agentlocator_core::domain::hex;

/// Returns `N` random bytes from the operating system.
///
/// # Panics
/// If the operating system returns no random bytes.
#[expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the one drawing of chance; without randomness no secret can be made; stopping is the only safe answer"
)]
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Returns `2 * N` random hex digits.
pub(crate) fn random_hex<const N: usize>() -> String {
    hex(&random_bytes::<N>())
}
