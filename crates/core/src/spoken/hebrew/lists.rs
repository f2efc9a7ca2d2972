//! Parsers for the data files with words and nouns.

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
    LastWeekdays = "last_weekdays",
    AfterWeekday = "after_weekday",
    HebrewMonths = "hebrew_months",
    NumberLetters = "number_letters",
    LetterNames = "letter_names",
    HebrewYear = "hebrew_year",
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
    MultipliedBy = "multiplied_by",
    Star = "star",
    Slash = "slash",
    AtSign = "at_sign",
    Hyphen = "hyphen",
    Underscore = "underscore",
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
    SaidDayparts = "said_dayparts",
    MorningWords = "morning_words",
    NoonWords = "noon_words",
    EveningWords = "evening_words",
    Greeting = "greeting",
    KnownDaypart = "known_daypart",
    Closing = "closing",
    BetweenHours = "between_hours",
    BeforeHour = "before_hour",
    Open = "open",
    AboutDates = "about_dates",
    AboutTimes = "about_times",
    BeforeTime = "before_time",
    BeforeCode = "before_code",
    BeforeCodeOnly = "before_code_only",
    Cards = "cards",
    BeforeLastDigits = "before_last_digits",
    BeforeNumber = "before_number",
    BeforeAmount = "before_amount",
    BeforePrice = "before_price",
    BeforeOrdinal = "before_ordinal",
    Adjectives = "adjectives",
    TimesAsMuch = "times_as_much",
    BeforeArticle = "before_article",
    DatePrefixes = "date_prefixes",
    BeforeDate = "before_date",
    Copulas = "copulas",
    Dated = "dated",
    BeforeBuilding = "before_building",
    PartsOfBuilding = "parts_of_building",
    Flat = "flat",
    NoPastVerbs = "no_past_verbs",
    BeforeRating = "before_rating",
    BeforeMeasure = "before_measure",
    BeforeSize = "before_size",
    OutOf = "out_of",
    BeforePeople = "before_people",
    BeforeGroup = "before_group",
    BeforeAge = "before_age",
    Places = "places",
    PlacesInAddresses = "places_in_addresses",
    Floor = "floor",
    Degree = "degree",
    Metre = "metre",
    BeforeRatio = "before_ratio",
    BeforeDocument = "before_document",
    BeforeOutOf = "before_out_of",
    Left = "left",
    AtPrice = "at_price",
    Dose = "dose",
    NotOne = "not_one",
    Inch = "inch",
    Equals = "equals",
    BeforePlace = "before_place",
    BeforeHome = "before_home",
    Streets = "streets",
    Towns = "towns",
    PriceChange = "price_change",
    BeforePressure = "before_pressure",
    Year = "year",
    BeforeKeys = "before_keys",
    BeforeShortNumber = "before_short_number",
    BeforeExpiry = "before_expiry",
    DefiniteAdjectives = "definite_adjectives",
    Score = "score",
    FreeAdjectives = "free_adjectives",
    Or = "or",
    Verbs = "verbs",
    NotCounted = "not_counted",
    NotConstructs = "not_constructs",
    BeforeCount = "before_count",
    HowMany = "how_many",
    Decimals = "decimals",
    Symbols = "symbols",
    LettersOfUnits = "letters_of_units",
    Minor = "minor",
}

impl List {
    /// Returns the entries of the section, in order.
    pub(in crate::spoken) fn words(self) -> &'static [&'static str] {
        WORDS.get(self.heading()).map_or(&[], Vec::as_slice)
    }

    /// Returns the entry at an index; empty if the index is out of range.
    pub(in crate::spoken) fn at(self, index: usize) -> &'static str {
        self.words().get(index).copied().unwrap_or_default()
    }

    /// Returns the first entry, for sections with a single entry.
    pub(in crate::spoken) fn word(self) -> &'static str {
        self.at(0)
    }

    /// Returns true if the section contains the word, with or without its Hebrew prefixes ("in", "the"). The word must
    /// be normalised by `plain`.
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

/// Returns the lines of a data file without comments and empty lines.
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
    /// The dual form: one word that means two of the noun, such as "two hours".
    pub(in crate::spoken) dual: Option<&'static str>,
    /// Whether the singular is used with numbers above ten.
    pub(in crate::spoken) counts_in_singular: bool,
    /// Whether the singular is followed by a number that identifies it, as in "building 3".
    pub(in crate::spoken) is_numbered: bool,
    plurals: Vec<&'static str>,
}

impl Noun {
    /// Returns the form of the noun after this number.
    pub(in crate::spoken) fn many(&self, number: u64) -> &'static str {
        let plural = self.plurals.first().copied().unwrap_or(self.singular);
        // Foreign currencies are counted in the singular: "twenty dollar".
        if number > 10
            && self.counts_in_singular
            && List::Minor.words().get(5..).is_some_and(|minor| minor.contains(&self.singular))
        {
            self.singular
        } else {
            plural
        }
    }

    /// Returns true for a currency.
    pub(super) fn is_currency(&self) -> bool {
        List::Minor.words().chunks_exact(5).any(|minor| minor[0] == self.singular)
    }

    /// Returns the noun that has this form, and whether the form is unambiguously the singular.
    pub(in crate::spoken) fn find(word: &str) -> Option<(&'static Self, bool)> {
        let noun = NOUNS.1.get(word).and_then(|index| NOUNS.0.get(*index))?;
        Some((noun, word == noun.singular && !noun.plurals.contains(&word)))
    }

    /// Returns true if the word is a form of two nouns of different gender, such as the plural of a noun for a man and of
    /// a noun for a woman.
    pub(super) fn has_two_genders(word: &str) -> bool {
        let is_form = |noun: &&Self| noun.singular == word || noun.plurals.contains(&word);
        let genders = |gender| NOUNS.0.iter().filter(is_form).any(|noun| noun.gender == gender);
        Self::find(word).is_some() && genders(Gender::Masculine) && genders(Gender::Feminine)
    }
}

/// All nouns, and the index of the noun for each form.
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
    // The construct plurals, which are used before another noun: "days of illness". Only masculine nouns have entries,
    // because the other construct plurals resemble other words.
    for (index, noun) in nouns.iter().enumerate().filter(|(_, noun)| noun.gender == Gender::Masculine) {
        for construct in noun.plurals.iter().filter_map(|plural| plural.strip_suffix(PLURAL_END)) {
            forms.entry(construct).or_insert(index);
        }
    }
    (nouns, forms)
});

/// The last letter of masculine plurals, which the construct plural omits.
const PLURAL_END: char = '\u{5dd}';

/// Returns the word, and the word without its first one to three Hebrew prefixes.
pub(super) fn bases(word: &str) -> impl Iterator<Item = &str> {
    let is_prefix = |c: char| List::Prefixes.words().iter().any(|prefix| prefix.starts_with(c));
    let prefixes = word.chars().take_while(|c| is_prefix(*c)).count().min(3);
    let ends = std::iter::once(0).chain(word.char_indices().map(|(at, c)| at + c.len_utf8()).take(prefixes));
    ends.map(|at| &word[at..]).filter(|base| !base.is_empty())
}

/// Returns true if the word consists only of Hebrew prefixes.
pub(super) fn is_prefix(word: &str) -> bool {
    !word.is_empty()
        && word.chars().count() <= 4
        && word.chars().all(|c| List::Prefixes.words().iter().any(|prefix| prefix.starts_with(c)))
}
