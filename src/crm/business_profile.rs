//! The business data in the agent's instructions: services, staff, hours and facts.

use super::booking::opening;
use super::booking::slots::local_date;
use super::{Error, Transactions, knowledge_gap};
use crate::booking::{DayOpening, holiday};
use crate::domain::{AgentTool, BusinessId, CallSid, Fact, Holiday, OpeningHours, Resource, Service, Timestamp};
use crate::search::{self, fold};
use crate::store::ReadTx;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

#[derive(Clone, Debug)]
pub struct BusinessProfile {
    pub services: Vec<Service>,
    /// The staff and rooms that have a name.
    pub resources: Vec<Resource>,
    pub hours: Vec<OpeningHours>,
    /// Days in the near future on which the business usually opens, but the weekly hours do not apply.
    pub exceptions: Vec<Exception>,
    /// Facts, the oldest first, as many as fit into the instructions. A fact whose topic is a caller's question is left
    /// out, because the topic comes from a caller. The model gets such a fact only as a tool's output, which is data
    /// and not an instruction.
    pub facts: Vec<Fact>,
    pub has_more_facts: bool,
    /// The tools that the owner defined and that are enabled.
    pub tools: Vec<AgentTool>,
}

impl BusinessProfile {
    pub const EMPTY: Self = Self {
        services: Vec::new(),
        resources: Vec::new(),
        hours: Vec::new(),
        exceptions: Vec::new(),
        facts: Vec::new(),
        has_more_facts: false,
        tools: Vec::new(),
    };

    pub fn can_book(&self) -> bool {
        !self.services.is_empty()
    }

    /// Returns true if the profile contains no services and no facts.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.facts.is_empty()
    }
}

/// A day on which the hours of its weekday do not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    pub date: Date,
    pub opening: DayOpening,
    /// The holiday of the Israeli calendar on this day, if any.
    pub holiday: Option<Holiday>,
}

pub fn read(tx: &ReadTx<'_>, zone: &TimeZone, now: Timestamp) -> Result<BusinessProfile, Error> {
    let business = BusinessId::FIRST;
    let mut resources = tx.resources(business, false)?;
    resources.retain(|resource| resource.name.is_some());
    let (stored, more) = tx.facts(business, None, MAX_FACTS)?;
    let (mut facts, mut chars, mut has_more_facts) = (Vec::new(), 0, more.is_some());
    for fact in stored {
        if knowledge_gap::was_asked(tx, &fact.topic)? {
            has_more_facts = true;
            continue;
        }
        chars += fact.topic.chars().count() + fact.text.chars().count();
        if chars > MAX_FACT_CHARS {
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
    let mut tools = tx.agent_tools(business)?;
    tools.retain(|tool| tool.is_enabled);
    Ok(BusinessProfile {
        services: tx.services(business, false)?,
        resources,
        exceptions,
        hours: opening.hours,
        facts,
        has_more_facts,
        tools,
    })
}

/// Searches the facts for the agent of a call. If no fact matches, stores the words as an unanswered question for the
/// owner. If that fails, only logs the error, because the conversation can continue. Writes only then, because a search
/// must not occupy the writer.
pub async fn search_facts(
    transactions: &impl Transactions,
    call: &CallSid,
    words: String,
    now: Timestamp,
) -> Result<FoundFacts, Error> {
    let searched = words.clone();
    let found = transactions.read(move |tx| matching_facts(tx, &searched)).await?;
    if found.best.is_empty() {
        let sid = call.clone();
        let report = transactions.transact(move |tx| match tx.stored_call(&sid)? {
            Some(call) => knowledge_gap::report(tx, &words, &call, now),
            None => Ok(()),
        });
        if let Err(error) = report.await {
            tracing::warn!(event = "KNOWLEDGE_GAP", call.sid = %call, %error, "Cannot store a question that the agent could not answer in call {call}, so the owner does not see it; the call continues");
        }
    }
    Ok(found)
}

fn matching_facts(tx: &ReadTx<'_>, words: &str) -> Result<FoundFacts, Error> {
    let (facts, _) = tx.facts(BusinessId::FIRST, None, MAX_SEARCHED)?;
    let words: Vec<String> = fold(words).text.split_whitespace().map(str::to_owned).collect();
    let score = |fact: &Fact| {
        let text = fold(&format!("{} {}", fact.topic, fact.text)).text;
        words.iter().filter(|word| with_stem(word).any(|stem| text.contains(stem))).count()
    };
    let mut scored: Vec<_> = facts.iter().map(|fact| (score(fact), fact)).filter(|(score, _)| *score > 0).collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let best = scored.into_iter().take(MAX_FOUND).map(|(_, fact)| fact.clone()).collect();
    let mut topics: Vec<String> = Vec::new();
    for fact in &facts {
        if !topics.contains(&fact.topic) {
            topics.push(fact.topic.clone());
        }
    }
    topics.truncate(MAX_TOPICS);
    Ok(FoundFacts { best, topics })
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFacts {
    /// The best matches, the best one first.
    pub best: Vec<Fact>,
    /// The topics of the facts, whether they match or not, up to a limit.
    pub topics: Vec<String>,
}

/// Returns a folded word, and the word without its first Hebrew prefix such as "the" or "in", if at least three letters
/// remain. Single letters are dropped, because they match too much.
fn with_stem(word: &str) -> impl Iterator<Item = &str> {
    search::stems(word, 3).take(2).filter(|word| word.chars().count() > 1)
}

/// How many days after today the exceptions cover; for later days, the agent queries the free times.
const DAYS_AHEAD: i64 = 14;
const MAX_FACTS: usize = 100;
/// The maximum length of all facts in the instructions, in characters; the search finds the other facts.
const MAX_FACT_CHARS: usize = 6000;
const MAX_SEARCHED: usize = 2000;
const MAX_FOUND: usize = 5;
const MAX_TOPICS: usize = 60;
