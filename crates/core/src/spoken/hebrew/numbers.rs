//! Replacement of the numbers in a text by words.

use super::clock::Clock;
use super::context::Context;
use super::counted::{Counted, next_word};
use super::keys;
use super::lists::{List, Noun, is_prefix};
use super::phone;
use super::plain::{NEARBY, is_dash, is_geresh, is_hebrew, is_letter, is_quote, plain, words_before};
use super::reading::{Kind, Reading};
use super::run::{Number, Run};
use super::sequence::{connection, is_connection};
use super::word_choice;

pub(super) fn numbers(text: &str) -> String {
    let mut scan = Scan { text, at: 0, said: String::with_capacity(text.len() * 2), last: None };
    while let Some(digit) = scan.next_digit() {
        scan.number(digit);
    }
    scan.said.push_str(&text[scan.at..]);
    scan.said
}

struct Scan<'a> {
    text: &'a str,
    /// The byte offset of the part that is not read yet.
    at: usize,
    said: String,
    last: Option<Last>,
}

/// The last number that was read.
struct Last {
    kind: Kind,
    /// The time, if the number begins a range that the next number ends.
    range_start: Option<Clock>,
    /// The byte offset of its end.
    end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    None,
    Plus,
    Minus,
    Star,
    Number,
}

impl Scan<'_> {
    fn next_digit(&self) -> Option<usize> {
        self.text[self.at..].find(|c: char| c.is_ascii_digit()).map(|at| self.at + at)
    }

    fn number(&mut self, digit: usize) {
        let text = self.text;
        let (mut start, sign, is_joined) = self.sign(digit);
        let prefix = self.prefix(start, is_joined);
        if let Some(prefix) = &prefix {
            start = prefix.end;
        }
        let before = prefix.as_ref().map_or(start, |prefix| prefix.start);
        self.said.push_str(&self.text[self.at..start.max(self.at)]);
        let last = self.last.as_ref().map_or(Kind::Other, |last| last.kind);
        let (said, end) = self.words(digit, before, prefix.map(|prefix| &self.text[prefix]).unwrap_or_default(), sign);
        let follows_prefix = before < start;
        if sign == Sign::None && !follows_prefix && runs_together(last, &text[..digit], &text[digit..]) {
            let length = self.said.trim_end_matches(' ').len();
            self.said.insert(length, ',');
        }
        let is_item = !follows_prefix && sign == Sign::None && is_item_number(&text[..start], &text[start..end]);
        if !follows_prefix && self.said.ends_with(|c: char| is_letter(c) || is_geresh(c) || c.is_ascii_digit()) {
            self.said.push(' ');
        }
        self.said.push_str(&said);
        self.at = end;
        self.after_number(is_item);
    }

    /// Returns the start of the number including its sign, the sign, and whether a dash joins the number to the word
    /// before it.
    fn sign(&self, digit: usize) -> (usize, Sign, bool) {
        let head = &self.text[self.at..digit];
        let Some(mark) = head.chars().next_back() else { return (digit, Sign::None, false) };
        let start = digit - mark.len_utf8();
        let before = self.text[..start].chars().next_back();
        let is_free = before.is_none_or(|c| !is_letter(c) && !c.is_ascii_digit());
        match mark {
            // Markdown puts stars on both sides of a number. A star is a sign only if no star follows the number.
            '*' if (is_free || before.is_some_and(is_hebrew)) && before != Some('*') && !self.is_starred(digit) => {
                (start, Sign::Star, false)
            }
            '+' if is_free || before.is_some_and(is_hebrew) => (start, Sign::Plus, false),
            '#' => (start, Sign::Number, false),
            '-' | '\u{2212}' if is_free && !before.is_some_and(is_dash) => (start, Sign::Minus, false),
            mark if is_dash(mark) && before.is_some_and(is_letter) => (start, Sign::None, true),
            _ => (digit, Sign::None, false),
        }
    }

    fn is_starred(&self, digit: usize) -> bool {
        let after = self.text[digit..].trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('*');
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Returns the range of the Hebrew prefix of a number, such as "in" and "to".
    fn prefix(&self, start: usize, is_joined: bool) -> Option<std::ops::Range<usize>> {
        let head = &self.text[self.at..start];
        let letters = head.trim_end_matches(' ');
        let spaces = head.len() - letters.len();
        let length = letters.len() - letters.trim_end_matches(is_letter).len();
        let begin = self.at + letters.len() - length;
        let word = plain(&self.text[begin..begin + length]);
        let is_free =
            self.text[..begin].chars().next_back().is_none_or(|c| !is_letter(c) && !super::plain::is_quote(c));
        let may_stand_alone = spaces == 0 || spaces == 1 && !is_joined && word.chars().count() == 1;
        (is_prefix(&word) && is_free && may_stand_alone).then(|| begin..begin + length)
    }

    fn words(&mut self, digit: usize, before: usize, prefix: &str, sign: Sign) -> (String, usize) {
        let text = self.text;
        let first = if matches!(sign, Sign::Star | Sign::Number) { digit - 1 } else { digit };
        if let Some(length) = keys::length(&text[..first], &text[first..]) {
            return (phone::keys(&text[first..first + length]), first + length);
        }
        if sign == Sign::Star
            && let Some((said, length)) = phone::star(&text[digit - 1..])
        {
            return (said, digit - 1 + length);
        }
        let whole = if sign == Sign::Plus { digit - 1 } else { digit };
        let run = Run::read(&text[digit..]);
        let is_date = run.as_ref().is_some_and(|run| run.full_date().is_some());
        if !is_date && let Some((said, length)) = phone::phone(&text[whole..]) {
            let end = whole + length;
            // "(03) 1234567": the words have no parentheses, so the parenthesis before the number is removed, too.
            if self.said.ends_with('(') && text[whole..end].contains(')') {
                self.said.pop();
            }
            return (said, end);
        }
        let Some(run) = run else { return (String::new(), digit + 1) };
        let (end, sign) = match sign {
            Sign::None if is_below_zero(&run, &text[..before], &text[digit + run.length..]) => {
                (digit + run.length + 1, Sign::Minus)
            }
            sign => (digit + run.length, sign),
        };
        let last = self.last.take();
        let follows = last.as_ref().map_or(Kind::Other, |last| kind_after(last.kind, &text[last.end..digit]));
        let range_start = last.and_then(|last| last.range_start);
        let prefix = plain(prefix);
        let last = text.ceil_char_boundary(end + NEARBY);
        let context = Context {
            before: &text[..before],
            prefix: &prefix,
            after: &text[end..last],
            is_signed: sign != Sign::None,
            is_few: is_few(&run),
            follows,
            range_start,
        };
        let Reading { words, length, kind, range_start } = word_choice::read(&run, &context);
        self.last = Some(Last { kind, range_start, end: end + length });
        let sign = match sign {
            Sign::None => "",
            Sign::Plus => List::Plus.word(),
            Sign::Minus => List::Minus.word(),
            Sign::Star => List::Star.word(),
            Sign::Number if context.is_keyed() => List::Hash.word(),
            Sign::Number if context.has_before(List::NumberSign, 3) => "",
            Sign::Number => List::NumberSign.word(),
        };
        let said = if sign.is_empty() { words } else { format!("{sign} {words}") };
        let rest = &text[end + length..];
        let is_star = rest.starts_with('*') && !rest[1..].starts_with(|c| c == '*' || is_letter(c));
        if is_star && !text[..digit].ends_with('*') {
            let number = run.integer().filter(|number| (4..=5).contains(&number.digits.len()));
            // "2700*": in right-to-left text, the star before a short number is often written after it.
            if let Some(number) = number.filter(|_| context.is_short_number())
                && let Some((said, length)) = phone::star(&format!("*{}", number.digits))
            {
                return (said, digit + length);
            }
            // "2580*": outside a code, a star after a number refers to a note.
            if context.is_keyed() {
                return (format!("{said} {}", List::Star.word()), end + length + 1);
            }
        }
        (said, end + length)
    }

    /// Handles the characters directly after a number: reads `+` and `#` as words, and separates letters from the
    /// number. `is_item`: whether the number is that of an item of a list, which a comma separates from the item.
    fn after_number(&mut self, is_item: bool) {
        let mut rest = self.text[self.at..].chars();
        let sign = match rest.next() {
            Some('+') => List::Plus.word(),
            Some('#') => List::Hash.word(),
            _ => "",
        };
        if !sign.is_empty() {
            self.said.extend([" ", sign]);
            self.at += 1;
            if rest.next().is_some_and(|c| is_letter(c) || c.is_ascii_digit()) {
                self.said.push(' ');
            }
            return;
        }
        // "1.Haircut" is an item of a list, so the full stop is separated from the word.
        if let Some(rest) = self.text[self.at..].strip_prefix('.')
            && (rest.starts_with(is_hebrew) || is_item && rest.trim_start_matches(' ').starts_with(is_hebrew))
        {
            self.said.push(if is_item { ',' } else { '.' });
            self.said.push_str(if rest.starts_with(' ') { "" } else { " " });
            self.at += 1;
            return;
        }
        let rest = &self.text[self.at..];
        let joined = rest.chars().next().filter(|c| is_dash(*c));
        let word = joined.map_or(rest, |dash| &rest[dash.len_utf8()..]);
        // Without the space, a quotation mark between the number and a letter would form an abbreviation.
        if word.trim_start_matches(is_quote).starts_with(is_letter) {
            self.said.push(' ');
            self.at += joined.map_or(0, char::len_utf8);
        }
    }
}

