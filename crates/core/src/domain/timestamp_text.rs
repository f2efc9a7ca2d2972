//! Reads and writes timestamps in the only form in which the daemon stores and sends them, `2026-11-10T10:00:00.000Z`. A
//! page of a list has a thousand of them, and the general parser and formatter take several times as long.
//!
//! Both count days from 1 March of the year 0, so that a leap day is the last day of a year. See <https://howardhinnant.github.io/date_algorithms.html>.

/// Returns the milliseconds since the Unix epoch; `None` if the text has another form, or no such time exists.
pub(super) fn parse(text: &str) -> Option<i64> {
    let text: &[u8; LEN] = text.as_bytes().try_into().ok()?;
    if SEPARATORS.iter().any(|(place, separator)| text[*place] != *separator) {
        return None;
    }
    let number = |from: usize, to: usize| {
        text[from..to]
            .iter()
            .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_valid = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let since_march = (month + 9) % 12;
    let march_year = year - i64::from(month <= 2);
    let leap_days = march_year.div_euclid(4) - march_year.div_euclid(100) + march_year.div_euclid(400);
    let number_of_day = march_year * 365 + leap_days + (153 * since_march + 2) / 5 + day - 1 - EPOCH;
    let since_epoch_s = number_of_day * DAY + hour * 3600 + minute * 60 + second;
    let ms = since_epoch_s * 1000 + number(20, 23)?;
    (is_valid && ms <= LAST).then_some(ms)
}

/// Returns ASCII; `None` for a year that has not four digits.
pub(super) fn format(ms: i64) -> Option<[u8; LEN]> {
    let (since_epoch_s, millis) = (ms.div_euclid(1000), ms.rem_euclid(1000));
    let number_of_day = since_epoch_s.div_euclid(DAY) + EPOCH;
    let in_day = since_epoch_s.rem_euclid(DAY);
    let era = number_of_day.div_euclid(DAYS_IN_ERA);
    let day_of_era = number_of_day.rem_euclid(DAYS_IN_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * since_march + 2) / 5 + 1;
    let month = if since_march < 10 { since_march + 3 } else { since_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    if !(0..=9999).contains(&year) {
        return None;
    }
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |from: usize, to: usize, mut number: i64| {
        for place in text[from..to].iter_mut().rev() {
            *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    };
    put(0, 4, year);
    put(5, 7, month);
    put(8, 10, day);
    put(11, 13, in_day / 3600);
    put(14, 16, in_day / 60 % 60);
    put(17, 19, in_day % 60);
    put(20, 23, millis);
    Some(text)
}

pub(super) fn as_str(text: &[u8; LEN]) -> &str {
    // The text is ASCII.
    std::str::from_utf8(text).unwrap_or_default()
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The last time of the general parser, 9999-12-30T22:00:00.999Z, in milliseconds.
const LAST: i64 = 253_402_207_200_999;
const LEN: usize = 24;
const SEPARATORS: [(usize, u8); 7] = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
const DAY: i64 = 86_400;
const DAYS_IN_ERA: i64 = 146_097;
/// The days from 1 March of the year 0 to 1 January 1970.
const EPOCH: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The begin of the year 0.
    const FIRST: i64 = -62_167_219_200_000;

    fn by_jiff(ms: i64) -> String {
        format!("{:.3}", jiff::Timestamp::from_millisecond(ms).unwrap())
    }

    fn is_same(ms: i64) {
        let text = format(ms).unwrap();
        assert_eq!((as_str(&text), parse(as_str(&text))), (by_jiff(ms).as_str(), Some(ms)));
    }

    #[test]
    fn every_day_is_as_in_the_general_form() {
        // The years 1896 to 2104.
        for day in (-2_335_219_200_000..4_260_000_000_000).step_by(86_400_000) {
            is_same(day);
        }
        for ms in [FIRST - 1, 253_402_300_800_000, i64::MIN, i64::MAX] {
            assert_eq!(format(ms), None, "{ms}");
        }
    }

    #[test]
    fn other_forms_and_times_are_left_to_the_general_parser() {
        for other in [
            "",
            "2026-11-10T10:00:00Z",
            "2026-11-10T10:00:00.000z",
            "2026-11-10 10:00:00.000Z",
            "2026-11-10T10:00:00,000Z",
            "+026-11-10T10:00:00.000Z",
            "2026-00-10T10:00:00.000Z",
            "2026-13-10T10:00:00.000Z",
            "2026-02-29T10:00:00.000Z",
            "2100-02-29T10:00:00.000Z",
            "2026-11-31T10:00:00.000Z",
            "2026-11-00T10:00:00.000Z",
            "2026-11-10T24:00:00.000Z",
            "2026-11-10T10:60:00.000Z",
            "2026-11-10T10:00:60.000Z",
            "2026-11-10T10:00:00.00\u{a0}",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
        assert_eq!(parse("2024-02-29T23:59:59.999Z"), Some(1_709_251_199_999));
    }

    proptest! {
        #[test]
        fn every_time_is_as_in_the_general_form(ms in FIRST..253_402_207_200_000) {
            is_same(ms);
        }

        #[test]
        fn every_parsed_text_is_as_in_the_general_parser(text in "[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]\\.[0-9]{3}Z") {
            if let Some(ms) = parse(&text) {
                prop_assert_eq!(text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond).ok(), Some(ms));
            }
        }
    }
}
