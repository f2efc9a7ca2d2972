//! Maps domain values to columns of SQLite. A text that an enum does not know is an error, never a default.

#![cfg(feature = "rusqlite")]

use super::{
    AddressId, AddressKind, AiMode, BusinessId, CallDirection, CallId, CallMedium, CallSid, CallState, ChangeKind,
    ContactId, Direction, EndReason, JobId, JournalId, MediaKind, MessageEventKind, MessageId, MessageSid,
    MessageStatus, MessageType, OutboxId, PhoneNumber, Provider, RecordingId, RecordingSid, RecordingSource,
    RecordingState, Role, Speaker, StreamSid, SuggestionReason, ThreadId, ThreadType, Timestamp, TokenId, TurnId,
    UserId,
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
    BusinessId,
    CallId,
    ContactId,
    JobId,
    JournalId,
    MessageId,
    OutboxId,
    RecordingId,
    ThreadId,
    TokenId,
    TurnId,
    UserId
);
words!(
    AddressKind,
    AiMode,
    CallDirection,
    CallMedium,
    CallState,
    ChangeKind,
    Direction,
    EndReason,
    MediaKind,
    MessageEventKind,
    MessageStatus,
    MessageType,
    Provider,
    RecordingSource,
    RecordingState,
    Role,
    Speaker,
    SuggestionReason,
    ThreadType
);
sids!(CallSid, MessageSid, RecordingSid, StreamSid);

impl ToSql for PhoneNumber {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
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
