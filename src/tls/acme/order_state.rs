//! The state of ACME orders, which is stored on disk and survives restarts.

use super::schedule::Attempts;
use crate::config::{AcmeChallenge, TlsConfig};
use crate::tls::folder::Folder;
use serde::{Deserialize, Serialize};
use std::io;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OrderState {
    purpose: Purpose,
    pub(super) attempts: Attempts,
    /// An order that has been created and is not finished.
    pub(super) order: Option<OpenOrder>,
}

/// The settings to which the state applies. If they change, the state is reset.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Purpose {
    directory: String,
    names: Vec<String>,
    challenge: AcmeChallenge,
    external_account: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenOrder {
    pub(super) url: String,
    #[serde(rename = "way")]
    pub(super) challenge_type: AcmeChallenge,
    /// The private key of the future certificate, in PEM format.
    pub(super) key: String,
}

impl Purpose {
    pub(super) fn of(config: &TlsConfig) -> Self {
        Self {
            directory: config.acme_directory_url.to_string(),
            names: config.domain.clone(),
            challenge: config.acme_challenge,
            external_account: config.acme_eab_key_id.clone(),
        }
    }
}

impl OrderState {
    /// Returns an empty state unless the stored state is for this purpose.
    pub(super) fn read(folder: &Folder, purpose: Purpose) -> Self {
        let stored: Option<Self> =
            folder.read(FILE).ok().flatten().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match stored {
            Some(stored) if stored.purpose == purpose => stored,
            _ => Self { purpose, attempts: Attempts::default(), order: None },
        }
    }

    pub(super) fn write(&self, folder: &Folder) -> io::Result<()> {
        folder.write(FILE, &serde_json::to_vec(self).map_err(io::Error::other)?)
    }
}

const FILE: &str = "acme.json";
