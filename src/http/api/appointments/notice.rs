//! WhatsApp messages to contacts about changes of their appointments.

use super::view::notice::{AppointmentEvent, AppointmentNotice};
use crate::clock;
use crate::config::Config;
use crate::crm::appointment_notice::{self, BeforeChange, NoticeContext};
use crate::crm::booking::services;
use crate::crm::{self, RequestError, appointment, contact, outbox};
use crate::domain::{AppointmentId, ContactId, ServiceId, Timestamp};
use crate::http::auth::{Actor, Member};
use crate::http::extract::Query;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::caller_texts;
use crate::runtime::outbox::new_chats;
use crate::store::{ReadTx, WriteTx};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// The change that a message would be about.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct NoticeQuery {
    /// The change.
    #[param(inline)]
    event: AppointmentEvent,
    /// The id of the contact.
    contact_id: i64,
    /// The id of the service.
    service_id: i64,
    /// The start of the appointment after the change.
    #[param(value_type = String, format = DateTime)]
    starts_at: Timestamp,
}

/// Preview the WhatsApp message to a contact about a change of an appointment.
///
/// The message is sent only with a change whose `notify` is true.
#[utoipa::path(get, path = "/api/appointment-notice", tag = "booking", operation_id = "preview_appointment_notice",
    params(NoticeQuery), responses((status = 200, body = AppointmentNotice), (status = 404, body = ErrorBody)))]
pub(super) async fn preview(
    State(state): State<AppState>,
    Member(actor): Member,
    Query(query): Query<NoticeQuery>,
) -> Result<Json<AppointmentNotice>, ApiError> {
    let (context, config) = (notice_context(&state, &actor).await, state.config());
    let reader = actor.role;
    let read = move |tx: &ReadTx<'_>| {
        let contact = contact::find(tx, ContactId(query.contact_id))?;
        let service = services::find(tx, ServiceId(query.service_id))?;
        let language = caller_texts::language(&config, contact.language.as_deref());
        let text = caller_texts::notice(&config, language, query.event.0, (&service.name, query.starts_at));
        let route = outbox::preview_to_contact(tx, contact.id, &context.preview())?;
        let refusal = match appointment_notice::check(tx, contact.id, &text, &context) {
            Ok(()) => None,
            Err(crm::Error::Refused(RequestError::NotSendable { code, .. })) => Some(code),
            Err(error) => return Err(error),
        };
        Ok(AppointmentNotice::new(text, language, (route, refusal), &config, reader))
    };
    Ok(Json(crm::read(&state.store, read).await?))
}

/// Schedules the message about a change of an appointment, in the transaction of the change.
pub(super) struct Notifier {
    /// False if only an undo notifies the contact, see [`BeforeChange::is_followed`].
    is_requested: bool,
    context: NoticeContext,
    config: Arc<Config>,
    actor: Actor,
}

impl Notifier {
    /// None if the request does not want a message. Without `notify`, only an undo notifies the contact.
    pub(super) async fn requested(state: &AppState, actor: &Actor, notify: Option<bool>) -> Option<Self> {
        match notify {
            Some(true) => Some(Self { is_requested: true, ..Self::of_undo(state, actor).await }),
            Some(false) => None,
            None => Some(Self::of_undo(state, actor).await),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.now
    }

    pub(super) async fn of_undo(state: &AppState, actor: &Actor) -> Self {
        let context = notice_context(state, actor).await;
        Self { is_requested: false, context, config: state.config(), actor: actor.clone() }
    }

    /// `before` is none for a new appointment.
    pub(super) fn after(
        &self,
        tx: &WriteTx<'_>,
        before: Option<&BeforeChange>,
        id: AppointmentId,
    ) -> Result<(), crm::Error> {
        let after = appointment::find(tx, id)?;
        let Some(event) = appointment_notice::event(before, &after, self.context.now) else { return Ok(()) };
        if !self.is_requested && !before.is_some_and(BeforeChange::is_followed) {
            return Ok(());
        }
        let contact = contact::find(tx, after.contact_id)?;
        let language = caller_texts::language(&self.config, contact.language.as_deref());
        let text = caller_texts::confirmation(&self.config, language, event, &after);
        match appointment_notice::queue(tx, &after, &text, &self.context) {
            Ok(notice) => {
                self.actor.audit_also("schedule_message", format!("scheduled-message:{notice}"));
                Ok(())
            }
            // An undo did not ask for the message.
            Err(crm::Error::Refused(RequestError::NotSendable { .. })) if !self.is_requested => Ok(()),
            Err(error) => Err(error),
        }
    }
}

async fn notice_context(state: &AppState, actor: &Actor) -> NoticeContext {
    NoticeContext {
        rules: state.outbox.rules(),
        down: state.outbox.down().await,
        new_chats: new_chats(&state.config()),
        author: actor.id,
        now: clock::now(),
    }
}
