//! WhatsApp messages to contacts about changes of their appointments that users make. A message is a scheduled message
//! that is due after [`HOLD`], stored in the transaction of the change. The next change of the appointment, such as an
//! undo, cancels it.

use super::outbox::{self, NewChatLimits, PreviewContext, SendError, SendRefusal, SendRequest};
use super::{Error, RequestError, appointment, contact, thread};
use crate::domain::{
    ActorId, Appointment, AppointmentEvent, AppointmentId, AppointmentState, ContactId, Provider, ScheduledState,
    Timestamp,
};
use crate::inbox::policy::{NoRoute, RoutingRules};
use crate::store::{NewScheduledMessage, ReadTx, WriteTx};
use std::time::Duration;

/// The delay between a change and its message. The page offers to undo the change for 8 s, and for longer while the
/// pointer is on the offer.
pub const HOLD: Duration = Duration::from_secs(15);

/// The next change within this time after a change of which the contact was notified can be its undo, of which the contact
/// is notified as well.
const UNDO_WITHIN: Duration = Duration::from_mins(5);

/// What the decision about a message depends on.
#[derive(Clone, Debug)]
pub struct NoticeContext {
    pub rules: RoutingRules,
    /// The providers that cannot send at present.
    pub down: Vec<Provider>,
    pub new_chats: NewChatLimits,
    pub author: ActorId,
    pub now: Timestamp,
}

impl NoticeContext {
    /// The same context for the route of the message.
    pub fn preview(&self) -> PreviewContext {
        PreviewContext {
            rules: self.rules.clone(),
            down: self.down.clone(),
            new_chats: self.new_chats.clone(),
            author: self.author.to_string(),
            now: self.now,
        }
    }
}

/// An appointment before a change, and what its contact knows of it.
pub struct BeforeChange {
    appointment: Appointment,
    /// True if the message about the booking waits, or would still wait if a change had not cancelled it. The contact
    /// then knows nothing of the appointment, and was to be notified of the booking.
    is_unknown: bool,
    /// True if the contact was just notified of the last change. If that change is undone now, the contact must be
    /// notified of that too.
    was_notified: bool,
}

impl BeforeChange {
    pub fn of(tx: &ReadTx<'_>, id: AppointmentId, now: Timestamp) -> Result<Self, Error> {
        let appointment = appointment::find(tx, id)?;
        let Some(notice) = tx.notice_of(id)? else {
            return Ok(Self { appointment, is_unknown: false, was_notified: false });
        };
        let is_unsent = matches!(notice.state, ScheduledState::Waiting | ScheduledState::Cancelled);
        let is_unknown = is_unsent && notice.created_at == appointment.created_at && notice.send_at > now;
        // A change of the note or of the person, which the contact is not notified of, does not count.
        let changes = [Some(appointment.created_at), appointment.cancelled_at, tx.last_move_of(id)?];
        let was_notified = notice.state == ScheduledState::Sent
            && now.since(notice.created_at) < UNDO_WITHIN
            && changes.iter().flatten().all(|changed| notice.created_at >= *changed);
        Ok(Self { appointment, is_unknown, was_notified })
    }

    /// Returns true if the contact is notified of the change although the user has not chosen it.
    pub fn is_followed(&self) -> bool {
        self.was_notified || self.is_unknown
    }
}

/// Returns what a change of an appointment is to the contact; `None` if there is nothing to notify the contact of, such
/// as another note or resource, or an appointment whose time is over. `before` is `None` for a new appointment.
pub fn event(before: Option<&BeforeChange>, after: &Appointment, now: Timestamp) -> Option<AppointmentEvent> {
    if after.starts_at <= now {
        return None;
    }
    let event = event_of(before.map(|before| &before.appointment), after);
    match event {
        Some(AppointmentEvent::Cancelled) if before.is_some_and(|before| before.is_unknown) => None,
        Some(AppointmentEvent::Moved) if before.is_some_and(|before| before.is_unknown) => {
            Some(AppointmentEvent::Booked)
        }
        event => event,
    }
}

fn event_of(before: Option<&Appointment>, after: &Appointment) -> Option<AppointmentEvent> {
    let Some(before) = before else { return Some(AppointmentEvent::Booked) };
    let is_booked = |of: &Appointment| of.state == AppointmentState::Booked;
    match (is_booked(before), is_booked(after)) {
        (false, true) => Some(AppointmentEvent::Booked),
        (true, false) if after.state == AppointmentState::Cancelled => Some(AppointmentEvent::Cancelled),
        (true, true) if before.starts_at != after.starts_at || before.service_id != after.service_id => {
            Some(AppointmentEvent::Moved)
        }
        _ => None,
    }
}

/// Schedules the message. Refused, with the code of `POST /api/whatsapp/send`, if the policy would refuse the message
/// now; it is evaluated again when the message is due.
pub fn queue(tx: &WriteTx<'_>, of: &Appointment, text: &str, context: &NoticeContext) -> Result<i64, Error> {
    check(tx, of.contact_id, text, context)?;
    let thread = thread::open(tx, of.contact_id, None, context.now)?;
    let new = NewScheduledMessage {
        thread: thread.id,
        text,
        media: None,
        send_at: context.now.plus(HOLD),
        provider: None,
        author: &context.author.to_string(),
        appointment: Some(of.id),
    };
    Ok(tx.insert_scheduled(&new, context.now)?)
}

/// Returns the error with which [`queue`] would refuse a message to a contact now.
pub fn check(tx: &ReadTx<'_>, id: ContactId, text: &str, context: &NoticeContext) -> Result<(), Error> {
    let contact = contact::find(tx, id)?.id;
    let (_, Some(to)) = outbox::conversation_with(tx, contact)? else {
        return Err(refused(&SendRefusal::NoRoute(NoRoute::Unable)));
    };
    let request = SendRequest {
        new_chats: Some(context.new_chats.clone()),
        ..SendRequest::text(to, text.to_owned(), context.author.to_string(), context.now)
    };
    match outbox::check(tx, &request, &context.rules, &context.down, context.now) {
        Ok(()) => Ok(()),
        Err(SendError::Refused(why)) => Err(refused(&why)),
        Err(SendError::Store(error)) => Err(error.into()),
    }
}

fn refused(why: &SendRefusal) -> Error {
    RequestError::NotSendable { code: why.code(), message: why.to_string().into() }.into()
}
