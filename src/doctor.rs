//! The checks of `agentlocator doctor`: one file per check, which returns findings with remedies.
//!
//! Checks change nothing; only [`Fix::apply`] does. They run outside of the daemon and do not open the store: the running daemon
//! is queried over its control socket, the rest is checked from outside.

mod abilities;
mod address;
mod backup;
mod bridge;
mod certificate;
mod clock;
mod daemon;
mod database;
mod disk;
mod finding;
mod fix;
mod folder;
mod google;
mod journal;
mod live;
mod media_socket;
mod numbers;
mod openai;
mod outbox;
mod program;
mod settings;
mod site;
mod twilio;
mod units;
mod updates;

pub use finding::{Finding, State};
pub use fix::{Fix, FixError, NumberFix};
pub use program::output_of;
pub use site::{Installation, OwnerReads, Site};

use futures_util::future::join_all;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

type Look = Pin<Box<dyn Future<Output = Vec<Finding>> + Send>>;

/// Runs all checks concurrently; returns the findings in order of importance.
pub async fn examine(site: Arc<Site>) -> Vec<Finding> {
    run(looks(&site), LIMIT).await
}

/// Tries what a call and a message need with the real accounts. It costs a cent or two, places no call, and sends no message to a contact.
pub async fn try_live(site: Arc<Site>) -> Vec<Finding> {
    let looks = vec![
        ("live AI", look(&site, live::ai)),
        ("live link", look(&site, live::link)),
        ("by hand", look(&site, live::by_hand)),
    ];
    run(looks, LIVE_LIMIT).await
}

async fn run(looks: Vec<(&'static str, Look)>, limit: Duration) -> Vec<Finding> {
    let looks = looks.into_iter().map(|(check, look)| async move {
        tokio::time::timeout(limit, look).await.unwrap_or_else(|_| {
            let found = format!("this took longer than {} s and was given up", limit.as_secs());
            vec![Finding::warning(check, found, "see whether the network or the disk hangs, then look again")]
        })
    });
    join_all(looks).await.into_iter().flatten().collect()
}

fn look<F: Future<Output = Vec<Finding>> + Send + 'static>(site: &Arc<Site>, look: fn(Arc<Site>) -> F) -> Look {
    Box::pin(look(site.clone()))
}

fn looks(site: &Arc<Site>) -> Vec<(&'static str, Look)> {
    let mut looks = vec![("settings", look(site, settings::look)), ("service", look(site, units::look))];
    if site.config().is_some() {
        looks.extend([
            ("daemon", look(site, daemon::look)),
            ("folder", look(site, folder::look)),
            ("disk", look(site, disk::look)),
            ("database", look(site, database::look)),
            ("backup", look(site, backup::look)),
            ("clock", look(site, clock::look)),
            ("address", look(site, address::look)),
            ("certificate", look(site, certificate::look)),
            ("media socket", look(site, media_socket::look)),
            ("twilio", look(site, twilio::look)),
            ("numbers", look(site, numbers::look)),
            ("openai", look(site, openai::look)),
            ("google", look(site, google::look)),
            ("bridge", look(site, bridge::look)),
            ("outbox", look(site, outbox::look)),
        ]);
    }
    looks.extend([("log", look(site, journal::look)), ("updates", look(site, updates::look))]);
    looks
}

/// How long a check may take.
const LIMIT: Duration = Duration::from_secs(20);
/// How long a live one may take: the account's phone may have to be woken.
const LIVE_LIMIT: Duration = Duration::from_secs(75);
