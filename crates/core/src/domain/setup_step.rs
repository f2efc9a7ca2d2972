//! The steps of the set-up on the page.

use super::{CallId, Timestamp, text_enum};

text_enum! {
    /// A step of the set-up that follows the creation of the owner's account.
    SetupStep {
        /// The name of the business.
        Name = "name",
        /// The public address.
        Address = "address",
        /// The phone number.
        Phone = "phone",
        WhatsApp = "whatsapp",
        /// The key of the AI.
        Ai = "ai",
        Greeting = "greeting",
        /// Opening hours, services and facts.
        Business = "business",
        /// A conversation with the agent, in the browser.
        Agent = "agent",
        /// The first phone call.
        Call = "call",
    }
}

/// The progress of the set-up that cannot be derived from other data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupProgress {
    /// The steps that an owner has skipped for now, in the order of the set-up.
    pub skipped: Vec<SetupStep>,
    /// When the agent first answered a trial call.
    pub agent_answered_at: Option<Timestamp>,
    /// The newest call that another number forwarded to the business's number.
    pub forwarded_call: Option<ForwardedCall>,
}

/// A call that the phone network reported as forwarded from another number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardedCall {
    /// The call that was forwarded.
    pub call: CallId,
    /// The number that the caller dialled and that forwarded the call.
    pub from: String,
}
