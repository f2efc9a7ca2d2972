//! What the agent knows about the business before a conversation begins: services, people, hours and facts.

use super::booking::opening;
use super::booking::slots::local_date;
use super::{Error, knowledge_gap};
use crate::booking::{DayOpening, holiday};
use crate::domain::{BusinessId, Fact, Holiday, OpeningHours, Resource, Service, Timestamp};
use crate::search::{self, fold};
use crate::store::ReadTx;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What the owner has entered about the business.
#[derive(Clone, Debug)]
pub struct BusinessProfile {
    /// The services that can be booked.
    pub services: Vec<Service>,
    /// The people and rooms with a name.
    pub resources: Vec<Resource>,
    /// The hours of the week; none if the owner has entered nothing.
    pub hours: Vec<OpeningHours>,
    /// Days soon on which other hours hold.
    pub exceptions: Vec<Exception>,
    /// Facts, the oldest first, as many as fit into the instructions. One whose topic is a caller's question is none of them: it is
    /// found by search, whose output is data to the model.
    pub facts: Vec<Fact>,
    /// Whether there are more facts than these.
    pub has_more_facts: bool,
}

impl BusinessProfile {
    /// Nothing.
    pub const EMPTY: Self = Self {
        services: Vec::new(),
        resources: Vec::new(),
        hours: Vec::new(),
        exceptions: Vec::new(),
        facts: Vec::new(),
        has_more_facts: false,
    };

    /// Whether there is a service that a caller can book.
    pub fn can_book(&self) -> bool {
        !self.services.is_empty()
    }

    /// Whether the owner has entered nothing.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.facts.is_empty()
    }
}

/// A day on which the hours of its weekday do not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The day.
    pub date: Date,
    /// When it is open instead.
    pub opening: DayOpening,
    /// The day of the Israeli calendar.
    pub holiday: Option<Holiday>,
}

/// Reads the profile.
pub fn read(tx: &ReadTx<'_>, zone: &TimeZone, now: Timestamp) -> Result<BusinessProfile, Error> {
    let business = BusinessId::FIRST;
    let mut resources = tx.resources(business, false)?;
    resources.retain(|resource| resource.name.is_some());
    let (stored, more) = tx.facts(business, None, MOST_FACTS)?;
    let (mut facts, mut chars, mut has_more_facts) = (Vec::new(), 0, more.is_some());
    for fact in stored {
        if knowledge_gap::was_asked(tx, &fact.topic)? {
            has_more_facts = true;
            continue;
        }
        chars += fact.topic.chars().count() + fact.text.chars().count();
        if chars > MOST_FACT_CHARS {
            has_more_facts = true;
            break;
        }
        facts.push(fact);
    }
    let today = local_date(now, zone);
    let last = today.saturating_add(DAYS_AHEAD.days());
    let opening = opening(tx, business, zone, today, last)?;
    let days = (0..=DAYS_AHEAD).map(|day| today.saturating_add(day.days()));
    let exceptions = days.filter_map(|date| {
        let day = opening.on(date);
        let usual = opening.hours.iter().filter(|hours| hours.weekday == date.weekday()).count() > 0;
        let is_exception = usual && day.reason.is_some();
        is_exception.then(|| Exception { date, opening: day, holiday: holiday(date) })
    });
    let exceptions = exceptions.collect();
    Ok(BusinessProfile {
        services: tx.services(business, false)?,
        resources,
        exceptions,
        hours: opening.hours,
        facts,
        has_more_facts,
    })
}

/// The facts that fit some words best, and the topics of all.
pub fn search_facts(tx: &ReadTx<'_>, words: &str) -> Result<FoundFacts, Error> {
    let (facts, _) = tx.facts(BusinessId::FIRST, None, MOST_SEARCHED)?;
    let words: Vec<String> = fold(words).text.split_whitespace().map(str::to_owned).collect();
    let score = |fact: &Fact| {
        let text = fold(&format!("{} {}", fact.topic, fact.text)).text;
        words.iter().filter(|word| with_stem(word).any(|stem| text.contains(stem))).count()
    };
    let mut scored: Vec<_> = facts.iter().map(|fact| (score(fact), fact)).filter(|(score, _)| *score > 0).collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let best = scored.into_iter().take(MOST_FOUND).map(|(_, fact)| fact.clone()).collect();
    let mut topics: Vec<String> = facts.iter().map(|fact| fact.topic.clone()).collect();
    topics.dedup();
    topics.truncate(MOST_TOPICS);
    Ok(FoundFacts { best, topics })
}

/// What a search for facts found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFacts {
    /// The best facts, the best first.
    pub best: Vec<Fact>,
    /// The topics of all facts.
    pub topics: Vec<String>,
}

/// A folded word, and the word without a Hebrew prefix such as "the" or "in". Single letters say nothing.
fn with_stem(word: &str) -> impl Iterator<Item = &str> {
    search::stems(word, 3).take(2).filter(|word| word.chars().count() > 1)
}

/// For how many days ahead the agent knows exceptions; for later ones it asks for free times.
const DAYS_AHEAD: i64 = 14;
/// How many facts the profile holds.
const MOST_FACTS: usize = 100;
/// How many characters of facts the instructions hold; others are found by search.
const MOST_FACT_CHARS: usize = 6000;
/// How many facts are searched.
const MOST_SEARCHED: usize = 2000;
/// How many facts a search returns.
const MOST_FOUND: usize = 5;
/// How many topics a search returns when it found no fact.
const MOST_TOPICS: usize = 60;
