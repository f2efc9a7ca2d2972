//! TLS: the listeners, the owner's certificate files, and certificates of an ACME authority.

mod acme;
mod headers;
mod listeners;
mod own_files;
mod passwords;
