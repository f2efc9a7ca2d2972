//! API types of the calls that the agent makes.

use crate::crm::outbound_call::{CallRequest, CallTarget};
use crate::domain::{self, CallId, ContactId, PhoneNumber, Timestamp};
use crate::http::ApiError;
use crate::http::api::one_of::OneOf;
use crate::http::pagination::Page;
use serde::{Deserialize, Serialize};

pub(super) type OutboundState = OneOf<domain::OutboundState>;
type OutboundOutcome = OneOf<domain::OutboundOutcome>;
pub(super) type OutboundCallPage = Page<OutboundCall>;

/// A call that the agent was asked to make.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OutboundCall {
    /// The id of the outbound call.
    id: i64,
    /// The id of the contact.
    contact_id: i64,
    /// The name of the contact; empty if it is not known.
    contact_name: String,
    /// The number to call.
    number: String,
    /// The number of the business that the contact sees.
    own_number: String,
    /// Why the agent calls.
    purpose: String,
    /// The id of the incoming call that is returned; null if the agent returns no call.
    missed_call_id: Option<i64>,
    /// The state of the outbound call.
    state: OutboundState,
    /// The result of the last attempt, or why the daemon cancelled the call (`opted_out`, `blocked`); null if there is
    /// neither, during an attempt, and after an attempt that was not made.
    outcome: Option<OutboundOutcome>,
    /// The earliest time of the next attempt; if none follows, the earliest time of the last planned attempt.
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    /// The number of attempts so far.
    attempts: u32,
    /// The id of the call of the last attempt; null before Twilio dials.
    call_id: Option<i64>,
    /// The actor that requested the call: `user:3` or `token:2`.
    requested_by: String,
    /// When the call was requested.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the outbound call last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<domain::OutboundCall> for OutboundCall {
    fn from(call: domain::OutboundCall) -> Self {
        Self {
            id: call.id,
            contact_id: call.contact_id.0,
            contact_name: call.contact_name,
            number: call.number.to_string(),
            own_number: call.own_number.to_string(),
            purpose: call.purpose,
            missed_call_id: call.missed_call_id.map(|id| id.0),
            state: call.state.into(),
            outcome: call.outcome.map(OneOf),
            due_at: call.due_at,
            attempts: call.attempts,
            call_id: call.call_id.map(|id| id.0),
            requested_by: call.requested_by,
            created_at: call.created_at,
            updated_at: call.updated_at,
        }
    }
}

/// The calls that were planned, in the order of the request.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OutboundCalls {
    /// One outbound call for each contact of the request, in the same order. A contact that the request names more than
    /// once gets one call.
    pub(super) calls: Vec<OutboundCall>,
}

/// The contacts that the agent should call, and the reason.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutboundCallsRequest {
    /// The contacts to call, in order.
    #[schema(min_items = 1, max_items = 20)]
    to: Vec<CallTargetRequest>,
    /// Why the agent calls, 1 to 300 characters.
    purpose: String,
    /// The earliest time of the calls, within the next 30 days; now by default.
    #[schema(value_type = Option<String>, format = DateTime)]
    not_before: Option<Timestamp>,
}

/// A contact to call. Exactly one field is set.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallTargetRequest {
    /// The id of a contact.
    contact_id: Option<i64>,
    /// A phone number, in international form or as it is written in the country of the business.
    number: Option<String>,
    /// The id of an incoming call that has ended, to call its caller back.
    call_id: Option<i64>,
}

impl OutboundCallsRequest {
    pub(super) fn into_request(
        self,
        own_number: Option<PhoneNumber>,
        prefixes: Vec<String>,
    ) -> Result<CallRequest, ApiError> {
        let target = |target: CallTargetRequest| match (target.contact_id, target.number, target.call_id) {
            (Some(id), None, None) => Ok(CallTarget::Contact(ContactId(id))),
            (None, Some(number), None) => Ok(CallTarget::Number(number)),
            (None, None, Some(id)) => Ok(CallTarget::Call(CallId(id))),
            _ => Err(crate::crm::Error::from(crate::crm::RequestError::field(
                "to",
                "each contact has exactly one of contact_id, number and call_id",
            ))),
        };
        let targets = self.to.into_iter().map(target).collect::<Result<_, _>>()?;
        Ok(CallRequest { targets, purpose: self.purpose, not_before: self.not_before, own_number, prefixes })
    }
}
