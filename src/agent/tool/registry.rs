//! The tools of one conversation: their definitions for the model, and the dispatch of the model's tool calls.

use super::booking::{
    BookAppointment, CancelAppointment, FindAppointments, FindFreeTimes, JoinWaitingList, MoveAppointment,
};
use super::collect_keys::CollectKeys;
use super::end_call::EndCall;
use super::record_opt_out::RecordOptOut;
use super::save_contact_details::SaveContactDetails;
use super::search_facts::SearchFacts;
use super::send_whatsapp::SendWhatsapp;
use super::take_message::TakeMessage;
use super::transfer_to_person::TransferToPerson;
use super::{ControlCall, Run, Tool, ToolContext, ToolError, own};
use crate::call::ToolCall;
use crate::domain::AgentTool;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The time limit for tool calls that return at once: calls of unknown tools, and of the transfer tool in a trial call.
/// `ToolCall::Run` requires a time limit.
const UNKNOWN_LIMIT: Duration = Duration::from_secs(8);

const TRIAL: &str = "This is a trial call by the business's own staff: nothing was stored and no notification was sent. Continue \
                     as in a real call.";
const TRIAL_TRANSFER: &str = "This is a trial call by the business's own staff: a real call would be transferred to a \
                              person now. Say so, and continue.";

/// The tools of one conversation. Clones share them.
#[derive(Clone, Debug)]
pub struct ToolRegistry {
    tools: Arc<Vec<Arc<Entry>>>,
}

/// The optional tools of a phone call. Every call also has the tools to end the call, to take a message, to save
/// contact details, to record an opt-out and to collect keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a tool of its own")]
pub struct PhoneTools {
    pub transfer: bool,
    pub booking: bool,
    /// The tool that searches facts, for a business with more facts than the instructions contain.
    pub facts: bool,
    pub whatsapp: bool,
}

impl PhoneTools {
    pub const ALL: Self = Self { transfer: true, booking: true, facts: true, whatsapp: true };
}

#[derive(Clone, Debug, PartialEq)]
pub struct ToolDefinition {
    pub name: Cow<'static, str>,
    pub description: Cow<'static, str>,
    /// The JSON Schema of the arguments.
    pub parameters: Value,
}

#[derive(Clone, Debug)]
struct Entry {
    definition: ToolDefinition,
    action: Action,
}

#[derive(Clone, Debug)]
enum Action {
    Control(fn(&str) -> ToolCall),
    Run { time_limit: Duration, run: RunFn },
    Own(Arc<AgentTool>),
}

type RunFn = for<'a> fn(&'a ToolContext, &'a str) -> RunFuture<'a>;
type RunFuture<'a> = Pin<Box<dyn Future<Output = Result<Value, ToolError>> + Send + 'a>>;

impl ToolRegistry {
    pub fn for_phone(which: PhoneTools) -> Self {
        let offered = PHONE_TOOLS.iter().filter(|(is_offered, _)| is_offered(which));
        Self { tools: Arc::new(offered.map(|(_, tool)| tool.clone()).collect()) }
    }

    #[must_use]
    pub fn with_own(mut self, own: &[AgentTool]) -> Self {
        let entry = |tool: &AgentTool| Entry {
            definition: ToolDefinition {
                name: tool.name.clone().into(),
                description: tool.description.clone().into(),
                parameters: tool.schema(),
            },
            action: Action::Own(Arc::new(tool.clone())),
        };
        Arc::make_mut(&mut self.tools).extend(own.iter().map(|tool| Arc::new(entry(tool))));
        self
    }

    /// Replaces the transfer by a tool that only reports that a real call would be transferred now, for a trial call.
    #[must_use]
    pub fn for_trial(mut self) -> Self {
        let tools = Arc::make_mut(&mut self.tools).iter_mut();
        for tool in tools.filter(|tool| tool.definition.name == TransferToPerson::NAME.as_str()) {
            Arc::make_mut(tool).action = Action::Run { time_limit: UNKNOWN_LIMIT, run: rehearse_transfer };
        }
        self
    }

    pub fn definitions(&self) -> Vec<ToolDefinition> {
        self.tools.iter().map(|tool| tool.definition.clone()).collect()
    }

