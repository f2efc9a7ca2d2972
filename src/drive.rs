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
pub mod health_monitor;
pub mod housekeeping;
pub mod jobs;
pub mod media_fetcher;
pub mod nightly_backup;
pub mod outbox;
pub mod recorded_turns;
pub mod recording_compressor;
pub mod recording_fetcher;
pub mod reload;
pub mod self_check;
pub mod stale_calls;
pub mod systemd_status;
mod twilio_prompts;
pub mod update_check;
pub mod watchdog;

pub use active_settings::{ActivationError, ActiveSettings};
pub use ai_check::check as check_ai;
pub use ai_probe::probe as probe_ai;
pub use clips::Clips;
pub use twilio_prompts::{TwilioPrompt, TwilioPrompts};
