//! Access to the caller's own appointments. The number does not identify the caller, because it can be spoofed and
//! phones are shared. The arguments of a tool call do not identify the caller either, because the model writes them.
//! Unless the appointment was booked in this call, the caller must have said the contact's name or the day of the
//! appointment.

use super::caller::Caller;
use crate::crm::booking::slots::local_date;
use crate::crm::{Error, RequestError, appointment, contact};
use crate::domain::{
    Appointment, BusinessId, Call, CallBooking, CallEventKind, CallId, Contact, ContactName, ResourceId, Speaker,
    Timestamp,
};
use crate::search::{fold, stems};
use crate::spoken::{SaidDay, said_days};
use crate::store::ReadTx;
use jiff::civil::{Date, DateTime};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Returns the next upcoming appointments that the caller may know about. Refuses a caller who said neither the
/// contact's name nor any day and booked none of them in this call.
pub fn own(tx: &ReadTx<'_>, caller: &Caller, day: Option<Date>) -> Result<Vec<Appointment>, Error> {
    let call = caller.stored_call(tx)?;
    let contact = contact::find(tx, call.contact_id)?;
    let proof = Proof::new(tx, caller, &call, &contact)?;
    let mut found = appointment::upcoming(tx, contact.id, caller.now, MAX_READ)?;
    found.retain(|appointment| proof.covers(appointment.call_id, local_date(appointment.starts_at, &caller.zone)));
    if found.is_empty() && !proof.has_name && proof.days.is_empty() {
        return Err(identity_unverified());
    }
    if let Some(day) = day {
        found.retain(|appointment| local_date(appointment.starts_at, &caller.zone) == day);
    }
    found.truncate(MAX_SAID);
    Ok(found)
}

pub(super) enum OwnAppointment {
    /// The upcoming appointment at the time that the tool call names.
    Unchanged(Appointment),
    /// An appointment that the tool changed in this call already.
    Done(Appointment),
}

/// Finds the caller's appointment at a time, with a resource if `with` names one; `is_done` recognizes an appointment that
/// this call changed already. Refused if several appointments with different resources fit, or if one was changed
/// already and another one is left: a repeated tool call must not change the other one. A caller without proof gets the
/// same error whether or not the appointment exists.
pub(super) fn at(
    tx: &ReadTx<'_>,
    caller: &Caller,
    (at, with): (DateTime, Option<ResourceId>),
    is_done: impl Fn(&CallBooking) -> bool,
) -> Result<OwnAppointment, Error> {
    let call = caller.stored_call(tx)?;
    let contact = contact::find(tx, call.contact_id)?;
    let proof = Proof::new(tx, caller, &call, &contact)?;
    let starts_at = caller.moment(at)?;
    let mut found = appointment::upcoming(tx, contact.id, caller.now, MAX_READ)?;
    found.retain(|found| found.starts_at == starts_at && with.is_none_or(|with| with == found.resource_id));
    let done = tx.call_bookings(&call)?.into_iter().find(is_done).map(|done| done.appointment);
    if !found.is_empty() && !found.iter().any(|found| proof.covers(found.call_id, at.date())) {
        return Err(identity_unverified());
    }
    let mut left = found.into_iter();
    match (left.next(), done) {
        (None, Some(done)) => Ok(OwnAppointment::Done(done)),
        (Some(other), Some(done)) => Err(several(tx, [&done, &other], "the first of these is done already")?),
        (Some(one), None) => match left.find(|other| other.resource_id != one.resource_id) {
            Some(other) => Err(several(tx, [&one, &other], "ask which one")?),
            None => Ok(OwnAppointment::Unchanged(one)),
        },
        (None, None) if proof.covers(None, at.date()) => {
            Err(RequestError::Invalid("the caller has no such appointment at that time".into()).into())
        }
        (None, None) => Err(identity_unverified()),
    }
}

fn several(tx: &ReadTx<'_>, found: [&Appointment; 2], what: &str) -> Result<Error, Error> {
    let resources = tx.resources(BusinessId::FIRST, true)?;
    let name = |of: &Appointment| {
        let resource = resources.iter().find(|resource| resource.id == of.resource_id);
        resource.and_then(|resource| resource.name.clone()).unwrap_or_else(|| "no name".to_owned())
    };
    let [one, other] = found.map(name);
    let message =
        format!("the caller has appointments with {one} and with {other} at that time: {what}, and name it as `with`");
    Ok(RequestError::Conflict(message.into()).into())
}

fn identity_unverified() -> Error {
    RequestError::Forbidden(IDENTITY_UNVERIFIED.into()).into()
}

/// What the caller said in this call to verify the identity.
struct Proof {
    call: CallId,
    today: Date,
    has_name: bool,
    days: Vec<SaidDay>,
}

