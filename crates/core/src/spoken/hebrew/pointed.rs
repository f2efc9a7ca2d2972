//! The meaning of two numbers with a full stop between them: a time, a date, or a decimal.

use super::clock::Clock;
use super::context::Context;
use super::counted::next_word;
use super::lists::{List, is_prefix};
use super::plain::{is_dash, plain, words_after, words_before};
use super::reading::Kind;
use super::run::{Date, Run};
use super::sequence::{COMMA, Next};

pub(super) enum Meaning {
    Time(Clock),
    Date(Date),
    /// A price or a decimal.
    Decimal,
}

/// Returns the meaning of two numbers with a full stop. Where a date and a time are both possible, it is a date.
pub(super) fn meaning(run: &Run, context: &Context<'_>) -> Meaning {
    let is_named = is_named_hour(context) || context.has_daypart();
    if let Some(clock) = run.pointed_clock().filter(|_| is_named || is_end_of_times(run, context)) {
        return Meaning::Time(clock);
    }
    if let Some(date) = run.day_and_month().filter(|_| is_date(run, context) && !context.counts_known()) {
        return Meaning::Date(date);
    }
    let follows = || context.last_word().is_some_and(|word| List::BeforeTime.has(&word));
    let is_time = || (context.is_about_times() || follows()) && !is_amount(context);
    run.pointed_clock().filter(|_| is_time()).map_or(Meaning::Decimal, Meaning::Time)
}

/// Returns true if both ends of a range with a dash are days: "closed 1.10-5.10". Two decimals seldom have the same two
/// decimal places.
pub(super) fn are_dates(from: &Run, to: &Run, context: &Context<'_>) -> bool {
    let month = |run: &Run| run.day_and_month().map(|date| date.month);
    let are_long = || has_two_digits(from) && has_two_digits(to);
    let are_likely = || are_long() && (month(from) == month(to) || has_time_after(context));
    !is_amount(context) && (context.is_about_dates() || are_likely())
}

/// Returns true if the last number of a range that begins with a whole number is a day: "closed 24-26.12". Two decimal
/// places that are a month are less usual in such a range of decimals.
pub(super) fn is_last_day(to: &Run, context: &Context<'_>) -> bool {
    let is_about_dates = || {
        let mut after = words_after(context.after).take(4);
        context.is_about_dates() || after.any(|word| List::AboutDates.has(&word))
    };
    !is_amount(context)
        && !is_named_hour(context)
        && (has_two_digits(to) || to.day_and_month().is_some() && is_about_dates())
}

/// Returns both times of a range with a dash: "9.30-10.15", "9:00-17.30".
pub(super) fn times(from: &Run, to: &Run, context: &Context<'_>) -> Option<(Clock, Clock)> {
    let hour = |run: &Run| run.time().or_else(|| whole_hour(run));
    let (first, last) = (hour(from)?, hour(to)?);
    let are_clocks = from.time().is_some() && to.time().is_some() && is_rising(first, last);
    let is_about_times = || context.is_about_times() || is_named_hour(context);
    let are_times = are_clocks || (from.time().is_some() || to.time().is_some()) && is_about_times();
    (are_times && !is_amount(context)).then_some((first, last))
}

/// Returns true if a word such as "hour" is before the number.
fn is_named_hour(context: &Context<'_>) -> bool {
    context.last_word().is_some_and(|word| List::BeforeHour.has(&word))
}

fn is_date(run: &Run, context: &Context<'_>) -> bool {
    if is_changed_price(context) {
        return false;
    }
    // "24.11," at the end of a clause whose sentence is not complete.
    let is_end = || context.after == COMMA;
    let is_likely = || context.is_about_dates() || has_time_after(context) || is_in_list(run, context) || is_end();
    context.is_date() || has_two_digits(run) && !is_amount(context) && is_likely()
}

