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
    /// Outbound messages.
    pub outbox: Outbox,
    /// The HTTP client for the AI server.
    pub client: reqwest::Client,
    /// The registry of alerts.
    pub alerts: Alerts,
    /// Certificates.
    pub tls: Tls,
    /// Nightly snapshots.
    pub snapshots: Snapshots,
    /// The session fields that the AI server rejects.
    pub rejected: RejectedFields,
}