impl Proof {
    fn new(tx: &ReadTx<'_>, caller: &Caller, call: &Call, contact: &Contact) -> Result<Self, Error> {
        let by_caller = caller.said.iter().filter(|(speaker, _)| *speaker == Speaker::Caller);
        let mut days: Vec<SaidDay> = Vec::new();
        for day in by_caller.flat_map(|(_, text)| said_days(text)) {
            if !days.contains(&day) {
                days.push(day);
            }
        }
        if days.len() > MAX_DAYS {
            days.clear();
        }
        // The caller may have set the contact's name in this or an earlier call. Such a name verifies no identity until
        // a user enters it.
        let is_new = matches!(tx.name_of(contact.id)?, ContactName::ByProfile(_))
            && (tx.contact_had_call_event(contact.id, CallEventKind::ContactNamed, Timestamp::from_millis(0))?
                || tx.call_bookings(call)?.iter().any(|booking| booking.changes.booked));
        let has_name = !is_new && says_name(&contact.display_name, &names_of_business(tx)?, &caller.said);
        Ok(Self { call: call.id, today: caller.today(), has_name, days })
    }

    fn covers(&self, booked_in: Option<CallId>, date: Date) -> bool {
        self.has_name || booked_in == Some(self.call) || self.days.iter().any(|day| day.may_mean(date, self.today))
    }
}

/// Returns the words in the names of services and staff. A caller who says them does not say their own name.
fn names_of_business(tx: &ReadTx<'_>) -> Result<HashSet<String>, Error> {
    let services = tx.services(BusinessId::FIRST, false)?.into_iter().map(|service| service.name);
    let people = tx.resources(BusinessId::FIRST, false)?.into_iter().filter_map(|resource| resource.name);
    Ok(services.chain(people).flat_map(|name| words(&name)).collect())
}

/// Returns true if the caller said a word of the contact's name, also in another spelling, before the agent said it.
/// Common words, short words and the words in `known` do not count.
fn says_name(name: &str, known: &HashSet<String>, said: &[(Speaker, String)]) -> bool {
    let is_telling =
        |word: &String| word.chars().count() >= MIN_NAME && !known.contains(word) && !COMMON.contains(word);
    let mut telling: Vec<String> = words(name).into_iter().filter(is_telling).collect();
    for (speaker, text) in said {
        let spoken = words(text);
        let is_said = |name: &String| spoken.iter().any(|word| stems(word, MIN_NAME).any(|stem| is_alike(stem, name)));
        match speaker {
            Speaker::Caller if telling.iter().any(is_said) => return true,
            Speaker::Agent => telling.retain(|name| !is_said(name)),
            _ => {}
        }
    }
    false
}

/// Returns true if two words are spellings of the same name. Transcripts write vowel letters that stored names omit,
/// and the reverse.
fn is_alike(one: &str, other: &str) -> bool {
    let skeleton = |word: &str| word.replace(VOWEL_LETTERS, "");
    one == other || skeleton(one).chars().count() >= MIN_NAME && skeleton(one) == skeleton(other)
}

fn words(text: &str) -> Vec<String> {
    fold(text).text.split_whitespace().map(str::to_owned).collect()
}

/// Names that are also common words in conversations, such as the Hebrew "hello".
static COMMON: LazyLock<HashSet<String>> =
    LazyLock::new(|| words(include_str!("common-words.txt")).into_iter().collect());

const IDENTITY_UNVERIFIED: &str = "ask for the caller's name or for the day of the appointment first: the caller has said neither the \
                        name that the appointment is in nor its day";
/// The maximum number of different days that a caller may say; a caller who says more is guessing.
const MAX_DAYS: usize = 5;
/// The minimum length of a name, in characters; shorter names are often other words.
const MIN_NAME: usize = 3;
/// The maximum number of appointments that are returned; an agent cannot say more.
const MAX_SAID: usize = 10;
/// The maximum number of upcoming appointments that are searched. It is high, because a regular client may have one or
/// more in each week of the coming years.
const MAX_READ: usize = 1000;
/// Hebrew letters that can stand for vowels: alef, he, vav, yod.
const VOWEL_LETTERS: [char; 4] = ['\u{5d0}', '\u{5d4}', '\u{5d5}', '\u{5d9}'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_other_spellings_and_common_words_are_none() {
        let known = HashSet::from(["רונ".to_owned()]);
        let says = |name: &str, said: &str| says_name(name, &known, &[(Speaker::Caller, said.to_owned())]);
        for (name, said) in
            [("שלומית לוי", "זאת שלמית"), ("מיכאל", "ומיכל מדבר"), ("Dana Cohen", "it's dana"), ("יוסף", "של יוסף")]
        {
            assert!(says(name, said), "{name}: {said}");
        }
        for (name, said) in
            [("דנה", "אדון, תודה"), ("שלום", "שלום"), ("לי", "תקבעי לי"), ("רון לקוח", "תור אצל רון"), ("", "")]
        {
            assert!(!says(name, said), "{name}: {said}");
        }
    }
}
