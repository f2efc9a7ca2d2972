//! The types of the business domain, which most other modules use. This module performs no I/O, reads no clock and
//! generates no random numbers.

mod actor;
mod address;
mod agent_tool;
mod ai_failure;
mod alert;
mod answering;
mod appointment;
mod attempt;
mod bookable;
mod call;
mod call_event;
mod call_outcome;
mod cause;
mod change;
mod check_result;
mod clean_text;
mod columns;
mod contact;
mod cursor;
mod custom_field;
mod fact;
mod file_type;
mod finding;
mod greeting;
mod hex;
mod holiday;
mod ids;
mod inbound;
mod job;
mod knowledge_gap;
mod lead;
mod localized;
mod message;
mod message_extra;
mod note;
mod notice;
mod opening_hours;
mod outbound_call;
mod page_urls;
mod peer;
mod phone;
mod recording;
mod saved_reply;
mod search_hit;
mod setting_error;
mod setting_warning;
mod setup_step;
mod tag;
mod task;
mod text_enum;
mod thread;
mod time;
mod timeline;
mod timestamp_text;
mod turn_state;
mod user;
mod vcard;

pub use actor::ActorId;
pub use address::{Address, AddressKind};
pub use agent_tool::{
    AgentTool, ArgumentError, BuiltInTool, ParameterType, ToolHeader, ToolMethod, ToolParameter, UrlTemplate,
    UrlTemplateError,
};
pub use ai_failure::{AiFailure, AiFailureCause, AiPart};
pub use alert::{
    Alert, AlertChannel, AlertDelivery, AlertDetail, AlertEventKind, AlertKind, AlertState, AlertTransition, Mute,
};
pub use answering::{AnswerMode, Answering};
pub use appointment::{Appointment, AppointmentEvent, AppointmentSource, AppointmentState, WaitingEntry};
pub use attempt::{LateRefusal, NotSent, Outcome, ProviderError, Refusal, RefusedRoute, Search};
pub use bookable::{Offer, Resource, ResourceKind, Service};
pub use call::{
    Call, CallBooking, CallBookingChanges, CallDirection, CallFindings, CallMedium, CallState, EndReason, EngineKind,
    Speaker, ToolUse, TransferFailure, Turn, TurnLatency, WordTime,
};
pub use call_event::CallEventKind;
pub use call_outcome::{CallFacts, CallItem, CallOutcome};
pub use cause::{Cause, Causes};
pub use change::ChangeKind;
pub use check_result::{CheckResult, CheckStatus, SelfCheck};
pub use clean_text::{Masked, clean_name, is_visible, one_line, shortened, without_bidi_controls};
pub use contact::{
    Contact, ContactName, ContactNameSource, ContactRelation, ContactSort, MergeChoices, MergeSuggestion, OptOut,
    OptOutChoice, OptOutSource, SuggestionReason,
};
pub use cursor::{Cursor, TextCursor};
pub use custom_field::{CustomField, FieldKind, FieldValue, date, day};
pub use fact::{Fact, FactSource};
pub use file_type::{extension_of, is_file_name, sniff_mime};
pub use finding::{Found, FoundText, Remedy, RemedyText};
pub use greeting::Greeting;
pub use hex::{hex, is_hex};
pub use holiday::{HebrewDate, HebrewMonth, Holiday, HolidayKind};
pub use ids::{
    AddressId, AgentToolId, AppointmentId, BusinessId, CallId, CallSid, ClosureId, ContactId, FactId, FieldId, GapId,
    InvalidSid, JobId, LeadId, MessageId, MessageSid, NoteId, OutboxId, RecordingId, RecordingSid, ResourceId,
    ServiceId, StageId, StreamSid, TagId, TaskId, ThreadId, TokenId, TurnId, UserId, WaitingId,
};
pub use inbound::{Actor, Change, Inbound, InboundMedia, InboundMessage, Malformed, MessageUpdate};
pub use job::JobKind;
pub use knowledge_gap::{GapState, KnowledgeGap};
pub use lead::{Lead, LeadContent, LeadOutcome, LeadStage};
pub use localized::{Language, Localized, TextParam, localized_enum};
pub use message::{
    Direction, Edit, MEDIA_PATH, MediaKind, MediaState, Message, MessageDetail, MessageEventKind, MessageFile,
    MessageStatus, MessageType, Provider, Quote, Reaction, WaitsFor,
};
pub use message_extra::{Location, MessageExtra, PhoneOnly, PressedButton, Referral};
pub use note::Note;
pub use notice::{Notice, StoredNotice};
pub use opening_hours::{ClosedReason, Closure, DayRange, DayTime, EveRule, HolidayRule, OpeningHours, OpeningRules};
pub use outbound_call::{OutboundCall, OutboundOutcome, OutboundState};
pub use page_urls::{CALL_PAGE, PageUrls};
pub use peer::{PeerAddress, PeerError, whatsapp_address};
pub use phone::{MistypedNumber, NewNumberError, PhoneNumber, PhoneNumberError};
pub use recording::{Recording, RecordingSource, RecordingState};
pub use saved_reply::{SavedReply, ScheduledMessage, ScheduledState};
pub use search_hit::{SearchHit, SearchKind};
pub use setting_error::{AllowedValues, SettingError, SettingFault};
pub use setting_warning::SettingWarning;
pub use setup_step::{ForwardedCall, SetupProgress, SetupStep};
pub use tag::{ContactTag, Tag, TagChanges};
pub use task::{Task, TaskContent, TaskSource, TaskState};
pub use text_enum::{TextEnum, UnknownValue, text_enum};
pub use thread::{
    AiMode, Draft, InboxCounts, InboxFilter, InboxRow, LastCall, LastInbound, LastMessage, Thread, ThreadTurn,
    ThreadType,
};
pub use time::{Moment, Timestamp};
pub use timeline::{
    AppointmentMove, ContactChange, ContactChangeKind, ContactMerge, TimelineAnchor, TimelineContent, TimelineCursor,
    TimelineEntry, TimelineKind, TimelineRange,
};
pub use turn_state::{OutboundAuthor, TurnEvent, TurnState};
pub use user::{ApiToken, AuditEntry, Role, Session, SessionSummary, User};
pub use vcard::contact_card_text;
