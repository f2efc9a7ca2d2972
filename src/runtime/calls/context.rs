//! What the registry passes to the task of a call when the task starts.

use super::{CallMessage, Calls};
use crate::call::CallPolicy;
use crate::crm::call::IncomingCall;
use crate::domain::ContactName;
use crate::runtime::ActiveSettings;
use crate::store::AiUsage;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Runs the task of a call until the call has ended. The registry receives this function when it is created, because the
/// task uses the registry and the registry must not depend on the task.
pub type RunCall = fn(CallStart) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the task of a call starts with.
pub struct CallStart {
    pub(in crate::runtime) calls: Calls,
    pub(in crate::runtime) settings: Arc<ActiveSettings>,
    pub(in crate::runtime) policy: CallPolicy,
    pub(in crate::runtime) context: CallContext,
    /// A sender to the task itself, for tools and the redirect.
    pub(in crate::runtime) sender: UnboundedSender<CallMessage>,
    pub(in crate::runtime) receiver: UnboundedReceiver<CallMessage>,
}

/// An incoming call as its webhook described it, a call that the agent makes, or a trial call.
#[derive(Clone, Debug)]
pub struct CallContext {
    pub call: IncomingCall,
    /// The name of the caller, or of the contact whom the agent calls.
    pub name: ContactName,
    /// How much the AI was used today before this call; `None` if the database did not answer, or for a call that an
    /// earlier process started.
    pub ai_today: Option<AiUsage>,
    /// The peer of the media socket.
    pub carrier: Carrier,
    /// Whether the call is stored; false for a trial call, or if the database could not be written.
    pub is_stored: bool,
    /// Why the agent calls, if the agent makes the call.
    pub purpose: Option<String>,
}

/// The peer of a call's media socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A phone call through Twilio.
    Twilio,
    /// The browser of a user who tries the agent. Such a call is not stored.
    Browser,
}
