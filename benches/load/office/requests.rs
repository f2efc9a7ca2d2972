//! The requests that the pages of an office make.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The name of a request in the tables, and its path.
pub type Request = (&'static str, String);

/// Returns requests for lists and single rows. `thread` has the most messages and belongs to `contact`; `from` and `to`
/// are a week apart.
pub fn lists(contact: i64, thread: i64, (from, to): (&str, &str)) -> Vec<Request> {
    let mut all: Vec<Request> = FIXED.iter().map(|(name, path)| (*name, (*path).to_owned())).collect();
    all.extend([
        ("contact", format!("/api/contacts/{contact}")),
        ("timeline of a contact", format!("/api/contacts/{contact}/timeline")),
        ("notes of a contact", format!("/api/contacts/{contact}/notes")),
        ("calls of a contact", format!("/api/calls?contact_id={contact}")),
        ("appointments of a contact", format!("/api/appointments?contact_id={contact}")),
        ("messages of a thread", format!("/api/threads/{thread}/messages")),
        ("route of a thread", format!("/api/threads/{thread}/route")),
        ("appointments of a week", format!("/api/appointments?from={from}T00:00:00Z&to={to}T00:00:00Z")),
        ("days of a week", format!("/api/calendar/days?from={from}&to={to}")),
    ]);
    all
}

pub fn searches() -> Vec<Request> {
    let search = |name, words| (name, format!("/api/search?q={}", utf8_percent_encode(words, NON_ALPHANUMERIC)));
    let list = |name, of, words| (name, format!("/api/{of}?q={}", utf8_percent_encode(words, NON_ALPHANUMERIC)));
    vec![
        search("search, frequent word", "שלום"),
        search("search, rare word", "שוקולד"),
        search("search, two words", "עוגת חתונה"),
        search("search, no hit", "קזחסטנקה"),
        search("search, frequent letters without a hit", "לשלוםתודה"),
        search("search, two letters", "של"),
        search("search, number", "050-123"),
        search("search, whole number", "0501234567"),
        search("search, niqqud", "שָׁלוֹם"),
        list("inbox with a word", "inbox", "שלום"),
        list("inbox with two letters", "inbox", "דנ"),
        list("inbox with a word without a hit", "inbox", "קזחסטנקה"),
        list("calls with a word", "calls", "שוקולד"),
        list("contacts with a name", "contacts", "דנה"),
        list("contacts with a number", "contacts", "050123"),
        list("contacts without a hit", "contacts", "קזחסטנקה"),
    ]
}

const FIXED: &[(&str, &str)] = &[
    ("session", "/api/session"),
    ("inbox", "/api/inbox"),
    ("inbox, 200 rows", "/api/inbox?limit=200"),
    ("inbox, waiting", "/api/inbox?filter=waiting"),
    ("inbox, by the agent", "/api/inbox?filter=agent"),
    ("inbox, archived", "/api/inbox?filter=archived"),
    ("counts", "/api/threads/counts"),
    ("threads", "/api/threads"),
    ("threads, waiting", "/api/threads?filter=waiting"),
    ("calls", "/api/calls"),
    ("calls, missed", "/api/calls?outcome=missed"),
    ("calls, booked", "/api/calls?outcome=booked"),
    ("calls, failed", "/api/calls?outcome=failed"),
    ("contacts", "/api/contacts"),
    ("contacts by name", "/api/contacts?sort=name"),
    ("tasks, open", "/api/tasks?state=open"),
    ("tasks, all", "/api/tasks"),
    ("appointments", "/api/appointments"),
    ("free times, 14 days", "/api/free-slots?service_id=1&days=14"),
    ("audit log", "/api/audit"),
    ("leads", "/api/leads"),
    ("tags", "/api/tags"),
    ("saved replies", "/api/saved-replies"),
    ("scheduled messages", "/api/scheduled-messages"),
    ("merge suggestions", "/api/merge-suggestions"),
    ("settings", "/api/settings"),
];
