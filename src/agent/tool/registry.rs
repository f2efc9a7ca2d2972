//! The tools of one conversation: their definitions for the model, and the dispatch of the model's tool calls.

use super::booking::{
    BookAppointment, CancelAppointment, FindAppointments, FindFreeTimes, JoinWaitingList, MoveAppointment,
};
use super::end_call::EndCall;
use super::save_contact_details::SaveContactDetails;
use super::search_facts::SearchFacts;
use super::send_whatsapp::SendWhatsapp;
use super::take_message::TakeMessage;
use super::transfer_to_person::TransferToPerson;
use super::{ControlCall, Run, Tool, ToolContext, ToolError, schema};
use crate::call::ToolCall;
use serde_json::{Value, json};
use std::pin::Pin;
use std::time::Duration;

/// The time limit of a tool that does not exist, although its error is returned at once.
const UNKNOWN_LIMIT: Duration = Duration::from_secs(8);

/// The note that the model receives with the output of each tool of a trial call.
const TRIAL: &str = "This is a trial call by the business's own staff: nothing was stored and no notification was sent. Continue \
                     as in a real call.";
const TRIAL_TRANSFER: &str = "This is a trial call by the business's own staff: a real call would be transferred to a \
                              person now. Say so, and continue.";

/// The tools of one conversation.
#[derive(Clone, Debug)]
pub struct ToolRegistry {
    tools: Vec<Entry>,
}

/// Which tools a phone call has beside those that every call has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a tool of its own")]
pub struct PhoneTools {
    /// The caller may be transferred to a human agent.
    pub transfer: bool,
    /// There are services that can be booked.
    pub booking: bool,
    /// There are facts that the instructions do not contain.
    pub facts: bool,
    /// The caller can get WhatsApp messages.
    pub whatsapp: bool,
}

impl PhoneTools {
    /// Every tool.
    pub const ALL: Self = Self { transfer: true, booking: true, facts: true, whatsapp: true };
}

/// What the model receives about a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDefinition {
    /// The name by which the model calls it.
    pub name: &'static str,
    /// When the model is to use it.
    pub description: &'static str,
    /// The JSON Schema of the arguments.
    pub parameters: Value,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    name: &'static str,
    description: &'static str,
    parameters: fn() -> Value,
    action: Action,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Control(fn(&str) -> ToolCall),
    Run { time_limit: Duration, run: RunFn },
}

type RunFn = for<'a> fn(&'a ToolContext, &'a str) -> RunFuture<'a>;
type RunFuture<'a> = Pin<Box<dyn Future<Output = Result<Value, ToolError>> + Send + 'a>>;

impl ToolRegistry {
    /// The tools for a phone call.
    pub fn for_phone(which: PhoneTools) -> Self {
        let mut tools = vec![controlling::<EndCall>(), running::<TakeMessage>(), running::<SaveContactDetails>()];
        if which.transfer {
            tools.push(controlling::<TransferToPerson>());
        }
        if which.booking {
            tools.extend([
                running::<FindFreeTimes>(),
                running::<BookAppointment>(),
                running::<FindAppointments>(),
                running::<MoveAppointment>(),
                running::<CancelAppointment>(),
                running::<JoinWaitingList>(),
            ]);
        }
        if which.facts {
            tools.push(running::<SearchFacts>());
        }
        if which.whatsapp {
            tools.push(running::<SendWhatsapp>());
        }
        Self { tools }
    }

    /// The same tools for a trial call: a transfer is a tool whose output says that it would take place.
    #[must_use]
    pub fn for_trial(mut self) -> Self {
        for tool in self.tools.iter_mut().filter(|tool| tool.name == TransferToPerson::NAME) {
            tool.action = Action::Run { time_limit: UNKNOWN_LIMIT, run: rehearse_transfer };
        }
        self
    }

    /// The definitions for the model.
    pub fn definitions(&self) -> Vec<ToolDefinition> {
        let define = |tool: &Entry| ToolDefinition {
            name: tool.name,
            description: tool.description,
            parameters: (tool.parameters)(),
        };
        self.tools.iter().map(define).collect()
    }

    /// What a tool call of the model means to the phone call. The call of an unknown tool is run like any other, and
    /// its output is the error.
    pub fn classify(&self, name: String, arguments: String) -> ToolCall {
        match self.find(&name).map(|tool| tool.action) {
            Some(Action::Control(control)) => control(&arguments),
            Some(Action::Run { time_limit, .. }) => ToolCall::Run { name, arguments, time_limit },
            None => ToolCall::Run { name, arguments, time_limit: UNKNOWN_LIMIT },
        }
    }

    /// Runs a tool. Returns the output for the model, a JSON object.
    pub async fn run(&self, context: &ToolContext, name: &str, arguments: &str) -> String {
        let outcome = match self.find(name).map(|tool| tool.action) {
            Some(Action::Run { run, .. }) => run(context, arguments).await,
            Some(Action::Control(_)) | None => Err(self.unknown(name)),
        };
        if let Err(ToolError::Store(error)) = &outcome {
            let sid = &context.call;
            tracing::warn!(event = "TOOL_NOT_STORED", call.sid = %sid, tool = name, %error, "Tool {name} of call {sid} could not be stored");
        }
        let mut output = outcome.unwrap_or_else(|error| json!({"error": error.to_string()}));
        if let Some(output) = output.as_object_mut().filter(|_| context.is_trial()) {
            output.entry("trial").or_insert_with(|| TRIAL.into());
        }
        output.to_string()
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    fn unknown(&self, name: &str) -> ToolError {
        let known: Vec<_> = self.tools.iter().map(|tool| tool.name).collect();
        ToolError::Unknown { name: name.to_owned(), known: known.join(", ") }
    }
}

fn controlling<T: ControlCall>() -> Entry {
    let control = |arguments: &str| T::control(serde_json::from_str(arguments).unwrap_or_default());
    entry::<T>(Action::Control(control))
}

fn running<T: Run>() -> Entry {
    entry::<T>(Action::Run { time_limit: T::TIME_LIMIT, run: parse_and_run::<T> })
}

fn entry<T: Tool>(action: Action) -> Entry {
    Entry { name: T::NAME, description: T::DESCRIPTION, parameters: schema::of::<T::Arguments>, action }
}

fn parse_and_run<'a, T: Run>(context: &'a ToolContext, arguments: &'a str) -> RunFuture<'a> {
    match serde_json::from_str(arguments) {
        Ok(arguments) => Box::pin(T::run(context, arguments)),
        Err(error) => Box::pin(std::future::ready(Err(error.into()))),
    }
}

fn rehearse_transfer<'a>(_: &'a ToolContext, _: &'a str) -> RunFuture<'a> {
    Box::pin(std::future::ready(Ok(json!({"ok": true, "trial": TRIAL_TRANSFER}))))
}
