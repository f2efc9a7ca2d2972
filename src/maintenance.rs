//! Tasks that keep the daemon and its data healthy.

pub mod alert_delivery;
pub mod backfills;
pub mod clock_confirmation;
pub mod database_notice;
pub mod health_monitor;
pub mod housekeeping;
pub mod manual_backup;
pub mod nightly_backup;
pub mod search_index;
pub mod self_check;
pub mod systemd_status;
pub mod update_check;
pub mod watchdog;
