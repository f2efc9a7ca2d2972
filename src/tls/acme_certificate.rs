//! The certificate that was last obtained by ACME, as it is stored.

use super::certificate::Certificate;
use super::folder::Folder;
use std::io;

/// Contains the key, and the certificate with its chain.
const FILE: &str = "acme.pem";

pub(super) fn read(folder: &Folder) -> Option<Certificate> {
    let pem = folder.read(FILE).ok().flatten()?;
    Certificate::from_pem(&pem, &pem).ok()
}

pub(super) fn write(folder: &Folder, pem: &str) -> io::Result<()> {
    folder.write(FILE, pem.as_bytes())
}
