//! Decides the next step of an outbound message of the outbox: sent, failed, another provider, or a retry with back-off.
//!
//! An attempt has three outcomes: the provider accepted the message, certainly did not accept it, or may have accepted
//! it. Only after a certain rejection may another provider be used. An unconfirmed attempt of the bridge is repeated
//! with the same key, which the bridge sends once; Twilio has no such key, so its list of messages is searched, and
//! only a message that is not listed after a minute is sent again. A contact never gets the same message twice.
//!
//! A provider may reject a message at once, or after it accepted it ([`Delivery::refuse`]). Both rejections close the
//! same routes, and [`Delivery::next`] chooses among those that are left.

use super::policy::{self, NoRoute, Route, RouteInput};
use crate::domain::{LateRefusal, NotSent, Outcome, Provider, ProviderError, Refusal, RefusedRoute, Search, Timestamp};
use std::time::Duration;

/// The delivery state of an outbound message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The provider that the sender chose.
    pub named: Option<Provider>,
    /// The route of the last attempt; before the first one, the planned route.
    pub route: Route,
    /// Whether the last attempt is unconfirmed.
    pub unconfirmed: bool,
    /// Attempts so far.
    pub attempts: u32,
    /// Unconfirmed attempts by Twilio that its list does not show.
    pub unconfirmed_attempts: u32,
    /// When the last attempt started.
    pub attempt_at: Option<Timestamp>,
    /// Routes by which the message was rejected.
    pub refused: Vec<RefusedRoute>,
    /// The last rejection.
    pub last_refusal: Option<LateRefusal>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// The next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send it by this route.
    Send(Route),
    /// Search Twilio's list for it.
    Search,
    /// Give it up.
    GiveUp(Reason),
}

/// Why a message failed permanently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no route, or none is left.
    NoRoute(NoRoute),
    /// It could not be sent for too long.
    Expired,
    /// It may have been sent, which cannot be confirmed.
    Unconfirmed,
    /// A provider has rejected it, and there is no other.
    Refused(ProviderError),
}

/// The result of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// A provider has accepted it.
    Sent {
        /// The provider's id.
        provider_msg_id: Option<String>,
    },
    /// Call [`Delivery::next`] again at that time.
    Retry {
        /// When to call it.
        at: Timestamp,
    },
    /// It failed permanently.
    Failed(Reason),
}

impl Delivery {
    /// The next step. `input` must be this message's, including [`Delivery::refused`].
    pub fn next(&self, input: &RouteInput<'_>) -> Step {
        let expired = input.now.since(self.created_at) >= DELIVERY_TIMEOUT;
        match (self.unconfirmed, self.route.provider) {
            (true, _) if expired => Step::GiveUp(Reason::Unconfirmed),
            (true, Provider::Baileys) => Step::Send(self.route),
            (true, Provider::Twilio) => Step::Search,
            (false, _) => self.next_route(input, expired),
        }
    }

    /// A new attempt, unless no route is left or it is too late.
    fn next_route(&self, input: &RouteInput<'_>, expired: bool) -> Step {
        match (&self.last_refusal, self.choose(input)) {
            (Some(LateRefusal { refusal: Refusal::Contact | Refusal::Cancelled, provider_error }), _) => {
                Step::GiveUp(Reason::Refused(provider_error.clone()))
            }
            (Some(LateRefusal { provider_error, .. }), Err(_)) => Step::GiveUp(Reason::Refused(provider_error.clone())),
            (Some(LateRefusal { provider_error, .. }), Ok(_)) if expired => {
                Step::GiveUp(Reason::Refused(provider_error.clone()))
            }
            (None, _) if expired => Step::GiveUp(Reason::Expired),
            (None, Err(no_route)) => Step::GiveUp(Reason::NoRoute(no_route)),
            (_, Ok(route)) => Step::Send(route),
        }
    }

    /// Records that an attempt starts. Without an outcome, it remains unconfirmed.
    pub fn begin(&mut self, route: Route, now: Timestamp) {
        self.route = route;
        self.attempts = self.attempts.saturating_add(1);
        self.attempt_at = Some(now);
    }

