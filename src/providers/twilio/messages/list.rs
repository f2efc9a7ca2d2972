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
    /// The template, if the message was sent as a template.
    pub(super) template: Option<WantedTemplate<'a>>,
    pub(super) since: Timestamp,
}

pub(super) struct WantedTemplate<'a> {
    pub(super) content_sid: &'a str,
    /// The text in one line, and a part of the file's URL that is the same in each attempt; without empty ones.
    pub(super) words: Vec<String>,
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
        match (&wanted.template, &self.content_sid) {
            (Some(template), Some(listed)) => template.content_sid == listed,
            // For a template, the list contains the text with its variables filled in.
            (Some(template), None) => {
                let (body, words) = (one_line(body), &template.words);
                !words.is_empty() && words.iter().all(|words| contains_words(&body, words))
            }
            // A message with a file may have no text.
            (None, _) => body.trim_end() == wanted.text.trim_end() || (wanted.media && body.is_empty()),
        }
    }

    fn created(&self) -> Option<Timestamp> {
        let created = rfc2822::parse(self.date_created.as_deref()?).ok()?;
        Some(Timestamp::from_millis(created.timestamp().as_millisecond()))
    }
}

/// Returns true if the body contains the words. Very short ones must not be a part of other words or numbers: "1" is not
/// in "10:15".
fn contains_words(body: &str, words: &str) -> bool {
    let is_joined = |left: Option<char>, right: Option<char>| {
        left.is_some_and(char::is_alphanumeric) && right.is_some_and(char::is_alphanumeric)
    };
    if words.chars().count() > SHORT_WORDS {
        return body.contains(words);
    }
    body.match_indices(words).any(|(at, _)| {
        let (before, after) = (&body[..at], &body[at + words.len()..]);
        !is_joined(before.chars().next_back(), words.chars().next())
            && !is_joined(words.chars().next_back(), after.chars().next())
    })
}

/// In characters.
const SHORT_WORDS: usize = 3;

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
            template: None,
            since: "2026-11-20T10:00:00Z".parse().unwrap(),
        }
    }

    fn template(words: &[&str]) -> WantedTemplate<'static> {
        WantedTemplate { content_sid: "HX1", words: words.iter().map(ToString::to_string).collect() }
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
        let found =
            matching(&page, &Wanted { template: Some(template(&["hi there"])), ..wanted("hi\nthere") }).unwrap();
        assert_eq!(found, ["c", "a"]);
    }

    #[test]
    fn a_template_without_its_words_is_of_another_system() {
        let page = page(&serde_json::json!([
            { "sid": "hour", "to": "whatsapp:+1", "body": "Your appointment is at 10:15." },
            { "sid": "file", "to": "whatsapp:+1", "body": "We say: prices https://x.example/static/media/4711?expires=5 Bye" },
            { "sid": "one", "to": "whatsapp:+1", "body": "We say: 1" },
            { "sid": "none", "to": "whatsapp:+1", "body": null },
        ]));
        let found =
            |words: &[&str]| matching(&page, &Wanted { template: Some(template(words)), ..wanted("") }).unwrap();
        assert_eq!(found(&["4711"]), ["file"]);
        assert_eq!(found(&["prices", "4711"]), ["file"]);
        assert!(found(&["prices", "4712"]).is_empty());
        assert_eq!(found(&["1"]), ["one"]);
        assert!(found(&[]).is_empty());
    }

    #[test]
    fn an_invalid_page_has_no_matches() {
        assert_eq!(matching(b"<html>", &wanted("hi")), None);
        assert_eq!(matching(b"{}", &wanted("hi")), None);
    }
}
