//! TLS: the doors, certificates of one's own, and those of an authority.

mod acme;
mod headers;
mod listeners;
mod own_files;
mod passwords;
