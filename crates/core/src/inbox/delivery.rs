//! Decides the next step of an outbound message in the outbox: sent, failed, another provider, or a retry with
//! back-off.
//!
//! An attempt has three possible outcomes: the provider has accepted the message, has certainly not accepted it, or may
//! have accepted it (unconfirmed). Another provider is not used for an unconfirmed attempt. Through the bridge, such an
//! attempt is retried with the same idempotency key, so that the bridge sends the message only once. Twilio has no such
//! key, so its message list is searched; the message is sent again only if the list does not show it after a minute. No
//! attempt is repeated after the contact has opted out.
//!
//! A provider may reject a message at once, or after it has accepted the message ([`Delivery::refuse`]). Both kinds of
//! rejection close the same routes, and [`Delivery::next`] chooses among the remaining routes.

use super::policy::{self, NoRoute, Route, RouteInput};
use crate::domain::{LateRefusal, NotSent, Outcome, Provider, ProviderError, Refusal, RefusedRoute, Search, Timestamp};
use std::time::Duration;

/// The delivery state of an outbound message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The provider that the sender chose; none if the policy chooses.
    pub named: Option<Provider>,
    /// The route of the last attempt; before the first attempt, the planned route.
    pub route: Route,
    /// Whether the last attempt is unconfirmed.
    pub unconfirmed: bool,
    /// The number of attempts so far.
    pub attempts: u32,
    /// The number of unconfirmed attempts by Twilio that its message list does not show.
    pub unconfirmed_attempts: u32,
    /// When the last attempt started.
    pub attempt_at: Option<Timestamp>,
    /// The routes by which the message was rejected.
    pub refused: Vec<RefusedRoute>,
    /// The last rejection.
    pub last_refusal: Option<LateRefusal>,
    /// When the message was written.
    pub created_at: Timestamp,
    /// When the message fails if it was not sent.
    pub expires_at: Timestamp,
    /// Since when each attempt has failed because the message's file cannot be fetched.
    pub no_file_since: Option<Timestamp>,
}

/// The next step of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the message by this route.
    Send(Route),
    /// Search Twilio's message list for the message.
    Search,
    /// Mark the message as permanently failed.
    GiveUp(Reason),
}

/// The reason why a message failed permanently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No provider has rejected the message, but none may or can send it.
    NoRoute(NoRoute),
    /// The message could not be sent within the delivery timeout.
    Expired,
    /// The message may have been sent, and the provider cannot confirm it.
    Unconfirmed,
    /// A provider has rejected the message, and no other provider may or can send it, or the delivery timeout has
    /// expired.
    Refused(ProviderError),
}

/// The result of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// A provider has accepted the message.
    Sent {
        /// The provider's id of the message, if the provider returned one.
        provider_msg_id: Option<String>,
    },
    /// The next step is due at a certain time: call [`Delivery::next`] again then.
    Retry {
        /// When the next step is due.
        at: Timestamp,
    },
    /// The message failed permanently.
    Failed(Reason),
}

impl Delivery {
    /// Returns the next step. `input` must describe this message; its chosen provider and its rejected routes are
    /// replaced by [`Delivery::named`] and [`Delivery::refused`].
    pub fn next(&self, input: &RouteInput<'_>) -> Step {
        let expired = input.now >= self.expires_at;
        match (self.unconfirmed, self.route.provider) {
            (true, _) if expired => Step::GiveUp(Reason::Unconfirmed),
            // The bridge may not have sent the message yet, and would send it now.
            (true, Provider::Baileys) if input.opted_out => Step::GiveUp(Reason::Unconfirmed),
            (true, Provider::Baileys) => Step::Send(self.route),
            (true, Provider::Twilio) => Step::Search,
            (false, _) => self.next_route(input, expired),
        }
    }

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

    /// Records that the message must not be sent before `until`, and returns when its next step is due. The delivery
    /// timeout starts again then, because the wait has nothing to do with the providers. The message still fails
    /// `MAX_POSTPONED` after it was written, because its content may no longer be true.
    pub fn postpone(&mut self, until: Timestamp) -> Timestamp {
        self.expires_at = until.plus(DELIVERY_TIMEOUT).min(self.created_at.plus(MAX_POSTPONED));
        until.min(self.expires_at)
    }

    /// Records that an attempt starts. If no outcome is recorded, the store later marks the attempt as unconfirmed.
    pub fn begin(&mut self, route: Route, now: Timestamp) {
        self.route = route;
        self.attempts = self.attempts.saturating_add(1);
        self.attempt_at = Some(now);
    }

