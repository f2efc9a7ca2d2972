//! Which way a message in a thread would take.

use super::Provider;
use crate::crm::outbox::{RoutePreview, RouteReason, SendRefusal};
use crate::domain::{self, Timestamp};
use crate::inbox::policy::NoRoute;
use serde::Serialize;

/// The way that a message would take now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MessageRoute {
    /// The provider; null if there is no way.
    provider: Option<Provider>,
    /// Whether it would be sent as Twilio's template instead of free text.
    template: bool,
    /// Until when Twilio accepts free text.
    #[schema(value_type = Option<String>, format = DateTime)]
    window_until: Option<Timestamp>,
    /// Why: `only_provider`, `contact_wrote`, `template`, `priority`, `other_down`; without a way an error code of
    /// `POST /api/whatsapp/send`.
    reason: &'static str,
    /// What each provider could do.
    alternatives: Vec<RouteAlternative>,
    /// `paid` by Twilio, `free` by the bridge.
    cost: RouteCost,
}

/// What one provider could do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RouteAlternative {
    /// The provider.
    provider: Provider,
    /// Whether it would send the template instead of free text.
    template: bool,
    /// Whether it could send a message.
    possible: bool,
    /// Why not: an error code of `POST /api/whatsapp/send`.
    reason: Option<&'static str>,
}

/// Whether a provider charges for a message.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum RouteCost {
    Free,
    Paid,
}

impl From<RoutePreview> for MessageRoute {
    fn from(preview: RoutePreview) -> Self {
        let route = preview.chosen.as_ref().ok().map(|(route, _)| *route);
        let alternatives = preview.alternatives.into_iter().map(|(provider, route)| RouteAlternative {
            provider: provider.into(),
            template: route.as_ref().is_ok_and(|route| route.template),
            possible: route.is_ok(),
            reason: route.err().map(obstacle),
        });
        Self {
            provider: route.map(|route| route.provider.into()),
            template: route.is_some_and(|route| route.template),
            window_until: preview.window_until,
            reason: preview.chosen.map_or_else(obstacle, |(_, reason)| word(reason)),
            alternatives: alternatives.collect(),
            cost: match route {
                Some(route) if route.provider == domain::Provider::Twilio => RouteCost::Paid,
                _ => RouteCost::Free,
            },
        }
    }
}

fn word(reason: RouteReason) -> &'static str {
    match reason {
        RouteReason::OnlyProvider => "only_provider",
        RouteReason::ContactWrote => "contact_wrote",
        RouteReason::Template => "template",
        RouteReason::Priority => "priority",
        RouteReason::OtherDown => "other_down",
    }
}

fn obstacle(obstacle: NoRoute) -> &'static str {
    SendRefusal::NoRoute(obstacle).code()
}
