//! Passwords: the rules for new ones, and their hashes (Argon2id with the defaults of the `argon2` crate, which are
//! among the parameters that OWASP recommends).
//!
//! Hashing takes tens of milliseconds on purpose, so it must not run on the event loop's threads.

mod guessable;

use super::RequestError;
use crate::entropy;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("the password is too short; use at least {MIN_CHARS} characters")]
    Short,
    #[error("the password is too long")]
    Long,
    /// A short text, repeated several times.
    #[error("the password repeats a short text; use {MIN_CHARS} characters that do not repeat")]
    Repeated,
    /// In the list of common passwords, or predictable, such as a sequence of adjacent keys.
    #[error("this password is a common one, or a sequence of keys; use one that is not easy to guess")]
    Common,
    /// Close to the name of the user, the business or the product.
    #[error("the password is little more than a name; use one that is not easy to guess")]
    Name,
    #[error("the password cannot be used")]
    Unusable,
}

impl WeakPassword {
    /// The code in errors of the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Short => "password_short",
            Self::Long => "password_long",
            Self::Repeated => "password_repeated",
            Self::Common => "password_common",
            Self::Name => "password_name",
            Self::Unusable => "invalid",
        }
    }
}

impl From<WeakPassword> for RequestError {
    fn from(reason: WeakPassword) -> Self {
        Self::Invalid(reason.to_string().into())
    }
}

/// The product's name is added to `names`. Existing passwords are not checked again.
pub fn check_strength(password: &str, names: &[impl AsRef<str>]) -> Result<(), WeakPassword> {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).chain([PRODUCT]).collect();
    if password.chars().count() < MIN_CHARS {
        return Err(WeakPassword::Short);
    }
    if password.len() > MAX_BYTES {
        return Err(WeakPassword::Long);
    }
    let repeated = guessable::repeated(password);
    if repeated.chars().count() < MIN_CHARS {
        return Err(WeakPassword::Repeated);
    }
    if guessable::is_sequence(&repeated) || guessable::is_common(&repeated) {
        return Err(WeakPassword::Common);
    }
    if guessable::is_name(password, &names) {
        return Err(WeakPassword::Name);
    }
    Ok(())
}

/// Returns the hash in PHC form, with its own salt.
pub fn hash(password: &str, names: &[impl AsRef<str>]) -> Result<String, WeakPassword> {
    check_strength(password, names)?;
    let salt = entropy::random_bytes::<16>();
    match Argon2::default().hash_password_with_salt(password.as_bytes(), &salt) {
        Ok(hash) => Ok(hash.to_string()),
        Err(_) => Err(WeakPassword::Unusable),
    }
}

/// Verifies a password against a hash. Without a hash, takes the same time and returns false, so the response time does
/// not reveal whether a user exists.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    let known = hash.and_then(|hash| PasswordHash::new(hash).ok());
    if let Some(hash) = known {
        return Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    }
    let _ = Argon2::default().hash_password_with_salt(password.as_bytes(), &[0; 16]);
    false
}

/// Generates a password of 20 letters and digits, which is 100 bits.
pub fn generate() -> String {
    entropy::random_bytes::<20>().iter().map(|byte| char::from(READABLE[usize::from(byte & 31)])).collect()
}

/// Thirty-two letters and digits that are not easily confused.
const READABLE: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

const MIN_CHARS: usize = 10;

const PRODUCT: &str = "agentlocator";

const MAX_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 2] = ["dana", ""];

    #[test]
    fn only_the_right_password_matches() {
        let kept = hash("סיסמה ארוכה", &NAMES).unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(verify("סיסמה ארוכה", Some(&kept)));
        assert!(!verify("סיסמה ארוכה ", Some(&kept)));
        assert!(!verify("סיסמה ארוכה", None));
        assert!(!verify("", Some("")));
        assert_ne!(hash("סיסמה ארוכה", &NAMES).unwrap(), kept);
    }

    #[test]
    fn short_and_huge_passwords_are_refused() {
        assert!(hash("1234567", &NAMES).is_err());
        assert!(hash("correct h", &NAMES).is_err());
        assert!(hash("correct ho", &NAMES).is_ok());
        assert!(check_strength(&"xyzzy plugh ".repeat(500), &NAMES).is_err());
        assert!(
            check_strength("correct horse correct horse ", &NAMES).is_ok(),
            "what is repeated is long enough itself"
        );
        assert!(check_strength(&generate(), &NAMES).is_ok());
    }

    #[test]
    fn a_password_that_is_easy_to_guess_is_refused() {
        for password in [
            "1234567890",
            "password123",
            "aaaaaaaaaa",
            "agentlocator1",
            "dana123456",
            "qwertyqwerty",
            "Football7Football7",
            "qazwsxqazwsx",
            "passwordpassword1",
            "qwerty12345678",
        ] {
            assert!(check_strength(password, &NAMES).is_err(), "{password}");
        }
    }
}
