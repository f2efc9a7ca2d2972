//! TLS: the doors, certificates of one's own, and those of an authority.

mod acme;
mod doors;
mod headers;
mod own_files;
mod passwords;
