//! Conversion of whole numbers to words.

use super::lists::{Gender, List};

/// The greatest number that is converted to words. Greater numbers are read digit by digit.
pub(super) const GREATEST: u64 = 999_999_999_999_999;

/// Returns a cardinal number that is not directly before a noun.
pub(in crate::spoken) fn cardinal(number: u64, gender: Gender) -> String {
    words(number, gender, false)
}

/// Returns a cardinal number directly before the noun that it counts. `is_definite` is true if the noun has the
/// article.
pub(in crate::spoken) fn before_noun(number: u64, gender: Gender, is_definite: bool) -> String {
    match (number, gender) {
        (2, Gender::Feminine) => List::FeminineTwo.word().to_owned(),
        (2, Gender::Masculine) => construct(2).to_owned(),
        (3..=10, Gender::Masculine) if is_definite => construct(number).to_owned(),
        _ => words(number, gender, is_definite),
    }
}

/// Returns an ordinal number without the article. From eleven on, Hebrew uses the cardinal.
pub(in crate::spoken) fn ordinal(number: u64, gender: Gender) -> String {
    let ordinals = if gender == Gender::Feminine { List::FeminineOrdinals } else { List::MasculineOrdinals };
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let found = index.and_then(|index| ordinals.words().get(index));
    found.map_or_else(|| cardinal(number, gender), |word| (*word).to_owned())
}

/// Returns the digits one by one in words.
pub(super) fn digits(digits: &str) -> String {
    let words: Vec<&str> =
        digits.chars().filter_map(|c| c.to_digit(10)).map(|digit| unit(u64::from(digit), Gender::Feminine)).collect();
    words.join(" ")
}

/// Returns the digits one by one in words, in groups that are separated by commas, so that the synthesiser pauses.
pub(super) fn dictated(number: &str) -> String {
    let lengths: &[usize] = match number.len() {
        0..=6 => &[6],
        7 => &[3, 4],
        9 => &[3, 3, 3],
        10 => &[3, 3, 4],
        _ => &[4],
    };
    let (mut groups, mut rest, mut lengths) = (Vec::new(), number, lengths.iter().cycle());
    while !rest.is_empty() {
        let length = lengths.next().map_or(rest.len(), |length| rest.len().min(*length));
        let (group, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        groups.push(digits(group));
        rest = after;
    }
    groups.join(", ")
}

fn words(number: u64, gender: Gender, is_definite: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut scale = 1_000_000_000_000;
    for (name, before_noun) in List::Large.words().iter().zip(List::LargeConstructs.words()).rev() {
        let is_last = is_definite && number.is_multiple_of(scale);
        let name = if is_last && number / scale % 1000 > 1 { before_noun } else { name };
        match number / scale % 1000 {
            0 => {}
            1 => parts.push((*name).to_owned()),
            count @ 3..=10 if is_last => parts.push(format!("{} {name}", construct(count))),
            2 => parts.push(format!("{} {name}", construct(2))),
            count => parts.push(format!("{} {name}", cardinal(count, Gender::Masculine))),
        }
        scale /= 1000;
    }
    let (thousands, rest) = (number / 1000 % 1000, number % 1000);
    match thousands {
        0 => {}
        1 => parts.push(List::Thousands.at(0).to_owned()),
        2 => parts.push(List::Thousands.at(1).to_owned()),
        3..=10 => {
            let name = List::Thousands.at(if is_definite && rest == 0 { 3 } else { 2 });
            parts.push(format!("{} {name}", construct(thousands)));
        }
        _ => parts.push(format!("{} {}", cardinal(thousands, Gender::Masculine), List::Thousands.at(0))),
    }
    if is_definite && number == 100 {
        return List::HundredConstruct.word().to_owned();
    }
    if rest >= 100 {
        parts.push(entry(List::Hundreds, rest / 100 - 1).to_owned());
    }
    match rest % 100 {
        0 if number != 0 => {}
        small @ 0..=19 => parts.push(unit(small, gender).to_owned()),
        small => {
            parts.push(entry(List::Tens, small / 10 - 2).to_owned());
            if small % 10 != 0 {
                parts.push(unit(small % 10, gender).to_owned());
            }
        }
    }
    let last = parts.pop().unwrap_or_default();
    if parts.is_empty() { last } else { format!("{} {}{last}", parts.join(" "), List::And.word()) }
}

fn unit(number: u64, gender: Gender) -> &'static str {
    entry(if gender == Gender::Feminine { List::Feminine } else { List::Masculine }, number)
}

fn construct(number: u64) -> &'static str {
    entry(List::MasculineConstruct, number.saturating_sub(2))
}

fn entry(list: List, index: u64) -> &'static str {
    usize::try_from(index).map_or("", |index| list.at(index))
}
