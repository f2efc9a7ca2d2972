//! The steps of the set-up on the page.

use super::{CallId, Timestamp, text_enum};

text_enum! {
    /// A step of the set-up, after the owner's account.
    SetupStep {
        /// The name of the business.
        Name = "name",
        /// The public address.
        Address = "address",
        /// The phone number.
        Phone = "phone",
        /// WhatsApp.
        WhatsApp = "whatsapp",
        /// The key of the AI.
        Ai = "ai",
        /// The greeting.
        Greeting = "greeting",
        /// Opening hours, services and facts.
        Business = "business",
        /// A conversation with the agent, in the browser.
        Agent = "agent",
        /// The first phone call.
        Call = "call",
    }
}

/// How far the set-up is, as far as no other data shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupProgress {
    /// The steps that an owner has skipped for now, in their order.
    pub skipped: Vec<SetupStep>,
    /// When the agent first answered in a trial call.
    pub agent_answered_at: Option<Timestamp>,
    /// The newest call that another number has forwarded here.
    pub forwarded_call: Option<ForwardedCall>,
}

/// A call that another number has forwarded to the business's number here, as the network reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardedCall {
    /// The call.
    pub call: CallId,
    /// The number that was called first.
    pub from: String,
}
