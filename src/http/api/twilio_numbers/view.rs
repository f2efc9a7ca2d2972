//! API types of the phone numbers of the Twilio account.

use crate::crm::twilio_number::ReplacedWebhooks;
use crate::doctor::webhooks_at;
use crate::domain::text_enum;
use crate::http::pagination::Page;
use crate::providers::twilio::account::{AccountNumber, NumberWebhooks};
use serde::Serialize;

pub(crate) type TwilioNumberPage = Page<TwilioNumber>;

/// A phone number of the Twilio account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TwilioNumber {
    /// The id of the number at Twilio, `PN…`.
    sid: String,
    /// The phone number in E.164.
    number: String,
    /// The name of the number in Twilio's console.
    friendly_name: String,
    /// The capabilities of the number: `voice`, `sms`, `mms`, `fax`.
    capabilities: Vec<String>,
    /// Whether the number's calls go to this server (`calls_go_to` is `here`), and all webhooks of its calls have the
    /// URLs and methods of this server.
    points_here: bool,
    /// The destination of the number's calls: `here` (this server), `elsewhere` (another address), `nowhere`, `trunk`
    /// (a SIP trunk) or `app` (a TwiML app).
    calls_go_to: &'static str,
    /// The webhooks of the number's calls.
    webhooks: TwilioWebhooks,
    /// Whether a change of the webhooks can be undone.
    can_undo: bool,
}

text_enum! {
    /// Where Twilio sends the calls to a number.
    CallTarget {
        Here = "here",
        /// To another address.
        Elsewhere = "elsewhere",
        Nowhere = "nowhere",
        /// To a TwiML app.
        App = "app",
        /// To a SIP trunk.
        Trunk = "trunk",
    }
}

/// The webhooks at which Twilio reports the calls of a number.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TwilioWebhooks {
    /// The URL that Twilio requests for an incoming call; empty if none is set.
    voice_url: String,
    /// The HTTP method of `voice_url`.
    voice_method: String,
    /// The URL that receives status changes of calls; empty if none is set.
    status_callback: String,
    /// The HTTP method of `status_callback`.
    status_callback_method: String,
}

/// A number whose webhooks were set or restored.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WebhooksResponse {
    /// The number in its current state.
    pub(super) number: TwilioNumber,
    /// The webhooks before the change.
    pub(super) replaced: TwilioWebhooks,
}

impl TwilioNumber {
    /// Creates the view. `base` is the public address of this server; `known` are the numbers whose webhooks can be
    /// restored.
    pub(super) fn new(number: AccountNumber, base: Option<&str>, known: &[(String, ReplacedWebhooks)]) -> Self {
        let points_here = base.is_some_and(|base| number.webhooks == webhooks_at(base));
        let is_at = |base: &str| number.webhooks.voice_url == webhooks_at(base).voice_url;
        let calls_go_to = if !number.trunk_sid.is_empty() {
            CallTarget::Trunk
        } else if !number.voice_application_sid.is_empty() {
            CallTarget::App
        } else if base.is_some_and(is_at) {
            CallTarget::Here
        } else if number.webhooks.voice_url.is_empty() {
            CallTarget::Nowhere
        } else {
            CallTarget::Elsewhere
        };
        Self {
            can_undo: known.iter().any(|(sid, _)| *sid == number.sid),
            sid: number.sid,
            number: number.phone_number,
            friendly_name: number.friendly_name,
            capabilities: number.capabilities,
            points_here: points_here && calls_go_to == CallTarget::Here,
            calls_go_to: calls_go_to.as_str(),
            webhooks: number.webhooks.into(),
        }
    }
}

impl From<NumberWebhooks> for TwilioWebhooks {
    fn from(webhooks: NumberWebhooks) -> Self {
        Self {
            voice_url: webhooks.voice_url,
            voice_method: webhooks.voice_method,
            status_callback: webhooks.status_callback,
            status_callback_method: webhooks.status_callback_method,
        }
    }
}

impl From<NumberWebhooks> for ReplacedWebhooks {
    fn from(webhooks: NumberWebhooks) -> Self {
        Self {
            voice_url: webhooks.voice_url,
            voice_method: webhooks.voice_method,
            status_callback: webhooks.status_callback,
            status_callback_method: webhooks.status_callback_method,
        }
    }
}

impl From<ReplacedWebhooks> for NumberWebhooks {
    fn from(webhooks: ReplacedWebhooks) -> Self {
        Self {
            voice_url: webhooks.voice_url,
            voice_method: webhooks.voice_method,
            status_callback: webhooks.status_callback,
            status_callback_method: webhooks.status_callback_method,
        }
    }
}
