//! A certificate and a key in files of an administrator. They are read again when they change, and used only if they
//! are better than the served certificate.

use super::certificate::Certificate;
use super::status::is_valid_for;
use crate::domain::Timestamp;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The paths of both files, and their last seen versions.
#[derive(Debug)]
pub(super) struct CertificateFiles {
    certificate: PathBuf,
    key: PathBuf,
    last_versions: Option<[FileVersion; 2]>,
}

/// Identifies a version of a file: device, inode, size, and seconds and nanoseconds of its change.
type FileVersion = (u64, u64, u64, i64, i64);

/// How to handle a pair of files.
#[derive(Debug)]
pub(super) enum Candidate {
    /// Serve the certificate.
    Accept(Certificate),
    /// Serve the certificate because no better one is available, and report this problem.
    AcceptWithWarning(Certificate, String),
    /// Keep the served certificate, for this reason.
    Reject(String),
}

impl CertificateFiles {
    pub(super) fn new((certificate, key): (PathBuf, PathBuf)) -> Self {
        Self { certificate, key, last_versions: None }
    }

    /// Returns true if the files have changed since the last call. Files that cannot be inspected count as unchanged.
    pub(super) fn have_changed(&mut self) -> bool {
        let versions = [file_version(&self.certificate), file_version(&self.key)];
        let [Some(certificate), Some(key)] = versions else { return self.last_versions.take().is_some() };
        let now = Some([certificate, key]);
        std::mem::replace(&mut self.last_versions, now) != now
    }

    /// Reads both files and decides how to handle them. `served` is the active certificate, if it came from files.
    pub(super) fn evaluate(
        &self,
        served: Option<&Certificate>,
        required_names: &[String],
        now: Timestamp,
    ) -> Candidate {
        match self.read() {
            Err(reason) => Candidate::Reject(reason),
            Ok(new) => evaluate(new, served, required_names, now, &self.certificate),
        }
    }

    fn read(&self) -> Result<Certificate, String> {
        let content =
            |path: &Path| fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()));
        let (chain, key) = (content(&self.certificate)?, content(&self.key)?);
        Certificate::from_pem(&chain, &key).map_err(|error| match error {
            super::certificate::KeyPairError::NoKey => format!("{} {error}", self.key.display()),
            super::certificate::KeyPairError::Mismatch => {
                format!("{} does not belong to {}", self.key.display(), self.certificate.display())
            }
            other => format!("{} {other}", self.certificate.display()),
        })
    }
}

fn evaluate(
    new: Certificate,
    served: Option<&Certificate>,
    required_names: &[String],
    now: Timestamp,
    file: &Path,
) -> Candidate {
    let missing: Vec<&str> = required_names.iter().filter(|name| !new.covers(name)).map(String::as_str).collect();
    let file = file.display();
    let fault = if now >= new.not_after {
        format!("{file} expired at {}", new.not_after)
    } else if now < new.not_before {
        format!("{file} is valid only from {} on; if that is past, this machine's clock is behind", new.not_before)
    } else if !missing.is_empty() {
        format!("{file} does not cover {} (it covers {})", missing.join(", "), new.names.join(", "))
    } else {
        return Candidate::Accept(new);
    };
    match served {
        Some(old) if is_valid_for(old, required_names, now) => Candidate::Reject(fault),
        _ => Candidate::AcceptWithWarning(new, fault),
    }
}

fn file_version(path: &Path) -> Option<FileVersion> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use std::path::PathBuf;

    fn write(folder: &Path, name: &str, until: i32) -> PathBuf {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(until, 1, 1);
        fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
        let path = folder.join("chain.pem");
        fs::write(&path, params.self_signed(&key).unwrap().pem()).unwrap();
        path
    }

    #[test]
    fn a_bad_pair_never_replaces_a_good_one() {
        let folder = tempfile::tempdir().unwrap();
        let chain = write(folder.path(), "shop.example", 4000);
        let mut files = CertificateFiles::new((chain.clone(), folder.path().join("key.pem")));
        assert!(files.have_changed() && !files.have_changed());
        let required_names = ["shop.example".to_owned()];
        let now = clock::now();
        let Candidate::Accept(good) = files.evaluate(None, &required_names, now) else { panic!("it is good") };

        for (name, until, fault) in [("shop.example", 2001, "expired at"), ("other.example", 4000, "does not cover")] {
            write(folder.path(), name, until);
            assert!(files.have_changed());
            assert!(
                matches!(files.evaluate(Some(&good), &required_names, now), Candidate::Reject(text) if text.contains(fault))
            );
            // No better certificate is available. Users can skip most certificate warnings, but cannot connect without
            // a certificate.
            assert!(
                matches!(files.evaluate(None, &required_names, now), Candidate::AcceptWithWarning(_, text) if text.contains(fault))
            );
        }
        fs::write(folder.path().join("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
        assert!(
            matches!(files.evaluate(None, &required_names, now), Candidate::Reject(text) if text.contains("does not belong"))
        );
        fs::remove_file(chain).unwrap();
        assert!(files.have_changed());
        assert!(
            matches!(files.evaluate(None, &required_names, now), Candidate::Reject(text) if text.contains("cannot be read"))
        );
    }
}
