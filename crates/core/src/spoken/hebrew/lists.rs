//! The words and nouns of the data files.

use super::plain::bases;
use std::collections::BTreeMap;
use std::sync::LazyLock;

macro_rules! lists {
    ($($list:ident = $heading:literal),+ $(,)?) => {
        /// A section of `words.txt`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::spoken) enum List {
            $($list),+
        }

        impl List {
            #[cfg(test)]
            pub(in crate::spoken) const ALL: &'static [Self] = &[$(Self::$list),+];

            const fn heading(self) -> &'static str {
                match self { $(Self::$list => $heading),+ }
            }
        }
    };
}

lists! {
    Feminine = "feminine",
    Masculine = "masculine",
    MasculineConstruct = "masculine_construct",
    FeminineTwo = "feminine_two",
    Tens = "tens",
    Hundreds = "hundreds",
    Thousands = "thousands",
    Large = "large",
    LargeConstructs = "large_constructs",
    HundredConstruct = "hundred_construct",
    MasculineOrdinals = "masculine_ordinals",
    FeminineOrdinals = "feminine_ordinals",
    Fractions = "fractions",
    FractionPlurals = "fraction_plurals",
    FractionConstructs = "fraction_constructs",
    Months = "months",
    AfterDay = "after_day",
    Weekdays = "weekdays",
    WeekdayLetters = "weekday_letters",
    BeforeLetter = "before_letter",
    BeforeWeekday = "before_weekday",
    And = "and",
    To = "to",
    In = "in",
    Until = "until",
    Between = "between",
    Half = "half",
    Quarter = "quarter",
    Point = "point",
    Divided = "divided",
    Minus = "minus",
    Plus = "plus",
    Times = "times",
    Star = "star",
    Slash = "slash",
    NumberSign = "number_sign",
    Hash = "hash",
    Minute = "minute",
    Minutes = "minutes",
    Seconds = "seconds",
    Hours = "hours",
    Midnight = "midnight",
    AtNight = "at_night",
    Prefixes = "prefixes",
    Dayparts = "dayparts",
    BetweenHours = "between_hours",
    BeforeHour = "before_hour",
    Open = "open",
    BeforeCode = "before_code",
    BeforeNumber = "before_number",
    BeforePrice = "before_price",
    BeforeOrdinal = "before_ordinal",
    Adjectives = "adjectives",
    TimesAsMuch = "times_as_much",
    BeforeArticle = "before_article",
    BeforeDate = "before_date",
    BeforeBuilding = "before_building",
    BeforeRating = "before_rating",
    OutOf = "out_of",
    BeforePeople = "before_people",
    Score = "score",
    Or = "or",
    Verbs = "verbs",
    NotCounted = "not_counted",
    Symbols = "symbols",
    LettersOfUnits = "letters_of_units",
    Minor = "minor",
}

impl List {
    /// Its entries, in order.
    pub(in crate::spoken) fn words(self) -> &'static [&'static str] {
        WORDS.get(self.heading()).map_or(&[], Vec::as_slice)
    }

    /// The entry at this place; empty if there is none.
    pub(in crate::spoken) fn at(self, index: usize) -> &'static str {
        self.words().get(index).copied().unwrap_or_default()
    }

    /// Its only entry.
    pub(in crate::spoken) fn word(self) -> &'static str {
        self.at(0)
    }

    /// It has this word, or the word without letters that are written together with it ("in", "the"). The word is plain.
    pub(in crate::spoken) fn has(self, word: &str) -> bool {
        bases(word).any(|base| self.words().contains(&base))
    }
}

static WORDS: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut words: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut heading = "";
    for line in lines(include_str!("words.txt")) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(found) => heading = found,
            None => words.entry(heading).or_default().extend(line.split(',').map(str::trim)),
        }
    }
    words
});

/// The lines of a data file without comments.
pub(in crate::spoken) fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The grammatical gender of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spoken) enum Gender {
    Masculine,
    Feminine,
}

/// A noun that can be counted.
#[derive(Debug)]
pub(in crate::spoken) struct Noun {
    pub(in crate::spoken) gender: Gender,
    pub(in crate::spoken) singular: &'static str,
    /// "Two" in one word, such as "two hours".
    pub(in crate::spoken) dual: Option<&'static str>,
    /// The singular is used with numbers above ten.
    pub(in crate::spoken) counts_in_singular: bool,
    /// A number follows its singular.
    pub(in crate::spoken) is_numbered: bool,
    plurals: Vec<&'static str>,
}

impl Noun {
    /// The form after this number.
    pub(in crate::spoken) fn many(&self, number: u64) -> &'static str {
        let plural = self.plurals.first().copied().unwrap_or(self.singular);
        // Currencies of other countries are counted in the singular: "twenty dollar".
        if number > 10
            && self.counts_in_singular
            && List::Minor.words().get(4..).is_some_and(|minor| minor.contains(&self.singular))
        {
            self.singular
        } else {
            plural
        }
    }

    /// The noun that has this form, and whether the form is its singular only.
    pub(in crate::spoken) fn find(word: &str) -> Option<(&'static Self, bool)> {
        let noun = NOUNS.1.get(word).and_then(|index| NOUNS.0.get(*index))?;
        Some((noun, word == noun.singular && !noun.plurals.contains(&word)))
    }
}

/// All nouns, and for each form the noun's place.
static NOUNS: LazyLock<(Vec<Noun>, BTreeMap<&'static str, usize>)> = LazyLock::new(|| {
    let (mut nouns, mut forms): (Vec<Noun>, BTreeMap<_, _>) = (Vec::new(), BTreeMap::new());
    for line in lines(include_str!("nouns.txt")) {
        let mut words = line.split_whitespace();
        let (Some(marks), Some(singular)) = (words.next(), words.next()) else { continue };
        let (duals, plurals): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('='));
        for form in plurals.iter().chain([&singular]) {
            forms.entry(*form).or_insert(nouns.len());
        }
        nouns.push(Noun {
            gender: if marks.starts_with('f') { Gender::Feminine } else { Gender::Masculine },
            singular,
            dual: duals.first().and_then(|dual| dual.strip_prefix('=')),
            counts_in_singular: marks.contains('+'),
            is_numbered: marks.contains('-'),
            plurals,
        });
    }
    // Plurals before another noun: "days of illness". Only of masculine nouns; of others they look like other words.
    for (index, noun) in nouns.iter().enumerate().filter(|(_, noun)| noun.gender == Gender::Masculine) {
        for construct in noun.plurals.iter().filter_map(|plural| plural.strip_suffix(PLURAL_END)) {
            forms.entry(construct).or_insert(index);
        }
    }
    (nouns, forms)
});

/// The last letter of masculine plurals, which falls away before another noun.
const PLURAL_END: char = '\u{5dd}';
