//! The phone call as a state machine without I/O.
//!
//! The driver of a [`CallSession`] reports each event ([`Input`], with its time) and receives the actions to take
//! ([`Output`]). The session owns no socket, clock or lock, so tests can run any order of faults in virtual time. The
//! driver repeats three steps: call [`CallSession::handle_input`] or [`CallSession::handle_timeout`], call
//! [`CallSession::poll_output`] until it returns none, and wait for the next input or for the time that
//! [`CallSession::poll_timeout`] returns.
//!
//! ```text
//! Connecting ──(stream + engine)──▶ Live ──(goodbye, transfer, idle, too long)──▶ Ending ──(played)──▶ Done
//!      └──────(watchdog)──▶ redirect to Twilio's recorder ──────────────────────────────────────────────▲
//! ```
//!
//! The diagram shows the phases of most calls. After the announcement in `Ending`, a transfer waits in `Transferring`
//! for the human agent; before that, the staff's web pages may ring, in `Ringing`. In `TakenOver`, an employee talks with
//! the caller through the browser. These phases can return to `Live`.

mod back_channel;
mod caller_audio;
mod input;
mod late_output;
mod local_speech;
mod output;
mod playback;
mod policy;
mod responses;
mod robot;
mod session;
mod timers;
mod transcript;

pub use input::{EngineEvent, Input, ItemId, Operator, ResponseId, ResponseOutcome, ToolCall, Usage};
pub use late_output::{LateOutput, STILL_RUNNING};
pub use output::{
    CallEvent, CallerWords, Clip, EngineCommand, FalseBargeIn, HandBackCause, HistoryTurn, Output, ResponseRequest,
    StreamEndAction, TurnRecord,
};
pub use policy::{AUDIO_TIMEOUT, CallPolicy, EngineCapabilities, MESSAGE_TIMEOUT, OtherFillers, PageRing, Prompts};

pub use crate::domain::EngineKind;
pub use robot::RobotEvidence;
pub use session::{Activity, CallSession, TakeoverState};
pub use transcript::tool_item;

#[cfg(test)]
mod tests;
