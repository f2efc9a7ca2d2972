//! The choice of the words for a run of digits.

use super::clock::Clock;
use super::context::Context;
use super::date::{date_reading, feminine, month, said_date};
use super::daypart;
use super::elided;
use super::fraction;
use super::lists::{Gender, List};
use super::numeral::{cardinal, dictated};
use super::plain::is_dash;
use super::pointed::{self, Meaning};
use super::quantity::{self, Amount};
use super::reading::{Kind, Reading};
use super::run::{Date, Number, Run};
use super::sequence::Next;
use super::slash;

pub(super) fn read(run: &Run, context: &Context<'_>) -> Reading {
    if let Some((date, clock)) = run.moment() {
        return Reading::new(format!("{} {}{}", said_date(date), List::In.word(), said_clock(clock, run, context)));
    }
    if let Some(date) = run.full_date() {
        return date_reading(date);
    }
    let parts = run.split();
    match parts.as_slice() {
        [one] => single(one, context),
        [from, to] => range(from, to, context).unwrap_or_else(|| Reading::new(pieces(run))),
        _ => Reading::new(pieces(run)),
    }
}

fn time_reading(clock: Clock, run: &Run, context: &Context<'_>) -> Reading {
    let range_start = daypart::end_of_range(context).map(|_| clock);
    Reading { kind: Kind::Hour, range_start, ..Reading::new(said_clock(clock, run, context)) }
}

fn single(run: &Run, context: &Context<'_>) -> Reading {
    if let Some((words, length)) = daypart::half_of_day(run, context) {
        return Reading { kind: Kind::Hour, length, ..Reading::new(words) };
    }
    if let Some(number) = run.integer() {
        return integer(number, run, context);
    }
    if let Some((first, second)) =
        run.pair(':').filter(|_| context.prefix.is_empty() && context.has_before(List::BeforeRatio, 2))
        && let (Some(first), Some(second)) = (first.value(), second.value())
    {
        return Reading::new(format!("{} {}{}", feminine(first), List::To.word(), feminine(second)));
    }
    if let Some(clock) = run.clock() {
        return quantity::duration(clock, context).unwrap_or_else(|| time_reading(clock, run, context));
    }
    if let Some((whole, fraction)) = run.pair('.') {
        return point(whole, fraction, run, context);
    }
    if let Some(reading) = slash::prices(run, context) {
        return reading;
    }
    if let Some((first, second)) = run.pair('/').or_else(|| run.pair('\u{2044}'))
        && let Some(reading) = slash::read(first, second, run, context)
    {
        return reading;
    }
    if run.marks == ['.', '/']
        && let [whole, fraction, best] = run.numbers.as_slice()
        && let (Some(value), Some(best)) = (whole.value(), best.value())
    {
        let amount = Amount { whole: value, fraction: Some(&fraction.digits) };
        let rating = format!("{} {} {}", quantity::alone(&amount, context), List::OutOf.word(), feminine(best));
        return Reading::new(rating);
    }
    Reading::new(pieces(run))
}

fn integer(number: &Number, run: &Run, context: &Context<'_>) -> Reading {
    let value = number.value();
    if let Some(minutes) = value.filter(|value| is_minutes(*value, context)) {
        return Reading { kind: Kind::Hour, ..Reading::new(cardinal(minutes, Gender::Masculine)) };
    }
    if let Some(value) = value
        && let Some(gender) = elided::gender_of_dose(context)
    {
        return Reading::new(cardinal(value, gender));
    }
    let is_hour = || context.is_hour() && (context.has_daypart() || context.counted().is_none());
    if let Some(clock) = value.filter(|_| number.digits.len() <= 2).and_then(|hour| Clock::new(hour, 0))
        && is_hour()
        && !context.has_month()
    {
        return time_reading(clock, run, context);
    }
    match value {
        Some(value) if !context.is_code(number) => {
            fraction::mixed(value, context).unwrap_or_else(|| quantity::integer(value, context))
        }
        _ => Reading::new(dictated(&number.digits)),
    }
}

/// Returns true if the number is minutes before the hour that follows: "10 to 8". In "between 5 and 7", "a table for 5
/// to 8" and "a ratio of 5 to 1", it is not.
fn is_minutes(value: u64, context: &Context<'_>) -> bool {
    let is_usual = matches!(value, 5 | 10 | 20 | 25) && (context.prefix.is_empty() || context.prefix.ends_with(AT));
    let is_other = || {
        let is_plural = context.last_word().is_some_and(|word| List::Hours.has(&word));
        is_plural || context.is_after_between() || quantity::follows_numbered(context)
    };
    let Some(next) = Next::read(context.after).filter(|_| is_usual && !is_other()) else { return false };
    let inner = Context { after: next.after, ..context.clone() };
    next.connection == List::To.word()
        && pointed::whole_hour(&next.run).is_some_and(|hour| (1..=12).contains(&hour.hour))
        && ![context, &inner].iter().any(|context| context.counted().is_some() || context.has_month())
        && ![List::Score, List::BeforePeople].iter().any(|list| context.has_before(*list, 4))
}

