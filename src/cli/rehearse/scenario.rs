//! The TOML file that contains the scenarios of a rehearsal.

use super::shop::Shop;
use crate::agent::tool::{PhoneTools, ToolRegistry};
use crate::crm::rehearsal::EarlierAppointment;
use crate::domain::{AppointmentState, PhoneNumber, Timestamp};
use crate::pipeline::UNINTELLIGIBLE;
use crate::runtime::rehearsal::{CallerLine, ConversationEnd, LineStart, Scene};
use anyhow::{Context, bail};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// The caller's number if a scenario neither names one nor withholds it.
const FROM: &str = "+972501234567";
/// The caller id of a call with a withheld number.
const WITHHELD: &str = "anonymous";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioFile {
    /// The local time of the calls whose scenario names no time.
    pub(super) now: Option<DateTime>,
    /// An example business, instead of the data of the database.
    pub(super) shop: Option<Shop>,
    #[serde(rename = "scenario")]
    pub(super) scenarios: Vec<Scenario>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    pub(super) name: String,
    /// The local time of the call.
    pub(super) now: Option<DateTime>,
    /// The caller's number with + and country code.
    from: Option<String>,
    #[serde(default)]
    withheld: bool,
    /// The caller's name, if the business knows it.
    caller_name: Option<String>,
    /// Appointments from before the call.
    #[serde(default)]
    appointments: Vec<Earlier>,
    say: Vec<Line>,
    /// The answers of the owner's own tools, by their names.
    #[serde(default)]
    answers: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Earlier {
    service: String,
    start: DateTime,
    /// The number of the contact who has the appointment; `None` for the caller of the scenario.
    of: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a text, or { say = TEXT, after_words = NUMBER } for an interruption, or { say = TEXT, pause_ms = NUMBER } to \
                 continue after a pause, or { noise = true }"
)]
enum Line {
    Words(String),
    /// The caller interrupts the agent's last answer.
    Interruption {
        say: String,
        after_words: usize,
    },
    /// The caller continues after a pause, without waiting for the agent's answer.
    Continuation {
        say: String,
        pause_ms: u16,
    },
    /// Sounds that cannot be understood.
    Noise {
        noise: bool,
    },
}

/// What is expected of a conversation. What is not named is not checked, except that the agent must not say that it did
/// something that it did not do.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    /// All appointments of the caller.
    pub(super) appointments: Option<Vec<ExpectedAppointment>>,
    /// Parts of the message for the owner; an empty list means that there must be no message.
    pub(super) message: Option<Vec<String>>,
    /// A part of each WhatsApp message to the caller.
    pub(super) texts: Option<Vec<String>>,
    /// A part of each question that the agent could not answer.
    pub(super) questions: Option<Vec<String>>,
    /// A part of each task about the call.
    pub(super) tasks: Option<Vec<String>>,
    /// A part of each entry of the waiting list.
    pub(super) waiting: Option<Vec<String>>,
    #[serde(default)]
    pub(super) tools: Vec<String>,
    #[serde(default)]
    pub(super) no_tools: Vec<String>,
    /// Words that the agent says; | separates alternatives.
    #[serde(default)]
    pub(super) says: Vec<String>,
    /// Words that the agent never says; | separates alternatives.
    #[serde(default)]
    pub(super) never_says: Vec<String>,
    pub(super) end: Option<End>,
    /// Whether the agent may say that it did something that it did not do.
    #[serde(default)]
    pub(super) may_break_promises: bool,
}

