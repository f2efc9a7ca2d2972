//! What the self-check needs.

use crate::alerting::Alerts;
use crate::backup::Snapshots;
use crate::host::disk::DiskMonitor;
use crate::runtime::outbox::Outbox;
use crate::runtime::{RejectedFields, Settings};
use crate::store::Store;
use crate::tls::Tls;

/// What is checked.
pub struct Parts {
    pub settings: Settings,
    /// The database.
    pub store: Store,
    pub disk: DiskMonitor,
    /// Outbound messages.
    pub outbox: Outbox,
    /// The HTTP client for the AI server.
    pub client: reqwest::Client,
    /// Where alerts are raised.
    pub alerts: Alerts,
    /// Certificates.
    pub tls: Tls,
    /// Nightly snapshots.
    pub snapshots: Snapshots,
    /// The settings that the AI server rejects.
    pub rejected: RejectedFields,
}
