//! Removal of Markdown characters from texts for a speech synthesiser.

use super::emphasis::has_closing;
use super::hebrew::keys;

/// Removes Markdown characters from a text. Some models write Markdown despite their instructions, and a synthesiser
/// would read the characters aloud. The signs of numbers and keys stay, because callers must dial them: those of
/// `*2000`, `1234#` and `*43#`, those after a word such as "press", and a `*` or `#` that stands alone within a line. An underscore within a word also stays,
/// because it can be part of an e-mail address. Of a link only its text stays. The bars of a table become commas. Emoji are
/// removed.
pub fn without_markup(text: &str) -> String {
    let text: String = without_links(text).chars().filter(|c| !is_emoji(*c)).collect();
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let line = &without_bars(line);
        let mut at = 0;
        while let Some(c) = line[at..].chars().next() {
            let (before, rest) = (&line[..at], &line[at..]);
            if let Some(length) = keys::length(before, rest) {
                kept.push_str(&rest[..length]);
                at += length;
                continue;
            }
            let after = rest.trim_start_matches(c);
            let length = rest.len() - after.len();
            match (c, length) {
                ('*', 1) if before.ends_with(is_digit) && after.starts_with(is_digit) => kept.push(TIMES),
                ('*', stars) if is_sign_before_number(after, stars) => kept.push(c),
                ('*', 1) if is_sign_after_code(before, after) || is_alone(before, after) => kept.push(c),
                ('#', 1) if before.ends_with(is_digit) || after.starts_with(is_digit) => kept.push(c),
                ('#', 1) if is_alone(before, after) => kept.push(c),
                ('_', 1) if before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric) => {
                    kept.push(c);
                }
                ('*' | '_' | '#' | '`' | '~', _) => {}
                _ => kept.push_str(&rest[..length]),
            }
            at += length;
        }
    }
    kept
}

/// Replaces each link or picture, `[text](address)`, by its text.
fn without_links(text: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(open) = rest.find('[') {
        let inner = &rest[open + 1..];
        let link = inner.find([']', '[', '\n']).and_then(|close| {
            let address = inner[close..].strip_prefix("](")?;
            let end = address.find([')', '\n', ' ']).filter(|end| address[*end..].starts_with(')'))?;
            Some((&inner[..close], &address[end + 1..]))
        });
        let before = &rest[..open];
        if let Some((words, after)) = link {
            kept.push_str(before.strip_suffix('!').unwrap_or(before));
            kept.push_str(words);
            rest = after;
        } else {
            kept.push_str(&rest[..=open]);
            rest = inner;
        }
    }
    kept + rest
}

/// Replaces the bars between the cells of a line by commas. The line below the headings of a table has no words and is
/// left out.
fn without_bars(line: &str) -> String {
    if !line.contains(BAR) {
        return line.to_owned();
    }
    let cells: Vec<&str> = line.split(BAR).map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let is_rule = cells.iter().all(|cell| cell.contains('-') && cell.chars().all(|c| matches!(c, '-' | ':')));
    let end = if line.ends_with('\n') { "\n" } else { "" };
    if is_rule { String::new() } else { format!("{}{end}", cells.join(", ")) }
}

/// Returns true for pictures, and for the invisible characters that join them or choose their colour.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{200d}' | '\u{20e3}' | '\u{2600}'..='\u{27bf}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}' | '\u{2b55}' | '\u{fe0f}'
        | '\u{1f000}'..='\u{1faff}' | '\u{e0020}'..='\u{e007f}')
}

const BAR: char = '|';

/// Returns true if the last of `stars` stars belongs to the short number after them, as in `*2000`. Markdown has the
/// same number of stars on both sides, so the star of `***2000**` is part of the number, and those of `**150**` and
/// `*150 shekels*` are not.
fn is_sign_before_number(after: &str, stars: usize) -> bool {
    let rest = after.trim_start_matches(is_digit);
    let is_short_number = SHORT_NUMBER.contains(&(after.len() - rest.len()));
    is_short_number && stars % 2 == 1 && !has_closing(rest, stars)
}

/// Returns true if a star after a number belongs to it, as in the code `2580*`, and does not end emphasised text.
fn is_sign_after_code(before: &str, after: &str) -> bool {
    let code = before.len() - before.trim_end_matches(is_digit).len();
    SHORT_NUMBER.contains(&code) && !before.contains('*') && !after.starts_with(char::is_alphanumeric)
}

