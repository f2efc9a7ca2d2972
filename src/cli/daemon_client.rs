//! Runs administrative commands in the running daemon, or directly on the database if no daemon runs.

use super::settings::{OpenError, Settings};
use crate::control::{self, ControlError};
use crate::crm;
use crate::crm::admin_command::{AdminCommand, CommandOutput};
use crate::domain::PageUrls;
use crate::store;
use crate::{app, clock, http};
use std::time::Duration;

/// Returns the outcome and the URLs of the web page. Without a daemon, only the offer of a setup code creates a missing
/// database.
pub(super) fn execute(settings: &Settings, command: AdminCommand) -> anyhow::Result<(CommandOutput, PageUrls)> {
    app::runtime()?.block_on(execute_async(settings, command))
}

/// Returns an error if no daemon runs.
pub(super) fn query(settings: &Settings, command: &AdminCommand) -> anyhow::Result<CommandOutput> {
    let answer = control::send_command(&control::socket_path(&settings.store().live_file()), command);
    Ok(answer.map(|(outcome, _pages)| outcome)?)
}

/// Returns false if no daemon uses this data folder.
pub(super) fn is_daemon_running(settings: &Settings) -> bool {
    let status = control::query_status(&control::socket_path(&settings.store().live_file()));
    !matches!(status, Err(ControlError::NotRunning))
}

async fn execute_async(settings: &Settings, command: AdminCommand) -> anyhow::Result<(CommandOutput, PageUrls)> {
    // Query the daemon before validating the settings: if they are invalid, the daemon may run with its last valid
    // settings.
    let socket = control::socket_path(&settings.store().live_file());
    let deadline = clock::instant() + TIMEOUT;
    loop {
        match control::send_command(&socket, &command) {
            Err(ControlError::NotRunning) => {}
            answer => return Ok(answer?),
        }
        let config = settings.load()?;
        let opened = match command {
            AdminCommand::OfferSetupCode { .. } => Settings::open_store(&config),
            _ => Settings::open_existing_store(&config),
        };
        match opened {
            Ok((store, _applied)) => {
                let now = clock::now();
                let outcome = crm::transact(&store, move |tx| command.execute(tx, now)).await;
                store.close();
                return Ok((outcome?, http::page_urls(&config.http, None)));
            }
            // Retry: a daemon that starts or stops locks the database while its control socket is closed.
            Err(OpenError::Store(store::Error::Busy(_))) if clock::instant() < deadline => {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

const TIMEOUT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