    /// Records the outcome of an attempt. `chance`, from 0 to 1, spreads the retries of many messages over time.
    pub fn after_attempt(&mut self, outcome: Outcome, input: &RouteInput<'_>, chance: f64) -> StepResult {
        let has_no_file = matches!(outcome, Outcome::NotSent(NotSent::NoFile, _));
        self.no_file_since = has_no_file.then(|| self.no_file_since.unwrap_or(input.now));
        match outcome {
            Outcome::Sent { provider_msg_id } => StepResult::Sent { provider_msg_id },
            Outcome::Unconfirmed(_) => {
                self.unconfirmed = true;
                StepResult::Retry { at: self.retry_at(input.now, chance) }
            }
            // The bridge checked the message by its idempotency key, so the outcome of the earlier attempt is certain
            // as well.
            Outcome::NotSent(NotSent::Refused(refusal), provider_error) => {
                self.unconfirmed = false;
                self.refuse(LateRefusal { refusal, provider_error });
                StepResult::Retry { at: input.now }
            }
            // This attempt was not sent. An earlier attempt is unconfirmed, and remains unconfirmed.
            Outcome::NotSent(
                NotSent::Down | NotSent::Barred | NotSent::Unable | NotSent::NoFile | NotSent::Busy(_),
                _,
            ) if self.unconfirmed => StepResult::Retry { at: input.now.plus(self.back_off(chance)) },
            Outcome::NotSent(NotSent::NoFile, _) if !self.is_out_of_patience(input.now) => {
                StepResult::Retry { at: input.now.plus(self.back_off(chance)) }
            }
            Outcome::NotSent(NotSent::Unable | NotSent::NoFile, provider_error) => {
                self.refuse(LateRefusal { refusal: Refusal::Message, provider_error });
                StepResult::Retry { at: input.now }
            }
            Outcome::NotSent(NotSent::Barred, provider_error) => self.pass_over_or_wait(provider_error, input, chance),
            Outcome::NotSent(NotSent::Busy(wait), _) => {
                StepResult::Retry { at: input.now.plus(wait.min(MAX_WAIT).max(self.back_off(chance))) }
            }
            Outcome::NotSent(NotSent::Down, _) => self.wait_or_fail_over(input, chance),
        }
    }

    /// Records the result of a search of Twilio's message list.
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

    /// Records that the provider of the last attempt has rejected the message, at once or after it had accepted the
    /// message. [`Delivery::next`] returns the following step.
    pub fn refuse(&mut self, late: LateRefusal) {
        self.refused = closed_routes(std::mem::take(&mut self.refused), self.route, late.refusal);
        self.last_refusal = Some(late);
    }

    /// A message with an unconfirmed attempt stays with the provider of that attempt.
    fn choose(&self, input: &RouteInput<'_>) -> Result<Route, NoRoute> {
        let refused = &self.refused;
        let input = RouteInput { refused, named: self.named, ..*input };
        match self.unconfirmed_attempts {
            0 => policy::choose(&input),
            // A rejection of a later attempt does not confirm the earlier attempt, so no other message form is tried
            // either.
            _ if !self.refused.is_empty() => Err(NoRoute::Refused),
            _ => policy::route_via(self.route.provider, &input),
        }
    }

    /// Closes the routes of a provider that does not accept the credentials, if another provider can send the message
    /// now. Otherwise the message waits, because the owner may correct the credentials.
    fn pass_over_or_wait(&mut self, provider_error: ProviderError, input: &RouteInput<'_>, chance: f64) -> StepResult {
        let mut elsewhere = self.clone();
        elsewhere.refuse(LateRefusal { refusal: Refusal::Message, provider_error });
        if elsewhere.choose(input).is_ok_and(|route| !input.down.contains(&route.provider)) {
            *self = elsewhere;
            return StepResult::Retry { at: input.now };
        }
        StepResult::Retry { at: input.now.plus(self.back_off(chance)) }
    }

    fn wait_or_fail_over(&self, input: &RouteInput<'_>, chance: f64) -> StepResult {
        let mut down = input.down.to_vec();
        down.push(self.route.provider);
        let other = self.choose(&RouteInput { down: &down, ..*input });
        if other.is_ok_and(|route| !down.contains(&route.provider)) {
            return StepResult::Retry { at: input.now };
        }
        StepResult::Retry { at: input.now.plus(self.back_off(chance)) }
    }

    /// Returns true if the message's file is not waited for any longer. Later messages to the contact wait meanwhile.
    fn is_out_of_patience(&self, now: Timestamp) -> bool {
        self.no_file_since.is_some_and(|since| now.since(since) >= FILE_TIMEOUT)
    }

    /// Returns the back-off delay: 1 s after the first attempt, doubled after each further attempt, at most one minute,
    /// ±25 %.
    fn back_off(&self, chance: f64) -> Duration {
        let doublings = self.attempts.saturating_sub(1).min(6);
        spread((MIN_WAIT * 2_u32.pow(doublings)).min(MAX_WAIT), chance)
    }

    /// Returns when to retry an unconfirmed attempt. The delay starts short and grows. For Twilio, one search is due at
    /// the moment from which its list is known to be complete.
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

/// Adds the route by which a message was rejected to the closed routes.
pub fn closed_routes(mut refused: Vec<RefusedRoute>, route: Route, refusal: Refusal) -> Vec<RefusedRoute> {
    let route = RefusedRoute::of(route.provider, route.template, refusal);
    if !refused.contains(&route) {
        refused.push(route);
    }
    refused
}

/// Changes a delay by up to ±25 %, according to `chance`.
fn spread(wait: Duration, chance: f64) -> Duration {
    wait.mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0)
}

/// How long a message may wait for a provider before it fails permanently.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_hours(24);
/// The longest time from writing a message to its failure if it was postponed.
const MAX_POSTPONED: Duration = Duration::from_hours(72);
/// How long a message waits for its file.
const FILE_TIMEOUT: Duration = Duration::from_mins(4);
/// The time after which Twilio's message list shows each message that Twilio has accepted.
pub const LIST_COMPLETE_AFTER: Duration = Duration::from_mins(1);
const MIN_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests;
