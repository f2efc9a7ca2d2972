//! What is known about a call when it starts.

use crate::crm::call::IncomingCall;
use crate::domain::ContactName;
use crate::store::AiUsage;

#[derive(Clone, Debug)]
pub struct CallContext {
    pub call: IncomingCall,
    /// The name of the caller, or of the contact whom the agent calls.
    pub name: ContactName,
    /// How much the AI was used today before this call; `None` if the database did not answer, or for a call that an
    /// earlier process started.
    pub ai_today: Option<AiUsage>,
    /// The peer of the media socket.
    pub transport: Transport,
    /// Whether the call is stored; false for a trial call, or if the database could not be written.
    pub is_stored: bool,
    /// Why the agent calls, if the agent makes the call.
    pub purpose: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A phone call through Twilio.
    Twilio,
    /// The browser of a user who tries the agent. Such a call is not stored.
    Browser,
}
