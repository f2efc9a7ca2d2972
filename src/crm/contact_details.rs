//! A caller's name and contact data as the caller said them. They are stored on the contact, and do not replace what a
//! user entered.

use super::text::{self, lines_up_to};
use super::{Error, RequestError, contact, note};
use crate::domain::{ActorId, CallEventKind, CallSid, ContactName, Timestamp};
use crate::search::fold;
use crate::store::WriteTx;

/// The details that the caller said; `None` for each that was not said.
#[derive(Clone, Debug, Default)]
pub struct ContactDetails {
    pub name: Option<String>,
    pub email: Option<String>,
    /// Another number to call back.
    pub phone: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredDetails {
    /// Whether the said name is the name of the contact now.
    pub is_named: bool,
    /// Whether a note, new or from before, contains some of the details: those that have no field of their own, and a
    /// name that differs from the stored name.
    pub is_noted: bool,
}

/// A name that differs from the contact's name is added to a note, because several people may call from one number.
/// Details that a note contains already are not added again.
pub fn store(
    tx: &WriteTx<'_>,
    call: &CallSid,
    details: &ContactDetails,
    now: Timestamp,
) -> Result<StoredDetails, Error> {
    let call = tx.stored_call(call)?.ok_or(RequestError::NotFound("call"))?;
    let contact = contact::find(tx, call.contact_id)?;
    let name = given(details.name.as_deref()).map(|said| text::name("name", said)).transpose()?;
    let email = given(details.email.as_deref()).map(checked_email).transpose()?;
    let phone = given(details.phone.as_deref()).map(checked_phone).transpose()?;
    if name.is_none() && email.is_none() && phone.is_none() {
        return Err(RequestError::Invalid(
            "there is nothing to store: pass a name, an e-mail address or a number".into(),
        )
        .into());
    }
    let is_same = |name: &str| fold(name).text == fold(&contact.display_name).text;
    let is_unknown = matches!(tx.name_of(contact.id)?, ContactName::Unknown);
    if let Some(name) = name.as_deref().filter(|_| is_unknown) {
        tx.rename_contact_from_profile(contact.id, name, now)?;
        tx.insert_call_event(&call.call_sid, CallEventKind::ContactNamed, None, now)?;
    }
    let is_named = name.as_deref().is_some_and(|name| is_unknown || is_same(name));
    let lines = [
        name.filter(|_| !is_named),
        email.map(|email| format!("\u{2709} {email}")),
        phone.map(|phone| format!("\u{260E} {phone}")),
    ];
    let mut lines: Vec<String> = lines.into_iter().flatten().collect();
    let is_noted = !lines.is_empty();
    let known = tx.notes(contact.id, None, NOTES)?.0;
    let by_agent = ActorId::Agent.to_string();
    lines.retain(|line| {
        !known.iter().any(|note| note.author == by_agent && note.text.lines().any(|known| known == line))
    });
    if !lines.is_empty() {
        note::create(tx, ActorId::Agent, contact.id, &lines.join("\n"), now)?;
    }
    Ok(StoredDetails { is_named, is_noted })
}

/// Returns the trimmed text; `None` if it is empty, because models send empty texts for unknown values.
fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn checked_email(said: &str) -> Result<String, RequestError> {
    let refused = || text::refuse("email", "must be an address such as dana@example.com; ask the caller to spell it");
    let email = lines_up_to(MAX_EMAIL_CHARS, "email", said)?;
    let is_address = email.split_once('@').is_some_and(|(local, domain)| {
        let is_part = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '@');
        is_part(local) && is_part(domain) && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    if is_address { Ok(email) } else { Err(refused()) }
}

fn checked_phone(said: &str) -> Result<String, RequestError> {
    let phone = lines_up_to(MAX_PHONE_CHARS, "phone", said)?;
    if is_number(&phone) {
        Ok(phone)
    } else {
        Err(text::refuse("phone", "must be a phone number in digits; ask the caller to repeat it"))
    }
}

/// Returns true if a number that the caller said can be a phone number: it has 4 to 15 digits and no letters.
pub fn is_number(phone: &str) -> bool {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    (MIN_DIGITS..=MAX_DIGITS).contains(&digits)
        && phone.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '.' | '/'))
}

/// The maximum length of an address in RFC 5321.
const MAX_EMAIL_CHARS: usize = 254;
pub(super) const MAX_PHONE_CHARS: usize = 40;
/// Companies have short numbers of four digits; an international number has at most 15.
const MIN_DIGITS: usize = 4;
const MAX_DIGITS: usize = 15;
/// How many of the contact's latest notes are compared.
const NOTES: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::call::{IncomingCall, find_or_create};
    use crate::domain::ContactId;
    use crate::store::testing::{database, transact};
    use phonenumber::country;

    fn details(name: &str, email: &str, phone: &str) -> ContactDetails {
        let [name, email, phone] = [name, email, phone].map(|text| Some(text.to_owned()));
        ContactDetails { name, email, phone }
    }

    #[test]
    fn details_are_stored_once_and_replace_nothing() {
        let (_folder, conn) = database();
        let sid: CallSid = format!("CA{:032x}", 1).parse().unwrap();
        let now = Timestamp::from_millis(1_795_000_000_000);
        let call = IncomingCall { from: "+972501234567".into(), ..IncomingCall::by_sid(sid.clone()) };
        let contact: ContactId = transact(&conn, |tx| find_or_create(tx, &call, country::IL, now)).1.unwrap();
        let say = |name: &str, email: &str, phone: &str| {
            transact(&conn, |tx| {
                Ok(store(tx, &sid, &details(name, email, phone), now).map_err(|error| error.to_string()))
            })
        };
        let stored = || {
            transact(&conn, |tx| {
                let notes = tx.notes(contact, None, 10)?.0;
                let notes: Vec<_> = notes.into_iter().rev().map(|note| (note.author, note.text)).collect();
                Ok((tx.contact(contact)?.unwrap().display_name, notes))
            })
        };
        let both = StoredDetails { is_named: true, is_noted: true };
        assert_eq!(say("דנה כהן", "dana@example.com", "03-555 1000"), Ok(both));
        let first = ("agent".to_owned(), "\u{2709} dana@example.com\n\u{260E} 03-555 1000".to_owned());
        assert_eq!(stored(), ("דנה כהן".to_owned(), vec![first.clone()]));
        assert_eq!(say("דנה כהן", "dana@example.com", " "), Ok(both), "a repeated call stores nothing");
        assert_eq!(stored().1, vec![first.clone()]);
        transact(&conn, |tx| tx.rename_contact_by_owner(contact, "דנה ל.", now));
        assert_eq!(say("רות", "", ""), Ok(StoredDetails { is_named: false, is_noted: true }));
        assert_eq!(stored(), ("דנה ל.".to_owned(), vec![first.clone(), ("agent".to_owned(), "רות".to_owned())]));
        for (name, email, phone) in
            [("", "", ""), ("", "dana", ""), ("", "a@b", ""), ("", "a b@c.de", ""), ("", "", "call me"), ("", "", "12")]
        {
            assert!(say(name, email, phone).is_err(), "{name} {email} {phone}");
        }
        assert_eq!(stored().1.len(), 2);
    }
}
