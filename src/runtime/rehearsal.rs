//! A rehearsal: a conversation between a scripted caller and the agent, with the instructions and the tools of a call, on
//! a database of its own. It is held in writing, with the language model alone, or by phone, with the engine of calls.
//! Nothing is sent, because no worker sends the messages that are queued in that database.

mod caller_script;
mod phone;
mod scene;
mod spoken;
mod stand_ins;
mod written;

pub use phone::LineQuality;
pub use scene::{
    CallerLine, ConversationEnd, HeldCall, HeldConversation, LineStart, RehearsalError, RehearsedTurn, Scene,
    SpokenTurn, UsedTool,
};
pub use spoken::hold as hold_by_phone;
pub use written::hold as hold_in_writing;
