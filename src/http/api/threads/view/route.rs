//! API types of the route of a message: the provider, and the reason for the choice.

use super::Provider;
use crate::config::{Config, TwilioConfig};
use crate::crm::outbox::{MAX_TEXT_CHARS, RoutePreview, SendRefusal, max_chars};
use crate::domain::{self, Role, Timestamp};
use crate::http::api::calls::view::cost_for;
use serde::Serialize;

/// The route of a message that would be sent now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MessageRoute {
    /// The provider; null if no provider can send the message.
    provider: Option<Provider>,
    /// Whether Twilio's template would be sent instead of free text.
    template: bool,
    /// Until when Twilio accepts free text; null if Twilio accepts only the template.
    #[schema(value_type = Option<String>, format = DateTime)]
    window_until: Option<Timestamp>,
    /// The reason for the choice: `only_provider`, `contact_wrote`, `template`, `priority` or `other_down`. If no
    /// provider can send the message, an error code of `POST /api/whatsapp/send`.
    reason: &'static str,
    /// The maximum length of a text, in characters. A text that is too long for Twilio is sent by the other provider, if
    /// that one can.
    max_text_chars: usize,
    /// The maximum size of a file, in bytes (`whatsapp.max_media_bytes`).
    max_file_bytes: u64,
    /// The state of each provider.
    alternatives: Vec<RouteAlternative>,
    /// The cost of the message: `paid` if Twilio would send it, otherwise `free`.
    cost: RouteCost,
    /// The estimated cost, in millionths of a dollar; null if the user or token does not have the role `owner`.
    cost_micros: Option<i64>,
}

/// Whether a provider could send the message, and how.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RouteAlternative {
    /// The provider that the routing policy considered.
    provider: Provider,
    /// Whether the provider would send the template instead of free text.
    template: bool,
    /// Whether the provider could send the message.
    possible: bool,
    /// The error code of `POST /api/whatsapp/send` that says why the provider could not send the message; null if it
    /// could.
    reason: Option<&'static str>,
    /// The maximum length of a text by this provider, in characters.
    max_text_chars: usize,
    /// Whether the provider charges for the message.
    cost: RouteCost,
    /// The estimated cost, in millionths of a dollar; null if the user or token does not have the role `owner`.
    cost_micros: Option<i64>,
}

/// Whether a provider charges for a message.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum RouteCost {
    Free,
    Paid,
}

impl MessageRoute {
    pub(crate) fn new(preview: RoutePreview, config: &Config, reader: Role) -> Self {
        let prices = &config.twilio;
        let possible = preview.alternatives.iter().filter(|(_, route)| route.is_ok());
        let max_text_chars = possible.map(|(provider, _)| max_chars(*provider)).max().unwrap_or(MAX_TEXT_CHARS);
        let route = preview.chosen.as_ref().ok().map(|(route, _)| *route);
        let alternatives = preview.alternatives.into_iter().map(|(provider, route)| {
            let template = route.as_ref().is_ok_and(|route| route.template);
            let (cost, micros) = cost(provider, template, prices);
            RouteAlternative {
                provider: provider.into(),
                template,
                possible: route.is_ok(),
                reason: route.err().map(|refusal| refusal.code()),
                max_text_chars: max_chars(provider),
                cost,
                cost_micros: cost_for(reader, micros),
            }
        });
        let (cost, micros) = route.map_or((RouteCost::Free, 0), |route| cost(route.provider, route.template, prices));
        Self {
            provider: route.map(|route| route.provider.into()),
            template: route.is_some_and(|route| route.template),
            window_until: preview.window_until,
            reason: preview.chosen.as_ref().map_or_else(SendRefusal::code, |(_, reason)| reason.as_str()),
            max_text_chars,
            max_file_bytes: config.whatsapp.max_media_bytes,
            alternatives: alternatives.collect(),
            cost,
            cost_micros: cost_for(reader, micros),
        }
    }
}

/// Returns whether a message costs something, and its cost in millionths of a dollar.
fn cost(provider: domain::Provider, is_template: bool, prices: &TwilioConfig) -> (RouteCost, i64) {
    match provider {
        domain::Provider::Baileys => (RouteCost::Free, 0),
        domain::Provider::Twilio => {
            let usd = if is_template { prices.wa_template_price_usd } else { prices.wa_text_price_usd };
            (RouteCost::Paid, micros(usd))
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the settings allow at most ten dollars")]
fn micros(usd: f64) -> i64 {
    (usd * 1e6).round() as i64
}
