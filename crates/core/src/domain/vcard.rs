//! Contact cards (vCard, RFC 6350), which contacts send as files.

/// Returns the names and phone numbers of the cards in a file, each in its line, with an empty line between two cards.
/// Returns none if the file has no card with a name or a number. Reads the first `MAX_BYTES` of the file, and returns at
/// most `MAX_TEXT` characters.
pub fn contact_card_text(content: &[u8]) -> Option<String> {
    // A character that the limit cuts is left out.
    let is_inner = |at: &usize| content.get(*at).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
    let end = (0..=content.len().min(MAX_BYTES)).rev().find(|at| !is_inner(at)).unwrap_or_default();
    let text = String::from_utf8_lossy(&content[..end]);
    let lines = unfolded(text.trim_start_matches('\u{feff}'));
    let is_begin = |line: &String| line.trim().eq_ignore_ascii_case("BEGIN:VCARD");
    let cards = lines.split(is_begin).skip(1).take(MAX_ITEMS).map(card);
    let cards: Vec<String> = cards.filter(|card| !card.is_empty()).collect();
    (!cards.is_empty()).then(|| cards.join("\n\n").chars().take(MAX_TEXT).collect::<String>().trim_end().to_owned())
}

/// Returns the lines of a file. A line that begins with a space or a tab continues the line before it. So does every line
/// after a quoted-printable one that ends with an equals sign.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match lines.last_mut() {
            Some(last) if last.ends_with('=') && is_quoted(last) => {
                last.pop();
                last.push_str(line);
            }
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(&line[1..]),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// Returns true if the value of a property is encoded as quoted-printable, as vCard 2.1 allows: `ENCODING=QUOTED-PRINTABLE`,
/// or only `QUOTED-PRINTABLE`.
fn is_quoted(line: &str) -> bool {
    let head = line.split(':').next().unwrap_or_default();
    head.split(';').skip(1).any(|parameter| {
        let encoding = parameter.rsplit('=').next().unwrap_or_default();
        encoding.eq_ignore_ascii_case("QUOTED-PRINTABLE")
    })
}

fn unquoted(value: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(value.len()), value.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'=').and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn card(properties: &[String]) -> String {
    let mut lines: Vec<String> = property(properties, "FN").map(|(_, value)| value).take(1).collect();
    for (parameters, value) in property(properties, "TEL").take(MAX_ITEMS) {
        let number =
            waid(parameters).map_or_else(|| value.replace("tel:", ""), |digits| shortened(&format!("+{digits}")));
        if !lines.contains(&number) {
            lines.push(number);
        }
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// The parameters and the value of each property with this name, with or without a group, as in `item1.TEL`.
fn property<'a>(lines: &'a [String], name: &'a str) -> impl Iterator<Item = (&'a str, String)> {
    lines.iter().filter_map(move |line| {
        let (head, value) = line.split_once(':')?;
        let (found, parameters) = head.split_once(';').unwrap_or((head, ""));
        let found = found.trim().rsplit('.').next().unwrap_or_default();
        let value = || if is_quoted(line) { unquoted(value) } else { value.to_owned() };
        found.eq_ignore_ascii_case(name).then(|| (parameters, shortened(&unescaped(&value()))))
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

/// Returns the first characters of a value, in one line.
fn shortened(value: &str) -> String {
    let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_VALUE).collect();
    value.trim().to_owned()
}

/// The maximum number of bytes of a file that are read. A card with a picture has its name and numbers before the picture.
const MAX_BYTES: usize = 64 * 1024;

/// The maximum number of characters of a name or a number, and of the whole text.
const MAX_VALUE: usize = 200;
const MAX_TEXT: usize = 4_096;

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
            (
                "BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D7=93=D7=A0=D7=94=20=D7=9B=\r\n=D7=94=D7=9F\r\nTEL;CELL:0501234567\r\nEND:VCARD",
                Some("דנה כהן\n0501234567"),
            ),
            ("BEGIN:VCARD\nFN;QUOTED-PRINTABLE:a=3db=\nc=zz=+1\nEND:VCARD", Some("a=bc=zz=+1")),
            ("\u{feff}begin:vcard\nfn:דנה\ntel;type=cell:050-1234567\nend:vcard", Some("דנה\n050-1234567")),
            ("BEGIN:VCARD\nEND:VCARD", None),
            ("FN:Dana", None),
        ] {
            assert_eq!(contact_card_text(card.as_bytes()).as_deref(), text, "{card}");
        }
    }

    #[test]
    fn a_huge_card_is_shortened() {
        let name = |value: &str| contact_card_text(format!("BEGIN:VCARD\nFN:{value}\nEND:VCARD").as_bytes()).unwrap();
        assert_eq!(name(&"א".repeat(4_000_000)), "א".repeat(200));
        assert_eq!(name(&"a".repeat(4_000_000)), "a".repeat(200));
        let card = format!("BEGIN:VCARD\nFN:{}\nEND:VCARD\n", "ב".repeat(190));
        assert!(contact_card_text(card.repeat(50).as_bytes()).unwrap().chars().count() <= 4_096);
        // A card after the first 64 KB is not read.
        let late = format!("BEGIN:VCARD\nFN:A\nPHOTO:{}\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD", "x".repeat(70_000));
        assert_eq!(contact_card_text(late.as_bytes()).as_deref(), Some("A"));
    }

    proptest! {
        #[test]
        fn a_text_is_short_and_has_no_part_of_a_character(
            before in 0usize..9, names in proptest::collection::vec("[a-zא-ת🙂]{0,300}", 0..60), filler in 65_500usize..65_560,
        ) {
            let card = |name: &String| ["BEGIN:VCARD\nFN:", name, "\nTEL:1\nEND:VCARD\n"].concat();
            let cards = names.iter().map(card).collect::<Vec<_>>().concat();
            let long = format!("BEGIN:VCARD\nNOTE:{}\nFN:{}", "x".repeat(filler), "🙂א".repeat(40));
            for text in [cards, long] {
                let text = contact_card_text(format!("{}{text}", "\n".repeat(before)).as_bytes()).unwrap_or_default();
                prop_assert!(text.chars().count() <= 4_096 && !text.contains('\u{fffd}'), "{text}");
                prop_assert!(text.lines().all(|line| line.chars().count() <= 200));
            }
        }

        #[test]
        fn any_file_is_read_without_a_panic(content in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = contact_card_text(&[b"BEGIN:VCARD\nFN;QUOTED-PRINTABLE:".as_slice(), &content].concat());
        }
    }
}
