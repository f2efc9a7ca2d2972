//! The tool that stores the caller's name, email address and callback number.

use super::{Run, Tool, ToolContext, ToolError, Transactions};
use crate::crm::contact_details::{self, ContactDetails};
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) struct SaveContactDetails;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// The caller's name.
    name: Option<String>,
    /// The caller's e-mail address, as the caller has spelled and confirmed it.
    email: Option<String>,
    /// Another number to call back, in digits.
    phone: Option<String>,
}

impl Tool for SaveContactDetails {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::SaveContactDetails;
    const DESCRIPTION: &'static str = "Store the caller's name, e-mail address or another number to call back, once the caller has said it and you \
                                       have repeated it. book_appointment and take_message store a name and a number by themselves. This \
                                       notifies no one: a caller who wants to be called back needs take_message.";
}

impl Run for SaveContactDetails {
    const TIME_LIMIT: Duration = Duration::from_secs(8);

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        let Arguments { name, email, phone } = arguments;
        let (call, details) = (context.call.clone(), ContactDetails { name, email, phone });
        let now = context.now();
        context.transact(move |tx| contact_details::store(tx, &call, &details, now)).await?;
        Ok(json!({"ok": true}))
    }
}
