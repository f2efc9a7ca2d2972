//! The health monitor, which raises and clears alerts.

mod clock_comparison;

use super::{clock_confirmation, database_notice};
use crate::alerting::Alerts;
use crate::backup::{BackupStatus, Snapshots};
use crate::clock;
use crate::config::Config;
use crate::domain::{AlertDetail, AlertKind, JobKind, Notice, Provider, Timestamp};
use crate::host::clock_floor::{self, ClockFloor};
use crate::host::disk::DiskMonitor;
use crate::host::local_time::start_of_day;
use crate::providers::baileys::bridge::LinkState;
use crate::runtime::calls::{self, Calls};
use crate::runtime::jobs::Jobs;
use crate::runtime::outbox::Outbox;
use crate::runtime::{FieldStatus, Settings};
use crate::store::{DeliveryPeriod, Health, Integrity, Store, Undelivered, WalSize};
use crate::tls::{Tls, TlsHealth, TlsStatus};
use clock_comparison::ClockComparison;
use std::time::Duration;

pub struct HealthMonitor {
    pub settings: Settings,
    pub store: Store,
    pub disk: DiskMonitor,
    pub outbox: Outbox,
    pub tls: Tls,
    pub snapshots: Snapshots,
    pub jobs: Jobs,
    pub calls: Calls,
    pub alerts: Alerts,
}

