//! The set-up code that the daemon logs at its start while no owner exists.

use crate::clock;
use crate::crm::setup::{self, SetupCode};
use crate::crm::{self, Error};
use crate::domain::PageUrls;
use crate::store::Store;

pub(super) async fn offer_setup_code(store: &Store, pages: &PageUrls) {
    let (code, now) = (SetupCode::generate(), clock::now());
    let hash = code.hash();
    match crm::transact(store, move |tx| setup::activate_code(tx, &hash, now)).await {
        Ok(()) => {
            let (url, plain_url) = (code.url(&pages.best), pages.plain.as_deref().map(|page| code.url(page)));
            let also = plain_url.as_deref().map(|url| format!("; from this machine or its local network also {url}"));
            tracing::info!(
                event = "SETUP_CODE",
                url,
                plain_url,
                expires_at = %now.plus(setup::CODE_LIFETIME),
                "Open {url} to create the first owner{}. The code is valid once, for a day; `agentlocator setup` prints another one",
                also.unwrap_or_default()
            );
        }
        Err(Error::Refused(_)) => {}
        // The daemon also starts with a full disk, because it can still answer calls.
        Err(Error::Store(error)) => {
            tracing::warn!(
                event = "SETUP_CODE_FAILED",
                error = &error as &dyn std::error::Error,
                "Cannot create a set-up code because of a database error; correct the error, then run `agentlocator setup` to create a code"
            );
        }
    }
}
