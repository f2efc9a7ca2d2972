//! The integrity check of an unverified database, for example after an unclean stop: reads the whole database in the
//! background.

use super::health::{HealthState, Integrity};
use super::{background_read, open};
use crate::clock;
use crate::domain::Language;
use crate::messages;
use crate::store::backup::copy;
use rusqlite::InterruptHandle;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

pub(in crate::store) struct IntegrityCheck {
    thread: JoinHandle<()>,
    interrupt: InterruptHandle,
}

impl IntegrityCheck {
    /// The outcome is logged and recorded in the health. `None` if the check cannot be started.
    pub(in crate::store) fn start(live: &Path, health_state: Arc<HealthState>) -> Option<Self> {
        health_state.record_integrity(Integrity::Checking);
        let conn = open::reader(live).inspect_err(|error| {
            tracing::error!(event = "STORE_INTEGRITY_UNKNOWN", %error, "Cannot open the database for its integrity check; the next self-check or start verifies the database");
            health_state.record_integrity(Integrity::Unchecked);
        });
        let conn = conn.ok()?;
        let interrupt = conn.get_interrupt_handle();
        let on_failure = health_state.clone();
        let check = move || {
            background_read::lower_priority();
            let began = clock::instant();
            let found = copy::findings(&conn);
            let duration_ms = u64::try_from(clock::instant().duration_since(began).as_millis()).unwrap_or(u64::MAX);
            match found {
                Ok(None) => {
                    tracing::info!(
                        event = "STORE_INTEGRITY_OK",
                        duration_ms,
                        "Integrity check: the whole database was read and is undamaged"
                    );
                    health_state.record_integrity(Integrity::Ok);
                }
                Ok(Some(findings)) => {
                    let text = messages::causes(Language::English, &findings);
                    tracing::error!(
                        event = "STORE_INTEGRITY_DAMAGED",
                        findings = text,
                        "Integrity check failed: the database is damaged ({text}). Restore a backup from before the damage, or ask for \
                         help and include this line"
                    );
                    health_state.record_integrity(Integrity::Damaged { findings });
                }
                Err(error) => {
                    tracing::warn!(event = "STORE_INTEGRITY_UNKNOWN", %error, "The integrity check of the database was not completed; the next self-check or start verifies the database");
                    health_state.record_integrity(Integrity::Unchecked);
                }
            }
        };
        let thread = std::thread::Builder::new().name("store-integrity".into()).spawn(check).inspect_err(|error| {
            tracing::error!(event = "STORE_INTEGRITY_UNKNOWN", %error, "The integrity check of the database was not started; the next self-check or start verifies the database");
            on_failure.record_integrity(Integrity::Unchecked);
        });
        thread.ok().map(|thread| Self { thread, interrupt })
    }

    pub(in crate::store) fn stop(self) {
        background_read::interrupt_until_finished(self.thread, &self.interrupt);
    }
}
