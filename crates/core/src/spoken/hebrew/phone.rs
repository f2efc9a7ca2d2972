//! Conversion of Israeli phone numbers to words, in the groups in which Israelis say them.

use super::lists::{Gender, List};
use super::numeral::{cardinal, dictated, digits};
use super::plain::is_dash;

/// Returns the words of the phone number at the beginning of a text, and its length in bytes. The text must begin with
/// a digit or a plus. Payment card numbers of four groups are read in the same way.
pub(super) fn phone(text: &str) -> Option<(String, usize)> {
    let found = FoundNumber::read(text);
    let number = found.digits.as_str();
    let is_plus = text.starts_with(PLUS);
    let mut said = Vec::new();
    let length;
    let abroad = ["972", "00972"].into_iter().find_map(|code| Some((code, number.strip_prefix(code)?)));
    if let Some((code, national)) = abroad {
        // The zero before the area code is not dialled from abroad, but often written.
        let zero = usize::from(national.starts_with('0'));
        let area = area(&format!("0{}", &national[zero..]))? - 1;
        length = code.len() + zero + area + 7;
        let local = national.get(zero..zero + area + 7)?;
        said.push(if is_plus { format!("{} {}", List::Plus.word(), digits(code)) } else { digits(code) });
        said.extend(groups(local, &[area, 3, 4]));
    } else if is_plus {
        length = number.len();
        said = found.written_groups().filter(|_| (7..=15).contains(&number.len()))?;
        let first = said.first_mut()?;
        *first = format!("{} {first}", List::Plus.word());
    } else if let Some(area) = area(number) {
        length = area + 7;
        found.begins_with(area, length)?;
        said = groups(number.get(..length)?, &[area, 3, 4]);
    } else if number.starts_with("1800")
        || number.starts_with("1700")
        || number.starts_with("1599")
        || number.starts_with("1900")
    {
        length = 10;
        let first = number.get(1..4).and_then(|area| area.parse().ok()).unwrap_or_default();
        found.begins_with(1, length).or_else(|| found.begins_with(4, length))?;
        said.push(format!("{} {}", digits("1"), cardinal(first, Gender::Feminine)));
        said.extend(groups(number.get(4..length)?, &[3, 3]));
    } else {
        length = 16;
        // A payment card.
        let is_card =
            found.ends.len() == 4 && found.ends.iter().enumerate().all(|(at, (digits, _))| *digits == 4 * (at + 1));
        said = groups(number.get(..length).filter(|_| is_card)?, &[4, 4, 4, 4]);
    }
    let end = found.end_of(length)?;
    (said.len() > 1).then(|| (said.join(", "), end))
}

/// Returns the words of a short number such as *2000 at the beginning of a text, and its length in bytes.
pub(super) fn star(text: &str) -> Option<(String, usize)> {
    let number = text.strip_prefix('*')?;
    let length = number.bytes().take_while(u8::is_ascii_digit).count();
    let said = || format!("{} {}", List::Star.word(), digits(&number[..length]));
    (3..=6).contains(&length).then(|| (said(), 1 + length))
}

/// Returns the words of a sequence of keys such as `*43#`: the digits one by one, and the names of the signs.
pub(super) fn keys(keys: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit();
    let (mut said, mut rest): (Vec<String>, &str) = (Vec::new(), keys);
    while let Some(c) = rest.chars().next() {
        let number = &rest[..rest.find(|c| !is_digit(c)).unwrap_or(rest.len())];
        said.push(match c {
            '*' => List::Star.word().to_owned(),
            '#' => List::Hash.word().to_owned(),
            _ => dictated(number),
        });
        rest = &rest[number.len().max(1)..];
    }
    said.join(" ")
}

/// Digits with the separators that a phone number may contain.
struct FoundNumber {
    digits: String,
    /// For each group of digits, the total number of digits up to its end, and the byte offset of its end.
    ends: Vec<(usize, usize)>,
}

impl FoundNumber {
    fn read(text: &str) -> Self {
        let mut found = Self { digits: String::new(), ends: Vec::new() };
        let mut at = usize::from(text.starts_with(PLUS));
        loop {
            let group = text[at..].bytes().take_while(u8::is_ascii_digit).count();
            if group == 0 || found.digits.len() > 20 {
                return found;
            }
            found.digits.push_str(&text[at..at + group]);
            at += group;
            found.ends.push((found.digits.len(), at));
            let is_mark = |c: char| is_dash(c) || matches!(c, ' ' | '.' | ')' | '(');
            let marks: usize = text[at..].chars().take(2).take_while(|c| is_mark(*c)).map(char::len_utf8).sum();
            at += marks;
            if marks == 0 {
                return found;
            }
        }
    }

    /// Returns `Some` if the first group has the length of the area code, or if the digits have no separators.
    fn begins_with(&self, area: usize, length: usize) -> Option<()> {
        self.ends.first().filter(|(digits, _)| *digits == area || *digits == length).map(|_| ())
    }

    /// Returns the words of a foreign number, one text for each written group. A group of more than four digits is
    /// divided.
    fn written_groups(&self) -> Option<Vec<String>> {
        let (mut said, mut start) = (Vec::new(), 0);
        for (end, _) in &self.ends {
            let group = self.digits.get(start..*end)?;
            said.extend(groups(group, if group.len() > 4 { &[3, 3, 3, 3, 3] } else { &[4] }));
            start = *end;
        }
        Some(said)
    }

    /// Returns the byte offset after `length` digits, if a group ends there.
    fn end_of(&self, length: usize) -> Option<usize> {
        self.ends.iter().find(|(digits, _)| *digits == length).map(|(_, end)| *end)
    }
}

/// Returns the number of digits in the area code of a national number, including the leading zero.
fn area(number: &str) -> Option<usize> {
    let mut digits = number.chars();
    match (digits.next()?, digits.next()?) {
        ('0', '5' | '7') => Some(3),
        ('0', '2' | '3' | '4' | '8' | '9') => Some(2),
        _ => None,
    }
}

fn groups(number: &str, lengths: &[usize]) -> Vec<String> {
    let (mut rest, mut said) = (number, Vec::new());
    for length in lengths {
        let (group, after) = rest.split_at_checked(*length).unwrap_or((rest, ""));
        said.extend((!group.is_empty()).then(|| digits(group)));
        rest = after;
    }
    said
}

const PLUS: char = '+';