    /// The call of an unknown tool becomes `ToolCall::Run`, so that the model receives the error as the tool's output.
    pub fn classify(&self, name: String, arguments: String) -> ToolCall {
        let time_limit = match self.find(&name) {
            Some(Action::Control(control)) => return control(&arguments),
            Some(Action::Run { time_limit, .. }) => *time_limit,
            Some(Action::Own(tool)) => own::time_limit(tool),
            None => UNKNOWN_LIMIT,
        };
        ToolCall::Run { name, arguments, time_limit }
    }

    /// Returns the output for the model as JSON. An error is returned as its `error` member.
    pub async fn run(&self, context: &ToolContext, name: &str, arguments: &str) -> String {
        let outcome = match self.find(name) {
            Some(Action::Run { run, .. }) => run(context, arguments).await,
            Some(Action::Own(tool)) => own::run(context, tool.clone(), arguments).await,
            Some(Action::Control(_)) | None => Err(self.unknown(name)),
        };
        if let Err(ToolError::Store(error)) = &outcome {
            let sid = &context.call;
            tracing::warn!(event = "TOOL_NOT_STORED", call.sid = %sid, tool = name, %error, "Tool {name} of call {sid} failed because of a database error, and the agent gets the error");
        }
        let mut output = outcome.unwrap_or_else(|error| json!({"error": error.to_string()}));
        if let Some(output) = output.as_object_mut().filter(|_| context.is_trial()) {
            output.entry("trial").or_insert_with(|| TRIAL.into());
        }
        output.to_string()
    }

    fn find(&self, name: &str) -> Option<&Action> {
        self.tools.iter().find(|tool| tool.definition.name == name).map(|tool| &tool.action)
    }

    fn unknown(&self, name: &str) -> ToolError {
        let known: Vec<_> = self.tools.iter().map(|tool| &*tool.definition.name).collect();
        ToolError::Unknown { name: name.to_owned(), known: known.join(", ") }
    }
}

type IsOffered = fn(PhoneTools) -> bool;

/// All tools of phone calls, in the order in which the model gets them. Their schemas take 11 KB, which all calls share.
static PHONE_TOOLS: LazyLock<Vec<(IsOffered, Arc<Entry>)>> = LazyLock::new(|| {
    let (always, booking): (IsOffered, IsOffered) = (|_| true, |which| which.booking);
    let tools = [
        (always, controlling::<EndCall>()),
        (always, running::<TakeMessage>()),
        (always, running::<SaveContactDetails>()),
        (always, running::<RecordOptOut>()),
        (|which| which.transfer, controlling::<TransferToPerson>()),
        (booking, running::<FindFreeTimes>()),
        (booking, running::<BookAppointment>()),
        (booking, running::<FindAppointments>()),
        (booking, running::<MoveAppointment>()),
        (booking, running::<CancelAppointment>()),
        (booking, running::<JoinWaitingList>()),
        (|which| which.facts, running::<SearchFacts>()),
        (|which| which.whatsapp, running::<SendWhatsapp>()),
        (always, controlling::<CollectKeys>()),
    ];
    tools.map(|(is_offered, tool)| (is_offered, Arc::new(tool))).into()
});

fn controlling<T: ControlCall>() -> Entry {
    let control = |arguments: &str| T::control(serde_json::from_str(arguments).unwrap_or_default());
    entry::<T>(Action::Control(control))
}

fn running<T: Run>() -> Entry {
    entry::<T>(Action::Run { time_limit: T::TIME_LIMIT, run: parse_and_run::<T> })
}

fn entry<T: Tool>(action: Action) -> Entry {
    let (name, description) = (T::NAME.as_str().into(), T::DESCRIPTION.into());
    Entry { definition: ToolDefinition { name, description, parameters: schema_of::<T::Arguments>() }, action }
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

/// Returns the JSON Schema of a tool's arguments in the form that function calling requires: one object without `$ref`.
/// The members `properties` and `required` are present even if they are empty.
fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(simplify).transform(&mut schema);
    // The type's doc comment is for developers. The model receives `Tool::DESCRIPTION` instead.
    schema.remove("description");
    let object = schema.ensure_object();
    object.entry("properties").or_insert_with(|| json!({}));
    object.entry("required").or_insert_with(|| json!([]));
    schema.to_value()
}

/// Removes parts without information for the model: the names of Rust types, also as the format of a number, and the
/// type `null` of optional fields, which the model can omit.
fn simplify(schema: &mut Schema) {
    schema.remove("title");
    schema.remove("format");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &mut types[..] {
            let only = only.take();
            schema.insert("type".to_owned(), only);
        }
    }
}
