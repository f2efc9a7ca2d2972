//! What comes next for a message on its way out, whatever happens to it.
//!
//! An attempt has three ends: the provider has it, the provider certainly has it not, or nobody knows. Only after a
//! certain *not* may another provider be asked. In doubt the bridge is asked again with the same key, which it sends once;
//! Twilio knows no key, so its list of messages is searched, and only what is not found there after a minute is sent
//! once more. A person never gets the same message twice.

use super::policy::{self, Case, NoWay, Way};
use crate::domain::{NotSent, Outcome, Provider, Search, Timestamp, Trouble};
use std::time::Duration;

/// A message on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The provider that the sender named.
    pub named: Option<Provider>,
    /// The way of the last attempt; before the first one, of the plan.
    pub way: Way,
    /// Whether nobody knows how the last attempt ended.
    pub doubtful: bool,
    /// Attempts so far.
    pub attempts: u32,
    /// Attempts by Twilio whose end nobody knows, and that its list does not show.
    pub doubts: u32,
    /// When the last attempt began.
    pub attempt_at: Option<Timestamp>,
    /// Providers that have refused the message.
    pub refused: Vec<Provider>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Hand it to a provider.
    Send(Way),
    /// Look for it in Twilio's list.
    Search,
    /// Give it up.
    GiveUp(Reason),
}

/// Why a message is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no way, or none any more.
    NoWay(NoWay),
    /// It could not be sent for too long.
    Expired,
    /// It may have been sent; nobody knows.
    Unconfirmed,
    /// A provider has refused it, and there is no other.
    Refused(Trouble),
}

/// What has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A provider has it.
    Sent {
        /// The provider's id.
        provider_msg_id: Option<String>,
    },
    /// Ask [`Delivery::next`] again at that time.
    Again {
        /// When.
        at: Timestamp,
    },
    /// It is over.
    Failed(Reason),
}

impl Delivery {
    /// What to do now. `case` must be this message's, with [`Delivery::refused`] in it.
    pub fn next(&self, case: &Case<'_>) -> Step {
        let expired = case.now.since(self.created_at) >= PATIENCE;
        match (self.doubtful, self.way.provider) {
            (true, _) if expired => Step::GiveUp(Reason::Unconfirmed),
            (true, Provider::Baileys) => Step::Send(self.way),
            (true, Provider::Twilio) => Step::Search,
            (false, _) if expired => Step::GiveUp(Reason::Expired),
            (false, _) => self.choose(case).map_or_else(|no_way| Step::GiveUp(Reason::NoWay(no_way)), Step::Send),
        }
    }

    /// Notes that an attempt begins. If nothing is heard of it again, it is in doubt.
    pub fn begin(&mut self, way: Way, now: Timestamp) {
        self.way = way;
        self.attempts = self.attempts.saturating_add(1);
        self.attempt_at = Some(now);
    }

    /// What follows from the end of an attempt. `chance`, from 0 to 1, spreads the next attempts of many messages.
    pub fn after_attempt(&mut self, outcome: Outcome, case: &Case<'_>, chance: f64) -> Verdict {
        match outcome {
            Outcome::Sent { provider_msg_id } => Verdict::Sent { provider_msg_id },
            Outcome::Doubtful(_) => {
                self.doubtful = true;
                Verdict::Again { at: self.ask_again_at(case.now, chance) }
            }
            // The bridge looked at the message under its key, so the doubt is over too.
            Outcome::NotSent(NotSent::Refused, trouble) => {
                self.doubtful = false;
                self.refused.push(self.way.provider);
                self.pass_on(case, trouble)
            }
            Outcome::NotSent(NotSent::OptedOut, trouble) => Verdict::Failed(Reason::Refused(trouble)),
            // This attempt has not gone out. What is in doubt is an earlier one, and stays so.
            Outcome::NotSent(NotSent::Down | NotSent::Barred | NotSent::Busy(_), _) if self.doubtful => {
                Verdict::Again { at: case.now.plus(self.back_off(chance)) }
            }
            Outcome::NotSent(NotSent::Barred, trouble) => {
                self.refused.push(self.way.provider);
                self.pass_on(case, trouble)
            }
            Outcome::NotSent(NotSent::Busy(wait), _) => {
                Verdict::Again { at: case.now.plus(wait.min(LONGEST_WAIT).max(self.back_off(chance))) }
            }
            Outcome::NotSent(NotSent::Down, _) => self.wait_or_fail_over(case, chance),
        }
    }

    /// What follows from a search of Twilio's list.
    pub fn after_search(&mut self, search: Search, now: Timestamp, chance: f64) -> Verdict {
        let age = now.since(self.attempt_at.unwrap_or(now));
        match search {
            Search::Found(sid) => Verdict::Sent { provider_msg_id: Some(sid) },
            Search::NotFound if age >= CERTAINTY && self.doubts == 0 => {
                self.doubtful = false;
                self.doubts = 1;
                Verdict::Again { at: now }
            }
            Search::NotFound if age >= CERTAINTY => Verdict::Failed(Reason::Unconfirmed),
            Search::NotFound | Search::Unreachable(_) => Verdict::Again { at: self.ask_again_at(now, chance) },
        }
    }

    /// The way of a new attempt. What was once in doubt at a provider stays with it.
    fn choose(&self, case: &Case<'_>) -> Result<Way, NoWay> {
        let refused = &self.refused;
        let case = Case { refused, named: self.named, ..*case };
        if self.doubts > 0 { policy::by(self.way.provider, &case) } else { policy::choose(&case) }
    }

    /// Another provider, now, or the end.
    fn pass_on(&self, case: &Case<'_>, trouble: Trouble) -> Verdict {
        match self.choose(case) {
            Ok(_) => Verdict::Again { at: case.now },
            Err(_) => Verdict::Failed(Reason::Refused(trouble)),
        }
    }

    /// Another provider that is up, now, or the same one later.
    fn wait_or_fail_over(&self, case: &Case<'_>, chance: f64) -> Verdict {
        let mut down = case.down.to_vec();
        down.push(self.way.provider);
        let other = self.choose(&Case { down: &down, ..*case });
        if other.is_ok_and(|way| !down.contains(&way.provider)) {
            return Verdict::Again { at: case.now };
        }
        Verdict::Again { at: case.now.plus(self.back_off(chance)) }
    }

    /// 1 s after the first attempt, twice as much after each further one, at most a minute; give or take a quarter.
    fn back_off(&self, chance: f64) -> Duration {
        let doublings = self.attempts.saturating_sub(1).min(6);
        spread((FIRST_WAIT * 2_u32.pow(doublings)).min(LONGEST_WAIT), chance)
    }

    /// In doubt: soon at first, then ever more rarely, and exactly when Twilio's list becomes certain.
    fn ask_again_at(&self, now: Timestamp, chance: f64) -> Timestamp {
        if self.way.provider == Provider::Baileys {
            return now.plus(self.back_off(chance));
        }
        let began = self.attempt_at.unwrap_or(now);
        let wait = now.since(began).clamp(FIRST_WAIT, LONGEST_WAIT);
        let (at, certain_at) = (now.plus(spread(wait, chance)), began.plus(CERTAINTY));
        if now < certain_at { at.min(certain_at) } else { at }
    }
}

/// A quarter less to a quarter more.
fn spread(wait: Duration, chance: f64) -> Duration {
    wait.mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0)
}

/// How long a message waits for a provider before it is given up.
pub const PATIENCE: Duration = Duration::from_hours(24);
/// After this time Twilio's list shows everything that Twilio took.
pub const CERTAINTY: Duration = Duration::from_mins(1);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests;
