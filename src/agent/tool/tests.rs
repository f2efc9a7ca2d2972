mod truthfulness;

use super::*;
use crate::config::StoreConfig;
use crate::crm::call::{IncomingCall, find_or_create};
use crate::domain::{CallId, Timestamp};
use phonenumber::country;
use tempfile::TempDir;

const NONE: PhoneTools = PhoneTools { transfer: false, booking: false, facts: false, whatsapp: false };

struct Conversation {
    context: ToolContext,
    call: CallId,
    _folder: TempDir,
}

impl Conversation {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database_url = Some(folder.path().join("agentlocator.db").display().to_string());
        let (store, _) = Store::open(&StoreConfig { database_url, ..StoreConfig::default() }).unwrap();
        let sid: CallSid = format!("CA{:032x}", 1).parse().unwrap();
        let new = IncomingCall { from: "+972501234567".into(), ..IncomingCall::by_sid(sid.clone()) };
        let now = Timestamp::from_millis(1_795_000_000_000);
        let stored = store.write(move |tx| find_or_create(tx, &new, country::IL, now)).await;
        Self { context: ToolContext::new(store, sid, TimeZone::UTC, words()), call: stored.unwrap().0, _folder: folder }
    }

    async fn run(&self, name: &str, arguments: &str) -> String {
        ToolRegistry::for_phone(PhoneTools { transfer: true, ..NONE }).run(&self.context, name, arguments).await
    }

    async fn message(&self) -> Option<String> {
        let id = self.call;
        self.context.store.read(move |tx| tx.call(id)).await.unwrap().unwrap().message_text
    }
}

fn classify(can_transfer: bool, name: &str, arguments: &str) -> ToolCall {
    ToolRegistry::for_phone(PhoneTools { transfer: can_transfer, ..NONE })
        .classify(name.to_owned(), arguments.to_owned())
}

fn definition(name: &str) -> String {
    let definitions = ToolRegistry::for_phone(PhoneTools { transfer: true, ..NONE }).definitions();
    let ToolDefinition { description, parameters, .. } =
        definitions.into_iter().find(|tool| tool.name == name).unwrap();
    format!("{description}\n{}", serde_json::to_string_pretty(&parameters).unwrap())
}

