//! Compares the table and what is read by it with the crate `phonenumber`, which has libphonenumber's tables.

use super::super::dialled;
use super::*;
use phonenumber::Type;
use phonenumber::country;
use phonenumber::metadata::{DATABASE, Descriptor, Metadata};

pub(in crate::domain::phone) const TYPES: [Type; 10] = [
    Type::PremiumRate,
    Type::TollFree,
    Type::SharedCost,
    Type::Voip,
    Type::PersonalNumber,
    Type::Pager,
    Type::Uan,
    Type::Voicemail,
    Type::FixedLine,
    Type::Mobile,
];

/// Returns all plans, each with the crate's.
fn plans() -> Vec<(&'static Plan, &'static Metadata)> {
    let plans = (1..1000).flat_map(|code| of_code(code).iter().zip(DATABASE.by_code(&code).unwrap_or_default()));
    let plans: Vec<_> = plans.collect();
    assert_eq!(plans.len(), TEXT.lines().count());
    plans
}

/// A sequence of numbers that look random, the same in each run.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn digits(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap())).collect()
    }

    /// Changes one digit, or the length.
    fn mutated(&mut self, number: &str) -> String {
        let at = self.below(number.len());
        match self.below(6) {
            0 => number[..number.len() - 1].to_owned(),
            1 => format!("{number}{}", self.digits(1)),
            _ => format!("{}{}{}", &number[..at], self.digits(1), &number[at + 1..]),
        }
    }
}

#[test]
fn the_table_is_that_of_the_crate() {
    let bare = |pattern: &str| pattern.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let numbers = |numbers: Option<&Descriptor>| {
        let list = |lengths: &[u16]| lengths.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
        numbers.map_or("-".to_owned(), |numbers| {
            let (lengths, local) = (list(numbers.possible_length()), list(numbers.possible_local_length()));
            format!("{lengths} {local} {}", bare(numbers.national_number().as_str()))
        })
    };
    let mut text = String::new();
    for plan in (1..1000_u16).flat_map(|code| DATABASE.by_code(&code).unwrap_or_default()) {
        let all = plan.descriptors();
        let fields = [
            plan.country_code().to_string(),
            plan.id().to_owned(),
            plan.international_prefix().map(|pattern| bare(pattern.as_str())).unwrap_or_default(),
            plan.national_prefix().unwrap_or_default().to_owned(),
            plan.national_prefix_for_parsing().map(|pattern| bare(pattern.as_str())).unwrap_or_default(),
            plan.national_prefix_transform_rule().unwrap_or_default().to_owned(),
            plan.leading_digits().map(|pattern| bare(pattern.as_str())).unwrap_or_default(),
            numbers(all.get(Type::Unknown)),
        ];
        let kinds = TYPES.iter().map(|kind| numbers(all.get(*kind)));
        text.push_str(&fields.into_iter().chain(kinds).collect::<Vec<_>>().join("\t"));
        text.push('\n');
    }
    if text != TEXT {
        println!("{text}");
        panic!("the crate has other tables: store the lines above as crates/core/src/domain/phone/plans.txt");
    }
}

#[test]
fn each_kind_has_the_same_numbers_as_in_the_crate() {
    let mut sequence = Sequence(1);
    for (plan, theirs) in plans() {
        for (kind, their_kind) in KINDS.iter().zip(TYPES) {
            let (numbers, their_numbers) = (plan.numbers(*kind), theirs.descriptors().get(their_kind));
            assert_eq!(numbers.is_some(), their_numbers.is_some());
            let (Some(numbers), Some(their_numbers)) = (numbers, their_numbers) else { continue };
            let mut number = their_numbers.example().unwrap_or("1234567").to_owned();
            for _ in 0..12 {
                let is_same = numbers.contains(&number) == their_numbers.is_match(&number);
                assert!(is_same, "{kind:?} of {}: {number}", theirs.id());
                let example = their_numbers.example().unwrap_or("1234567");
                number = sequence.mutated(example);
            }
        }
    }
}

fn by_the_crate(region: Option<country::Id>, digits: &str) -> Option<String> {
    let text = if region.is_none() { format!("+{digits}") } else { digits.to_owned() };
    let read = phonenumber::parse(region, text).ok()?;
    Some(format!("{}{}", read.country().code(), read.national()))
}

#[test]
fn dialled_numbers_are_read_as_by_the_crate() {
    let mut sequence = Sequence(2);
    let mut read = 0;
    for (plan, theirs) in plans() {
        let Ok(region) = theirs.id().parse::<country::Id>() else { continue };
        let examples = TYPES.iter().filter_map(|kind| theirs.descriptors().get(*kind)?.example());
        let examples: Vec<_> = examples.map(str::to_owned).collect();
        let code = theirs.country_code();
        for round in 0..30 {
            let number = examples.get(sequence.below(examples.len().max(1))).cloned().unwrap_or("12345678".to_owned());
            let number = if round % 3 == 0 { number } else { sequence.mutated(&number) };
            let prefix = plan.national_prefix();
            let digits = match sequence.below(9) {
                0 => number,
                1 => format!("{prefix}{number}"),
                2 => format!("{code}{number}"),
                3 => format!("{code}{prefix}{number}"),
                4 => format!("00{code}{number}"),
                5 => format!("011{code}{number}"),
                6 => format!("{}{number}", sequence.digits(1)),
                7 => format!("{}{number}", sequence.digits(2)),
                _ => {
                    let length = 5 + sequence.below(13);
                    sequence.digits(length)
                }
            };
            if !(5..=17).contains(&digits.len()) {
                continue;
            }
            for region in [Some(region), None] {
                let plan = region.map(|_| plan);
                let ours = dialled::read(plan, &digits);
                assert_eq!(ours, by_the_crate(region, &digits), "{region:?} {digits}");
                read += usize::from(ours.is_some());
            }
        }
    }
    assert!(read > 4000, "only {read} numbers could be read");
}
