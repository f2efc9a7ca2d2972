//! Twilio's two WhatsApp webhooks: inbound messages, and status updates of outbound messages.

use super::ingest::ingest;
use crate::crm::webhook_log::RawWebhook;
use crate::domain::{Inbound, Malformed, Provider};
use crate::http::{AppState, TwilioForm};
use crate::providers::twilio::forms::Form;
use crate::providers::twilio::{messages, whatsapp};
use axum::extract::State;
use axum::response::Response;

pub(super) const MESSAGE_PATH: &str = messages::MESSAGE_PATH;
pub(super) const STATUS_PATH: &str = messages::STATUS_PATH;

pub(super) async fn message(State(app): State<AppState>, signed: TwilioForm) -> Response {
    let config = app.config();
    let own_sender = config.twilio.wa_from.as_ref();
    let read = own_form(&signed)
        .and_then(|form| whatsapp::message(form, own_sender, config.business.country))
        .map(Inbound::Message);
    ingest(&app, read, raw(signed, MESSAGE_PATH)).await
}

pub(super) async fn status(State(app): State<AppState>, signed: TwilioForm) -> Response {
    let read = own_form(&signed)
        .and_then(whatsapp::status)
        .map(|update| update.map_or(Inbound::Ignored("a status without effect"), Inbound::Update));
    ingest(&app, read, raw(signed, STATUS_PATH)).await
}

fn own_form(signed: &TwilioForm) -> Result<&Form, Malformed> {
    if signed.is_own_account { Ok(&signed.form) } else { Err(Malformed("an AccountSid of another account")) }
}

fn raw(signed: TwilioForm, path: &'static str) -> RawWebhook {
    let TwilioForm { content_type, body, is_repeated, .. } = signed;
    RawWebhook { source: Provider::Twilio, path, content_type, body, is_repeated }
}
