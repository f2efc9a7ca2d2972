//! The services that the self-check uses.

use crate::alerting::Alerts;
use crate::backup::Snapshots;
use crate::host::disk::DiskMonitor;
use crate::runtime::outbox::Outbox;
use crate::runtime::{RejectedFields, Settings};
use crate::store::Store;
use crate::tls::Tls;

/// The services that are checked.
pub struct Parts {
    pub settings: Settings,
    /// The database.
    pub store: Store,
    pub disk: DiskMonitor,
    /// The outbox of messages.
    pub outbox: Outbox,
    /// The HTTP client for the AI server.
    pub client: reqwest::Client,
    /// The registry of alerts.
    pub alerts: Alerts,
    /// The TLS certificates.
    pub tls: Tls,
    /// The nightly snapshots.
    pub snapshots: Snapshots,
    /// The fields of `session.update` that the AI server rejects.
    pub rejected: RejectedFields,
}
