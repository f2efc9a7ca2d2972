//! The runtime: all loops and tasks of the daemon, and the services that they use. It makes no business decisions;
//! those are in `call`, `inbox` and `crm`.

mod ai_check;
mod ai_probe;
pub mod alerts;
pub mod backfills;
mod call;
pub mod calls;
pub mod care;
pub mod catch_up;
mod clips;
pub mod control;
pub mod fallback;
pub mod heartbeat;
pub mod housekeeping;
mod in_force;
pub mod jobs;
pub mod message_files;
pub mod outbox;
mod prompts;
pub mod recording_compressor;
pub mod recordings;
pub mod reload;
pub mod self_check;
pub mod snapshots;
pub mod status;
pub mod sweep;
pub mod updates;

pub use ai_check::look as look_at_ai;
pub use ai_probe::look as probe_ai;
pub use clips::Clips;
pub use in_force::{InForce, InForceError};
pub use prompts::{Prompt, Prompts};