/// Returns true if a sign stands alone within a line, as in "press * to go back". At the beginning of a line it marks
/// an item of a list or a heading.
fn is_alone(before: &str, after: &str) -> bool {
    let follows_word = before.ends_with(char::is_whitespace) && !before.trim().is_empty();
    follows_word && !after.starts_with(char::is_alphanumeric)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// The possible numbers of digits in a short number or a code with a star.
const SHORT_NUMBER: std::ops::RangeInclusive<usize> = 3..=6;

/// The multiplication sign, which replaces a star between digits.
const TIMES: char = '\u{d7}';

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_signs_of_numbers_and_keys_stay() {
        for text in [
            "חייגו *2000.",
            "חייגו ל-*6555 או ל-*5678",
            "Dial *2000, please.",
            "הקוד לדלת הוא 1234#.",
            "הקוד לדלת הוא #1234",
            "קוד כניסה 2580*.",
            "הקש 1 לעברית, או * לחזרה.",
            "לסיום הקש #.",
            "לעברית הקישו *1, לאנגלית הקישו *2",
            "חייגו *99.",
            "הקישו 12#",
            "לביטול: *43#",
            "להפניית שיחות: *21*0501234567#",
            "הסתרת מספר: #31#0501234567",
            "הקוד הוא 12*34",
            "הקש *9 או 9*.",
            "הקש *9, *8 או 7*.",
            "Press *9 or 9*.",
            "Press *1 for English.",
            "Нажмите *1.",
            "اضغط *1",
            "dana_cohen@example.com",
            "שלום -- מה שלומך??",
            "",
        ] {
            assert_eq!(without_markup(text), text);
        }
    }

    #[test]
    fn the_characters_of_markdown_are_removed() {
        for (text, expected) in [
            ("המחיר **150** ש\"ח", "המחיר 150 ש\"ח"),
            ("המחיר *150* ש\"ח", "המחיר 150 ש\"ח"),
            ("*150 שקלים*", "150 שקלים"),
            ("**1234 שקלים**", "1234 שקלים"),
            ("**חייגו *2000**", "חייגו *2000"),
            ("חייגו ***2000**", "חייגו *2000"),
            ("## מחירים\n* תספורת\n- `צבע` ~~ישן~~ _חדש_", " מחירים\n תספורת\n- צבע ישן חדש"),
            ("**הקישו *1**", "הקישו *1"),
            ("הקישו **1** לתורים", "הקישו 1 לתורים"),
            ("הקישו *1* לתורים", "הקישו 1 לתורים"),
            ("*3 ימים* בלבד", "3 ימים בלבד"),
            ("הקישו *1 לתורים*", "הקישו 1 לתורים"),
            ("*הקישו 9*", "הקישו 9"),
            ("**הקישו 9**", "הקישו 9"),
            ("*עד 150* או 9*", "עד 150 או 9"),
            ("המחיר 50* בלבד", "המחיר 50 בלבד"),
            ("שולחן של *2 מטר", "שולחן של 2 מטר"),
            ("It costs *5 shekels*", "It costs 5 shekels"),
            ("חדר של 4*6 מטר", "חדר של 4×6 מטר"),
            ("__חשוב__ C#", "חשוב C"),
            ("באתר [שלנו](https://salon.co.il/book) אפשר.", "באתר שלנו אפשר."),
            ("![תמונה](a.png)[א](b) [ב] (ג)", "תמונהא [ב] (ג)"),
            ("| שירות | מחיר |\n| --- | :-: |\n| צבע | 90 |", "שירות, מחיר\nצבע, 90"),
            ("9:00-18:00 | סגור", "9:00-18:00, סגור"),
            ("תודה 😊, 👍🏽 להתראות ❤️👨‍👩‍👧", "תודה ,  להתראות "),
            ("1️⃣ תספורת", "1 תספורת"),
        ] {
            assert_eq!(without_markup(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,60}", marks in "[*_#`~0-9a א\n]{0,30}") {
            let _ = without_markup(&text);
            let once = without_markup(&marks);
            prop_assert!(once.chars().count() <= marks.chars().count());
        }
    }
}
