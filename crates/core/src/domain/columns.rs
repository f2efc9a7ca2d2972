//! Conversions between domain values and SQLite columns. An unknown enum value in the database is an error.

#![cfg(feature = "rusqlite")]

use super::{
    AddressId, AddressKind, AgentToolId, AiMode, AppointmentId, AppointmentSource, AppointmentState, BusinessId,
    CallDirection, CallEventKind, CallId, CallMedium, CallSid, CallState, ChangeKind, ClosureId, ContactChangeKind,
    ContactId, ContactNameSource, ContactRelation, DayTime, Direction, EndReason, EngineKind, EveRule, FactId,
    FactSource, FieldId, FieldKind, GapId, GapState, HolidayRule, JobId, JobKind, LeadId, LeadOutcome, MediaKind,
    MediaState, MessageEventKind, MessageId, MessageSid, MessageStatus, MessageType, NoteId, OutboundOutcome,
    OutboundState, OutboxId, PeerAddress, PhoneNumber, Provider, RecordingId, RecordingSid, RecordingSource,
    RecordingState, ResourceId, ResourceKind, Role, ScheduledState, SearchKind, ServiceId, Speaker, StageId,
    StoredNotice, StreamSid, SuggestionReason, TagId, TaskId, TaskSource, ThreadId, ThreadType, Timestamp, TokenId,
    ToolMethod, TurnId, UserId, WaitingId, WaitsFor,
};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

macro_rules! numbers {
    ($($name:ident),+) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map($name)
            }
        }
    )+};
}

macro_rules! words {
    ($($name:ident),+) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.as_str().to_sql()
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_str()?.parse().map_err(|error| FromSqlError::Other(Box::new(error)))
            }
        }
    )+};
}

macro_rules! sids {
    ($($name:ident),+) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.as_str().to_sql()
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_str().map($name::stored)
            }
        }
    )+};
}

numbers!(
    AddressId,
    AgentToolId,
    AppointmentId,
    BusinessId,
    CallId,
    ClosureId,
    ContactId,
    FactId,
    GapId,
    FieldId,
    JobId,
    LeadId,
    MessageId,
    NoteId,
    OutboxId,
    RecordingId,
    ResourceId,
    ServiceId,
    StageId,
    TagId,
    TaskId,
    ThreadId,
    TokenId,
    TurnId,
    UserId,
    WaitingId
);
words!(
    AddressKind,
    AiMode,
    AppointmentSource,
    AppointmentState,
    CallDirection,
    CallEventKind,
    CallMedium,
    CallState,
    ChangeKind,
    ContactChangeKind,
    Direction,
    EndReason,
    EngineKind,
    FactSource,
    GapState,
    HolidayRule,
    FieldKind,
    JobKind,
    LeadOutcome,
    MediaKind,
    MediaState,
    MessageEventKind,
    MessageStatus,
    MessageType,
    OutboundOutcome,
    OutboundState,
    Provider,
    RecordingSource,
    RecordingState,
    ResourceKind,
    Role,
    ScheduledState,
    SearchKind,
    Speaker,
    ContactNameSource,
    ContactRelation,
    SuggestionReason,
    TaskSource,
    ThreadType,
    ToolMethod,
    WaitsFor
);
sids!(CallSid, MessageSid, RecordingSid, StreamSid);

impl ToSql for PhoneNumber {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

impl FromSql for PhoneNumber {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::from_e164(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl ToSql for PeerAddress {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl ToSql for EveRule {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for EveRule {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl ToSql for DayTime {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for DayTime {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|error: jiff::Error| FromSqlError::Other(Box::new(error)))
    }
}

// A notice is stored as JSON. Earlier releases stored plain text, which is read and written unchanged.
impl ToSql for StoredNotice {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Notice(notice) => {
                let json = serde_json::to_string(notice);
                json.map(Into::into).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
            }
            Self::Text(text) => text.to_sql(),
        }
    }
}

impl FromSql for StoredNotice {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        Ok(serde_json::from_str(text).map_or_else(|_| Self::Text(text.to_owned()), Self::Notice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LateRefusal, Notice};
    use rusqlite::Connection;

    #[test]
    fn a_notice_is_stored_as_json_and_a_text_of_an_earlier_release_stays_what_it_is() {
        let connection = Connection::open_in_memory().unwrap();
        let read_back = |stored: &dyn ToSql| {
            connection.query_row("SELECT ?1", [stored], |row| row.get::<_, StoredNotice>(0)).unwrap()
        };
        let notice = StoredNotice::Notice(Notice::TwilioError { code: "99999".to_owned() });
        assert_eq!(read_back(&notice), notice);
        for text in ["the message expired", "{", "7", r#"{"code":"of-a-later-release"}"#, ""] {
            assert_eq!(read_back(&text), StoredNotice::Text(text.to_owned()), "{text}");
            assert_eq!(read_back(&StoredNotice::Text(text.to_owned())), StoredNotice::Text(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_refusal_of_an_earlier_release_is_read() {
        let stored = r#"{"refusal":"message","trouble":{"code":"63024","sentence":"it is not on WhatsApp"}}"#;
        let refusal: LateRefusal = serde_json::from_str(stored).unwrap();
        assert_eq!(refusal.provider_error.notice, StoredNotice::Text("it is not on WhatsApp".to_owned()));
    }
}
