//! API types of messages about changes of appointments.

use crate::config::Config;
use crate::crm::appointment_notice::HOLD;
use crate::crm::outbox::RoutePreview;
use crate::domain::{self, Role};
use crate::http::api::one_of::OneOf;
use crate::http::api::threads::view::route::MessageRoute;
use serde::Serialize;

pub(crate) type AppointmentEvent = OneOf<domain::AppointmentEvent>;
type Language = OneOf<domain::Language>;

/// The WhatsApp message to a contact about a change of an appointment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AppointmentNotice {
    /// The text of the message.
    text: String,
    /// The language of the text: the contact's, or the agent's if the contact's is not known.
    language: Language,
    /// How long the message waits before it is sent, in seconds.
    hold_s: u64,
    /// The route that the message would take.
    route: MessageRoute,
    /// Why the message cannot be sent, an error code of `POST /api/whatsapp/send`; null if it can.
    refusal: Option<&'static str>,
}

impl AppointmentNotice {
    pub(in crate::http::api::appointments) fn new(
        text: String,
        language: domain::Language,
        (route, refusal): (RoutePreview, Option<&'static str>),
        config: &Config,
        reader: Role,
    ) -> Self {
        Self {
            text,
            language: language.into(),
            hold_s: HOLD.as_secs(),
            route: MessageRoute::new(route, config, reader),
            refusal,
        }
    }
}