impl HealthMonitor {
    /// Never returns; the caller stops it by dropping the future.
    pub async fn run(self) {
        let mut next_slow_checks = clock::instant();
        let mut comparison = ClockComparison::new(next_slow_checks);
        let mut took_media = self.disk.takes_media();
        loop {
            self.check_disk(&mut took_media).await;
            self.check_store();
            self.check_start_notice().await;
            self.check_bridge();
            self.check_ai_limits().await;
            self.check_ai_fields();
            self.alerts.set(AlertKind::SettingsRejected, rejected(&self.settings.config()));
            if clock::instant() >= next_slow_checks {
                next_slow_checks = clock::instant() + SLOW_INTERVAL;
                self.run_slow_checks().await;
                self.check_clock(&mut comparison).await;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    async fn check_disk(&self, took_media: &mut bool) {
        let status = self.disk.check();
        self.alerts.set(AlertKind::DiskLow, status.problem());
        let takes_media = self.disk.takes_media();
        if takes_media != *took_media {
            let (free_mb, total_mb) = (status.data.free_bytes >> 20, status.data.total_bytes >> 20);
            if takes_media {
                tracing::info!(
                    event = "DISK_OK",
                    free_mb,
                    total_mb,
                    "The data disk has enough free space and inodes again, {free_mb} of {total_mb} MB are free: files and recordings are stored again"
                );
                let hastened = self
                    .store
                    .write(|tx| tx.make_jobs_due(&[JobKind::FetchMedia, JobKind::FetchRecording], clock::now()))
                    .await;
                if hastened.is_ok() {
                    self.jobs.wake();
                }
            } else {
                tracing::warn!(
                    event = "DISK_LOW",
                    free_mb,
                    total_mb,
                    "The data disk lacks free space or inodes, {free_mb} of {total_mb} MB are free: files and recordings are not stored until enough is free"
                );
            }
            *took_media = takes_media;
        }
    }

    fn check_store(&self) {
        let health = self.store.health();
        self.alerts.set(AlertKind::DatabaseUnwritable, unwritable(&health));
        self.alerts.set(AlertKind::PublishedCopy, database_notice::unpublished(&health.publish));
        let foreign = database_notice::foreign(&health.publish, self.published_file());
        self.alerts.set(AlertKind::ForeignFile, foreign);
        let wal = self.store.wal_size();
        self.alerts.set(AlertKind::WalSize, large_wal(&wal));
        // Litestream keeps a read transaction open while it runs, so a missing reader means that it does not run.
        let is_missing = self.settings.config().store.litestream && wal.reader.is_none();
        self.alerts.set(AlertKind::Replication, is_missing.then(AlertDetail::default));
        if let Integrity::Damaged { findings } = &health.integrity {
            let damage = database_notice::damaged(findings, &health.publish, self.published_file());
            self.alerts.raise(AlertKind::Integrity, damage);
        } else if health.integrity == Integrity::Ok {
            self.alerts.clear(AlertKind::Integrity);
        }
    }

    /// The alert about the handling of the database files at the last start remains until the owner dismisses the
    /// notice, the alert about held messages until the owner sends or discards them.
    async fn check_start_notice(&self) {
        let read = self.store.read(|tx| {
            let scheduled = tx.held_scheduled()?.len() as u64;
            Ok((tx.start_notice()?, tx.count_held_outbox()? + scheduled))
        });
        let read = read.await;
        let Ok((notice, held)) = read else { return };
        let (file, notice) = (self.published_file(), notice.filter(|notice| !notice.quiet));
        self.alerts.set(AlertKind::DatabaseReplaced, notice.map(|notice| database_notice::describe(notice, file)));
        self.alerts.set(AlertKind::OutboxHeld, (held > 0).then_some(Notice::OutboxHeld { count: held }));
    }

    fn published_file(&self) -> String {
        self.settings.config().store.published_file().display().to_string()
    }

    async fn check_ai_limits(&self) {
        let (now, config) = (clock::now(), self.settings.config());
        let today = start_of_day(now, &config.business.time_zone);
        if let Ok(used) = self.store.read(move |tx| tx.ai_usage(None, today, now)).await {
            let used = self.calls.services().usage_of_day(Some(used), today, now);
            self.alerts.set(AlertKind::AiLimit, calls::usage_warning(&config.voice, self.calls.ai_count(), used));
        }
    }

    /// After a restart, an existing alert remains until a session has been opened.
    fn check_ai_fields(&self) {
        match self.calls.ai_fields() {
            FieldStatus::Rejected(fields) => {
                self.alerts.raise(AlertKind::AiSettingRejected, Notice::AiFieldsRejected { fields: fields.join(", ") });
            }
            FieldStatus::Accepted => self.alerts.clear(AlertKind::AiSettingRejected),
            FieldStatus::Unknown => {}
        }
    }

    fn check_bridge(&self) {
        if self.settings.current().bridge.is_none() {
            for kind in [
                AlertKind::BridgeLink,
                AlertKind::BridgeDown,
                AlertKind::BridgeNotReceiving,
                AlertKind::WhatsAppRestricted,
            ] {
                self.alerts.clear(kind);
            }
            return;
        }
        let Some(state) = self.outbox.bridge() else { return };
        let needs_owner = needs_owner(state);
        let is_down = !state.is_connected() && !needs_owner;
        // The two alerts exclude each other: while the link needs an action of the owner, it is unknown whether the
        // bridge is up.
        self.alerts.set(AlertKind::BridgeLink, state.notice().filter(|_| needs_owner));
        self.alerts.set(AlertKind::BridgeDown, state.notice().filter(|_| is_down));
        if state.is_connected() {
            let notice = self.outbox.bridge_not_receiving_since().map(|since| Notice::BridgeNotReceiving { since });
            self.alerts.set(AlertKind::BridgeNotReceiving, notice);
        }
    }

    /// The checks that are too expensive for every interval.
    async fn run_slow_checks(&self) {
        let now = clock::now();
        if let Some(bridge) = &self.settings.current().bridge
            && self.outbox.bridge().is_some_and(LinkState::is_connected)
        {
            let restriction = bridge.overview(false).await.report.restriction;
            let detail = restriction.map(|restriction| {
                let until = restriction.until.map(|until| Notice::WhatsAppRestrictedUntil { until });
                until.into_iter().collect::<Vec<_>>()
            });
            self.alerts.set(AlertKind::WhatsAppRestricted, detail);
        }
        let waiting = self.store.read(move |tx| {
            let before = now.minus(STUCK_AFTER);
            Ok((tx.stuck_outbox(before)?, tx.paced_outbox(before)?))
        });
        let per_minute = u64::from(self.settings.config().whatsapp.per_minute);
        match waiting.await {
            Ok(_) if !self.outbox.is_alive() => self.alerts.raise(AlertKind::OutboxStuck, Notice::OutboxStopped),
            Ok((0, 0)) => self.alerts.clear(AlertKind::OutboxStuck),
            Ok((0, count)) => self.alerts.raise(AlertKind::OutboxStuck, Notice::OutboxPaced { count, per_minute }),
            Ok((count, _)) => self.alerts.raise(AlertKind::OutboxStuck, Notice::OutboxWaiting { count }),
            Err(_) => {}
        }
        if let Ok(found) = self.store.read(move |tx| tx.undelivered(DeliveryPeriod::at(now))).await {
            self.alerts.set(AlertKind::OutboxUndelivered, undelivered(&found));
        }
        self.alerts.set(AlertKind::Certificate, certificate_problem(&self.tls.status()));
        self.alerts.set(AlertKind::Backup, backup_problem(&self.snapshots, now));
    }

    async fn check_clock(&self, comparison: &mut ClockComparison) {
        let newest_entry = self.store.read(|tx| tx.newest_activity()).await.ok().flatten();
        let floor = ClockFloor { built: self.settings.config().version.build_time.parse().ok(), newest_entry };
        let now = clock::now();
        let is_synchronised = floor.check(now, false).is_some() && clock_floor::is_kernel_synchronised().await;
        let behind = floor.check(now, is_synchronised);
        if comparison.is_due(behind.is_some(), clock::instant(), clock::moment())
            && let Some(reading) = clock_confirmation::measure(&self.settings.config()).await
        {
            comparison.record(&reading);
        }
        self.alerts.set(AlertKind::ClockWrong, comparison.alert(behind, now));
    }
}

fn rejected(config: &Config) -> Option<Vec<Notice>> {
    let notices = config.rejected.iter().map(|problem| Notice::SettingRejected { reason: problem.into() });
    (!config.rejected.is_empty()).then(|| notices.collect())
}

fn unwritable(health: &Health) -> Option<AlertDetail> {
    (!health.writable).then(AlertDetail::default)
}

/// Names the process that prevents the checkpoint, if it is known.
fn large_wal(wal: &WalSize) -> Option<Notice> {
    if wal.bytes <= LARGE_WAL {
        return None;
    }
    let size_mb = wal.bytes >> 20;
    Some(match wal.reader {
        Some(process) => {
            let command = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            let command: String = String::from_utf8_lossy(&command).replace('\0', " ").chars().take(200).collect();
            let (process, command) = (process.unsigned_abs().into(), command.trim().to_owned());
            Notice::LogReader { size_mb, process, command }
        }
        None => Notice::LogReaderUnknown { size_mb },
    })
}

/// `None` unless the backup status is bad.
pub fn backup_problem(snapshots: &Snapshots, now: Timestamp) -> Option<Vec<Notice>> {
    if snapshots.status(now) != BackupStatus::Bad {
        return None;
    }
    let status = snapshots.last_run();
    let reason = status.last_error.unwrap_or_default();
    let here = match status.last_success_at {
        Some(last) => Notice::BackupOld { last, reason },
        None => Notice::BackupMissing { reason },
    };
    let uploaded = status.bucket_error.map(|reason| Notice::BackupNotUploaded { reason });
    Some(std::iter::once(here).chain(uploaded).collect())
}

/// `None` unless the health of the certificate is an error.
pub fn certificate_problem(status: &TlsStatus) -> Option<Notice> {
    if status.health != TlsHealth::Error {
        return None;
    }
    let reason = status.last_error.as_ref().map(|problem| problem.causes.clone()).unwrap_or_default();
    Some(match status.not_after {
        Some(end) => Notice::CertificateExpires { end, reason },
        None => Notice::CertificateMissing { reason },
    })
}

fn undelivered(found: &Undelivered) -> Option<Notice> {
    let (count, contacts) = (found.count(), found.contacts);
    let (by_twilio, by_bridge) = (found.by(Provider::Twilio), found.by(Provider::Baileys));
    (count > 0).then_some(Notice::OutboxUndelivered { count, by_twilio, by_bridge, contacts })
}

/// Returns true if a link state lasts until the owner acts.
fn needs_owner(state: LinkState) -> bool {
    matches!(
        state,
        LinkState::LoggedOut
            | LinkState::Replaced
            | LinkState::Banned
            | LinkState::Outdated
            | LinkState::MultideviceMismatch
            | LinkState::Disk
            | LinkState::Damaged
            | LinkState::Unauthorized
    )
}

/// In bytes. The write-ahead log is normally checkpointed at 8 MB, with Litestream at 32 MB, so a much larger log means
/// that a reader prevents the checkpoint.
const LARGE_WAL: u64 = 256 << 20;
const INTERVAL: Duration = Duration::from_secs(2);
const SLOW_INTERVAL: Duration = Duration::from_mins(1);
/// The check runs every minute, so the alert is raised within ten minutes.
const STUCK_AFTER: Duration = Duration::from_mins(9);
