//! The services that the self-check uses.

use crate::alerting::Alerts;
use crate::backup::Snapshots;
use crate::host::disk::DiskMonitor;
use crate::runtime::outbox::Outbox;
use crate::runtime::{RejectedFields, Settings};
use crate::store::Store;
use crate::tls::Tls;

/// The services that the self-check checks or uses.
pub struct SelfCheckServices {
    pub settings: Settings,
    pub store: Store,
    pub disk: DiskMonitor,
    pub outbox: Outbox,
    /// The HTTP client for the AI server.
    pub client: reqwest::Client,
    pub alerts: Alerts,
    pub tls: Tls,
    pub snapshots: Snapshots,
    /// The fields of `session.update` that the AI server rejects.
    pub rejected: RejectedFields,
}
