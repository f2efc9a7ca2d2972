//! `agentlocator setup`: the first-run URL and its one-time code.

use super::{Settings, order, print};
use crate::crm::order::Order;
use crate::crm::setup::SetupCode;
use crate::ops::tls::own_fingerprint;

pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    let config = settings.load();
    if let Ok(config) = &config {
        Settings::tell_default_database(config);
    }
    let code = SetupCode::generate();
    let (_, page) = order::give(settings, Order::OfferSetupCode { code_hash: code.hash() })?;
    print(&format!("Open   {}\nCode   {code}\n\nThe code is good once, within 24 hours.\n", code.url(&page)))?;
    match config.ok().and_then(|config| own_fingerprint(&config)) {
        None => Ok(()),
        Some(fingerprint) => print(&format!(
            "\nOver https:// the same page is encrypted. The browser warns, because nobody vouches for the certificate yet;\n\
             go on if it shows this SHA-256 fingerprint:\n{fingerprint}\n"
        )),
    }
}
