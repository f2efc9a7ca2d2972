//! The context of a number: the text around it, which decides how the number is read.

use super::clock::Clock;
use super::counted::{Counted, after_shared, is_plural, next_word};
use super::keys;
use super::lists::{List, Noun, bases};
use super::plain::{plain, words_after, words_before};
use super::reading::Kind;
use super::run::{Number, Run, is_usual_fraction};
use super::sequence::Next;

#[derive(Clone)]
pub(super) struct Context<'a> {
    pub(super) before: &'a str,
    /// The Hebrew prefix of the number, such as "in" or "to"; may be empty.
    pub(super) prefix: &'a str,
    pub(super) after: &'a str,
    /// Whether the number has a sign.
    pub(super) is_signed: bool,
    /// Whether the number is 2 to 10, which are the numbers with which nouns are always in the plural.
    pub(super) is_few: bool,
    /// The kind of the previous number if it is connected with this number, as in "from nine until".
    pub(super) follows: Kind,
    /// The first time of the range that this number ends, as in "from 9:00 until 21:30".
    pub(super) range_start: Option<Clock>,
}

impl Context<'_> {
    /// Returns true if one of the last `words` words before the number is in the list.
    pub(super) fn has_before(&self, list: List, words: usize) -> bool {
        words_before(self.before).take(words).any(|word| list.has(&word))
    }

    /// Returns the last word before the number, if only spaces, colons and dashes are between the word and the number.
    pub(super) fn last_word(&self) -> Option<String> {
        let is_near = self
            .before
            .trim_end_matches([' ', '\u{a0}', ':', '-'])
            .ends_with(|c: char| super::plain::is_letter(c) || super::plain::is_geresh(c));
        words_before(self.before).next().filter(|_| is_near)
    }

    pub(super) fn counted(&self) -> Option<Counted> {
        let mut counted = Counted::after(self.after, self.begins_range(), self.is_count())?;
        if self.is_before_place() {
            return None;
        }
        // "At nine we open": the form of a verb resembles a plural noun, so the verb must not be taken for a counted
        // noun.
        let is_at = || self.prefix.ends_with(AT) || self.last_word().is_some_and(|word| List::BeforeHour.has(&word));
        let is_verb =
            |word: &str| List::Verbs.words().contains(&word) || counted.noun.is_none() && word.starts_with(FROM);
        let word = next_word(self.after, 0).map(|word| plain(&self.after[word]));
        // "12 and 6 months" after "aged" is an age of years and months; otherwise both numbers count the months.
        let is_age = counted.is_shared
            && word.as_ref().is_some_and(|word| word == List::And.word())
            && self.last_word().is_some_and(|word| List::BeforeAge.has(&word));
        if is_age {
            return None;
        }
        let is_counted = counted.is_shared || !word.is_some_and(|word| is_verb(&word)) || !is_at();
        // "The 3 first": after the article, the number has no construct form.
        counted.is_definite &= !self.prefix.ends_with(ARTICLE);
        is_counted.then_some(counted)
    }

    /// Returns true if the number probably counts a noun: it is not an hour, an age, or the number of a room.
    fn is_count(&self) -> bool {
        let is_singular = |base: &str| Noun::find(base).is_some_and(|(_, is_singular)| is_singular);
        let is_today = |word: &str| List::BeforeDate.words().contains(&word);
        let is_noun = |word: &str| !is_today(word) && bases(word).any(is_singular);
        let is_other = |word: &String| NOT_BEFORE_COUNT.iter().any(|list| list.has(word)) || is_noun(word);
        self.is_few
            && (self.prefix.is_empty() || self.prefix == List::And.word())
            && self.follows != Kind::Hour
            && !self.is_open()
            && !self.last_word().is_some_and(|word| is_other(&word))
            && !self.has_before(List::BeforeBuilding, 3)
    }

    /// Returns true if the name of a place follows: "1 Herzl Street, Bat Yam".
    fn is_before_place(&self) -> bool {
        begins_with(List::Places, self.after)
            || begins_with(List::PlacesInAddresses, self.after) && self.has_before(List::BeforeBuilding, 4)
    }

    /// Returns true if the name of a town follows without a prefix.
    pub(super) fn is_at_town(&self) -> bool {
        begins_with(List::Towns, self.after.trim_start_matches([',', ' ']))
    }

    pub(super) fn counts_known(&self) -> bool {
        self.counted().is_some_and(|counted| counted.noun.is_some())
    }

    /// Returns true if "to" after the number begins the end of a range. After "at nine", it does not.
    fn begins_range(&self) -> bool {
        self.prefix.is_empty() || self.prefix.contains(FROM)
    }

    /// Returns true if the next word is a part of the day, such as "in the morning".
    pub(super) fn has_daypart(&self) -> bool {
        begins_with(List::Dayparts, self.after)
    }

    /// Returns true if the next word is a month, or "of the month".
    pub(super) fn has_month(&self) -> bool {
        let is_month = |at| next_word(self.after, at).is_some_and(|word| List::AfterDay.has(&plain(&self.after[word])));
        is_month(0) || after_shared(self.after, self.begins_range()).is_some_and(is_month)
    }

    /// Returns true if a whole number in this context is an hour.
    pub(super) fn is_hour(&self) -> bool {
        let named = || self.last_word().is_some_and(|word| List::BeforeHour.has(&word));
        self.follows == Kind::Hour
            || named()
            || self.has_daypart()
            || self.is_open() && (self.follows_preposition() || self.is_after_between())
            || self.is_on_weekday()
    }

    /// Returns true if the sentence is about opening hours.
    pub(super) fn is_open(&self) -> bool {
        self.has_before(List::Open, 5)
    }

    /// Returns true if a weekday is directly before the number, or only a comma is between them: "on Sunday, 9-17".
    pub(super) fn follows_weekday(&self) -> bool {
        let is_after_comma = || {
            let words: Vec<String> = words_before(self.before).take(3).collect();
            let text = self.before.trim_end_matches([' ', '\u{a0}', ',', ':']);
            text.ends_with(super::plain::is_letter) && ends_with_weekday(&words)
        };
        self.last_word().is_some_and(|word| List::Weekdays.has(&word)) || is_after_comma()
    }

    /// Returns true if a preposition is before the number: a prefix such as "at" or "from", or the word "until".
    fn follows_preposition(&self) -> bool {
        let until = || self.last_word().is_some_and(|word| List::Until.has(&word));
        // "On Monday the 20th": after the article, the number is a date.
        !self.prefix.is_empty() && !self.prefix.ends_with(ARTICLE) || until()
    }

    /// Returns true if a preposition is directly before the number, and a weekday is among the few words before it:
    /// "on Friday until 13", "Sunday to Thursday between 9 and 17".
    pub(super) fn is_on_weekday(&self) -> bool {
        let words: Vec<String> = words_before(self.before).take(5).collect();
        (self.follows_preposition() || self.is_after_between())
            && ((0..words.len()).any(|end| is_named_weekday(&words[end..])) || self.has_before(List::LastWeekdays, 3))
    }

    /// Returns true if the words before the number are about an appointment, a date or a closure.
    pub(super) fn is_about_dates(&self) -> bool {
        self.has_before(List::AboutDates, 6)
    }

    /// Returns true if the words before the number are about an appointment or opening hours, or if the few words after
    /// it are about an appointment or a closure.
    pub(super) fn is_about_times(&self) -> bool {
        let words_after = || words_after(self.after).take(4);
        self.has_before(List::AboutTimes, 12) || words_after().any(|word| List::AboutDates.has(&word))
    }

    /// Returns true if the number may be a date without a year.
    pub(super) fn is_date(&self) -> bool {
        let before = self.before.trim_end_matches([' ', ',', '(', ':']);
        let last = words_before(before).find(|word| !List::Copulas.words().contains(&word.as_str()));
        let is_near = before.ends_with(super::plain::is_letter) && !self.continues_measure();
        List::DatePrefixes.words().iter().any(|prefix| self.prefix.contains(prefix))
            || self.follows == Kind::Date
            || self.has_time_after()
            || self.is_before_date()
            || is_near && last.is_some_and(|word| List::BeforeDate.has(&word))
    }

    /// Returns true if a date with a slash ends the range that the number begins: "1/4 until 8/4". Two numbers that are a
    /// usual fraction, or that count a noun, are no date: "1/4 until 3/4", "1/4 to 3/8 inch".
    fn is_before_date(&self) -> bool {
        let Some(next) = Next::read(self.after) else { return false };
        let ends_range = next.connection.contains(List::Until.word()) || next.connection.starts_with(List::To.word());
        let is_fraction = || {
            let values = next.run.pair('/').and_then(|(above, below)| above.value().zip(below.value()));
            values.is_none_or(|(above, below)| is_usual_fraction(above, below))
        };
        ends_range
            && next.run.day_and_month().is_some()
            && !is_fraction()
            && Counted::after(next.after, false, false).is_none()
    }

    /// Returns true if "and" joins the number to a noun that can be counted: "an hour and 1/2", "a day and 1/4".
    fn continues_measure(&self) -> bool {
        let is_noun = |word: &String| Noun::find(word).is_some();
        self.prefix == List::And.word() && self.last_word().is_some_and(|word| is_noun(&word))
    }

    /// Returns true if a time of day follows the number: "24.12 at 8:00", "24.12 at the hour 8".
    fn has_time_after(&self) -> bool {
        let Some(word) = next_word(self.after, 0) else { return false };
        let (at, rest) = (plain(&self.after[word.clone()]), &self.after[word.end..]);
        let run = Run::read(rest.trim_start_matches([' ', '-']));
        let is_hour = || at.strip_prefix(List::In.word()).is_some_and(|hour| List::BeforeHour.words().contains(&hour));
        run.is_some_and(|run| is_hour() || at == List::In.word() && run.clock().is_some())
    }

    /// Returns the word between both ends of a range: "between 5 and 7", otherwise "from 5 until 7".
    pub(super) fn between(&self) -> String {
        if self.is_after_between() { format!(" {}", List::To.word()) } else { format!(" {} ", List::Until.word()) }
    }

    /// Returns true if the number is the first end of a range with "between", also "between the hours".
    pub(super) fn is_after_between(&self) -> bool {
        let mut words = words_before(self.before).skip_while(|word| List::BeforeHour.has(word));
        words.next().is_some_and(|word| word == List::Between.word()) && self.last_word().is_some()
    }

    /// Returns true if a number with a sign is entered with keys, so that `#` and `*` are keys.
    pub(super) fn is_keyed(&self) -> bool {
        keys::is_keyed(self.before)
    }

    /// Returns true if the number is a short phone number such as *2700: a word such as "phone" is nearer than a word
    /// such as "code".
    pub(super) fn is_short_number(&self) -> bool {
        let is_phone = |word: &String| List::BeforeShortNumber.has(word);
        let mut words = words_before(self.before).take(4);
        words.find(|word| is_phone(word) || List::BeforeKeys.has(word)).is_some_and(|word| is_phone(&word))
    }

    /// Returns true if the number is a code, which is read digit by digit.
    pub(super) fn is_code(&self, number: &Number) -> bool {
        let length = number.digits.len();
        let touches_latin = || self.follows_latin() || self.after.starts_with(is_latin);
        let is_year = || number.value().is_some_and(|value| (1900..2100).contains(&value));
        if number.is_grouped {
            return false;
        }
        let is_named = length >= 3 && self.has_before(List::BeforeCode, if length > 3 { 6 } else { 4 })
            || length >= 4 && self.has_before(List::BeforeNumber, if is_year() { 2 } else { 4 })
            || length >= 4
                && self.prefix.is_empty()
                && self.has_before(List::BeforeDocument, 2)
                && !is_year()
                && !number.digits.ends_with("00");
        number.has_leading_zero()
            || number.value().is_none()
            || self.is_in_address()
            || length >= 3 && self.is_identifier()
            || length == 4 && self.is_end_of_card()
            || self.counted().is_none()
                && (length >= 7 && !number.digits.ends_with("000")
                    || touches_latin() && (length >= 3 || self.is_in_code())
                    || is_named && !self.is_amount(number))
    }

    /// Returns true if the word directly before the number makes it a code, although a noun follows that could be counted:
    /// "code 1234 a minute after the call", "account 123456 branch 789".
    fn is_identifier(&self) -> bool {
        let Some(last) = self.last_word().filter(|_| self.prefix.is_empty()) else { return false };
        // The noun identifies the next number.
        let is_next = || {
            let counted = self.counted().filter(|counted| counted.is_singular && !counted.is_shared);
            let numbered = counted.filter(|counted| counted.noun.is_some_and(|noun| !noun.counts_in_singular));
            let after = numbered.map(|counted| self.after[counted.length..].trim_start_matches(' '));
            after.is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()))
        };
        List::BeforeCodeOnly.has(&last) || List::BeforeCode.has(&last) && is_next()
    }

    /// Returns true for the last digits of a payment card: "the card that ends in 4321".
    fn is_end_of_card(&self) -> bool {
        self.prefix == List::In.word()
            && self.last_word().is_some_and(|word| List::BeforeLastDigits.has(&word))
            && self.has_before(List::Cards, 4)
    }

    fn follows_latin(&self) -> bool {
        self.prefix.is_empty() && self.before.trim_end_matches('-').ends_with(is_latin)
    }

    /// Returns true if a number of one or two digits that touches Latin letters is a part of a code: after a word such as
    /// "password", or between letters, as in "XK25P". In "5G", "B12" and "30kg" it is a quantity or a name.
    fn is_in_code(&self) -> bool {
        let is_within = self.before.ends_with(is_latin) && self.after.starts_with(is_latin);
        is_within || self.has_before(List::BeforeKeys, 6) || self.has_before(List::BeforeCode, 6)
    }

    /// Returns true if the number is a part of an e-mail address or of the name of a website.
    fn is_in_address(&self) -> bool {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '/' | ':');
        let end = self.after.find(|c| !is_part(c)).unwrap_or(self.after.len());
        let start = self.before.trim_end_matches(is_part).len();
        let (before, after) = (&self.before[start..], &self.after[..end]);
        let has_domain = |part: &str| part.match_indices('.').any(|(at, _)| part[at + 1..].starts_with(is_latin));
        // "At 15.Then": a full stop after the number may end a sentence.
        let is_start = !before.is_empty() || after.starts_with(is_latin) || after.starts_with('@');
        is_start
            && (before.contains('@') || after.contains('@') || has_domain(before) || has_domain(after))
            && (before.contains(is_latin) || after.contains(is_latin))
    }

    /// Returns true if a number after a word such as "order" or "card" is an amount: "an order above 300", "a card at
    /// 150", "the number of customers is 1500".
    fn is_amount(&self, number: &Number) -> bool {
        let is_before_amount = |word: &String| List::BeforeAmount.has(word) || List::BeforePrice.has(word);
        let is_limit = self.last_word().is_some_and(|word| is_before_amount(&word));
        let is_round = number.digits.len() == 3 || number.digits.ends_with("00");
        let is_price = self.prefix.ends_with(AT[0]) && is_round;
        let words: Vec<String> = words_before(self.before).take(4).collect();
        let is_count = words.windows(2).any(|pair| pair[1] == List::NumberSign.word() && is_plural(&pair[0]));
        is_limit || is_price || is_count || self.has_before(List::BeforeBuilding, 3)
    }
}

