//! After an unclean stop the whole database is read and checked, beside the service.

use super::health::{Integrity, Reports};
use super::{beside, copy, open};
use crate::clock;
use rusqlite::InterruptHandle;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

/// A check under way.
pub(in crate::store) struct IntegrityCheck {
    thread: JoinHandle<()>,
    interrupt: InterruptHandle,
}

impl IntegrityCheck {
    /// Starts one. Its outcome goes to the log and to health.
    pub(in crate::store) fn start(live: &Path, reports: Arc<Reports>) -> Option<Self> {
        reports.integrity(Integrity::Checking);
        let conn = open::reader(live).inspect_err(|error| {
            tracing::error!(event = "STORE_INTEGRITY_UNKNOWN", %error, "Cannot check the database");
        });
        let conn = conn.ok()?;
        let interrupt = conn.get_interrupt_handle();
        let check = move || {
            beside::give_way();
            let began = clock::instant();
            let found = copy::findings(&conn);
            let duration_ms = u64::try_from(clock::instant().duration_since(began).as_millis()).unwrap_or(u64::MAX);
            match found {
                Ok(None) => {
                    tracing::info!(
                        event = "STORE_INTEGRITY_OK",
                        duration_ms,
                        "The whole database was read after an unclean stop and is sound"
                    );
                    reports.integrity(Integrity::Ok);
                }
                Ok(Some(findings)) => {
                    tracing::error!(
                        event = "STORE_INTEGRITY_DAMAGED",
                        findings,
                        "The database is damaged: put back a copy from before, or ask for help with this line"
                    );
                    reports.integrity(Integrity::Damaged { findings });
                }
                Err(error) => {
                    tracing::warn!(event = "STORE_INTEGRITY_UNKNOWN", %error, "The check of the database did not end");
                    reports.integrity(Integrity::Unchecked);
                }
            }
        };
        let thread = std::thread::Builder::new().name("store-integrity".into()).spawn(check).ok()?;
        Some(Self { thread, interrupt })
    }

    /// Ends it, done or not.
    pub(in crate::store) fn stop(self) {
        beside::interrupt_until_finished(self.thread, &self.interrupt);
    }
}
