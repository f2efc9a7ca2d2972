//! The holidays and other special days of the Israeli calendar: a table of Hebrew dates, with the rules by which some
//! of them move.

use super::hebrew_date::hebrew_date;
use crate::domain::{HebrewDate, HebrewMonth, Holiday};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// Returns the special day of the Israeli calendar on a civil day, if any. A civil day never has two special days.
pub fn holiday(date: Date) -> Option<Holiday> {
    let hebrew = hebrew_date(date)?;
    let weekday = date.weekday();
    match hebrew.month {
        HebrewMonth::Tishri => in_tishri(hebrew.day, weekday),
        HebrewMonth::Kislev if hebrew.day >= 25 => Some(Holiday::Hanukkah),
        HebrewMonth::Tevet if hebrew.day <= 3 => is_in_hanukkah(date).then_some(Holiday::Hanukkah),
        HebrewMonth::Tevet if hebrew.day == 10 => Some(Holiday::FastOfTevet),
        HebrewMonth::Shevat if hebrew.day == 15 => Some(Holiday::TuBishvat),
        HebrewMonth::Adar | HebrewMonth::AdarII => in_adar(hebrew.day, weekday),
        HebrewMonth::Nisan => in_nisan(hebrew, weekday),
        HebrewMonth::Iyar => in_iyar(hebrew, weekday),
        HebrewMonth::Sivan if hebrew.day == 5 => Some(Holiday::ShavuotEve),
        HebrewMonth::Sivan if hebrew.day == 6 => Some(Holiday::Shavuot),
        HebrewMonth::Tammuz if is_off_saturday(17, hebrew.day, weekday) => Some(Holiday::FastOfTammuz),
        HebrewMonth::Av if is_off_saturday(9, hebrew.day, weekday) => Some(Holiday::TishaBav),
        HebrewMonth::Elul if hebrew.day == 29 => Some(Holiday::RoshHashanahEve),
        HebrewMonth::Kislev
        | HebrewMonth::Tevet
        | HebrewMonth::Heshvan
        | HebrewMonth::Shevat
        | HebrewMonth::AdarI
        | HebrewMonth::Sivan
        | HebrewMonth::Tammuz
        | HebrewMonth::Av
        | HebrewMonth::Elul => None,
    }
}

fn in_tishri(day: u8, weekday: Weekday) -> Option<Holiday> {
    match day {
        1 | 2 => Some(Holiday::RoshHashanah),
        3 | 4 if is_off_saturday(3, day, weekday) => Some(Holiday::FastOfGedaliah),
        9 => Some(Holiday::YomKippurEve),
        10 => Some(Holiday::YomKippur),
        14 => Some(Holiday::SukkotEve),
        15 => Some(Holiday::Sukkot),
        16..=20 => Some(Holiday::SukkotCholHamoed),
        21 => Some(Holiday::HoshanaRabbah),
        22 => Some(Holiday::SimchatTorah),
        _ => None,
    }
}

fn in_adar(day: u8, weekday: Weekday) -> Option<Holiday> {
    match (day, weekday) {
        // If 13 Adar is a Saturday, the fast is on the Thursday before.
        (11, Weekday::Thursday) => Some(Holiday::FastOfEsther),
        (13, weekday) if weekday != Weekday::Saturday => Some(Holiday::FastOfEsther),
        (14, _) => Some(Holiday::Purim),
        (15, _) => Some(Holiday::ShushanPurim),
        _ => None,
    }
}

fn in_nisan(date: HebrewDate, weekday: Weekday) -> Option<Holiday> {
    match date.day {
        14 => Some(Holiday::PassoverEve),
        15 => Some(Holiday::Passover),
        16..=19 => Some(Holiday::PassoverCholHamoed),
        20 => Some(Holiday::SeventhOfPassoverEve),
        21 => Some(Holiday::SeventhOfPassover),
        _ => is_holocaust_remembrance_day(date, weekday).then_some(Holiday::HolocaustRemembranceDay),
    }
}

/// Returns true on Holocaust Remembrance Day: 27 Nisan, since 1951. The day moves from Friday to Thursday, and from
/// Sunday to Monday.
fn is_holocaust_remembrance_day(date: HebrewDate, weekday: Weekday) -> bool {
    let is_moved = matches!(weekday, Weekday::Friday | Weekday::Sunday);
    date.year >= 5711
        && match date.day {
            26 => weekday == Weekday::Thursday,
            27 => !is_moved,
            28 => weekday == Weekday::Monday,
            _ => false,
        }
}

/// 5 Iyar can be a Monday, Wednesday, Friday or Saturday. Independence Day and the Memorial Day before it move so that
/// they do not touch the Sabbath. Since 2004, Independence Day also moves from Monday to Tuesday, so that Memorial Day
/// is not on a Sunday.
fn in_iyar(date: HebrewDate, weekday: Weekday) -> Option<Holiday> {
    let moves_off_monday = date.year >= 5764;
    if date.year < 5708 {
        return None;
    }
    match (date.day, weekday) {
        (6, Weekday::Tuesday) | (5, Weekday::Monday) if moves_off_monday == (date.day == 6) => {
            Some(Holiday::IndependenceDay)
        }
        (5, Weekday::Monday) | (4, Weekday::Sunday) if moves_off_monday == (date.day == 5) => {
            Some(Holiday::MemorialDay)
        }
        (5, Weekday::Wednesday) | (3 | 4, Weekday::Thursday) => Some(Holiday::IndependenceDay),
        (4, Weekday::Tuesday) | (2 | 3, Weekday::Wednesday) => Some(Holiday::MemorialDay),
        (18, _) => Some(Holiday::LagBaomer),
        (28, _) if date.year >= 5727 => Some(Holiday::JerusalemDay),
        _ => None,
    }
}

/// Returns true if a fast is observed on `day`. `fast` is the regular day; a fast on a Saturday moves to Sunday.
fn is_off_saturday(fast: u8, day: u8, weekday: Weekday) -> bool {
    (day == fast && weekday != Weekday::Saturday) || (day == fast + 1 && weekday == Weekday::Sunday)
}

/// Returns true if a day in Tevet belongs to Hanukkah. Kislev has 29 or 30 days, so the eighth day is 2 or 3 Tevet.
fn is_in_hanukkah(date: Date) -> bool {
    let week_before = hebrew_date(date.saturating_sub(7.days()));
    week_before.is_some_and(|first| first.month == HebrewMonth::Kislev && first.day <= 25)
}
