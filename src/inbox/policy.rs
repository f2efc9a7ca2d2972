//! Which provider sends a message, and in which form.
//!
//! | | case | way |
//! |---|---|---|
//! | a | the sender or the settings name a provider | only that one |
//! | b | the person wrote within 24 h | by the provider of that message |
//! | c | longer ago, or never; Twilio is in use and has a template | Twilio, as the template |
//! | d | else | the first provider of the priority that is in use |
//! | e | the chosen one is down | the next one, with its own window |
//!
//! Twilio takes free text only if the person wrote to our Twilio sender within 24 h; outside of that it needs the template.

use super::window;
use crate::domain::{LastIn, Provider, RefusedRoute, Timestamp};

/// What the settings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The one provider that the settings name; none means that the policy decides.
    pub only: Option<Provider>,
    /// The providers in use, the preferred ones first.
    pub priority: Vec<Provider>,
    /// Whether Twilio has a template.
    pub template: bool,
}

/// A message that needs a way.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What the settings say.
    pub rules: &'a Rules,
    /// The provider that the sender named.
    pub named: Option<Provider>,
    /// When and how the person last wrote.
    pub last_in: LastIn,
    /// Providers that can reach the person with this message at all: Twilio needs a number or a business-scoped id, and a text of at most 1600
    /// characters.
    pub able: &'a [Provider],
    /// Routes by which this message was refused.
    pub refused: &'a [RefusedRoute],
    /// Whether the contact has blocked us or opted out, and has not written since.
    pub opted_out: bool,
    /// Providers that are down at the moment.
    pub down: &'a [Provider],
    /// The time.
    pub now: Timestamp,
}

/// How a message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// By whom.
    pub provider: Provider,
    /// As Twilio's template, not as free text.
    pub template: bool,
}

/// Why there is no way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWay {
    /// The provider that was named is not in use.
    #[error("{0} is not in use; set it up, or let the policy choose")]
    Disabled(Provider),
    /// No provider is in use.
    #[error("no WhatsApp provider is in use; link the bridge or set up Twilio")]
    NoProvider,
    /// Only Twilio could send it, and it would need the template.
    #[error(
        "the person has not written to the Twilio number within 24 hours, so only a template may be sent, and none is set"
    )]
    TemplateRequired,
    /// No provider in use can carry it to this person.
    #[error("no provider in use can send this message to this person")]
    Unable,
    /// Every provider has refused it.
    #[error("every provider has refused the message")]
    Refused,
    /// The contact wants no messages.
    #[error(
        "the contact has blocked this number or asked for no messages; they can be written to again after they write"
    )]
    OptedOut,
}

/// The way that a message should take. One that is down is taken only if there is no other.
pub fn choose(case: &Case<'_>) -> Result<Way, NoWay> {
    if let Some(provider) = case.named.or(case.rules.only) {
        return by(provider, case);
    }
    let (mut first_down, mut obstacles) = (None, Vec::new());
    for provider in candidates(case) {
        match by(provider, case) {
            Ok(way) if !case.down.contains(&provider) => return Ok(way),
            Ok(way) => first_down = first_down.or(Some(way)),
            Err(obstacle) => obstacles.push(obstacle),
        }
    }
    if let Some(way) = first_down {
        return Ok(way);
    }
    // What a person can do something about is said first.
    let most_useful = [NoWay::OptedOut, NoWay::TemplateRequired, NoWay::Refused, NoWay::Unable];
    Err(most_useful.into_iter().find(|obstacle| obstacles.contains(obstacle)).unwrap_or(NoWay::NoProvider))
}

/// The providers in use in the order of cases b, c and d; each one after the first is for case e.
fn candidates(case: &Case<'_>) -> Vec<Provider> {
    let recent = window::recent_provider(&case.last_in, case.now);
    let by_template = (recent.is_none() && case.rules.template).then_some(Provider::Twilio);
    let mut order = Vec::new();
    for provider in recent.into_iter().chain(by_template).chain(case.rules.priority.iter().copied()) {
        if case.rules.priority.contains(&provider) && !order.contains(&provider) {
            order.push(provider);
        }
    }
    order
}

/// The way by one provider, if it has one for this message.
pub fn by(provider: Provider, case: &Case<'_>) -> Result<Way, NoWay> {
    if !case.rules.priority.contains(&provider) {
        return Err(NoWay::Disabled(provider));
    }
    if case.opted_out {
        return Err(NoWay::OptedOut);
    }
    if !case.able.contains(&provider) {
        return Err(NoWay::Unable);
    }
    if case.refused.iter().any(|route| route.is_all_of(provider)) {
        return Err(NoWay::Refused);
    }
    let takes_free_text = !case.refused.contains(&RefusedRoute::TwilioFreeText);
    match provider {
        Provider::Baileys => Ok(Way { provider, template: false }),
        Provider::Twilio if takes_free_text && window::is_open_at_twilio(&case.last_in, case.now) => {
            Ok(Way { provider, template: false })
        }
        Provider::Twilio if case.rules.template => Ok(Way { provider, template: true }),
        Provider::Twilio => Err(NoWay::TemplateRequired),
    }
}

#[cfg(test)]
mod tests;
