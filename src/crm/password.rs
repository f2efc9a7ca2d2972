//! Passwords: what is taken, and how they are kept (Argon2id, as OWASP advises for 2 cores and little memory).
//!
//! Hashing takes tens of milliseconds on purpose, so it must run where it holds nobody up.

use super::Refusal;
use crate::entropy;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// Whether a password may be taken: long enough to be worth it, and no longer than anybody types.
pub fn check(password: &str) -> Result<(), Refusal> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Refusal::Invalid(format!("the password is too short; take at least {SHORTEST} characters").into()));
    }
    if password.len() > LONGEST_BYTES {
        return Err(Refusal::Invalid("the password is too long".into()));
    }
    Ok(())
}

/// The hash to keep, in PHC form with its own salt.
pub fn hash(password: &str) -> Result<String, Refusal> {
    check(password)?;
    let salt = entropy::random_bytes::<16>();
    match Argon2::default().hash_password_with_salt(password.as_bytes(), &salt) {
        Ok(hash) => Ok(hash.to_string()),
        Err(_) => Err(Refusal::Invalid("the password cannot be taken".into())),
    }
}

/// Whether the password is the one of that hash. With no hash it takes as long, and says no: whoever tries names
/// learns nothing from the time it takes.
pub fn matches(password: &str, hash: Option<&str>) -> bool {
    if password.len() > LONGEST_BYTES {
        return false;
    }
    let known = hash.and_then(|hash| PasswordHash::new(hash).ok());
    if let Some(hash) = known {
        return Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    }
    let _ = Argon2::default().hash_password_with_salt(password.as_bytes(), &[0; 16]);
    false
}

/// A password for somebody who has none yet: 20 letters and digits, some 100 bits.
pub fn generate() -> String {
    entropy::random_bytes::<20>().iter().map(|byte| char::from(READABLE[usize::from(byte & 31)])).collect()
}

/// Thirty-two letters and digits that nobody mistakes for one another.
const READABLE: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

const SHORTEST: usize = 8;

const LONGEST_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_matches() {
        let kept = hash("סיסמה ארוכה").unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(matches("סיסמה ארוכה", Some(&kept)));
        assert!(!matches("סיסמה ארוכה ", Some(&kept)));
        assert!(!matches("סיסמה ארוכה", None));
        assert!(!matches("", Some("")));
        assert_ne!(hash("סיסמה ארוכה").unwrap(), kept);
    }

    #[test]
    fn short_and_huge_ones_are_refused() {
        assert!(hash("1234567").is_err());
        assert!(hash("12345678").is_ok());
        assert!(hash(&"x".repeat(5000)).is_err());
        assert!(check(&generate()).is_ok());
    }
}
