//! Text normalisation for languages other than Hebrew: the digits of phone numbers and codes are separated, so that a
//! synthesiser reads them one by one.

/// Separates the digits of phone numbers, identity numbers and codes in a text. Short numbers, and numbers with the
/// marks of amounts, dates and times, stay unchanged.
pub(super) fn separated(text: &str) -> String {
    let (mut said, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_start = (c.is_ascii_digit() || c == '+' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
            && !said.ends_with(|c: char| c.is_ascii_digit());
        if !is_start {
            said.push(c);
            at += c.len_utf8();
            continue;
        }
        let length = length(rest);
        let number = &rest[..length];
        if is_dictated(number) {
            if said.ends_with(char::is_alphabetic) {
                said.push(' ');
            }
            said.push_str(&dictated(number));
        } else {
            said.push_str(number);
        }
        at += length;
    }
    said
}

/// Returns the length in bytes of a number with the marks between its digits.
fn length(text: &str) -> usize {
    let mut length = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next_is_digit = chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        let is_mark = matches!(c, '-' | '.' | ',' | ':' | '/' | '\u{2013}') || at == 0 && c == '+';
        if !(c.is_ascii_digit() || is_mark && next_is_digit) {
            break;
        }
        length = at + c.len_utf8();
    }
    length
}

/// Returns true for a number without the marks of amounts, dates and times, if it is long, or if it is shorter and
/// begins with a plus or a zero.
fn is_dictated(number: &str) -> bool {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let is_plain = !number.contains(['.', ',', ':', '/']);
    let groups = number.split(['-', '\u{2013}']).count();
    // 2026-11-30 has eight digits in three groups.
    let is_date = groups == 3 && digits == 8 && number.as_bytes().get(4) == Some(&b'-');
    let has_zero = digits > 2 && number.starts_with('0');
    is_plain && !is_date && (digits >= 7 || number.starts_with(PLUS) && digits > 4 || has_zero && digits >= 4)
}

fn dictated(number: &str) -> String {
    let groups = number.split(['-', '\u{2013}']).map(|group| {
        let digits: Vec<String> = group.chars().map(String::from).collect();
        digits.join(" ")
    });
    groups.collect::<Vec<_>>().join(", ")
}

const PLUS: char = '+';
