//! Reads numbers as they are dialled: with the prefixes for calls abroad and within the country. This follows the crate
//! `phonenumber`, with which the tests compare it; what it does where the rules are vague, it does here too.

use super::pattern::match_start;
use super::plan::{self, Plan};

/// Reads digits that are dialled in a region, or that follow a `+` (`region` is none). Returns the calling code and the
/// national number as one text.
pub(super) fn read(region: Option<&'static Plan>, digits: &str) -> Option<String> {
    let dialled = match region {
        Some(region) => with_code(region, digits)?,
        None => split_code(digits)?,
    };
    let Number { code, mut national } = dialled;
    if let Some(plan) = region.or_else(|| plan_of(code, national.trim_start_matches('0'))) {
        let stripped = without_prefixes(plan, &national);
        if !is_too_short(plan, &stripped) {
            national = stripped;
        }
    }
    let is_number = (MIN_DIGITS..=MAX_DIGITS).contains(&national.len())
        && national.parse().is_ok_and(|value: u64| value < LIMIT)
        && national.bytes().any(|digit| digit != b'0');
    is_number.then(|| format!("{code}{national}"))
}

struct Number {
    code: u16,
    national: String,
}

/// Splits a number that starts with its calling code. No calling code is a prefix of another.
fn split_code(digits: &str) -> Option<Number> {
    if digits.len() <= MIN_DIGITS || digits.starts_with('0') {
        return None;
    }
    (1..=3).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let code = code.parse().ok()?;
        (!plan::of_code(code).is_empty()).then(|| Number { code, national: national.to_owned() })
    })
}

/// Finds the calling code of a number that was dialled in a region.
fn with_code(region: &Plan, digits: &str) -> Option<Number> {
    let abroad = match region.international_prefix() {
        "" => None,
        prefix => match_start(prefix, digits).map(|found| &digits[found.end..]),
    };
    if let Some(digits) = abroad.filter(|digits| !digits.starts_with('0')) {
        return split_code(digits);
    }
    let code = region.code.to_string();
    let may_be_national = region.contains(digits) && is_possible(region, digits);
    let national = digits.strip_prefix(&code).filter(|_| !may_be_national).unwrap_or(digits);
    Some(Number { code: region.code, national: national.to_owned() })
}

/// Returns the plan of a number, where several regions share the calling code.
fn plan_of(code: u16, national: &str) -> Option<&'static Plan> {
    match plan::of_code(code) {
        [only] => Some(only),
        several => several.iter().find(|plan| plan.is_of(national)),
    }
}

fn without_prefixes(plan: &Plan, national: &str) -> String {
    let prefix = plan.national_prefix();
    let without_prefix = |national: &str| match prefix {
        "" => national.to_owned(),
        prefix => national.strip_prefix(prefix).unwrap_or(national).to_owned(),
    };
    let stripped = match plan.stripped() {
        "" => without_prefix(national),
        pattern => without_pattern(plan, pattern, national),
    };
    without_prefix(&stripped)
}

fn without_pattern(plan: &Plan, pattern: &str, national: &str) -> String {
    let Some(found) = match_start(pattern, national) else { return national.to_owned() };
    let rest = &national[found.end..];
    let replacement = plan.replacement();
    // Without a replacement, or if the last group is not in the number, what was found is removed.
    if replacement.is_empty() || found.groups.last().is_some_and(Option::is_none) {
        return rest.to_owned();
    }
    let replaced = format!("{}{rest}", expanded(replacement, &found.groups));
    if plan.contains(national) && !plan.contains(&replaced) { national.to_owned() } else { replaced }
}

/// Replaces `$1` by the first group, and so on.
fn expanded(replacement: &str, groups: &[Option<&str>]) -> String {
    let mut parts = replacement.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let group = part.parse().ok().and_then(|number: usize| *groups.get(number.checked_sub(1)?)?);
        text.push_str(group.unwrap_or_default());
    }
    text
}

fn is_possible(plan: &Plan, national: &str) -> bool {
    plan.general().is_some_and(|general| {
        let mut lengths = general.lengths().chain(general.local_lengths());
        general.lengths().next().is_some() && lengths.any(|length| length == national.len())
    })
}

fn is_too_short(plan: &Plan, national: &str) -> bool {
    plan.general().is_some_and(|general| {
        let is_local = general.local_lengths().any(|length| length == national.len());
        !is_local && general.lengths().next().is_some_and(|shortest| national.len() < shortest)
    })
}

/// The limits of a national number in digits.
const MIN_DIGITS: usize = 2;
const MAX_DIGITS: usize = 17;
/// National numbers are less than this, leading zeros apart.
const LIMIT: u64 = 1 << 56;
