//! Giving orders: to the running daemon, else to the store itself.

use super::Settings;
use crate::crm;
use crate::crm::order::{Order, Outcome};
use crate::domain::PageUrls;
use crate::drive::control::{self, AskError};
use crate::store;
use crate::{app, clock, http};
use anyhow::Context;
use std::time::Duration;

/// Has an order carried out; gives what came of it and where the page is.
pub(super) fn give(settings: &Settings, order: Order) -> anyhow::Result<(Outcome, PageUrls)> {
    app::runtime()?.block_on(give_by(settings, order))
}

/// Asks the running daemon; what only it can do is not done without it.
pub(super) fn ask(settings: &Settings, order: &Order) -> anyhow::Result<Outcome> {
    let answer = control::ask(&control::socket_path(&settings.store().live_file()), order);
    Ok(answer.map(|(outcome, _pages)| outcome)?)
}

async fn give_by(settings: &Settings, order: Order) -> anyhow::Result<(Outcome, PageUrls)> {
    // A daemon that runs is asked even where the settings are wrong: it may have started with the last ones that worked.
    let socket = control::socket_path(&settings.store().live_file());
    let deadline = clock::instant() + PATIENCE;
    loop {
        match control::ask(&socket, &order) {
            Err(AskError::NotRunning) => {}
            answer => return Ok(answer?),
        }
        let config = settings.load()?;
        match Settings::open_store(&config)? {
            Ok((store, _applied)) => {
                let now = clock::now();
                let outcome = crm::transact(&store, move |tx| order.perform(tx, now)).await;
                store.close();
                return Ok((outcome?, http::page_urls(&config.http, None)));
            }
            // A daemon that is about to start, or to end, has the store but no ear yet, or none any more.
            Err(store::Error::Busy(_)) if clock::instant() < deadline => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error).context("cannot open the database"),
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);
