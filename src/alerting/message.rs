//! Builds the texts of alert notifications.

use crate::domain::{Alert, AlertKind, AlertTransition, Language, Timestamp};
use crate::messages::{self, Phrase};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertMessage {
    /// The subject, on one line.
    pub subject: String,
    pub body: String,
}

impl AlertMessage {
    /// `business` may be empty. `page` is the URL of the web page. `format_time` formats a time in the owner's time
    /// zone.
    pub fn of(
        changes: &[(Alert, AlertTransition)],
        business: &str,
        page: &str,
        language: Language,
        format_time: impl Fn(Timestamp) -> String,
    ) -> Self {
        let say = |phrase: Phrase| messages::text(language, &phrase);
        let first = changes.first().map(|(alert, change)| headline(language, alert.kind, *change)).unwrap_or_default();
        let subject = match changes.len() {
            0 | 1 => first,
            count => {
                let count = u64::try_from(count - 1).unwrap_or(u64::MAX);
                say(Phrase::AlertAndMore { headline: first, count })
            }
        };
        let mut lines = Vec::new();
        for (alert, change) in changes {
            let since = format_time(alert.since);
            lines.push(headline(language, alert.kind, *change));
            if *change == AlertTransition::Cleared {
                lines.push(say(Phrase::AlertLasted { since }));
            } else {
                let detail = messages::detail(language, &alert.detail);
                lines.extend(Some(detail).filter(|detail| !detail.is_empty()));
                lines.push(messages::remedy(language, alert.kind));
                lines.push(say(Phrase::AlertSince { since }));
            }
            lines.push(String::new());
        }
        lines.push(say(Phrase::AlertPage { page: page.to_owned() }));
        let body = lines.iter().map(|line| directed(language, line)).collect::<Vec<_>>().join("\n") + "\n";
        Self { subject: directed(language, &format!("{}: {subject}", sender(business))), body }
    }

    pub fn test(business: &str, language: Language) -> Self {
        let subject = messages::text(language, &Phrase::AlertTestSubject);
        let body = messages::text(language, &Phrase::AlertTestBody);
        Self {
            subject: directed(language, &format!("{}: {subject}", sender(business))),
            body: directed(language, &body) + "\n",
        }
    }
}

/// Adds an invisible right-to-left mark before a Hebrew text line whose first character is a visible ASCII character.
/// Mail programs and WhatsApp derive the direction from the first letter, so they would show a Hebrew line that begins
/// with a Latin name in the wrong order. No line may begin with a command, because the mark would be copied with it.
pub fn directed(language: Language, line: &str) -> String {
    let mark =
        if language == Language::Hebrew && line.starts_with(|c: char| c.is_ascii_graphic()) { "\u{200f}" } else { "" };
    format!("{mark}{line}")
}

pub fn sender(business: &str) -> String {
    if business.is_empty() { "AgentLocator".to_owned() } else { format!("AgentLocator – {business}") }
}

fn headline(language: Language, kind: AlertKind, change: AlertTransition) -> String {
    let headline = messages::headline(language, kind);
    match change {
        AlertTransition::Raised => headline,
        AlertTransition::Lasts => messages::text(language, &Phrase::AlertLasts { headline }),
        AlertTransition::Cleared => messages::text(language, &Phrase::AlertCleared { headline }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AlertState, Notice};

    #[test]
    fn a_hebrew_line_that_begins_with_a_latin_name_is_shown_from_the_right() {
        assert_eq!(directed(Language::Hebrew, "Twilio אינה עונה"), "\u{200f}Twilio אינה עונה");
        assert_eq!(directed(Language::Hebrew, "הדיסק מלא"), "הדיסק מלא");
        assert_eq!(directed(Language::English, "Twilio does not answer"), "Twilio does not answer");
    }

    #[test]
    fn a_message_says_what_since_when_and_what_to_do() {
        let alert = |kind, en: &str| Alert {
            kind,
            state: AlertState::Raised,
            detail: Notice::verbatim(en).into(),
            since: Timestamp::from_millis(0),
            cleared_at: None,
            mute: None,
            deliveries: Vec::new(),
            recurrences: 0,
        };
        let changes = [
            (alert(AlertKind::DiskLow, "12 MB are free"), AlertTransition::Raised),
            (alert(AlertKind::BridgeDown, "no answer"), AlertTransition::Cleared),
        ];
        let message = AlertMessage::of(&changes, "Shop", "https://shop.example/app/", Language::English, |at| {
            at.to_string()[..16].to_owned()
        });
        assert_eq!(message.subject, "AgentLocator – Shop: The disk is nearly full (and 1 more)");
        assert!(message.body.starts_with("The disk is nearly full\n12 MB are free\nFree disk"), "{}", message.body);
        assert!(message.body.contains("Since 1970-01-01T00:00.\n"), "{}", message.body);
        assert!(message.body.contains("Resolved: The business's WhatsApp is not connected\nIt had lasted since"));
        assert!(message.body.ends_with("The page: https://shop.example/app/\n"));
        let hebrew = AlertMessage::of(&changes, "", "", Language::Hebrew, |_| String::new());
        assert!(hebrew.subject.starts_with("\u{200f}AgentLocator: הדיסק"));
    }
}
