//! The agent's tools: the functions that the model may call.
//!
//! Each tool is a type that implements `Tool` and one of two further traits: `Run` if it calls a function of the
//! CRM, `ControlCall` if it ends or transfers the phone call, which the call session does itself. A
//! [`ToolRegistry`] holds the tools of one conversation.

mod booking;
mod end_call;
mod registry;
mod schema;
mod search_facts;
mod take_message;
#[cfg(test)]
mod tests;
mod transfer_to_person;

pub use registry::{PhoneTools, ToolDefinition, ToolRegistry};

use crate::call::ToolCall;
use crate::clock;
use crate::crm;
use crate::crm::call::IncomingCall;
use crate::crm::caller_booking::Caller;
use crate::domain::CallSid;
use crate::store::{self, ReadTx, Store, WriteTx};
use jiff::tz::TimeZone;
use phonenumber::country;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// A function that the model may call.
trait Tool {
    /// The arguments. The schema that the model receives is derived from this type, with the documentation of the
    /// fields as their descriptions.
    type Arguments: DeserializeOwned + JsonSchema;
    /// The name by which the model calls it.
    const NAME: &'static str;
    /// When the model is to use it.
    const DESCRIPTION: &'static str;
}

/// A tool that calls one function of the CRM.
trait Run: Tool + 'static {
    /// If the tool takes longer, the model is informed, and receives the output later.
    const TIME_LIMIT: Duration;

    /// Runs the tool. The value is the output for the model.
    fn run(context: &ToolContext, arguments: Self::Arguments) -> impl Future<Output = Result<Value, ToolError>> + Send;
}

/// A tool that ends or transfers the phone call. Malformed arguments count as the default ones, because the agent has
/// announced the action to the caller already.
trait ControlCall: Tool<Arguments: Default> {
    /// What the call session is to do.
    fn control(arguments: Self::Arguments) -> ToolCall;
}

/// The conversation in which a tool runs. Tools reach the database only through it, so that a tool of a trial call
/// changes nothing.
#[derive(Clone)]
pub struct ToolContext {
    store: Store,
    call: CallSid,
    /// The business's time zone.
    zone: TimeZone,
    /// For a trial call, the business's country.
    trial_in: Option<country::Id>,
}

impl ToolContext {
    /// For a phone call.
    pub fn new(store: Store, call: CallSid, zone: TimeZone) -> Self {
        Self { store, call, zone, trial_in: None }
    }

    /// The same for a trial call: tools return what they would return, and nothing is stored.
    #[must_use]
    pub fn for_trial(self, country: country::Id) -> Self {
        Self { trial_in: Some(country), ..self }
    }

    fn is_trial(&self) -> bool {
        self.trial_in.is_some()
    }

    /// Who calls, and when.
    fn caller(&self) -> Caller {
        Caller { call: self.call.clone(), zone: self.zone.clone(), now: clock::now() }
    }

    /// Reads in one snapshot. A trial call is not stored, so it reads within a transaction that is rolled back.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T, crm::Error> + Send + 'static,
    ) -> Result<T, crm::Error> {
        if self.is_trial() { self.transact(move |tx| work(tx)).await } else { crm::read(&self.store, work).await }
    }

    /// Records a question that has no answer, for the owner. The conversation does not depend on it.
    async fn report_unanswered(&self, question: String) {
        let (sid, now) = (self.call.clone(), clock::now());
        let report = self.transact(move |tx| match tx.stored_call(&sid)? {
            Some(call) => crm::knowledge_gap::report(tx, &question, &call, now),
            None => Ok(()),
        });
        if let Err(error) = report.await {
            tracing::warn!(event = "KNOWLEDGE_GAP", call.sid = %self.call, %error, "A question without an answer in call {} is not recorded", self.call);
        }
    }

    /// Runs a use case in one transaction, see [`crm::transact`]. In a trial call the transaction is rolled back.
    async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T, crm::Error> + Send + 'static,
    ) -> Result<T, crm::Error> {
        let Some(country) = self.trial_in else { return crm::transact(&self.store, work).await };
        let call = IncomingCall::by_sid(self.call.clone());
        crm::rehearse(&self.store, move |tx| {
            // The tools belong to a stored call.
            crm::call::find_or_create(tx, &call, country, clock::now())?;
            work(tx)
        })
        .await
    }
}

/// Why a tool did nothing. The text is the output for the model.
#[derive(Debug, thiserror::Error)]
enum ToolError {
    #[error("there is no tool {name}; the tools are: {known}")]
    Unknown { name: String, known: String },
    #[error("the arguments do not match the tool's schema: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("{name} must be {expected}")]
    BadValue { name: &'static str, expected: &'static str },
    #[error(transparent)]
    Refused(crm::RequestError),
    #[error("it could not be stored; nothing was done")]
    Store(#[source] store::Error),
}

impl From<crm::Error> for ToolError {
    fn from(error: crm::Error) -> Self {
        match error {
            crm::Error::Refused(reason) => Self::Refused(reason),
            crm::Error::Store(error) => Self::Store(error),
        }
    }
}