/// Reads two numbers with a full stop between them: a time, a date, a price or a decimal.
fn point(whole: &Number, fraction: &Number, run: &Run, context: &Context<'_>) -> Reading {
    match pointed::meaning(run, context) {
        Meaning::Time(clock) => return time_reading(clock, run, context),
        Meaning::Date(date) => return date_reading(date),
        Meaning::Decimal => {}
    }
    let Some(value) = whole.value() else { return Reading::new(pieces(run)) };
    // "Until 12.2026".
    let year = fraction.value().filter(|year| (1900..2100).contains(year) && (1..=12).contains(&value));
    if let Some(year) = year.filter(|_| fraction.digits.len() == 4 && context.counted().is_none()) {
        return Reading::new(format!("{} {}", month(value), feminine(year)));
    }
    // Some people write thousands with a full stop: "1.000 shekels".
    if fraction.digits == "000" && (1..1000).contains(&value) {
        return quantity::integer(value * 1000, context);
    }
    let amount = Amount { whole: value, fraction: Some(&fraction.digits) };
    // "At 59.90" is a price, because the decimals of measures seldom end in 0 or 9.
    let is_at_price = || context.prefix == List::In.word() && fraction.digits.ends_with(['0', '9']);
    // "299.90": measures seldom have such decimals.
    let is_usual_price = || {
        value >= 10 && matches!(fraction.digits.as_str(), "90" | "99") && !context.has_before(List::BeforeMeasure, 3)
    };
    let is_price = || context.has_before(List::BeforePrice, 4) || is_at_price() || is_usual_price();
    if fraction.digits.len() == 2 && context.counted().is_none() && is_price() {
        return Reading::new(quantity::price(&amount));
    }
    quantity::amount(&amount, context)
}

/// Reads two numbers with a dash between them; none if they are neither a range nor a score.
fn range(from: &Run, to: &Run, context: &Context<'_>) -> Option<Reading> {
    let until = |from: String, to: String| format!("{from}{}{to}", context.between());
    let hours = |first: Clock, last: Clock| {
        Some(Reading { kind: Kind::Hour, ..Reading::new(hour_range(first, (last, to), context)) })
    };
    if let (Some(first), Some(last)) = (hour(from), hour(to)) {
        let is_clock = from.clock().is_some() || to.clock().is_some();
        let is_counted = || context.counted().is_some();
        if is_clock
            || (context.is_hour() || context.is_open() || context.follows_weekday() || is_shift(from, to, context))
                && !is_counted()
                && !context.has_month()
        {
            return hours(first, last);
        }
    }
    if let Some(reading) = dates(from, to, context) {
        return Some(reading);
    }
    if let Some((first, last)) = pointed::times(from, to, context) {
        return hours(first, last);
    }
    if let (Some(from), Some(to)) = (from.integer(), to.integer()) {
        let is_code = |number: &Number| context.is_code(number);
        let (first, last) = (from.value()?, to.value()?);
        if is_code(from) || is_code(to) {
            return None;
        }
        // "Code 12-34": two digits are too few for a code, but not on both sides of a dash after "code".
        let is_keyed = from.digits.len() >= 2 && to.digits.len() >= 2 && context.counted().is_none();
        if is_keyed && context.last_word().is_some_and(|word| List::BeforeKeys.has(&word)) {
            return Some(Reading::new(format!("{}, {}", dictated(&from.digits), dictated(&to.digits))));
        }
        let is_score = context.has_before(List::Score, 3) || first >= last;
        if is_score && context.counted().is_none() {
            return Some(Reading::new(format!("{} {}", feminine(first), feminine(last))));
        }
        return Some(quantity::range(first, last, context));
    }
    let amount = |run: &Run| {
        let whole = run.integer().and_then(Number::value).map(|whole| (whole, None));
        let decimal =
            || run.pair('.').and_then(|(whole, fraction)| Some((whole.value()?, Some(fraction.digits.clone()))));
        whole.or_else(decimal)
    };
    let ((first, first_fraction), (last, last_fraction)) = (amount(from)?, amount(to)?);
    let first = Amount { whole: first, fraction: first_fraction.as_deref() };
    let last = Amount { whole: last, fraction: last_fraction.as_deref() };
    let is_price = [&first, &last].iter().all(|amount| amount.fraction.is_none_or(|fraction| fraction.len() == 2))
        && context.has_before(List::BeforePrice, 4);
    if is_price && context.counted().is_none() {
        return Some(Reading::new(until(quantity::price(&first), quantity::price(&last))));
    }
    let rest = quantity::amount(&last, context);
    Some(Reading { words: until(quantity::alone(&first, context), rest.words), ..rest })
}

