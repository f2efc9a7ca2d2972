//! Chooses the provider and the form of a message.
//!
//! | | case | route |
//! |---|---|---|
//! | a | the sender or the settings name a provider | only that provider |
//! | b | the contact wrote within 24 h | the provider of that message |
//! | c | longer ago, or never; Twilio is in use and has a template | Twilio, with the template |
//! | d | otherwise | the first provider of the priority that is in use |
//! | e | the chosen provider is down | the next provider, in the form that its own window allows |
//!
//! Twilio accepts free text only if the contact wrote to this business's Twilio sender within 24 h. Otherwise it
//! requires the template.

use super::window;
use crate::domain::{LastInbound, Provider, RefusedRoute, Timestamp};

/// The routing rules of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingRules {
    /// The only provider that the settings allow; none means that the policy decides.
    pub only: Option<Provider>,
    /// The providers in use, the preferred ones first.
    pub priority: Vec<Provider>,
    /// Whether a message template for Twilio is set.
    pub template: bool,
}

/// The input for the choice of a route.
#[derive(Clone, Copy, Debug)]
pub struct RouteInput<'a> {
    /// The routing rules of the settings.
    pub rules: &'a RoutingRules,
    /// The provider that the sender chose; none if the policy chooses.
    pub named: Option<Provider>,
    /// When and by which provider the contact last wrote.
    pub last_in: LastInbound,
    /// The providers that can send this message to the contact at all. Twilio requires a number or a business-scoped
    /// id, and a text of at most 1600 characters.
    pub capable: &'a [Provider],
    /// The routes by which this message was rejected.
    pub refused: &'a [RefusedRoute],
    /// Whether no message may be sent: a user opted the contact out, or the contact has blocked this business or opted
    /// out and has not written since.
    pub opted_out: bool,
    /// The providers that are currently unavailable.
    pub down: &'a [Provider],
    /// The time for which the route is chosen.
    pub now: Timestamp,
}

/// A provider, and the form in which it sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The provider that sends the message.
    pub provider: Provider,
    /// True if the message is sent as Twilio's template, false if it is sent as free text.
    pub template: bool,
}

/// The reason why a message has no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    /// The provider that the sender or the settings chose is not in use.
    #[error("{0} is not in use; configure it, or let the policy choose the provider")]
    Disabled(Provider),
    /// No provider is in use.
    #[error("no WhatsApp provider is in use; link the bridge or set up Twilio")]
    NoProvider,
    /// Twilio would need a template for the message, and none is set.
    #[error(
        "the contact has not written to the Twilio number within 24 hours, so only a template may be sent, and none is set"
    )]
    TemplateRequired,
    /// No provider that may be used can send the message to this contact.
    #[error("no provider in use can send this message to this contact")]
    Unable,
    /// Each provider that may be used has rejected the message.
    #[error("every provider has rejected the message")]
    Refused,
    /// A user opted the contact out, or the contact has blocked this business or opted out.
    #[error("the contact has blocked this number or asked for no messages; the page of the contact says how this ends")]
    OptedOut,
}

/// Returns the route that a message should take. An unavailable provider is chosen only if no other provider has a
/// route.
pub fn choose(input: &RouteInput<'_>) -> Result<Route, NoRoute> {
    if let Some(provider) = input.named.or(input.rules.only) {
        return route_via(provider, input);
    }
    let (mut first_down, mut obstacles) = (None, Vec::new());
    for provider in candidates(input) {
        match route_via(provider, input) {
            Ok(route) if !input.down.contains(&provider) => return Ok(route),
            Ok(route) => first_down = first_down.or(Some(route)),
            Err(obstacle) => obstacles.push(obstacle),
        }
    }
    if let Some(route) = first_down {
        return Ok(route);
    }
    // Report the reason that is most useful to the user first.
    let most_useful = [NoRoute::OptedOut, NoRoute::TemplateRequired, NoRoute::Refused, NoRoute::Unable];
    Err(most_useful.into_iter().find(|obstacle| obstacles.contains(obstacle)).unwrap_or(NoRoute::NoProvider))
}

/// Returns the providers in use in the order of cases b, c and d. The providers after the first are for case e.
fn candidates(input: &RouteInput<'_>) -> Vec<Provider> {
    let recent = window::recent_provider(&input.last_in, input.now);
    let by_template = (recent.is_none() && input.rules.template).then_some(Provider::Twilio);
    let mut order = Vec::new();
    for provider in recent.into_iter().chain(by_template).chain(input.rules.priority.iter().copied()) {
        if input.rules.priority.contains(&provider) && !order.contains(&provider) {
            order.push(provider);
        }
    }
    order
}

/// Returns the route by one provider, if it can send this message.
pub fn route_via(provider: Provider, input: &RouteInput<'_>) -> Result<Route, NoRoute> {
    if !input.rules.priority.contains(&provider) {
        return Err(NoRoute::Disabled(provider));
    }
    if input.opted_out {
        return Err(NoRoute::OptedOut);
    }
    if !input.capable.contains(&provider) {
        return Err(NoRoute::Unable);
    }
    if input.refused.iter().any(|route| route.is_all_of(provider)) {
        return Err(NoRoute::Refused);
    }
    let takes_free_text = !input.refused.contains(&RefusedRoute::TwilioFreeText);
    match provider {
        Provider::Baileys => Ok(Route { provider, template: false }),
        Provider::Twilio if takes_free_text && window::is_open_at_twilio(&input.last_in, input.now) => {
            Ok(Route { provider, template: false })
        }
        Provider::Twilio if input.rules.template => Ok(Route { provider, template: true }),
        Provider::Twilio => Err(NoRoute::TemplateRequired),
    }
}

#[cfg(test)]
mod tests;
