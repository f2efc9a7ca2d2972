//! The numbering plans of all countries and regions: the part of libphonenumber's tables that phone numbers need, as text.
//!
//! Each line of `plans.txt` has tabs between: the calling code; the region (ISO 3166, or 001 for codes of no country);
//! the pattern of the international prefix; the national prefix; the pattern of what is stripped from a dialled number,
//! and the rule by which it is replaced; the first digits of the region's numbers, where several regions have the code;
//! then all numbers of the region, and its numbers of each kind in the order of [`KINDS`]. Numbers are: the possible
//! lengths, those within an area, and the pattern; `-` if there are none. The lines of one code begin with its main
//! region. A test compares the file with the crate `phonenumber`, and prints the new file if they differ.

use super::pattern::match_start;
use std::sync::LazyLock;

/// A kind of phone numbers that the tables distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    PremiumRate,
    TollFree,
    SharedCost,
    Voip,
    PersonalNumber,
    Pager,
    Uan,
    Voicemail,
    FixedLine,
    Mobile,
}

/// All kinds, in the order in which they are tested.
pub(super) const KINDS: [Kind; 10] = [
    Kind::PremiumRate,
    Kind::TollFree,
    Kind::SharedCost,
    Kind::Voip,
    Kind::PersonalNumber,
    Kind::Pager,
    Kind::Uan,
    Kind::Voicemail,
    Kind::FixedLine,
    Kind::Mobile,
];

/// The numbering plan of a region.
#[derive(Debug)]
pub(super) struct Plan {
    /// The calling code.
    pub(super) code: u16,
    line: &'static str,
}

/// The numbers of a plan, or those of one kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    lengths: &'static str,
    local_lengths: &'static str,
    pattern: &'static str,
}

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let code = |line: &str| line.split('\t').next().and_then(|code| code.parse().ok()).unwrap_or_default();
    TEXT.lines().map(|line| Plan { code: code(line), line }).collect()
});

pub(super) const TEXT: &str = include_str!("plans.txt");

/// Returns the plans of a calling code, the main region's first.
pub(super) fn of_code(code: u16) -> &'static [Plan] {
    let from = PLANS.partition_point(|plan| plan.code < code);
    let to = PLANS.partition_point(|plan| plan.code <= code);
    PLANS.get(from..to).unwrap_or_default()
}

pub(super) fn of_region(id: &str) -> Option<&'static Plan> {
    PLANS.iter().find(|plan| plan.field(1) == id)
}

impl Plan {
    fn field(&self, number: usize) -> &'static str {
        self.line.split('\t').nth(number).unwrap_or_default()
    }

    /// The pattern of the prefix for calls abroad; empty if there is none. So are the others.
    pub(super) fn international_prefix(&self) -> &'static str {
        self.field(2)
    }

    pub(super) fn national_prefix(&self) -> &'static str {
        self.field(3)
    }

    /// The pattern of what is stripped from the start of a dialled number.
    pub(super) fn stripped(&self) -> &'static str {
        self.field(4)
    }

    /// What replaces it, such as `9$1`.
    pub(super) fn replacement(&self) -> &'static str {
        self.field(5)
    }

    /// Returns true if the plan is that of a number, among the plans of its calling code.
    pub(super) fn is_of(&self, national: &str) -> bool {
        match self.field(6) {
            "" => self.kind(national).is_some(),
            leading_digits => match_start(leading_digits, national).is_some(),
        }
    }

    /// All numbers of the plan.
    pub(super) fn general(&self) -> Option<Numbers> {
        Numbers::parse(self.field(7))
    }

    pub(super) fn numbers(&self, kind: Kind) -> Option<Numbers> {
        Numbers::parse(self.field(8 + kind as usize))
    }

    pub(super) fn contains(&self, national: &str) -> bool {
        self.general().is_some_and(|general| general.contains(national))
    }

    /// Like [`contains`](Self::contains), but without any digits after the number.
    pub(super) fn contains_exactly(&self, national: &str) -> bool {
        let ends = |pattern| match_start(pattern, national).is_some_and(|found| found.end == national.len());
        self.general().is_some_and(|general| general.contains(national) && ends(general.pattern))
    }

    /// Returns none if the plan does not contain the number.
    pub(super) fn kind(&self, national: &str) -> Option<Kind> {
        let is = |kind: &Kind| self.numbers(*kind).is_some_and(|numbers| numbers.contains(national));
        if self.contains(national) { KINDS.into_iter().find(is) } else { None }
    }
}

impl Numbers {
    fn parse(field: &'static str) -> Option<Self> {
        let mut parts = field.splitn(3, ' ');
        let [lengths, local_lengths, pattern] = [parts.next()?, parts.next()?, parts.next()?];
        Some(Self { lengths, local_lengths, pattern })
    }

    /// The possible lengths, in ascending order.
    pub(super) fn lengths(self) -> impl Iterator<Item = usize> + Clone {
        lengths(self.lengths)
    }

    /// The possible lengths of numbers that are dialled within an area.
    pub(super) fn local_lengths(self) -> impl Iterator<Item = usize> {
        lengths(self.local_lengths)
    }

    pub(super) fn contains(self, national: &str) -> bool {
        let mut lengths = self.lengths();
        (self.lengths.is_empty() || lengths.any(|length| length == national.len()))
            && match_start(self.pattern, national).is_some()
    }
}

fn lengths(list: &'static str) -> impl Iterator<Item = usize> + Clone {
    list.split(',').filter_map(|length| length.parse().ok())
}

#[cfg(test)]
pub(super) mod tests;