/// Returns true if the first words, the last one first, are a weekday. "Second" is a weekday only after "day", and in a
/// range of days.
fn is_named_weekday(words: &[String]) -> bool {
    let is_day = |index: usize| words.get(index).is_some_and(|word| List::Weekdays.has(word));
    let has = |list: List| words.get(1).is_some_and(|word| list.has(word));
    is_day(0) && (has(List::BeforeWeekday) || has(List::Until) && is_day(2))
}

/// Returns true as [`is_named_weekday`], and for two weekdays one after the other: "Sunday to Thursday".
fn ends_with_weekday(words: &[String]) -> bool {
    let is_last = || words.first().is_some_and(|word| List::LastWeekdays.words().contains(&word.as_str()));
    let are_days = || words.len() > 1 && words[..2].iter().all(|word| List::Weekdays.has(word));
    is_named_weekday(words) || is_last() || are_days()
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
}

/// Returns true if a text begins with one of the phrases.
fn begins_with(phrases: List, text: &str) -> bool {
    let text = text.trim_start_matches([' ', '\u{a0}']);
    let text = plain(&text[..text.ceil_char_boundary(MAX_PHRASE)]);
    let is_whole = |rest: &str| !rest.starts_with(super::plain::is_letter);
    phrases.words().iter().any(|phrase| text.strip_prefix(phrase).is_some_and(is_whole))
}

/// The maximum length of a phrase in bytes, with vowel points.
const MAX_PHRASE: usize = 80;

/// Words before numbers that are hours, ages, keys and the like.
const NOT_BEFORE_COUNT: [List; 8] = [
    List::BeforeHour,
    List::BeforeAge,
    List::BeforeKeys,
    List::BeforeCode,
    List::BeforeNumber,
    List::BeforeLetter,
    List::BeforeOrdinal,
    List::Until,
];

const ARTICLE: char = '\u{5d4}';

/// The prefixes "in" (also "at") and "to".
const AT: [char; 2] = ['\u{5d1}', '\u{5dc}'];

/// The prefix "from". Many verbs begin with this letter.
const FROM: char = '\u{5de}';
