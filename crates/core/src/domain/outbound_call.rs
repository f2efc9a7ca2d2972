//! Calls that the agent makes on request of an employee.

use super::{CallId, CallSid, ContactId, PhoneNumber, Timestamp, text_enum};

text_enum! {
    /// The state of an outbound call.
    OutboundState {
        /// The call waits for its time, for the allowed hours, or for another call to end.
        Waiting = "waiting",
        /// Twilio dials, or the contact talks with the agent.
        Dialing = "dialing",
        /// The contact was reached, or the agent left a message on an answering machine.
        Done = "done",
        /// The contact was not reached, and a task for the business's users was created.
        Failed = "failed",
        /// A user cancelled the call, the contact must not be called any more, or the call failed and another one was
        /// requested for the same missed call.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// The result of an attempt to call a contact, or why a call was cancelled.
    OutboundOutcome {
        /// The contact answered.
        Answered = "answered",
        /// An answering machine got a short message.
        Machine = "machine",
        /// The line was busy.
        Busy = "busy",
        /// The contact did not answer.
        NoAnswer = "no_answer",
        /// The call could not be made; or it was answered, but the agent could not talk with the contact or leave a
        /// message.
        Failed = "failed",
        /// The contact has opted out in the meantime.
        OptedOut = "opted_out",
        /// The contact was blocked in the meantime.
        Blocked = "blocked",
    }
}

/// A call that the agent makes at the request of a user or of an API client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundCall {
    /// The id: the number of the database row.
    pub id: i64,
    /// The contact who is called.
    pub contact_id: ContactId,
    /// The contact's name; may be empty.
    pub contact_name: String,
    /// The number to call.
    pub number: PhoneNumber,
    /// The business's number, which the contact sees.
    pub own_number: PhoneNumber,
    /// Why the agent calls.
    pub purpose: String,
    /// The missed call that is returned; none if the call has another purpose.
    pub missed_call_id: Option<CallId>,
    /// Whether the call waits, is in progress, or is over.
    pub state: OutboundState,
    /// The result of the last attempt, or why the call was cancelled without one; none before the first attempt and
    /// while one is in progress.
    pub outcome: Option<OutboundOutcome>,
    /// The earliest time of the next attempt.
    pub due_at: Timestamp,
    /// The number of attempts so far, including one in progress.
    pub attempts: u32,
    /// When the last attempt began.
    pub dialed_at: Option<Timestamp>,
    /// Twilio's id of the last attempt.
    pub call_sid: Option<CallSid>,
    /// The stored call of the last attempt.
    pub call_id: Option<CallId>,
    /// The actor that requested the call, such as `user:3` or `token:2`.
    pub requested_by: String,
    /// When the call was requested.
    pub created_at: Timestamp,
    /// When the row was last changed.
    pub updated_at: Timestamp,
}
