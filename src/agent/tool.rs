//! The agent's tools: the functions that the model may call.
//!
//! Each built-in tool is a type that implements `Tool` and one of two further traits. `Run` is for tools that return an
//! output to the model. `ControlCall` is for tools that end or transfer the phone call or collect keys; the call session
//! performs these actions. Tools that the owner defined are data (`own`). A [`ToolRegistry`] holds the tools of one conversation.

mod booking;
mod collect_keys;
mod end_call;
mod own;
mod record_opt_out;
mod registry;
mod save_contact_details;
mod search_facts;
mod send_whatsapp;
mod take_message;
#[cfg(test)]
mod tests;
mod transfer_to_person;

pub use registry::{PhoneTools, ToolDefinition, ToolRegistry};

use crate::call::{CallerWords, ToolCall};
use crate::clock;
use crate::crm::call::IncomingCall;
use crate::crm::caller_booking::Caller;
use crate::crm::caller_text::CallerText;
use crate::crm::{self, Transactions};
use crate::domain::{AgentTool, ArgumentError, BuiltInTool, CallSid, MessageId, Timestamp};
use crate::store::{self, ReadTx, Store, WriteTx};
use futures_util::future::BoxFuture;
use jiff::tz::TimeZone;
use phonenumber::country;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

trait Tool {
    /// The arguments. The model receives the JSON Schema of this type, in which the doc comment of a field is the
    /// field's description.
    type Arguments: DeserializeOwned + JsonSchema;
    const NAME: BuiltInTool;
    const DESCRIPTION: &'static str;
}

/// A tool that reads or changes data, and returns an output to the model.
trait Run: Tool + 'static {
    /// The time after which the model is informed of the delay. The tool continues, and the model receives the output
    /// later.
    const TIME_LIMIT: Duration;

    fn run(context: &ToolContext, arguments: Self::Arguments) -> impl Future<Output = Result<Value, ToolError>> + Send;
}

/// A tool of the call session. Malformed arguments are replaced by default arguments, because the
/// agent has already announced the action to the caller.
trait ControlCall: Tool<Arguments: Default> {
    fn control(arguments: Self::Arguments) -> ToolCall;
}

/// Sends WhatsApp messages to callers.
pub trait CallerTextSender: Send + Sync {
    fn send(&self, call: CallSid, text: String) -> BoxFuture<'static, Result<CallerText, crm::Error>>;
}

/// Sends the requests of the owner's tools.
pub trait OwnToolSender: Send + Sync {
    /// The arguments match the parameters of the tool. Returns the response, or the reason why there is none, within
    /// the time limit of the tool.
    fn send(&self, tool: Arc<AgentTool>, arguments: Map<String, Value>) -> BoxFuture<'static, Value>;
}

/// The conversation in which a tool runs. Tools access the database only through this type, which rolls back the
/// changes of a trial call.
#[derive(Clone)]
pub struct ToolContext {
    store: Store,
    call: CallSid,
    /// The business's time zone.
    zone: TimeZone,
    /// The transcript so far.
    words: watch::Receiver<CallerWords>,
    /// The business's country if this is a trial call, otherwise `None`.
    trial_in: Option<country::Id>,
    /// Sends messages to the caller; `None` if no messages can be sent.
    texts: Option<Arc<dyn CallerTextSender>>,
    /// Sends the requests of the owner's tools; `None` if no requests can be sent.
    own_tools: Option<Arc<dyn OwnToolSender>>,
    /// How far the conversation's time is ahead of the clock, in milliseconds; 0 except in a rehearsal.
    ahead_ms: i64,
}

/// The maximum time for which a tool waits for the transcript of the caller's last words. Engines may call a tool
/// before they have transcribed the words that caused the call.
const TRANSCRIPT_LIMIT: Duration = Duration::from_secs(3);

impl ToolContext {
    pub fn new(store: Store, call: CallSid, zone: TimeZone, words: watch::Receiver<CallerWords>) -> Self {
        Self { store, call, zone, words, trial_in: None, texts: None, own_tools: None, ahead_ms: 0 }
    }

    /// Converts the context to that of a trial call: the changes of tools are rolled back, and no message is sent.
    #[must_use]
    pub fn for_trial(self, country: country::Id) -> Self {
        Self { trial_in: Some(country), ..self }
    }

