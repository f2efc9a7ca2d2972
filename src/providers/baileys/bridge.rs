//! The bridge as we ask it: to send, how its link to WhatsApp is, and to change that.
//!
//! Only sending and health are sure to be there; what a bridge does not know it answers with 404, and what it does not
//! say is simply not known.

mod exchange;
mod files;
mod pairing;
mod report;
mod send;
mod state;

pub use pairing::{BridgeError, LinkCheck, QrCode};
pub use report::{Account, Overview, Report, Restriction};
pub use send::Text;
pub use state::LinkState;

use crate::config::{Config, Secret};
use crate::providers::http_client;
use reqwest::Client;

/// The bridge.
#[derive(Clone)]
pub struct Bridge {
    client: Client,
    send_url: String,
    origin: String,
    token: Option<Secret>,
    key: Option<Secret>,
    hebrew: bool,
}

impl Bridge {
    /// The bridge that the settings name: by its Unix socket, or by `client`.
    pub fn new(client: Client, config: &Config) -> Result<Self, reqwest::Error> {
        let client = config.whatsapp.bridge_socket().map_or(Ok(client), http_client::build_for_socket)?;
        Ok(Self {
            client,
            send_url: config.whatsapp.baileys_send_url(),
            origin: config.whatsapp.baileys_origin(),
            token: config.whatsapp.token_secret().cloned(),
            key: config.whatsapp.hmac_secret().cloned(),
            hebrew: config.agent.language == "he",
        })
    }

    /// What stands in the way of a message and what to do, in the business's language; none where nothing does.
    pub fn sentence(&self, state: LinkState) -> Option<&'static str> {
        state.sentence(self.hebrew)
    }

    /// What is said where WhatsApp lets the account write to nobody new.
    pub fn restricted(&self) -> &'static str {
        send::restricted(self.hebrew)
    }
}