#[test]
fn end_call_as_the_model_receives_it() {
    insta::assert_snapshot!(definition("end_call"), @r#"
    Hang up. Use it after saying goodbye.
    {
      "properties": {},
      "required": [],
      "type": "object"
    }
    "#);
}

#[test]
fn take_message_as_the_model_receives_it() {
    insta::assert_snapshot!(definition("take_message"), @r#"
    Write down a message for the owner: who calls, what about, and how to be reached.
    {
      "properties": {
        "callback_number": {
          "description": "Another number to call back, if it was given.",
          "type": "string"
        },
        "caller_name": {
          "description": "The caller's name, if it was given.",
          "type": "string"
        },
        "message": {
          "description": "The message, in the caller's language.",
          "type": "string"
        }
      },
      "required": [
        "message"
      ],
      "type": "object"
    }
    "#);
}

#[test]
fn transfer_to_person_as_the_model_receives_it() {
    insta::assert_snapshot!(definition("transfer_to_person"), @r#"
    Put the call through to a person of the business. Say first that you are doing it.
    {
      "properties": {
        "reason": {
          "description": "What the caller wants, in a few words of the business's language; the person hears it before accepting.",
          "type": "string"
        }
      },
      "required": [
        "reason"
      ],
      "type": "object"
    }
    "#);
}

#[test]
fn only_a_call_that_can_be_transferred_has_the_tool_for_it() {
    let names = |can_transfer| -> Vec<_> {
        ToolRegistry::for_phone(PhoneTools { transfer: can_transfer, ..NONE })
            .definitions()
            .into_iter()
            .map(|tool| tool.name)
            .collect()
    };
    assert_eq!(names(false), ["end_call", "take_message", "save_contact_details", "record_opt_out", "collect_keys"]);
    assert_eq!(
        names(true),
        ["end_call", "take_message", "save_contact_details", "record_opt_out", "transfer_to_person", "collect_keys"]
    );
    let call = classify(false, "transfer_to_person", r#"{"reason":"a price"}"#);
    assert!(matches!(call, ToolCall::Run { .. }), "the model receives an error: {call:?}");
}

#[test]
fn tool_calls_that_control_the_phone_call_are_typed() {
    assert_eq!(classify(true, "end_call", "{}"), ToolCall::EndCall);
    let transfer = classify(true, "transfer_to_person", r#"{"reason":" a price\n"}"#);
    assert_eq!(transfer, ToolCall::Transfer { reason: "a price".into() });
    let run = classify(true, "take_message", "{}");
    let time_limit = Duration::from_secs(8);
    assert_eq!(run, ToolCall::Run { name: "take_message".into(), arguments: "{}".into(), time_limit });
}

#[test]
fn malformed_arguments_stop_neither_a_goodbye_nor_a_transfer() {
    for arguments in ["", "{", "[]", "null", r#"{"reason":7}"#] {
        assert_eq!(classify(true, "end_call", arguments), ToolCall::EndCall, "{arguments}");
        let transfer = classify(true, "transfer_to_person", arguments);
        assert_eq!(transfer, ToolCall::Transfer { reason: String::new() }, "{arguments}");
    }
}

#[tokio::test]
async fn a_message_is_stored_with_its_call() {
    let conversation = Conversation::start().await;
    let arguments = r#"{"message":"נא לחזור","caller_name":"דנה","callback_number":null}"#;
    assert_eq!(conversation.run("take_message", arguments).await, r#"{"ok":true}"#);
    assert_eq!(conversation.message().await.as_deref(), Some("נא לחזור (דנה)"));
    assert_eq!(conversation.run("take_message", r#"{"message":"ומהר"}"#).await, r#"{"ok":true}"#);
    assert_eq!(conversation.message().await.as_deref(), Some("נא לחזור (דנה)\nומהר"));
}

#[tokio::test]
async fn a_tool_call_that_cannot_be_run_returns_the_reason_to_the_model() {
    let mut conversation = Conversation::start().await;
    for (name, arguments, reason) in [
        (
            "free_slots",
            "{}",
            "there is no tool free_slots; the tools are: end_call, take_message, save_contact_details, record_opt_out, transfer_to_person",
        ),
        ("take_message", "{", "the arguments do not match the tool's schema: EOF while parsing"),
        ("take_message", "{}", "the arguments do not match the tool's schema: missing field `message`"),
        ("take_message", r#"{"message":7}"#, "the arguments do not match the tool's schema: invalid type: integer `7`"),
        ("take_message", r#"{"message":" "}"#, "the message is empty"),
    ] {
        let output: Value = serde_json::from_str(&conversation.run(name, arguments).await).unwrap();
        let error = output["error"].as_str().unwrap();
        assert!(error.starts_with(reason), "{name} {arguments}: {error}");
    }
    assert_eq!(conversation.message().await, None);
    conversation.context.call = format!("CA{:032x}", 2).parse().unwrap();
    let output = conversation.run("take_message", r#"{"message":"נא לחזור"}"#).await;
    assert_eq!(output, r#"{"error":"there is no such call"}"#, "it is not confirmed, because no row has it");
}

#[tokio::test]
async fn the_tools_of_a_trial_call_answer_and_store_nothing() {
    let conversation = Conversation::start().await;
    let sid = format!("CA{:032x}", 3).parse().unwrap();
    let context =
        ToolContext::new(conversation.context.store.clone(), sid, TimeZone::UTC, words()).for_trial(country::IL);
    let tools = ToolRegistry::for_phone(PhoneTools { transfer: true, ..NONE }).for_trial();
    let names: Vec<_> = tools.definitions().into_iter().map(|tool| tool.name).collect();
    assert_eq!(
        names,
        ["end_call", "take_message", "save_contact_details", "record_opt_out", "transfer_to_person", "collect_keys"]
    );
    assert_eq!(tools.classify("end_call".into(), "{}".into()), ToolCall::EndCall);
    let rows = async || {
        let count = |tx: &store::ReadTx<'_>| {
            Ok((tx.newest_change()?, tx.call_by_sid(&format!("CA{:032x}", 3).parse().unwrap())?))
        };
        conversation.context.store.read(count).await.unwrap()
    };
    let before = rows().await;
    for (name, arguments, expected) in [
        ("take_message", r#"{"message":"נא לחזור"}"#, "ok"),
        ("take_message", r#"{"message":" "}"#, "error"),
        ("save_contact_details", r#"{"name":"דנה"}"#, "ok"),
        ("save_contact_details", "{}", "error"),
        ("record_opt_out", "{}", "ok"),
        ("transfer_to_person", r#"{"reason":"a price"}"#, "ok"),
    ] {
        let call = tools.classify(name.into(), arguments.into());
        assert!(matches!(call, ToolCall::Run { .. }), "{call:?}");
        let output: Value = serde_json::from_str(&tools.run(&context, name, arguments).await).unwrap();
        assert!(!output[expected].is_null(), "{name}: {output}");
        assert!(output["trial"].as_str().unwrap().starts_with("This is a trial call"), "{output}");
    }
    assert_eq!(rows().await, before);
}

/// Returns the transcript of a call in which no words were spoken.
fn words() -> watch::Receiver<CallerWords> {
    watch::Sender::default().subscribe()
}
