//! The client of the bridge's HTTP API: sends messages, and reads and changes the state of the link to WhatsApp.
//!
//! Every bridge must support sending and the health check. A bridge answers an unsupported request with 404. A field
//! that is missing from a response has an unknown value.

mod authentication;
mod files;
mod http;
mod link_state;
mod pairing;
mod report;
mod send;

pub use authentication::{AuthenticationHeader, NONCE, PROOF};
pub use link_state::LinkState;
pub use pairing::{BridgeError, LinkCheck, QrCode};
pub use report::{Account, Overview, Report, Restriction};
pub use send::{Quoted, Text};

use crate::config::{Config, Secret};
use crate::providers::http_client;
use authentication::Authentication;
use reqwest::Client;

#[derive(Clone)]
pub struct Bridge {
    client: Client,
    send_url: String,
    origin: String,
    authentication: Authentication,
    key: Option<Secret>,
}

impl Bridge {
    pub fn new(client: Client, config: &Config) -> Result<Self, reqwest::Error> {
        let client = match config.whatsapp.bridge_socket() {
            Some(path) => http_client::build_for_socket(path)?,
            // The bridge is on this machine: a proxy would receive the secret.
            None if config.whatsapp.baileys_origin().starts_with("http://") => http_client::build_direct()?,
            None => client,
        };
        Ok(Self {
            client,
            send_url: config.whatsapp.baileys_send_url(),
            origin: config.whatsapp.baileys_origin(),
            authentication: Authentication::new(config),
            key: config.whatsapp.hmac_secret().cloned(),
        })
    }
}
