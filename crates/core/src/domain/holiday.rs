//! Holidays of the Israeli calendar, and dates of the Hebrew calendar.

use super::text_enum;

text_enum! {
    /// The kind of a holiday. The rules of the opening hours apply to the kinds `holiday` and `eve` only.
    HolidayKind {
        /// A day of rest.
        Holiday = "holiday",
        /// The eve of a day of rest.
        Eve = "eve",
        /// A working day within Passover or Sukkot.
        CholHamoed = "chol_hamoed",
        /// A fast.
        Fast = "fast",
        /// A memorial day.
        Memorial = "memorial",
        /// A working day that calendars mention.
        Minor = "minor",
    }
}

text_enum! {
    /// A holiday, memorial day or fast of the Israeli calendar.
    Holiday {
        /// 29 Elul.
        RoshHashanahEve = "rosh_hashanah_eve",
        /// 1 and 2 Tishri.
        RoshHashanah = "rosh_hashanah",
        /// 3 Tishri, or 4 Tishri if that day is a Saturday.
        FastOfGedaliah = "fast_of_gedaliah",
        /// 9 Tishri.
        YomKippurEve = "yom_kippur_eve",
        /// 10 Tishri.
        YomKippur = "yom_kippur",
        /// 14 Tishri.
        SukkotEve = "sukkot_eve",
        /// 15 Tishri.
        Sukkot = "sukkot",
        /// 16 to 20 Tishri.
        SukkotCholHamoed = "sukkot_chol_hamoed",
        /// 21 Tishri, the eve of Simchat Torah.
        HoshanaRabbah = "hoshana_rabbah",
        /// 22 Tishri.
        SimchatTorah = "simchat_torah",
        /// Eight days from 25 Kislev.
        Hanukkah = "hanukkah",
        /// 10 Tevet.
        FastOfTevet = "fast_of_tevet",
        /// 15 Shevat.
        TuBishvat = "tu_bishvat",
        /// 13 Adar (Adar II in a leap year), or 11 Adar if that day is a Saturday.
        FastOfEsther = "fast_of_esther",
        /// 14 Adar (Adar II in a leap year).
        Purim = "purim",
        /// 15 Adar (Adar II in a leap year).
        ShushanPurim = "shushan_purim",
        /// 14 Nisan.
        PassoverEve = "passover_eve",
        /// 15 Nisan.
        Passover = "passover",
        /// 16 to 19 Nisan.
        PassoverCholHamoed = "passover_chol_hamoed",
        /// 20 Nisan.
        SeventhOfPassoverEve = "seventh_of_passover_eve",
        /// 21 Nisan.
        SeventhOfPassover = "seventh_of_passover",
        /// 27 Nisan, or an adjacent day if that day is a Friday or a Sunday.
        HolocaustRemembranceDay = "holocaust_remembrance_day",
        /// The day before Independence Day.
        MemorialDay = "memorial_day",
        /// 5 Iyar, or a nearby day if that day is a Friday, Saturday or Monday.
        IndependenceDay = "independence_day",
        /// 18 Iyar.
        LagBaomer = "lag_baomer",
        /// 28 Iyar.
        JerusalemDay = "jerusalem_day",
        /// 5 Sivan.
        ShavuotEve = "shavuot_eve",
        /// 6 Sivan.
        Shavuot = "shavuot",
        /// 17 Tammuz, or 18 Tammuz if that day is a Saturday.
        FastOfTammuz = "fast_of_tammuz",
        /// 9 Av, or 10 Av if that day is a Saturday.
        TishaBav = "tisha_bav",
    }
}

impl Holiday {
    /// Returns the kind of the holiday.
    pub fn kind(self) -> HolidayKind {
        match self {
            Self::RoshHashanah
            | Self::YomKippur
            | Self::Sukkot
            | Self::SimchatTorah
            | Self::Passover
            | Self::SeventhOfPassover
            | Self::IndependenceDay
            | Self::Shavuot => HolidayKind::Holiday,
            Self::RoshHashanahEve
            | Self::YomKippurEve
            | Self::SukkotEve
            | Self::HoshanaRabbah
            | Self::PassoverEve
            | Self::SeventhOfPassoverEve
            | Self::ShavuotEve => HolidayKind::Eve,
            Self::SukkotCholHamoed | Self::PassoverCholHamoed => HolidayKind::CholHamoed,
            Self::FastOfGedaliah | Self::FastOfTevet | Self::FastOfEsther | Self::FastOfTammuz | Self::TishaBav => {
                HolidayKind::Fast
            }
            Self::HolocaustRemembranceDay | Self::MemorialDay => HolidayKind::Memorial,
            Self::Hanukkah
            | Self::TuBishvat
            | Self::Purim
            | Self::ShushanPurim
            | Self::LagBaomer
            | Self::JerusalemDay => HolidayKind::Minor,
        }
    }
}

text_enum! {
    /// A month of the Hebrew calendar.
    HebrewMonth {
        Tishri = "tishri",
        Heshvan = "heshvan",
        Kislev = "kislev",
        Tevet = "tevet",
        Shevat = "shevat",
        /// Adar I, in leap years only.
        AdarI = "adar_i",
        /// Adar, in common years only.
        Adar = "adar",
        /// Adar II, in leap years only.
        AdarII = "adar_ii",
        Nisan = "nisan",
        Iyar = "iyar",
        Sivan = "sivan",
        Tammuz = "tammuz",
        Av = "av",
        Elul = "elul",
    }
}

/// A date of the Hebrew calendar. It covers a civil day, from midnight to midnight, and does not include the evening
/// before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HebrewDate {
    /// The year, such as 5787.
    pub year: i32,
    /// The month. A leap year has Adar I and Adar II instead of Adar.
    pub month: HebrewMonth,
    /// The day of the month.
    pub day: u8,
}