/// Returns true for the number of an item of a list, such as "1" in "two ways: 1. by phone, 2. by message". After a
/// colon, a greater number than 1 may be the end of a sentence.
fn is_item_number(before: &str, number: &str) -> bool {
    let place = before.trim_end_matches(' ');
    let is_place = place.is_empty() || place.ends_with([',', ';', '.', '\n']) || place.ends_with(':') && number == "1";
    (1..=2).contains(&number.len()) && number.bytes().all(|digit| digit.is_ascii_digit()) && is_place
}

/// Returns true if only spaces separate a number from the number before it, so that both would be heard as one number:
/// "line 5 10 minutes". Not for single digits, which are often those of a code, and not for the minutes of an hour.
fn runs_together(last: Kind, before: &str, text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let head = before.trim_end_matches(' ');
    let last_digits = head.bytes().rev().take_while(u8::is_ascii_digit).count();
    let length = digits(text);
    let is_hour = last == Kind::Hour
        || head[..head.len() - last_digits].ends_with(is_dash)
            && head[head.len() - last_digits..].parse::<u8>().is_ok_and(|hour| hour < 25);
    let is_minutes = || length == 2 && text < "6" && Counted::after(&text[length..], false, false).is_none();
    head.len() < before.len() && last_digits > 0 && (last_digits > 1 || length > 1) && !(is_hour && is_minutes())
}

