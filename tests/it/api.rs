//! The API: access, answers, and errors.

mod access;
mod audit;
mod calls;
mod client;
mod contacts;
mod document;
mod etags;
mod events;
mod fuzz;
mod media;
mod refused_fields;
mod threads;

use super::support::{Client, Daemon};

/// A daemon with threads, messages and calls, and a client of its API.
fn with_data() -> (Daemon, Client) {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("api/data.sql"));
    daemon.launch();
    let api = daemon.api();
    (daemon, api)
}
