//! The self-signed certificate, which is served while there is no other one. It is replaced at a start in the last
//! month of its lifetime. It encrypts the connections of the first set-up, and users can verify the server by comparing
//! its fingerprint.

use super::certificate::Certificate;
use super::folder::Folder;
use crate::domain::Timestamp;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use std::time::Duration;

/// Contains the key and the certificate.
pub(super) const FILE: &str = "self-signed.pem";

/// `host` is this machine's name.
pub(super) fn load_or_create(folder: &Folder, host: &str, now: Timestamp) -> Result<Certificate, rcgen::Error> {
    if let Some(stored) =
        read(folder).filter(|stored| stored.is_valid_at(now) && stored.not_after > now.plus(RENEW_BEFORE))
    {
        return Ok(stored);
    }
    let pem = create(host, now)?;
    if let Err(error) = folder.write(FILE, pem.as_bytes()) {
        tracing::warn!(
            event = "TLS_NOT_STORED", %error,
            "The self-signed certificate could not be stored; a restart creates another one, and browsers warn again about that one"
        );
    }
    Certificate::from_pem(pem.as_bytes(), pem.as_bytes()).map_err(|_| rcgen::Error::CouldNotParseCertificate)
}

/// `None` if there is no stored certificate, or its file is damaged.
pub(super) fn read(folder: &Folder) -> Option<Certificate> {
    let pem = folder.read(FILE).ok().flatten()?;
    Certificate::from_pem(&pem, &pem).ok()
}

fn create(host: &str, now: Timestamp) -> Result<String, rcgen::Error> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if is_name(host) && host != "localhost" {
        names.insert(0, host.to_owned());
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "AgentLocator on this machine");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Starts a day earlier, because the clock of a machine without a clock battery may have been slightly ahead.
    let ((year, month, first), (last_year, last_month, last)) = (day(now.minus(A_DAY)), day(now.plus(LIFETIME)));
    params.not_before = date_time_ymd(year, month, first);
    params.not_after = date_time_ymd(last_year, last_month, last);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(key.serialize_pem() + &certificate.pem())
}

fn is_name(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}

/// Returns year, month and day in UTC.
fn day(at: Timestamp) -> (i32, u8, u8) {
    let text = at.to_string();
    let mut parts = text.split(['-', 'T']);
    let year = parts.next().and_then(|part| part.parse().ok()).unwrap_or(1970);
    let mut small = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(1);
    (year, small(), small())
}

const A_DAY: Duration = Duration::from_hours(24);

/// Longer than that of a typical machine.
const LIFETIME: Duration = Duration::from_hours(24 * 3650);

/// The remaining lifetime below which the certificate is replaced.
const RENEW_BEFORE: Duration = Duration::from_hours(24 * 30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn the_self_signed_certificate_is_created_once() {
        let data = tempfile::tempdir().unwrap();
        let (folder, now) = (Folder::of(data.path()), clock::now());
        let first = load_or_create(&folder, "box", now).unwrap();
        assert!(first.is_valid_at(now) && first.covers("box") && first.covers("::1"));
        let second = load_or_create(&folder, "another", now.plus(Duration::from_hours(24 * 365))).unwrap();
        assert_eq!(first.fingerprint, second.fingerprint);
        let third = load_or_create(&folder, "name with space", first.not_after).unwrap();
        assert_ne!(first.fingerprint, third.fingerprint);
        assert_eq!(third.names, ["localhost", "127.0.0.1", "::1"]);
    }
}