    /// The result of an attempt. `chance`, from 0 to 1, spreads the retries of many messages.
    pub fn after_attempt(&mut self, outcome: Outcome, input: &RouteInput<'_>, chance: f64) -> StepResult {
        match outcome {
            Outcome::Sent { provider_msg_id } => StepResult::Sent { provider_msg_id },
            Outcome::Unconfirmed(_) => {
                self.unconfirmed = true;
                StepResult::Retry { at: self.retry_at(input.now, chance) }
            }
            // The bridge checked the message under its key, so the earlier attempt is resolved as well.
            Outcome::NotSent(NotSent::Refused(refusal), provider_error) => {
                self.unconfirmed = false;
                self.refuse(LateRefusal { refusal, provider_error });
                StepResult::Retry { at: input.now }
            }
            // This attempt was not sent. An earlier one is unconfirmed, and stays so.
            Outcome::NotSent(NotSent::Down | NotSent::Barred | NotSent::Busy(_), _) if self.unconfirmed => {
                StepResult::Retry { at: input.now.plus(self.back_off(chance)) }
            }
            Outcome::NotSent(NotSent::Barred, provider_error) => {
                self.refuse(LateRefusal { refusal: Refusal::Message, provider_error });
                StepResult::Retry { at: input.now }
            }
            Outcome::NotSent(NotSent::Busy(wait), _) => {
                StepResult::Retry { at: input.now.plus(wait.min(MAX_WAIT).max(self.back_off(chance))) }
            }
            Outcome::NotSent(NotSent::Down, _) => self.wait_or_fail_over(input, chance),
        }
    }

    /// The result of a search of Twilio's list.
    pub fn after_search(&mut self, search: Search, now: Timestamp, chance: f64) -> StepResult {
        let age = now.since(self.attempt_at.unwrap_or(now));
        match search {
            Search::Found(sid) => StepResult::Sent { provider_msg_id: Some(sid) },
            Search::NotFound if age >= LIST_COMPLETE_AFTER && self.unconfirmed_attempts == 0 => {
                self.unconfirmed = false;
                self.unconfirmed_attempts = 1;
                StepResult::Retry { at: now }
            }
            Search::NotFound if age >= LIST_COMPLETE_AFTER => StepResult::Failed(Reason::Unconfirmed),
            Search::NotFound | Search::Unreachable(_) => StepResult::Retry { at: self.retry_at(now, chance) },
        }
    }

    /// The provider of the last attempt rejects the message: at once, or after it had accepted it. Call
    /// [`Delivery::next`] for what follows. Earlier unconfirmed attempts stay so: because of [`Delivery::unconfirmed_attempts`], no
    /// other provider is used.
    pub fn refuse(&mut self, late: LateRefusal) {
        self.refused = closed_routes(std::mem::take(&mut self.refused), self.route, late.refusal);
        self.last_refusal = Some(late);
    }

    /// The route of a new attempt. A message with an unconfirmed attempt stays with that provider.
    fn choose(&self, input: &RouteInput<'_>) -> Result<Route, NoRoute> {
        let refused = &self.refused;
        let input = RouteInput { refused, named: self.named, ..*input };
        match self.unconfirmed_attempts {
            0 => policy::choose(&input),
            // A rejection of a later attempt does not resolve the unconfirmed one, so no other form is tried either.
            _ if !self.refused.is_empty() => Err(NoRoute::Refused),
            _ => policy::route_via(self.route.provider, &input),
        }
    }

    /// Uses another provider that is up now, or the same one later.
    fn wait_or_fail_over(&self, input: &RouteInput<'_>, chance: f64) -> StepResult {
        let mut down = input.down.to_vec();
        down.push(self.route.provider);
        let other = self.choose(&RouteInput { down: &down, ..*input });
        if other.is_ok_and(|route| !down.contains(&route.provider)) {
            return StepResult::Retry { at: input.now };
        }
        StepResult::Retry { at: input.now.plus(self.back_off(chance)) }
    }

    /// 1 s after the first attempt, doubled after each further one, at most a minute, ±25 %.
    fn back_off(&self, chance: f64) -> Duration {
        let doublings = self.attempts.saturating_sub(1).min(6);
        spread((MIN_WAIT * 2_u32.pow(doublings)).min(MAX_WAIT), chance)
    }

    /// Unconfirmed: soon at first, then less and less often, and exactly when Twilio's list is known to be complete.
    fn retry_at(&self, now: Timestamp, chance: f64) -> Timestamp {
        if self.route.provider == Provider::Baileys {
            return now.plus(self.back_off(chance));
        }
        let began = self.attempt_at.unwrap_or(now);
        let wait = now.since(began).clamp(MIN_WAIT, MAX_WAIT);
        let (at, certain_at) = (now.plus(spread(wait, chance)), began.plus(LIST_COMPLETE_AFTER));
        if now < certain_at { at.min(certain_at) } else { at }
    }
}

/// The routes that are closed to a message after it was rejected by `route`.
pub fn closed_routes(mut refused: Vec<RefusedRoute>, route: Route, refusal: Refusal) -> Vec<RefusedRoute> {
    let route = RefusedRoute::of(route.provider, route.template, refusal);
    if !refused.contains(&route) {
        refused.push(route);
    }
    refused
}

/// Spreads a delay by ±25 %.
fn spread(wait: Duration, chance: f64) -> Duration {
    wait.mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0)
}

/// How long a message waits for a provider before it fails permanently.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_hours(24);
/// After this time Twilio's list shows everything that Twilio accepted.
pub const LIST_COMPLETE_AFTER: Duration = Duration::from_mins(1);
const MIN_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests;
