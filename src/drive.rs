//! The runtime: all loops and tasks of the daemon, and the services that they use. It makes no business decisions;
//! those are in `call`, `inbox` and `crm`.

mod active_settings;
mod ai_check;
mod ai_probe;
pub mod alerts;
pub mod backfills;
mod call;
pub mod calls;
pub mod catch_up;
mod clips;
pub mod control;
pub mod fallback;
pub mod health_monitor;
pub mod housekeeping;
pub mod jobs;
pub mod media_fetcher;
pub mod nightly_backup;
pub mod outbox;
mod prompts;
pub mod recording_compressor;
pub mod recordings;
pub mod reload;
pub mod self_check;
pub mod sweep;
pub mod systemd_status;
pub mod update_check;
pub mod watchdog;

pub use active_settings::{ActivationError, ActiveSettings};
pub use ai_check::look as look_at_ai;
pub use ai_probe::look as probe_ai;
pub use clips::Clips;
pub use prompts::{Prompt, Prompts};