    /// Sets the time of the conversation to `now`, from which it advances with the clock.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        Self { ahead_ms: now.as_millis() - clock::now().as_millis(), ..self }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(clock::now().as_millis() + self.ahead_ms)
    }

    #[must_use]
    pub fn with_texts(self, texts: Arc<dyn CallerTextSender>) -> Self {
        Self { texts: Some(texts), ..self }
    }

    #[must_use]
    pub fn with_own_tools(self, own_tools: Arc<dyn OwnToolSender>) -> Self {
        Self { own_tools: Some(own_tools), ..self }
    }

    fn is_trial(&self) -> bool {
        self.trial_in.is_some()
    }

    fn caller(&self) -> Caller {
        self.caller_who_said(&self.words.borrow())
    }

    fn caller_who_said(&self, words: &CallerWords) -> Caller {
        let said = words.turns.iter().map(|turn| (turn.speaker, turn.text.clone())).collect();
        Caller { call: self.call.clone(), zone: self.zone.clone(), now: self.now(), said }
    }

    /// Reads data that the CRM returns only to an identified caller. Retries as described at
    /// [`Self::try_for_caller`].
    async fn read_for_caller<T: Send + 'static>(
        &self,
        work: impl Fn(&ReadTx<'_>, &Caller) -> Result<T, crm::Error> + Clone + Send + 'static,
    ) -> Result<T, crm::Error> {
        let attempt = |caller| {
            let work = work.clone();
            self.read(move |tx| work(tx, &caller))
        };
        self.try_for_caller(attempt).await
    }

    /// Runs a change that the CRM permits only to an identified caller. Retries as described at
    /// [`Self::try_for_caller`].
    async fn transact_for_caller<T: Send + 'static>(
        &self,
        work: impl Fn(&WriteTx<'_>, &Caller) -> Result<T, crm::Error> + Clone + Send + 'static,
    ) -> Result<T, crm::Error> {
        let attempt = |caller| {
            let work = work.clone();
            self.transact(move |tx| work(tx, &caller))
        };
        self.try_for_caller(attempt).await
    }

    /// The CRM forbids access until the caller has said their name or the day of the appointment. These words may be
    /// missing because the transcript of the caller's last turn is incomplete. In that case, retries whenever the
    /// transcript changes, for at most `TRANSCRIPT_LIMIT`.
    async fn try_for_caller<T, F>(&self, attempt: impl Fn(Caller) -> F) -> Result<T, crm::Error>
    where
        F: Future<Output = Result<T, crm::Error>>,
    {
        let mut transcript = Transcript::new(&self.words);
        loop {
            let outcome = attempt(self.caller_who_said(&transcript.words())).await;
            if !is_forbidden(&outcome) || !transcript.continues().await {
                return outcome;
            }
        }
    }

    async fn write_to_caller(&self, text: String) -> Result<CallerText, crm::Error> {
        match &self.texts {
            _ if self.is_trial() => Ok(CallerText::Queued(MessageId(0))),
            Some(texts) => texts.send(self.call.clone(), text).await,
            None => Ok(CallerText::Unneeded),
        }
    }
}

impl Transactions for ToolContext {
    /// A trial call is not stored, so its reads run in a transaction that creates the call and is then rolled back.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T, crm::Error> + Send + 'static,
    ) -> Result<T, crm::Error> {
        if self.is_trial() { self.transact(move |tx| work(tx)).await } else { crm::read(&self.store, work).await }
    }

    /// In a trial call, the transaction is rolled back.
    async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T, crm::Error> + Send + 'static,
    ) -> Result<T, crm::Error> {
        let Some(country) = self.trial_in else { return crm::transact(&self.store, work).await };
        let (call, now) = (IncomingCall::by_sid(self.call.clone()), self.now());
        crm::rehearse(&self.store, move |tx| {
            // The tools require a stored call.
            crm::call::find_or_create(tx, &call, country, now)?;
            work(tx)
        })
        .await
    }
}

fn is_forbidden<T>(outcome: &Result<T, crm::Error>) -> bool {
    matches!(outcome, Err(crm::Error::Refused(crm::RequestError::Forbidden(_))))
}

struct Transcript {
    words: watch::Receiver<CallerWords>,
    is_pending: bool,
    deadline: tokio::time::Instant,
}

impl Transcript {
    fn new(words: &watch::Receiver<CallerWords>) -> Self {
        Self { words: words.clone(), is_pending: false, deadline: (clock::instant() + TRANSCRIPT_LIMIT).into() }
    }

    fn words(&mut self) -> CallerWords {
        let words = self.words.borrow_and_update().clone();
        self.is_pending = words.is_pending;
        words
    }

    /// Waits until an incomplete transcript changes. Returns true if it has changed before the deadline, and false at
    /// once if the transcript is complete.
    async fn continues(&mut self) -> bool {
        self.is_pending && matches!(tokio::time::timeout_at(self.deadline, self.words.changed()).await, Ok(Ok(())))
    }
}

/// The model receives the text of the error as the tool's output.
#[derive(Debug, thiserror::Error)]
enum ToolError {
    #[error("there is no tool {name}; the tools are: {known}")]
    Unknown { name: String, known: String },
    #[error("the arguments do not match the tool's schema: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("{name} must be {expected}")]
    BadValue { name: &'static str, expected: &'static str },
    #[error(transparent)]
    BadArgument(#[from] ArgumentError),
    #[error(transparent)]
    Refused(crm::RequestError),
    #[error("it is not sent: {0}. Say so, and offer another way")]
    NotSent(&'static str),
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