/// Returns true if the last number of the run is a whole number from 2 to 10.
fn is_few(run: &Run) -> bool {
    let last = run.numbers.last().and_then(Number::value);
    run.marks.iter().all(|mark| *mark == '-') && last.is_some_and(|last| (2..=10).contains(&last))
}

/// Returns the kind that a number has because of the previous number and the text between them.
fn kind_after(kind: Kind, between: &str) -> Kind {
    let between = connection(between);
    match kind {
        // "On 24.11 at 9", "24.11: 9.30".
        Kind::Date if between == List::In.word() => Kind::Hour,
        Kind::Date if between == ":" => Kind::ListedHour,
        Kind::Date if is_connection(&between) => Kind::Date,
        kind if List::BetweenHours.words().contains(&between.as_str()) => kind,
        Kind::Hour if is_connection(&between) => Kind::ListedHour,
        _ => Kind::Other,
    }
}

/// Returns true if a hyphen after the number is its minus sign, which is often written there in right-to-left text:
/// "floor 1-".
fn is_below_zero(run: &Run, before: &str, after: &str) -> bool {
    let Some(after) = after.strip_prefix('-').filter(|_| run.marks.iter().all(|mark| *mark == '.')) else {
        return false;
    };
    let is_measure = || {
        let noun = next_word(after, 0).and_then(|word| Noun::find(&after[word]));
        noun.is_some_and(|(noun, _)| List::Degree.has(noun.singular) || noun.is_currency())
    };
    let is_floor = || words_before(before).next().is_some_and(|word| List::Floor.has(&word));
    let is_range = after.trim_start_matches(' ').starts_with(|c: char| c.is_ascii_digit() || is_dash(c));
    let is_last = !after.starts_with(is_letter) && !is_range;
    is_last && (is_floor() || after.starts_with(' ') && is_measure())
}