/// Returns true if the next range begins, or the range before this one ended, with the same hour: "7-15, 15-23, 23-7".
fn is_shift(from: &Run, to: &Run, context: &Context<'_>) -> bool {
    let ends = |run: &Run| match run.split().as_slice() {
        [first, last] => hour(first).zip(hour(last)),
        _ => None,
    };
    let begins_next = || Next::read(context.after).and_then(|next| ends(&next.run)).map(|(first, _)| first) == hour(to);
    let before = context.before.trim_end_matches([' ', ',', ';']);
    let start = before.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ':' | '.') || is_dash(c)).len();
    let ended_last = || Run::read(&before[start..]).and_then(|run| ends(&run)).map(|(_, last)| last) == hour(from);
    let is_listed = before.len() < context.before.len();
    let is_length =
        hour(from).zip(hour(to)).is_some_and(|(from, to)| SHIFT.contains(&((to.hour + 24 - from.hour) % 24)));
    let is_other = || [List::BeforeAge, List::BeforeMeasure].iter().any(|list| context.has_before(*list, 4));
    is_length && context.prefix.is_empty() && (begins_next() || is_listed && ended_last()) && !is_other()
}

fn dates(from: &Run, to: &Run, context: &Context<'_>) -> Option<Reading> {
    let until = |from: String, to: Date| Some(Reading::new(format!("{from}{}{}", context.between(), said_date(to))));
    let last =
        to.full_date().or_else(|| to.day_and_month().filter(|_| to.marks == ['/'] || !context.counts_known()))?;
    if let Some(first) = from.full_date().or_else(|| from.day_and_month()) {
        // 1.5-2.5 may be a range of decimals. 28.9-3.10 must be dates, because a range of decimals would rise.
        let is_date = context.is_date()
            || pointed::are_dates(from, to, context)
            || from.marks != ['.']
            || to.marks != ['.']
            || (first.day, first.month) > (last.day, last.month);
        if !is_date {
            return None;
        }
        return until(said_date(first), last);
    }
    let first = from.integer().filter(|day| day.digits.len() <= 2).and_then(Number::value)?;
    let is_day = (1..=31).contains(&first)
        && (first < last.day)
        && (context.is_date() || last.year.is_some() || to.marks == ['/'] || pointed::is_last_day(to, context));
    if is_day { until(cardinal(first, Gender::Masculine), last) } else { None }
}

/// Returns the time of a run that is a time, or a whole number that can be an hour.
fn hour(run: &Run) -> Option<Clock> {
    let whole = || run.integer().filter(|hour| hour.digits.len() <= 2).and_then(|hour| Clock::new(hour.value()?, 0));
    run.clock().or_else(whole)
}

/// Returns the words of a time with the part of the day, if the time would be unclear without it.
fn said_clock(clock: Clock, run: &Run, context: &Context<'_>) -> String {
    // "At the hour of midnight" is not said.
    if clock.is_midnight() && context.last_word().is_some_and(|word| List::BeforeHour.has(&word)) {
        return format!("{} {}", feminine(12), List::AtNight.word());
    }
    with_daypart(clock, daypart::of_time(clock, run, context))
}

/// Returns the words of two times with a dash between them.
fn hour_range(first: Clock, (last, to): (Clock, &Run), context: &Context<'_>) -> String {
    let (first_part, last_part) = daypart::of_range(first, last, context);
    let last = match last_part {
        Some(part) => with_daypart(last, Some(part)),
        None if daypart::is_early(last, to) => said_clock(last, to, context),
        None => last.words(),
    };
    format!("{}{}{last}", with_daypart(first, first_part), context.between())
}

fn with_daypart(clock: Clock, part: Option<&str>) -> String {
    let words = clock.words();
    part.map_or_else(|| words.clone(), |part| format!("{words} {part}"))
}

/// Returns the words of each number and of the marks between them, without an interpretation of the whole run.
fn pieces(run: &Run) -> String {
    let mut said = String::new();
    let is_dictated = run.numbers.iter().any(|number| number.has_leading_zero() || number.digits.len() > 2)
        && run.marks.contains(&'-')
        || run.marks.contains(&'/') && run.numbers.iter().any(Number::has_written_zeros);
    for (number, mark) in run.numbers.iter().zip(run.marks.iter().map(Some).chain([None])) {
        let value = number.value().filter(|_| !number.has_leading_zero() && !is_dictated);
        said.push_str(&value.map_or_else(|| dictated(&number.digits), feminine));
        let between = match mark {
            Some('.') => List::Point.word(),
            Some('/') => List::Slash.word(),
            Some('\u{2044}') => List::Divided.word(),
            Some('\u{d7}') => List::Times.word(),
            Some('-') => {
                said.push_str(", ");
                continue;
            }
            Some(_) => "",
            None => break,
        };
        said.extend([" ", between, if between.is_empty() { "" } else { " " }]);
    }
    said
}

/// The hours of a shift.
const SHIFT: std::ops::RangeInclusive<u64> = 6..=12;

/// The prefix "at".
const AT: char = '\u{5d1}';