impl Expect {
    /// Returns the service of an expected appointment that the example business does not offer.
    fn unknown_service(&self, shop: &Shop) -> Option<&str> {
        let mut services = self.appointments.iter().flatten().filter_map(|it| it.service.as_deref());
        services.find(|service| !shop.offers(service))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedAppointment {
    pub(super) service: Option<String>,
    pub(super) start: DateTime,
    pub(super) state: Option<AppointmentState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    /// The caller has said everything.
    Caller,
    Agent,
    Transfer,
}

impl End {
    pub(super) fn is(self, end: ConversationEnd) -> bool {
        let expected = match self {
            Self::Caller => ConversationEnd::Caller,
            Self::Agent => ConversationEnd::Agent,
            Self::Transfer => ConversationEnd::Transfer,
        };
        expected == end
    }
}

impl Scenario {
    /// Returns the lines with words, and their numbers from 1.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        self.say.iter().enumerate().filter_map(|(index, line)| match line {
            Line::Words(text) => Some((index + 1, text.as_str())),
            Line::Interruption { say, .. } | Line::Continuation { say, .. } => Some((index + 1, say.as_str())),
            Line::Noise { .. } => None,
        })
    }

    /// Returns why the scenario cannot be held, or would pass or fail whatever the agent does.
    fn fault(&self, tools: &[&str]) -> Option<String> {
        if self.say.is_empty() {
            return Some("the caller says nothing".to_owned());
        }
        if let Some(Line::Continuation { .. }) = self.say.first() {
            return Some("the first line has no words before its pause".to_owned());
        }
        if self.say.iter().any(|line| matches!(line, Line::Noise { noise: false })) {
            return Some("noise can only be true".to_owned());
        }
        if let Some((number, _)) = self.words().find(|(_, text)| text.trim().is_empty()) {
            return Some(format!("line {number} of say is empty"));
        }
        if self.withheld && (self.from.is_some() || self.caller_name.is_some()) {
            return Some("a caller whose number is withheld has neither from nor caller_name".to_owned());
        }
        let mut numbers = self.from.iter().chain(self.appointments.iter().filter_map(|it| it.of.as_ref()));
        if let Some(number) = numbers.find(|number| PhoneNumber::from_e164(number).is_none()) {
            return Some(format!("found the number {number:?}, expected + and country code, such as {FROM}"));
        }
        let expect = &self.expect;
        let parts = [&expect.message, &expect.texts, &expect.questions, &expect.tasks, &expect.waiting];
        let parts = parts.into_iter().flatten().flatten().map(String::as_str);
        let words = expect.says.iter().chain(&expect.never_says).flat_map(|words| words.split('|'));
        if parts.chain(words).any(|text| text.trim().is_empty()) {
            return Some(
                "an expected text, or an alternative after |, is empty, and each answer contains it".to_owned(),
            );
        }
        let own = |tool: &str| self.answers.keys().any(|own| own == tool);
        let mut checked = expect.tools.iter().chain(&expect.no_tools);
        let unknown = checked.find(|tool| !tools.contains(&tool.as_str()) && !own(tool))?;
        let known = tools.iter().copied().chain(self.answers.keys().map(String::as_str)).collect::<Vec<_>>().join(", ");
        Some(format!("found the tool {unknown:?}, expected one of {known}, or a tool of your own that has answers"))
    }

    pub(super) fn scene(&self, now: Timestamp) -> Scene {
        let from = if self.withheld { WITHHELD } else { self.from.as_deref().unwrap_or(FROM) };
        let line = |line: &Line| {
            let (text, start) = match line {
                Line::Words(text) => (text.as_str(), LineStart::AfterAnswer),
                Line::Interruption { say, after_words } => (say.as_str(), LineStart::AfterWords(*after_words)),
                Line::Continuation { say, pause_ms } => {
                    (say.as_str(), LineStart::AfterPause(Duration::from_millis((*pause_ms).into())))
                }
                Line::Noise { .. } => (UNINTELLIGIBLE, LineStart::AfterAnswer),
            };
            CallerLine { text: text.to_owned(), is_noise: matches!(line, Line::Noise { .. }), start }
        };
        let earlier = self.appointments.iter().map(|Earlier { service, start, of }| EarlierAppointment {
            service: service.clone(),
            start: *start,
            of: of.clone(),
        });
        Scene {
            from: from.to_owned(),
            name: self.caller_name.clone(),
            now,
            lines: self.say.iter().map(line).collect(),
            earlier: earlier.collect(),
            answers: self.answers.clone(),
        }
    }
}

/// A syntax error names the line and the column.
pub(super) fn read(path: &Path) -> anyhow::Result<ScenarioFile> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: ScenarioFile = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        anyhow::anyhow!("{}:{line}:{column}: {}", path.display(), error.message().trim_end())
    })?;
    let (mut names, tools) = (BTreeSet::new(), ToolRegistry::for_phone(PhoneTools::ALL).definitions());
    let tools: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
    for scenario in &file.scenarios {
        let name = &scenario.name;
        if !names.insert(name) {
            bail!("{}: two scenarios are named {name:?}", path.display());
        }
        if let Some(fault) = scenario.fault(&tools) {
            bail!("{}: scenario {name:?}: {fault}", path.display());
        }
        let unknown = file.shop.as_ref().and_then(|shop| scenario.expect.unknown_service(shop));
        if let Some(service) = unknown {
            bail!("{}: scenario {name:?}: expect.appointments: there is no service {service:?}", path.display());
        }
    }
    Ok(file)
}

/// Fails if the clocks of the business skip a time of the file when they are set forward.
pub(super) fn check_times(file: &ScenarioFile, zone: &TimeZone) -> anyhow::Result<()> {
    let is_skipped =
        |time: &DateTime| matches!(zone.to_ambiguous_timestamp(*time).offset(), AmbiguousOffset::Gap { .. });
    if let Some(time) = file.now.filter(is_skipped) {
        bail!("the time {time} does not exist: the clocks are set forward then");
    }
    for scenario in &file.scenarios {
        let expected = scenario.expect.appointments.iter().flatten().map(|it| it.start);
        let mut times = scenario.now.into_iter().chain(scenario.appointments.iter().map(|it| it.start)).chain(expected);
        if let Some(time) = times.find(is_skipped) {
            bail!("scenario {:?}: the time {time} does not exist: the clocks are set forward then", scenario.name);
        }
    }
    Ok(())
}
