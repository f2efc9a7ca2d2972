//! Compares the Hebrew calendar and the holidays of 1948 to 2100 with lists from other programs.

use crate::booking::{hebrew_date, holiday};
use crate::domain::{HebrewDate, HebrewMonth, Holiday, HolidayKind};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use std::collections::BTreeMap;

const MONTHS: &str = include_str!("../../../../../tests/fixtures/calendar/hebrew-months.txt");
const HOLIDAYS: &str = include_str!("../../../../../tests/fixtures/calendar/israeli-holidays.txt");

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split(' ').collect())
}

#[test]
fn every_day_has_its_hebrew_date() {
    use HebrewMonth as M;
    let common = [
        M::Tishri,
        M::Heshvan,
        M::Kislev,
        M::Tevet,
        M::Shevat,
        M::Adar,
        M::Nisan,
        M::Iyar,
        M::Sivan,
        M::Tammuz,
        M::Av,
        M::Elul,
    ];
    let mut days = 0;
    for row in rows(MONTHS) {
        let (year, mut day): (i32, Date) = (row[0].parse().unwrap(), row[1].parse().unwrap());
        let lengths: Vec<u8> = row[2..].iter().map(|length| length.parse().unwrap()).collect();
        let mut months = common.to_vec();
        if lengths.len() == 13 {
            months.splice(5..6, [M::AdarI, M::AdarII]);
        }
        for (month, length) in months.into_iter().zip(lengths) {
            for of_month in 1..=length {
                assert_eq!(hebrew_date(day), Some(HebrewDate { year, month, day: of_month }), "{day}");
                day = day.tomorrow().unwrap();
                days += 1;
            }
        }
    }
    assert_eq!(days, 56_257);
}

/// Parses the list of holidays into a map from civil day to holiday.
fn listed() -> BTreeMap<Date, Holiday> {
    let names: Vec<&str> = HOLIDAYS.lines().next().unwrap().split(' ').skip(1).collect();
    let mut found = BTreeMap::new();
    for row in rows(HOLIDAYS) {
        let year: i16 = row[0].parse().unwrap();
        for (name, day) in names.iter().zip(&row[1..]).filter(|(_, day)| **day != "-") {
            let (month, of_month) = day.split_once('-').unwrap();
            let (month, of_month): (i8, i8) = (month.parse().unwrap(), of_month.parse().unwrap());
            // A Hebrew year begins in September or October. A date from September on is therefore in the earlier civil
            // year, because the last listed fast is in summer.
            let first = date(if month >= 9 { year - 3761 } else { year - 3760 }, month, of_month);
            let holiday: Holiday = name.parse().unwrap();
            let length = match holiday {
                Holiday::RoshHashanah => 2,
                Holiday::SukkotCholHamoed => 5,
                Holiday::PassoverCholHamoed => 4,
                Holiday::Hanukkah => 8,
                _ => 1,
            };
            for day in 0..length {
                assert_eq!(found.insert(first.saturating_add(day.days()), holiday), None, "two on {first}");
            }
        }
    }
    found
}

#[test]
fn holidays_are_those_of_the_list() {
    let listed = listed();
    let (first, last) = (date(1948, 1, 1), date(2100, 12, 31));
    let mut marked = 0;
    for day in first.series(1.day()).take_while(|day| *day <= last) {
        let found = holiday(day);
        assert_eq!(found, listed.get(&day).copied(), "{day} {:?}", hebrew_date(day));
        marked += usize::from(found.is_some());
    }
    assert!(marked > 153 * 44, "{marked}");
}

#[test]
fn weekdays_keep_to_the_rules_of_the_calendar() {
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    // The weekdays on which a holiday never falls.
    let never: [(Holiday, &[Weekday]); 9] = [
        (Holiday::YomKippur, &[Sunday, Tuesday, Friday]),
        (Holiday::Passover, &[Monday, Wednesday, Friday]),
        (Holiday::Purim, &[Monday, Wednesday, Saturday]),
        (Holiday::FastOfEsther, &[Friday, Saturday, Sunday]),
        (Holiday::FastOfGedaliah, &[Saturday]),
        (Holiday::TishaBav, &[Friday, Saturday]),
        (Holiday::HolocaustRemembranceDay, &[Friday, Saturday]),
        (Holiday::IndependenceDay, &[Friday, Saturday, Sunday]),
        (Holiday::MemorialDay, &[Thursday, Friday, Saturday]),
    ];
    let days = date(1952, 1, 1).series(1.day()).take_while(|day| *day <= date(2300, 12, 31));
    for (day, found) in days.filter_map(|day| Some((day, holiday(day)?))) {
        for (_, weekdays) in never.iter().filter(|(name, _)| *name == found) {
            assert!(!weekdays.contains(&day.weekday()), "{found} on {day}, {:?}", day.weekday());
        }
        if found.kind() == HolidayKind::Eve {
            let next = holiday(day.tomorrow().unwrap()).unwrap();
            assert_eq!(next.kind(), HolidayKind::Holiday, "{found} on {day} is before {next}");
        }
        if found == Holiday::MemorialDay {
            assert_eq!(holiday(day.tomorrow().unwrap()), Some(Holiday::IndependenceDay), "{day}");
        }
    }
}
