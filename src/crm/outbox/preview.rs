//! The route that a message in a thread would take now.

use super::new_chats;
use super::request::{NewChatLimits, SendError, SendRefusal};
use super::send::capable_providers;
use crate::domain::{BusinessId, ContactId, PeerAddress, Provider, ThreadId, ThreadType, Timestamp, text_enum};
use crate::inbox::policy::{self, NoRoute, Route, RouteInput, RoutingRules};
use crate::inbox::window;
use crate::store::{Error, ReadTx, Result};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutePreview {
    /// The route and the reason for it; an error if the message would be refused.
    pub chosen: std::result::Result<(Route, RouteReason), SendRefusal>,
    /// The end of the period in which Twilio accepts free text; `None` outside that period.
    pub window_until: Option<Timestamp>,
    /// The route of each provider, or why it has none; independent of the settings' order.
    pub alternatives: Vec<(Provider, std::result::Result<Route, SendRefusal>)>,
}

/// What the routes of messages depend on.
#[derive(Clone, Debug)]
pub struct PreviewContext {
    pub rules: RoutingRules,
    /// The providers that cannot send at present.
    pub down: Vec<Provider>,
    /// The limits on starting a conversation.
    pub new_chats: NewChatLimits,
    /// Who would send the message, such as `user:3`.
    pub author: String,
    pub now: Timestamp,
}

text_enum! {
    /// Why a route was chosen.
    RouteReason {
        /// The settings allow only this provider.
        OnlyProvider = "only_provider",
        /// The contact wrote through this provider within 24 hours.
        ContactWrote = "contact_wrote",
        /// The contact has not written to the Twilio sender within 24 hours, and a template is configured.
        Template = "template",
        /// The provider has the highest priority of those that can send the message.
        Priority = "priority",
        /// The preferred provider is down.
        OtherDown = "other_down",
    }
}

/// Returns the route that a text without a file, not longer than Twilio accepts, would take in a thread.
pub fn preview(tx: &ReadTx<'_>, id: ThreadId, context: &PreviewContext) -> Result<RoutePreview> {
    let thread = tx.thread(id)?.ok_or(Error::NotFound("thread"))?;
    let to = thread.recipient();
    preview_to(tx, (thread.contact_id, Some(thread.id)), to.as_ref(), context)
}

/// Returns the route of a text to a contact, with whom there may be no thread yet.
pub fn preview_to_contact(tx: &ReadTx<'_>, contact: ContactId, context: &PreviewContext) -> Result<RoutePreview> {
    let (thread, to) = conversation_with(tx, contact)?;
    preview_to(tx, (contact, thread), to.as_ref(), context)
}

/// Returns the WhatsApp thread with a contact, if there is one, and the address to which messages are sent: that of the
/// thread, or the best address of a contact without a thread.
pub fn conversation_with(tx: &ReadTx<'_>, contact: ContactId) -> Result<(Option<ThreadId>, Option<PeerAddress>)> {
    let Some(id) = tx.thread_with(BusinessId::FIRST, ThreadType::WhatsApp, contact)? else {
        return Ok((None, tx.best_address(contact)?));
    };
    let thread = tx.thread(id)?.ok_or(Error::NotFound("thread"))?;
    Ok((Some(id), thread.recipient()))
}

fn preview_to(
    tx: &ReadTx<'_>,
    (contact, thread): (ContactId, Option<ThreadId>),
    to: Option<&PeerAddress>,
    context: &PreviewContext,
) -> Result<RoutePreview> {
    let PreviewContext { rules, down, new_chats, author, now } = context;
    let (now, limits) = (*now, (Some(new_chats), author.as_str()));
    let last_in = thread.map(|thread| tx.last_in(thread)).transpose()?.unwrap_or_default();
    let opted_out = tx.contact_has_opted_out(contact)?;
    let capable = capable_providers(to, "");
    let input = RouteInput { rules, named: None, last_in, capable, refused: &[], opted_out, down, now };
    let allowed = to.map_or(Ok(()), |to| new_chats::check(tx, limits, thread, to, now));
    let refusal = match allowed {
        Ok(()) => None,
        Err(SendError::Refused(refusal)) => Some(refusal),
        Err(SendError::Store(error)) => return Err(error),
    };
    let allowed = |route: std::result::Result<Route, NoRoute>| match &refusal {
        Some(refusal) => Err(refusal.clone()),
        None => route.map_err(SendRefusal::from),
    };
    let chosen = allowed(policy::choose(&input)).map(|route| (route, reason(&input, route)));
    let window = last_in.twilio_at.filter(|at| window::is_open(Some(*at), now));
    Ok(RoutePreview {
        chosen,
        window_until: window.map(|at| at.plus(window::WINDOW)),
        alternatives: Provider::ALL
            .iter()
            .map(|provider| (*provider, allowed(policy::route_via(*provider, &input))))
            .collect(),
    })
}

fn reason(input: &RouteInput<'_>, route: Route) -> RouteReason {
    let with_all_up = policy::choose(&RouteInput { down: &[], ..*input });
    if input.rules.only.is_some() {
        RouteReason::OnlyProvider
    } else if with_all_up.is_ok_and(|wanted| wanted.provider != route.provider) {
        RouteReason::OtherDown
    } else if window::recent_provider(&input.last_in, input.now) == Some(route.provider) {
        RouteReason::ContactWrote
    } else if route.template {
        RouteReason::Template
    } else {
        RouteReason::Priority
    }
}
