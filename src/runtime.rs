//! Long-running tasks of the daemon (calls, outbox, jobs, catch-up with Twilio) and the services that they use.
//! Business decisions are made in `call`, `inbox` and `crm`, not here.

mod active_settings;
pub mod ai_check;
mod ai_probe;
pub mod answering;
mod call;
pub mod call_notices;
pub mod call_review;
pub mod call_summary;
pub mod caller_texts;
pub mod calls;
pub mod catch_up;
mod clips;
pub mod erasure;
pub mod input_log;
pub mod jobs;
mod low_priority;
pub mod media_details;
pub mod media_fetcher;
pub mod outbound_calls;
pub mod outbox;
pub mod own_tools;
pub mod owner_commands;
mod pipeline_check;
pub mod recorded_turns;
pub mod recording_compressor;
pub mod recording_fetcher;
pub mod recording_peaks;
pub mod recording_transcriber;
pub mod rehearsal;
pub mod reload;
pub mod restart;
pub mod scheduled_messages;
pub mod stale_calls;
mod twilio_prompts;
pub mod typing;
pub mod unstored_calls;

pub use crate::engine::{FieldStatus, RejectedFields};
pub use active_settings::{ActivationError, ActiveSettings, Settings};
pub use ai_check::check as check_ai;
pub use ai_probe::probe as probe_ai;
pub use call::run as run_call;
pub use calls::TransferAnswer;
pub use clips::Clips;
pub use pipeline_check::check as check_pipeline;
pub use twilio_prompts::{GreetingSource, MAX_GREETING, TwilioPrompt, TwilioPrompts};
