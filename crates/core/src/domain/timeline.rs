//! The timeline of a contact: messages, calls, notes, tasks, appointments and merges in one list.

use super::{Appointment, CallItem, MessageDetail, Note, Task, Timestamp, UnknownValue, cursor, text_enum};
use std::fmt;
use std::str::FromStr;

text_enum! {
    /// The kind of an entry of a contact's timeline.
    TimelineKind {
        /// A WhatsApp message.
        Message = "message",
        Call = "call",
        /// A note about the contact.
        Note = "note",
        /// The creation of a task.
        Task = "task",
        /// The completion of a task.
        TaskDone = "task_done",
        /// The booking of an appointment.
        Appointment = "appointment",
        /// The move of an appointment to another time.
        AppointmentMoved = "appointment_moved",
        /// The cancellation of an appointment.
        AppointmentCancelled = "appointment_cancelled",
        /// A merge of another contact into the contact of the timeline.
        Merge = "merge",
        /// The contact opted out or in, or was blocked or unblocked.
        ContactChange = "contact_change",
    }
}

text_enum! {
    /// A change of a contact that its timeline shows.
    ContactChangeKind {
        /// The contact gets no messages from then on.
        OptedOut = "opted_out",
        /// The contact gets messages again.
        OptedIn = "opted_in",
        Blocked = "blocked",
        Unblocked = "unblocked",
    }
}

/// An entry of a contact's timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEntry {
    /// The time by which the entry is ordered.
    pub at: Timestamp,
    /// The message, call, note or other row that the entry shows.
    pub content: TimelineContent,
}

/// The content of an entry of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub enum TimelineContent {
    /// A WhatsApp message.
    Message(Box<MessageDetail>),
    /// A call, as lists of calls show it.
    Call(Box<CallItem>),
    /// A note about the contact.
    Note(Note),
    /// A task that was created.
    Task(Box<Task>),
    /// A task that was done.
    TaskDone(Box<Task>),
    /// An appointment that was booked, in its current state, and its first move.
    Appointment(Box<Appointment>, Option<AppointmentMove>),
    /// An appointment that was moved, in its current state.
    AppointmentMoved(Box<Appointment>, AppointmentMove),
    /// An appointment that was cancelled.
    AppointmentCancelled(Box<Appointment>),
    /// A merge of another contact into the contact of the timeline.
    Merge(ContactMerge),
    /// The contact opted out or in, or was blocked or unblocked.
    ContactChange(ContactChange),
}

impl TimelineContent {
    /// Returns the kind of the entry, which orders entries with the same time.
    pub fn kind(&self) -> TimelineKind {
        match self {
            Self::Message(_) => TimelineKind::Message,
            Self::Call(_) => TimelineKind::Call,
            Self::Note(_) => TimelineKind::Note,
            Self::Task(_) => TimelineKind::Task,
            Self::TaskDone(_) => TimelineKind::TaskDone,
            Self::Appointment(..) => TimelineKind::Appointment,
            Self::AppointmentMoved(..) => TimelineKind::AppointmentMoved,
            Self::AppointmentCancelled(_) => TimelineKind::AppointmentCancelled,
            Self::Merge(_) => TimelineKind::Merge,
            Self::ContactChange(_) => TimelineKind::ContactChange,
        }
    }
}

/// A move of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppointmentMove {
    /// The id: the number of the database row.
    pub id: i64,
    /// The start before the move.
    pub from: Timestamp,
    /// The start after the move.
    pub to: Timestamp,
}

/// A change of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactChange {
    /// The id: the number of the database row.
    pub id: i64,
    /// What changed.
    pub kind: ContactChangeKind,
    /// The actor, in the form of the audit log, such as `user:3`; `provider` for an opt-out that a provider reported.
    pub actor: String,
    /// The name of the user or the token; none for other actors.
    pub actor_name: Option<String>,
    /// The text of the message by which the contact opted out.
    pub word: Option<String>,
}

/// A merge of another contact into a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactMerge {
    /// The id, which is needed to undo the merge.
    pub merge_id: i64,
    /// The name of the merged contact; may be empty.
    pub contact_name: String,
    /// When the contacts were merged.
    pub merged_at: Timestamp,
}

/// The position of an entry in a timeline: of the oldest or the newest entry of a page. Entries with the same time are
/// ordered by kind, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimelineCursor {
    /// The time of the entry.
    pub at: Timestamp,
    /// The kind of the entry.
    pub kind: TimelineKind,
    /// The id of the entry's database row.
    pub id: i64,
}

impl TimelineCursor {
    /// Returns the position directly before an entry.
    pub fn before(at: Timestamp, kind: TimelineKind, id: i64) -> Self {
        Self { at, kind, id: id.saturating_sub(1) }
    }

    /// Returns the bound for ids of a kind at the cursor's time: an entry with a smaller id is older than the cursor,
    /// one with a larger id is newer.
    pub fn id_bound(&self, kind: TimelineKind) -> i64 {
        match kind.cmp(&self.kind) {
            std::cmp::Ordering::Less => i64::MAX,
            std::cmp::Ordering::Equal => self.id,
            std::cmp::Ordering::Greater => i64::MIN,
        }
    }
}

impl fmt::Display for TimelineCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at.as_millis(), self.kind, self.id)
    }
}

impl FromStr for TimelineCursor {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let mut parts = text.splitn(3, '.');
            let at = Timestamp::from_millis(parts.next()?.parse().ok()?);
            Some(Self { at, kind: parts.next()?.parse().ok()?, id: parts.next()?.parse().ok()? })
        };
        read().ok_or_else(|| cursor::unknown(text))
    }
}

/// The entry or the time around which a page of a timeline is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineAnchor {
    /// The entries before and after a time.
    Time(Timestamp),
    /// An entry, and the entries before and after it.
    Entry(TimelineKind, i64),
}

impl FromStr for TimelineAnchor {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entry = |(kind, id): (&str, &str)| Some(Self::Entry(kind.parse().ok()?, id.parse().ok()?));
        let time = || text.parse().ok().map(Self::Time);
        text.split_once('.').and_then(entry).or_else(time).ok_or_else(|| cursor::unknown(text))
    }
}

/// The page of a timeline to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineRange {
    /// The newest entries.
    Newest,
    /// The entries directly before a position.
    Before(TimelineCursor),
    /// The entries directly after a position.
    After(TimelineCursor),
    /// The entries on both sides of an entry or a time.
    Around(TimelineAnchor),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = TimelineCursor { at: Timestamp::from_millis(-5), kind: TimelineKind::Call, id: 7 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", "1", "1.call", "1.bogus.2", "x.call.2", "1.call.2.3"] {
            assert!(wrong.parse::<TimelineCursor>().is_err(), "{wrong}");
        }
        assert_eq!(cursor.id_bound(TimelineKind::Message), i64::MAX);
        assert_eq!((cursor.id_bound(TimelineKind::Call), cursor.id_bound(TimelineKind::Note)), (7, i64::MIN));
    }

    #[test]
    fn an_anchor_is_an_entry_or_a_time() {
        assert_eq!("task_done.7".parse(), Ok(TimelineAnchor::Entry(TimelineKind::TaskDone, 7)));
        let at = Timestamp::from_millis(1_762_935_000_250);
        assert_eq!(at.to_string().parse(), Ok(TimelineAnchor::Time(at)));
        for wrong in ["", "7", "message", "message.x", "letter.7", "message.7.1", "2026-11-12"] {
            assert!(wrong.parse::<TimelineAnchor>().is_err(), "{wrong}");
        }
    }
}
