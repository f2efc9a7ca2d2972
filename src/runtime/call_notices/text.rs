//! The text of a message to the owner about a call.

use crate::alerting::{directed, sender};
use crate::config::Config;
use crate::crm::call_notice::CallReport;
use crate::domain::{CALL_PAGE, CallBooking, CallItem, Language, PhoneNumber, one_line, shortened};
use crate::host::local_time::format_time;
use crate::messages::{self, Phrase};
use crate::runtime::caller_texts::appointment;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) subject: String,
    pub(super) body: String,
}

/// `page` is the base URL of the server.
pub(super) fn of(report: &CallReport, config: &Config, page: &str) -> Message {
    let language = config.alerts_language();
    let say = |phrase: Phrase| messages::text(language, &phrase);
    let CallItem { call, summary_line, .. } = &report.item;
    let headline =
        say(Phrase::NoticeOutcome { outcome: report.outcome().as_str().to_owned(), who: who(&report.item, language) });
    let at = format_time(call.started_at, &config.business.time_zone);
    let length = length(call.duration_ms.unwrap_or(0));
    let mut lines = vec![headline.clone(), say(Phrase::NoticeWhen { at, length })];
    // A message that the caller left is quoted instead of the summary line, since that line would only repeat its
    // beginning.
    let about = call.message_text.as_ref().or(summary_line.as_ref());
    lines.extend(about.map(|text| shortened(&one_line(text), MAX_CHARS).into_owned()));
    lines.extend(report.bookings.iter().map(|booking| say(booked(config, language, booking))));
    lines.extend(report.tasks.iter().map(|title| say(Phrase::NoticeTask { title: title.clone() })));
    lines.extend(report.lead.iter().map(|title| say(Phrase::NoticeLead { title: title.clone() })));
    lines.push(say(Phrase::NoticePage { page: format!("{page}{CALL_PAGE}{}", call.id) }));
    let body: Vec<_> = lines.iter().map(|line| directed(language, line)).collect();
    let subject = directed(language, &format!("{}: {headline}", sender(&config.business.name)));
    Message { subject, body: body.join("\n") }
}

/// Unicode isolates around the number keep its plus sign on the left in Hebrew text.
fn who(item: &CallItem, language: Language) -> String {
    let number = PhoneNumber::from_e164(&item.call.peer_number).map(|number| format!("\u{2066}{number}\u{2069}"));
    match (item.contact_name.trim(), number) {
        ("", Some(number)) => number,
        ("", None) => messages::text(language, &Phrase::SayWithheldNumber),
        (name, Some(number)) => format!("\u{2068}{name}\u{2069} ({number})"),
        (name, None) => format!("\u{2068}{name}\u{2069}"),
    }
}

fn booked(config: &Config, language: Language, CallBooking { appointment: about, changes }: &CallBooking) -> Phrase {
    let what = appointment(config, language, about);
    if changes.cancelled {
        Phrase::NoticeCancelled { what }
    } else if changes.booked {
        Phrase::NoticeBooked { what }
    } else {
        Phrase::NoticeMoved { what }
    }
}

fn length(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Maximum length of a quoted text, in characters. The web page shows the whole text.
const MAX_CHARS: usize = 600;
