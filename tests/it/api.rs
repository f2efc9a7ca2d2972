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
mod inbox;
mod media;
mod refused_fields;
mod threads;

use super::support::whatsapp::until;
use super::support::{Client, Daemon};

/// A daemon with threads, messages and calls, and a client of its API.
fn with_data() -> (Daemon, Client) {
    let mut daemon = Daemon::prepare(|_| {});
    daemon.seed(include_str!("api/data.sql"));
    daemon.launch();
    let api = daemon.api();
    (daemon, api)
}

/// Waits until the conversations of the seed, which are older than turns, have them.
async fn until_turns_are_known(daemon: &Daemon) {
    let sql = "SELECT count(*) FROM backfills WHERE name = 'start_turns' AND finished_at IS NOT NULL";
    until("turns of old threads", async || (daemon.query_value::<i64>(sql) == 1).then_some(())).await;
}
