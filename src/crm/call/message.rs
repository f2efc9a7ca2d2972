//! The message that a caller leaves with the agent.

use crate::crm::contact_details::MAX_PHONE_CHARS;
use crate::crm::text::{MAX_NAME_CHARS, beginning};
use crate::crm::{Error, RequestError};
use crate::domain::CallSid;
use crate::search::fold;
use crate::store::WriteTx;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerMessage {
    pub message: String,
    pub caller_name: Option<String>,
    /// The number to call back, as the caller said it.
    pub callback_number: Option<String>,
}

/// A second message is appended; a message whose text is stored already is ignored.
pub fn take_message(tx: &WriteTx<'_>, call: &CallSid, message: &CallerMessage) -> Result<(), Error> {
    if message.message.trim().is_empty() {
        return Err(RequestError::Invalid("the message is empty".into()).into());
    }
    let text = message.text();
    let stored = tx.stored_call(call)?.and_then(|call| call.message_text);
    if stored.is_some_and(|stored| contains(&stored, &text)) {
        return Ok(());
    }
    Ok(tx.add_call_message(call, &text)?)
}

/// Returns true if a text contains the words of another text one after the other.
fn contains(text: &str, part: &str) -> bool {
    let words = |text: &str| fold(text).text + " ";
    words(text).contains(&words(part))
}

impl CallerMessage {
    fn text(&self) -> String {
        let extras = [(&self.caller_name, MAX_NAME_CHARS), (&self.callback_number, MAX_PHONE_CHARS)];
        let extras = extras.into_iter().filter_map(|(said, most)| beginning(said.as_deref()?, most));
        let extras: Vec<String> = extras.collect();
        if extras.is_empty() { self.message.clone() } else { format!("{} ({})", self.message, extras.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{database, try_out};

    #[test]
    fn a_message_without_text_or_call_is_refused() {
        let (_folder, conn) = database();
        let call: CallSid = format!("CA{:032x}", 1).parse().unwrap();
        let take = |message: &str| {
            let message = CallerMessage { message: message.into(), caller_name: None, callback_number: None };
            try_out(&conn, |tx| Ok(take_message(tx, &call, &message)))
        };
        assert!(matches!(take(" "), Err(Error::Refused(RequestError::Invalid(_)))));
        assert!(matches!(take("נא לחזור"), Err(Error::Refused(RequestError::NotFound("call")))));
    }

    #[test]
    fn the_owner_s_text_ends_with_name_and_number() {
        let text = |name: &str, number: Option<&str>| {
            let (caller_name, callback_number) = (Some(name.to_owned()), number.map(str::to_owned));
            CallerMessage { message: "נא לחזור".into(), caller_name, callback_number }.text()
        };
        assert_eq!(text("דנה", Some("050-1234567")), "נא לחזור (דנה, 050-1234567)");
        assert_eq!(text("", None), "נא לחזור");
        assert_eq!(text(&"ד".repeat(5000), None).chars().count(), "נא לחזור ()".chars().count() + 200);
    }
}
