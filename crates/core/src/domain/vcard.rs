//! Contact cards (vCard, RFC 6350), which contacts send as files.

/// Returns the names and phone numbers of the cards in a file, each in its line, with an empty line between two cards.
/// Returns none if the file has no card with a name or a number.
pub fn contact_card_text(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    // A line that begins with a space or a tab continues the line before it.
    let unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let cards = unfolded.split("BEGIN:VCARD").skip(1).take(MAX_ITEMS).map(card);
    let cards: Vec<String> = cards.filter(|card| !card.is_empty()).collect();
    (!cards.is_empty()).then(|| cards.join("\n\n"))
}

fn card(text: &str) -> String {
    let mut lines: Vec<String> = property(text, "FN").map(|(_, value)| unescaped(value)).take(1).collect();
    for (parameters, value) in property(text, "TEL").take(MAX_ITEMS) {
        let number =
            waid(parameters).map_or_else(|| unescaped(value).replace("tel:", ""), |digits| format!("+{digits}"));
        if !lines.contains(&number) {
            lines.push(number);
        }
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// The parameters and the value of each property with this name, with or without a group, as in `item1.TEL`.
fn property<'a>(card: &'a str, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    card.lines().filter_map(move |line| {
        let (head, value) = line.split_once(':')?;
        let (found, parameters) = head.split_once(';').unwrap_or((head, ""));
        let found = found.rsplit('.').next().unwrap_or_default();
        found.eq_ignore_ascii_case(name).then_some((parameters, value.trim()))
    })
}

/// WhatsApp's own parameter: the number in digits, with the country code.
fn waid(parameters: &str) -> Option<&str> {
    let given = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("waid").then_some(value)
    });
    given.filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unescaped(value: &str) -> String {
    value.replace("\\n", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\").trim().to_owned()
}

/// The maximum number of cards in a file, and of numbers in a card: an attacker may send thousands.
const MAX_ITEMS: usize = 50;

#[cfg(test)]
mod tests {
    use super::contact_card_text;
    use proptest::prelude::*;

    #[test]
    fn names_and_numbers_are_read() {
        for (card, text) in [
            (
                "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:דנה כהן\r\nitem1.TEL;waid=972501234567:+972 50-123-4567\r\nEND:VCARD",
                Some("דנה כהן\n+972501234567"),
            ),
            (
                "BEGIN:VCARD\nFN:Levi\\, Ron\nTEL;TYPE=cell:03-555\n 1234\nTEL:03-5551234\nEND:VCARD",
                Some("Levi, Ron\n03-5551234"),
            ),
            (
                "BEGIN:VCARD\nTEL;VALUE=uri:tel:+1-201-555-0123\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD",
                Some("+1-201-555-0123\n\nB"),
            ),
            ("BEGIN:VCARD\nEND:VCARD", None),
            ("FN:Dana", None),
        ] {
            assert_eq!(contact_card_text(card.as_bytes()).as_deref(), text, "{card}");
        }
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_a_panic(content in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = contact_card_text(&[b"BEGIN:VCARD".as_slice(), &content].concat());
        }
    }
}
