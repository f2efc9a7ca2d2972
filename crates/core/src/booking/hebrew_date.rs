//! Dates of the Hebrew calendar, and numbers in Hebrew letters.

use crate::domain::{HebrewDate, HebrewMonth};
use icu_calendar::cal::Hebrew;
use jiff::civil::Date;

/// Returns the Hebrew date of a civil day; none if the calendar library cannot convert the day.
pub fn hebrew_date(date: Date) -> Option<HebrewDate> {
    let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
    let iso = icu_calendar::Date::try_new_iso(i32::from(date.year()), month, day).ok()?;
    let hebrew = iso.to_calendar(Hebrew);
    let month = hebrew.month().to_input();
    let month = match (month.number(), month.is_leap()) {
        (1, false) => HebrewMonth::Tishri,
        (2, false) => HebrewMonth::Heshvan,
        (3, false) => HebrewMonth::Kislev,
        (4, false) => HebrewMonth::Tevet,
        (5, false) => HebrewMonth::Shevat,
        (5, true) => HebrewMonth::AdarI,
        (6, false) if hebrew.is_in_leap_year() => HebrewMonth::AdarII,
        (6, false) => HebrewMonth::Adar,
        (7, false) => HebrewMonth::Nisan,
        (8, false) => HebrewMonth::Iyar,
        (9, false) => HebrewMonth::Sivan,
        (10, false) => HebrewMonth::Tammuz,
        (11, false) => HebrewMonth::Av,
        (12, false) => HebrewMonth::Elul,
        _ => return None,
    };
    Some(HebrewDate { year: hebrew.year().extended_year(), month, day: hebrew.day_of_month().0 })
}

/// Formats a number in Hebrew letters with punctuation, as days and years are written. Thousands are omitted, as is
/// usual, so a multiple of 1000 gives an empty text.
pub fn hebrew_number(number: u32) -> String {
    let mut letters: Vec<char> = Vec::new();
    let mut rest = number % 1000;
    for (value, letter) in LETTERS {
        while rest >= value {
            // 15 and 16 are written as 9 + 6 and 9 + 7, because 10 + 5 and 10 + 6 spell a name of God.
            if rest == 15 || rest == 16 {
                letters.push(TET);
                rest -= 9;
                continue;
            }
            letters.push(letter);
            rest -= value;
        }
    }
    match letters.len() {
        0 => {}
        1 => letters.push(GERESH),
        count => letters.insert(count - 1, GERSHAYIM),
    }
    letters.into_iter().collect()
}

/// The value of each letter, in descending order.
const LETTERS: [(u32, char); 22] = [
    (400, '\u{5ea}'),
    (300, '\u{5e9}'),
    (200, '\u{5e8}'),
    (100, '\u{5e7}'),
    (90, '\u{5e6}'),
    (80, '\u{5e4}'),
    (70, '\u{5e2}'),
    (60, '\u{5e1}'),
    (50, '\u{5e0}'),
    (40, '\u{5de}'),
    (30, '\u{5dc}'),
    (20, '\u{5db}'),
    (10, '\u{5d9}'),
    (9, TET),
    (8, '\u{5d7}'),
    (7, '\u{5d6}'),
    (6, '\u{5d5}'),
    (5, '\u{5d4}'),
    (4, '\u{5d3}'),
    (3, '\u{5d2}'),
    (2, '\u{5d1}'),
    (1, '\u{5d0}'),
];
const TET: char = '\u{5d8}';
const GERESH: char = '\u{5f3}';
const GERSHAYIM: char = '\u{5f4}';

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn numbers_are_written_in_letters() {
        for (number, letters) in [
            (1, "א׳"),
            (12, "י״ב"),
            (15, "ט״ו"),
            (16, "ט״ז"),
            (17, "י״ז"),
            (20, "כ׳"),
            (30, "ל׳"),
            (5787, "תשפ״ז"),
            (5760, "תש״ס"),
            (5715, "תשט״ו"),
            (5800, "ת״ת"),
            (5900, "תת״ק"),
        ] {
            assert_eq!(hebrew_number(number), letters, "{number}");
        }
    }

    #[test]
    fn the_month_of_adar_is_named_by_the_year() {
        let month = |year, month, day| hebrew_date(date(year, month, day)).unwrap().month;
        assert_eq!(
            [month(2024, 2, 15), month(2024, 3, 15), month(2025, 3, 10), month(2026, 11, 22)],
            [HebrewMonth::AdarI, HebrewMonth::AdarII, HebrewMonth::Adar, HebrewMonth::Kislev]
        );
        assert_eq!(
            hebrew_date(date(2026, 11, 22)),
            Some(HebrewDate { year: 5787, month: HebrewMonth::Kislev, day: 12 })
        );
    }
}
