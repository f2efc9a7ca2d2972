//! Finds a sent message in Twilio's message list.

use crate::domain::{Timestamp, one_line};
use jiff::fmt::rfc2822;
use serde::Deserialize;
use std::time::Duration;

pub(super) struct Wanted<'a> {
    pub(super) to: &'a str,
    pub(super) from: &'a str,
    pub(super) text: &'a str,
    pub(super) media: bool,
    /// The id of the template, if the message was sent as a template.
    pub(super) content_sid: Option<&'a str>,
    pub(super) since: Timestamp,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Listed {
    sid: String,
    to: Option<String>,
    from: Option<String>,
    body: Option<String>,
    direction: Option<String>,
    date_created: Option<String>,
    content_sid: Option<String>,
}

/// The oldest message comes first. Returns `None` if the body is not a message list.
pub(super) fn matching(page: &[u8], wanted: &Wanted<'_>) -> Option<Vec<String>> {
    let page: Page = serde_json::from_slice(page).ok()?;
    let mut found: Vec<_> = page.messages.into_iter().filter(|listed| listed.is(wanted)).collect();
    // Twilio lists the newest message first. The stable sort keeps the reversed order for messages with equal times.
    found.reverse();
    found.sort_by_key(Listed::created);
    Some(found.into_iter().map(|listed| listed.sid).collect())
}

impl Listed {
    fn is(&self, wanted: &Wanted<'_>) -> bool {
        let is = |field: &Option<String>, value: &str| field.as_deref().is_none_or(|field| field == value);
        let outbound = self.direction.as_deref().is_none_or(|direction| direction.starts_with("outbound"));
        let recent = self.created().is_none_or(|created| created >= wanted.since.minus(CLOCK_TOLERANCE));
        !self.sid.is_empty()
            && outbound
            && recent
            && is(&self.to, wanted.to)
            && is(&self.from, wanted.from)
            && self.has_same_content(wanted)
    }

    fn has_same_content(&self, wanted: &Wanted<'_>) -> bool {
        let body = self.body.as_deref().unwrap_or_default();
        match (wanted.content_sid, &self.content_sid) {
            (Some(wanted), Some(listed)) => wanted == listed,
            // For a template, the list contains the text with its variables filled in.
            (Some(_), None) => one_line(body).contains(&one_line(wanted.text)),
            // A message with a file may have no text.
            (None, _) => body.trim_end() == wanted.text.trim_end() || (wanted.media && body.is_empty()),
        }
    }

    fn created(&self) -> Option<Timestamp> {
        let created = rfc2822::parse(self.date_created.as_deref()?).ok()?;
        Some(Timestamp::from_millis(created.timestamp().as_millisecond()))
    }
}

/// The tolerated delay of Twilio's clock. The times in the list are whole seconds.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn page(messages: &serde_json::Value) -> Vec<u8> {
        serde_json::json!({ "messages": messages, "page_size": 50 }).to_string().into_bytes()
    }

    fn wanted(text: &str) -> Wanted<'_> {
        Wanted {
            to: "whatsapp:+1",
            from: "whatsapp:+2",
            text,
            media: false,
            content_sid: None,
            since: "2026-11-20T10:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn only_the_same_words_to_the_same_person_since_the_attempt_are_ours() {
        let message = |sid: &str, to: &str, body: &str, time: &str, direction: &str| {
            serde_json::json!({ "sid": sid, "to": to, "from": "whatsapp:+2", "body": body, "direction": direction,
                "date_created": format!("Fri, 20 Nov 2026 {time} +0000") })
        };
        let page = page(&serde_json::json!([
            message("later", "whatsapp:+1", "hi", "10:00:02", "outbound-api"),
            message("first", "whatsapp:+1", "hi", "10:00:01", "outbound-api"),
            message("other words", "whatsapp:+1", "hello", "10:00:01", "outbound-api"),
            message("other person", "whatsapp:+3", "hi", "10:00:01", "outbound-api"),
            message("theirs", "whatsapp:+1", "hi", "10:00:01", "inbound"),
            message("before", "whatsapp:+1", "hi", "09:59:01", "outbound-api"),
        ]));
        assert_eq!(matching(&page, &wanted("hi")).unwrap(), ["first", "later"]);
    }

    #[test]
    fn a_template_is_known_by_its_id_or_by_its_words() {
        let page = page(&serde_json::json!([
            { "sid": "a", "to": "whatsapp:+1", "content_sid": "HX1", "body": "x" },
            { "sid": "b", "to": "whatsapp:+1", "content_sid": "HX2", "body": "hi" },
            { "sid": "c", "to": "whatsapp:+1", "body": "Dana, hi  there!" },
        ]));
        let found = matching(&page, &Wanted { content_sid: Some("HX1"), ..wanted("hi\nthere") }).unwrap();
        assert_eq!(found, ["c", "a"]);
    }

    #[test]
    fn an_invalid_page_has_no_matches() {
        assert_eq!(matching(b"<html>", &wanted("hi")), None);
        assert_eq!(matching(b"{}", &wanted("hi")), None);
    }
}
