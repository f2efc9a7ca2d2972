//! Giving orders: to the running daemon, else to the store itself.

use super::Settings;
use crate::crm;
use crate::crm::order::{Order, Outcome};
use crate::drive::control::{self, AskError};
use crate::store::Store;
use crate::{app, clock};
use anyhow::Context;

/// Has an order carried out; gives what came of it and where the page is.
pub(super) fn give(settings: &Settings, order: Order) -> anyhow::Result<(Outcome, String)> {
    let config = settings.load()?;
    match control::ask(&control::socket_path(&config.store.live_file()), &order) {
        Err(AskError::NotRunning) => {}
        answer => return Ok(answer?),
    }
    let outcome = app::runtime()?.block_on(async {
        let (store, _applied) = Store::open(&config.store).context("cannot open the database")?;
        let now = clock::now();
        let outcome = crm::transact(&store, move |tx| order.perform(tx, now)).await;
        store.close();
        anyhow::Ok(outcome?)
    })?;
    Ok((outcome, crate::http::page_address(&config.http, None)))
}
