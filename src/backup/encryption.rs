//! Encrypts copies with age (<https://age-encryption.org/v1>).

use crate::domain::{Cause, Causes};
use age::x25519;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    #[error("{0:?} is not an age recipient; a recipient begins with age1, as `age-keygen` prints it")]
    Recipient(String),
    #[error("the key file {path} cannot be used")]
    Identity {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the key file {0} contains no key; `age-keygen -o FILE` creates one")]
    NoKey(PathBuf),
    // The errors of the library are part of the texts, so they are no `source`, which commands would print once more.
    #[error("the copy cannot be decrypted: {0}")]
    Decrypt(age::DecryptError),
    #[error("the copy cannot be encrypted: {0}")]
    Encrypt(age::EncryptError),
    #[error("the encrypted copy cannot be read or written")]
    Io(#[from] io::Error),
}

impl From<age::DecryptError> for EncryptionError {
    fn from(error: age::DecryptError) -> Self {
        Self::Decrypt(error)
    }
}

impl From<age::EncryptError> for EncryptionError {
    fn from(error: age::EncryptError) -> Self {
        Self::Encrypt(error)
    }
}

impl From<&EncryptionError> for Causes {
    fn from(error: &EncryptionError) -> Self {
        match error {
            EncryptionError::Recipient(recipient) => Cause::AgeRecipient { recipient: recipient.clone() }.into(),
            EncryptionError::Encrypt(error) => Cause::Encryption.because(Cause::other(error.to_string())),
            EncryptionError::Io(error) => Cause::Encryption.because(error),
            // Only commands decrypt, and they show the error's text.
            EncryptionError::Identity { .. } | EncryptionError::NoKey(_) | EncryptionError::Decrypt(_) => {
                Cause::other(error.to_string()).into()
            }
        }
    }
}

pub fn is_encrypted(beginning: &[u8]) -> bool {
    beginning.starts_with(MAGIC)
}

pub fn recipient(text: &str) -> Result<x25519::Recipient, EncryptionError> {
    text.trim().parse().map_err(|_| EncryptionError::Recipient(text.to_owned()))
}

/// The caller must call `finish` of the returned writer at the end.
pub fn encrypt<W: Write>(recipients: &[String], out: W) -> Result<age::stream::StreamWriter<W>, EncryptionError> {
    let recipients: Vec<_> = recipients.iter().map(|text| recipient(text)).collect::<Result<_, _>>()?;
    let encryptor = age::Encryptor::with_recipients(recipients.iter().map(|one| one as &dyn age::Recipient))?;
    Ok(encryptor.wrap_output(out)?)
}

/// The private keys are read from the file `identity`.
pub fn decrypt<R: Read>(encrypted: R, identity: &Path) -> Result<age::stream::StreamReader<R>, EncryptionError> {
    let failed = |source| EncryptionError::Identity { path: identity.to_owned(), source };
    let keys = File::open(identity).map_err(failed)?;
    let keys = age::IdentityFile::from_buffer(BufReader::new(keys)).map_err(failed)?.into_identities()?;
    if keys.is_empty() {
        return Err(EncryptionError::NoKey(identity.to_owned()));
    }
    let decryptor = age::Decryptor::new(encrypted)?;
    Ok(decryptor.decrypt(keys.iter().map(|key| key.as_ref() as &dyn age::Identity))?)
}

const MAGIC: &[u8] = b"age-encryption.org/v1";
