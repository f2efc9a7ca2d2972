//! A certificate and a key in files of an administrator. A certificate with a fault does not replace a valid one.

use super::certificate::{Certificate, KeyPairError};
use super::status::is_valid_for;
use crate::domain::{Cause, Causes, Timestamp};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct CertificateFiles {
    certificate: PathBuf,
    key: PathBuf,
    last_versions: Option<[FileVersion; 2]>,
}

/// Device, inode, size, and the time of the last content change in seconds and nanoseconds.
type FileVersion = (u64, u64, u64, i64, i64);

/// How to handle a pair of files.
#[derive(Debug)]
pub(super) enum Candidate {
    Accept(Certificate),
    /// Serve the certificate because no better one is available, and report this problem.
    AcceptWithWarning(Certificate, Causes),
    /// Keep the served certificate, for this reason.
    Reject(Causes),
}

impl CertificateFiles {
    pub(super) fn new((certificate, key): (PathBuf, PathBuf)) -> Self {
        Self { certificate, key, last_versions: None }
    }

    /// Returns true if the files have changed since the last call, and at the first call. If the files cannot be
    /// inspected any more, they count as changed once.
    pub(super) fn have_changed(&mut self) -> bool {
        let versions = [file_version(&self.certificate), file_version(&self.key)];
        let [Some(certificate), Some(key)] = versions else { return self.last_versions.take().is_some() };
        let now = Some([certificate, key]);
        std::mem::replace(&mut self.last_versions, now) != now
    }

    /// `served` is the active certificate, if it came from files.
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

    fn read(&self) -> Result<Certificate, Causes> {
        let unusable =
            |path: &Path, cause: Causes| Cause::PemUnusable { file: path.display().to_string() }.because(cause);
        let content = |path: &Path| fs::read(path).map_err(|error| unusable(path, (&error).into()));
        let (chain, key) = (content(&self.certificate)?, content(&self.key)?);
        Certificate::from_pem(&chain, &key).map_err(|error| match error {
            KeyPairError::NoKey | KeyPairError::Mismatch => unusable(&self.key, error.into()),
            KeyPairError::NoCertificate | KeyPairError::Unusable(_) => unusable(&self.certificate, error.into()),
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
    let file = file.display().to_string();
    let fault = if now >= new.not_after {
        Cause::PemExpired { file, end: new.not_after }
    } else if now < new.not_before {
        Cause::PemNotYetValid { file, start: new.not_before }
    } else if !missing.is_empty() {
        Cause::PemNames { file, missing: missing.join(", "), names: new.names.join(", ") }
    } else {
        return Candidate::Accept(new);
    };
    let fault = Causes::from(fault);
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

    fn english(causes: &Causes) -> String {
        crate::messages::causes(crate::domain::Language::English, causes)
    }

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
                matches!(files.evaluate(Some(&good), &required_names, now), Candidate::Reject(causes) if english(&causes).contains(fault))
            );
            // Users can skip most certificate warnings, but cannot connect without a certificate.
            assert!(
                matches!(files.evaluate(None, &required_names, now), Candidate::AcceptWithWarning(_, causes) if english(&causes).contains(fault))
            );
        }
        fs::write(folder.path().join("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
        assert!(
            matches!(files.evaluate(None, &required_names, now), Candidate::Reject(causes) if english(&causes).contains("does not belong"))
        );
        fs::remove_file(chain).unwrap();
        assert!(files.have_changed());
        assert!(
            matches!(files.evaluate(None, &required_names, now), Candidate::Reject(causes) if english(&causes).contains("cannot be used"))
        );
    }
}
