//! The part of the day that is spoken with a time. On the 12-hour clock, 8:00 and 20:00 have the same words.

use super::clock::Clock;
use super::context::Context;
use super::lists::List;
use super::plain::{words_after, words_before};
use super::pointed::whole_hour;
use super::run::{Number, Run};
use super::sequence::Next;

/// Returns the part of the day for a time whose words could be heard as the time twelve hours earlier or later. None if
/// the sentence says the part of the day.
pub(super) fn of_time(clock: Clock, run: &Run, context: &Context<'_>) -> Option<&'static str> {
    if clock.is_midnight() || context.has_daypart() {
        return None;
    }
    if let Some(first) = context.range_start {
        return of_range(first, clock, context).1.or_else(|| is_early(clock, run).then(|| part(clock)));
    }
    if let Some(last) = end_of_range(context) {
        return of_range(clock, last, context).0.or_else(|| is_early(clock, run).then(|| part(clock)));
    }
    let is_unclear = is_early(clock, run) || is_outside_day(clock, run) && !is_known(clock, context);
    // "At 18:00 or 19:00": the last time of a list has the part of the day.
    let is_said_later = || {
        let time = |next: Next<'_>| next.run.time().filter(|time| is_outside_day(*time, &next.run));
        Next::read(context.after).and_then(time).is_some_and(|next| !next.is_midnight() && part(next) == part(clock))
    };
    (is_unclear && !is_said_near(clock, context) && !is_said_later()).then(|| part(clock))
}

/// Returns the parts of the day for the first and the last time of a range. A range is unclear if it has twelve hours or
/// more, because its words are those of a shorter range: "9:00-21:30" would be heard as half an hour. It is also unclear
/// if it begins in the evening or at night, because most ranges begin earlier.
pub(super) fn of_range(
    first: Clock,
    last: Clock,
    context: &Context<'_>,
) -> (Option<&'static str>, Option<&'static str>) {
    let length = (last.minutes() + DAY - first.minutes()) % DAY;
    // "10:00-8:00" is written on a 12-hour clock.
    let is_on_day_clock = [first, last].iter().any(|time| time.hour == 0 || time.hour > 12);
    let is_long = is_on_day_clock && (length == 0 || length >= HALF_A_DAY);
    let is_late = (first.hour == 0 || first.hour >= EVENING) && !is_said_near(last, context);
    if context.has_daypart() || !is_long && !is_late {
        return (None, None);
    }
    let are_apart = is_long || first.is_afternoon() != last.is_afternoon();
    let said = |time: Clock| (!time.is_midnight()).then(|| part(time));
    (said(first).filter(|_| are_apart), said(last))
}

/// Returns the last time of the range that begins with this number: "from 9:00 until 21:30".
pub(super) fn end_of_range(context: &Context<'_>) -> Option<Clock> {
    let next = Next::read(context.after)?;
    let is_until = next.connection.contains(List::Until.word());
    let is_to = || next.connection.ends_with(List::To.word());
    let begins = || context.prefix.ends_with(FROM) || context.is_after_between();
    // "At 20:00 for 2": a whole number after "to" is an hour only in a range.
    let last = next.run.time().or_else(|| whole_hour(&next.run).filter(|_| is_until || begins()));
    last.filter(|_| is_until || is_to())
}

/// Reads a time with "AM" or "PM" after it. Returns its words, and the length of the text after the number that they also
/// replace, in bytes.
pub(super) fn half_of_day(run: &Run, context: &Context<'_>) -> Option<(String, usize)> {
    let clock = run.time().or_else(|| whole_hour(run)).filter(|clock| (1..=12).contains(&clock.hour))?;
    let rest = context.after.trim_start_matches([' ', '\u{a0}']);
    let (mark, first_hour) = HALVES.into_iter().find(|(mark, _)| {
        let is_same = rest.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark));
        is_same && !rest[mark.len()..].starts_with(char::is_alphanumeric)
    })?;
    let clock = Clock { hour: clock.hour % 12 + first_hour, ..clock };
    let words = clock.words();
    let rest_context = Context { after: &rest[mark.len()..], ..context.clone() };
    let said =
        if clock.is_midnight() || rest_context.has_daypart() { words } else { format!("{words} {}", part(clock)) };
    Some((said, context.after.len() - rest.len() + mark.len()))
}

/// Returns true for an hour of the night with a leading zero, and for the hour after midnight.
pub(super) fn is_early(clock: Clock, run: &Run) -> bool {
    clock.hour == 0 || clock.hour < 5 && has_leading_zero(run)
}

/// Returns true for a time before 9:00 or from 18:00 on. A whole hour up to 12, and a time such as 3:00, may be written on
/// a 12-hour clock.
fn is_outside_day(clock: Clock, run: &Run) -> bool {
    let is_morning = match clock.hour {
        ..6 => has_leading_zero(run),
        6..MORNING_END => !run.marks.is_empty(),
        _ => false,
    };
    is_morning || clock.hour >= EVENING
}

fn has_leading_zero(run: &Run) -> bool {
    run.numbers.first().is_some_and(Number::has_leading_zero)
}

/// Returns true if people know the part of the day from the sentence: shops close in the evening, and films begin then.
/// Also returns true for a length of time, which has no part of the day.
fn is_known(clock: Clock, context: &Context<'_>) -> bool {
    let is_length = || context.counted().is_some() || context.has_before(List::BeforeMeasure, 3);
    is_length()
        || context.has_before(List::KnownDaypart, 5)
        || clock.hour >= EVENING && context.has_before(List::Closing, 4)
}

/// Returns true if a word near the time names its part of the day: "this evening at 20:00". "Good evening" does not.
fn is_said_near(clock: Clock, context: &Context<'_>) -> bool {
    let list = match clock.hour {
        5..12 => List::MorningWords,
        12..EVENING => List::NoonWords,
        _ => List::EveningWords,
    };
    let before: Vec<String> = words_before(context.before).take(6).collect();
    let after: Vec<String> = words_after(context.after).take(3).collect();
    let is_greeting = |next: Option<&String>| next.is_some_and(|next| List::Greeting.words().contains(&next.as_str()));
    let is_before = |at: usize| list.has(&before[at]) && !is_greeting(at.checked_sub(1).and_then(|at| before.get(at)));
    let is_after = |at: usize| list.has(&after[at]) && !is_greeting(after.get(at + 1));
    (0..before.len()).any(is_before) || (0..after.len()).any(is_after)
}

fn part(clock: Clock) -> &'static str {
    List::SaidDayparts.at(match clock.hour {
        5..12 => 0,
        12..15 => 1,
        15..EVENING => 2,
        EVENING..NIGHT => 3,
        _ => 4,
    })
}

/// The marks of both halves of the day, and the hour with which each begins.
const HALVES: [(&str, u64); 4] = [("am", 0), ("a.m.", 0), ("pm", 12), ("p.m.", 12)];

/// The first hours of the evening and of the night, and the hour from which a time of the morning is clear.
const EVENING: u64 = 18;
const NIGHT: u64 = 23;
const MORNING_END: u64 = 9;

/// Minutes.
const DAY: u64 = 24 * 60;
const HALF_A_DAY: u64 = DAY / 2;

/// The prefix "from".
const FROM: char = '\u{5de}';