/// Returns true for the old and the new price after a word of a change: "the price rose from 3.10 to 3.25". Without the
/// new price, "from 3.10" is a date.
fn is_changed_price(context: &Context<'_>) -> bool {
    let mut words = words_before(context.before).skip_while(|word| word.starts_with(FROM) && is_prefix(word));
    let is_to = |connection: &str| [List::Until, List::To].iter().any(|list| connection.ends_with(list.word()));
    let is_range = || Next::read(context.after).is_some_and(|next| is_to(&next.connection) && next.run.marks == ['.']);
    let is_end = context.prefix == List::To.word() || context.prefix == FROM.to_string() && is_range();
    is_end && words.next().is_some_and(|word| List::PriceChange.has(&word))
}

fn has_two_digits(run: &Run) -> bool {
    run.day_and_month().is_some() && run.numbers.last().is_some_and(|month| month.digits.len() == 2)
}

/// Returns true if the number counts a noun, or is a price, a rating or a measure.
fn is_amount(context: &Context<'_>) -> bool {
    let lists = [(List::BeforePrice, 4), (List::BeforeRating, 3), (List::BeforeMeasure, 3)];
    context.counted().is_some() || lists.into_iter().any(|(list, words)| context.has_before(list, words))
}

/// Returns true if a time follows a day and a month: "24.11 at 9", "24.11, 9:00", "24.11 in the evening".
fn has_time_after(context: &Context<'_>) -> bool {
    let rest = context.after.trim_start_matches([',', ' ']);
    let is_next = Run::read(rest).is_some_and(|run| run.split().first().is_some_and(|run| run.clock().is_some()));
    let is_at = || {
        let at = next_word(rest, 0).filter(|word| plain(&rest[word.clone()]) == List::In.word());
        let rest = at.map_or("", |word| rest[word.end..].trim_start_matches(|c| c == ' ' || is_dash(c)));
        let Some(run) = Run::read(rest) else { return false };
        let inner = Context { after: &rest[run.length..], ..context.clone() };
        run.time().or_else(|| whole_hour(&run)).is_some() && inner.counted().is_none()
    };
    is_next || context.has_daypart() || is_at()
}

/// Returns true if the days that follow in the list or range are later: "24.11, 25.11 and 26.11".
fn is_in_list(run: &Run, context: &Context<'_>) -> bool {
    let (mut last, mut inner) = (run.day_and_month(), context.clone());
    while let Some(next) = Next::read(inner.after) {
        let date = next.run.day_and_month().filter(|_| has_two_digits(&next.run));
        let is_later = date.zip(last).is_some_and(|(date, last)| (date.month, date.day) > (last.month, last.day));
        if !is_later {
            return false;
        }
        (last, inner.after) = (date, next.after);
        if next.connection != COMMA {
            return !is_amount(&inner);
        }
    }
    last != run.day_and_month() && has_time_after(&inner)
}

/// Returns true if the number is the first or the last time of a range: "from 9.30 until 10.15".
fn is_end_of_times(run: &Run, context: &Context<'_>) -> bool {
    if is_amount(context) {
        return false;
    }
    let begins_range = || context.prefix.ends_with(FROM) || context.is_after_between();
    let first = run.pointed_clock().filter(|_| begins_range());
    let Some((first, next)) = first.zip(Next::read(context.after)) else {
        return matches!(context.follows, Kind::Hour | Kind::ListedHour);
    };
    let is_range = [List::Until, List::To].iter().any(|list| next.connection.ends_with(list.word()));
    let last = next.run.time();
    // "From 9.30 until 17": a quarter of an hour is more usual in times than in decimals.
    let last = last.or_else(|| whole_hour(&next.run).filter(|_| first.minute.is_multiple_of(15)));
    let inner = Context { after: next.after, ..context.clone() };
    let are_dates = run.day_and_month().is_some() && next.run.day_and_month().is_some();
    is_range && !are_dates && !is_amount(&inner) && last.is_some_and(|last| is_rising(first, last))
}

/// Returns the hour of a run that is a whole number.
pub(super) fn whole_hour(run: &Run) -> Option<Clock> {
    run.integer().filter(|hour| hour.digits.len() <= 2).and_then(|hour| Clock::new(hour.value()?, 0))
}

fn is_rising(first: Clock, last: Clock) -> bool {
    (first.hour, first.minute) < (last.hour, last.minute)
}

/// The prefix "from".
const FROM: char = '\u{5de}';
