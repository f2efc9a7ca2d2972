//! Appointments: bookings, changes, and their states.

mod notice;
pub(super) mod view;

use super::operation::{Operations, operations};
use crate::clock;
use crate::crm::appointment::{self, Booked, Context, NewAppointment};
use crate::crm::appointment_notice::BeforeChange;
use crate::crm::{self};
use crate::domain::{
    self, AppointmentId, AppointmentSource, BusinessId, ContactId, ResourceId, ServiceId, Timestamp, WaitingId,
};
use crate::http::auth::{Actor, Member};
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody, actor_idempotency_key};
use crate::store::{AppointmentFilter, ReadTx, WriteTx};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use notice::Notifier;
use serde::Deserialize;
use view::{
    Appointment, AppointmentPage, AppointmentState, BookAppointmentRequest, CancelAppointmentRequest,
    UpdateAppointmentRequest,
};

pub(super) fn operations() -> Operations {
    operations![list, notice::preview, book, show, change, cancel, restore, see, no_show, done]
}

/// Filters for appointments.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AppointmentQuery {
    /// Only appointments that end after this time.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only appointments that start before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Only appointments of this contact.
    contact_id: Option<i64>,
    /// Only appointments of this resource.
    resource_id: Option<i64>,
    /// Only appointments in this state.
    #[param(value_type = Option<String>)]
    state: Option<AppointmentState>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List appointments by start time.
#[utoipa::path(get, path = "/api/appointments", tag = "booking", operation_id = "list_appointments",
    params(AppointmentQuery), responses((status = 200, body = AppointmentPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<AppointmentQuery>,
) -> Result<axum::Json<AppointmentPage>, ApiError> {
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let found = state.store.read(move |tx| {
        let contact = query.contact_id.map(|id| tx.kept_contact(ContactId(id))).transpose()?;
        let filter = AppointmentFilter {
            business: BusinessId::FIRST,
            from: query.from,
            to: query.to,
            contact,
            resource: query.resource_id.map(ResourceId),
            state: query.state.map(|state| state.0),
        };
        tx.appointments(&filter, after, limit)
    });
    let (appointments, next) = found.await?;
    Ok(axum::Json(Page::new(appointments, next)))
}

/// Book an appointment.
///
/// A time that is taken is rejected with `slot_taken`; `params.next_free` is the next free time, and absent if there is
/// none within four weeks.
#[utoipa::path(post, path = "/api/appointments", tag = "booking", operation_id = "book_appointment",
    params(("Idempotency-Key" = Option<String>, Header,
        description = "The same key and request again give the appointment that the first request booked.")),
    request_body = BookAppointmentRequest,
    responses((status = 200, description = "An earlier request with the same key has booked it", body = Appointment),
        (status = 201, body = Appointment), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody,
            description = "The time is not available: `slot_taken`, `outside_hours`, `too_soon`, `no_resource`. Or the \
        request conflicts with the present state: `conflict`."),
        (status = 422, body = ErrorBody, description = "A field is refused; `key_reused`: the key was used for another request. \
            Or, with `notify`, a code of `POST /api/whatsapp/send`: the message cannot be sent, and nothing was booked.")))]
pub(super) async fn book(
    State(state): State<AppState>,
    Member(actor): Member,
    headers: HeaderMap,
    Json(new): Json<BookAppointmentRequest>,
) -> Result<(StatusCode, Tagged<Appointment>), ApiError> {
    let key = actor_idempotency_key(&headers, actor.id)?;
    let recorder = actor.clone();
    let notifier = Notifier::requested(&state, &actor, new.notify).await;
    let context = context(&state, &actor, notifier.as_ref());
    let booked = actor.transact(&state.store, move |tx| {
        let Booked { id, is_new } = appointment::book(tx, &context, &request(new, key))?;
        recorder.set_audit_subject(format!("appointment:{id}"));
        if let Some(notifier) = notifier.filter(|_| is_new) {
            notifier.after(tx, None, id)?;
        }
        Ok((is_new, view_of(tx, id)?))
    });
    let (is_new, booked) = booked.await?;
    state.schedule_changed.wake();
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Tagged(booked)))
}

/// Get an appointment.
#[utoipa::path(get, path = "/api/appointments/{id}", tag = "booking", operation_id = "get_appointment",
    params(("id" = i64, Path)), responses((status = 200, body = Appointment)))]
pub(super) async fn show(
    State(state): State<AppState>,
    _member: Member,
    Id(id): Id,
) -> Result<Tagged<Appointment>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| view_of(tx, AppointmentId(id))).await?))
}

/// Move an appointment, or change its service, resource or note.
///
/// The note of every appointment can be changed; everything else only while the appointment is booked.
#[utoipa::path(patch, path = "/api/appointments/{id}", tag = "booking", operation_id = "change_appointment",
    params(("id" = i64, Path)), request_body = UpdateAppointmentRequest,
    responses((status = 200, body = Appointment), (status = 409, body = ErrorBody,
        description = "The time is not available: `slot_taken`, `outside_hours`, `too_soon`, `no_resource`. Or the \
        request conflicts with the present state: `conflict`."),
        (status = 422, body = ErrorBody, description = "A field is refused. Or, with `notify`, a code of \
            `POST /api/whatsapp/send`: the message cannot be sent, and nothing was changed.")))]
pub(super) async fn change(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateAppointmentRequest>,
) -> Result<Tagged<Appointment>, ApiError> {
    let notifier = Notifier::requested(&state, &actor, change.notify).await;
    let work = move |tx: &WriteTx<'_>, context: &Context, id| appointment::change(tx, context, id, &change.into());
    act(&state, &actor, id, if_match, notifier, work).await
}

/// Cancel a booked appointment.
///
/// A cancelled appointment is left as it is.
#[utoipa::path(post, path = "/api/appointments/{id}/cancel", tag = "booking", operation_id = "cancel_appointment",
    params(("id" = i64, Path)), request_body = CancelAppointmentRequest,
    responses((status = 200, body = Appointment), (status = 409, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "A field is refused. Or, with `notify`, a code of \
            `POST /api/whatsapp/send`: the message cannot be sent, and nothing was cancelled.")))]
pub(super) async fn cancel(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(request): Json<CancelAppointmentRequest>,
) -> Result<Tagged<Appointment>, ApiError> {
    let notifier = Notifier::requested(&state, &actor, request.notify).await;
    let work =
        move |tx: &WriteTx<'_>, context: &Context, id| appointment::cancel(tx, context, id, request.reason.as_deref());
    act(&state, &actor, id, if_match, notifier, work).await
}

/// Restore an appointment to the state `booked`.
///
/// A cancelled or missed appointment cannot be restored if its time has been taken since, or if its resource is
/// archived. A message about the cancellation that waits (`notify`) is not sent. If the contact got it within the last
/// five minutes, the contact is notified that the appointment is booked.
#[utoipa::path(post, path = "/api/appointments/{id}/restore", tag = "booking", operation_id = "restore_appointment",
    params(("id" = i64, Path)), responses((status = 200, body = Appointment), (status = 409, body = ErrorBody)))]
pub(super) async fn restore(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<Tagged<Appointment>, ApiError> {
    let notifier = Notifier::of_undo(&state, &actor).await;
    act(&state, &actor, id, if_match, Some(notifier), appointment::restore).await
}

/// Record that a user has seen an appointment.
#[utoipa::path(post, path = "/api/appointments/{id}/seen", tag = "booking", operation_id = "mark_appointment_seen",
    params(("id" = i64, Path)), responses((status = 200, body = Appointment)))]
pub(super) async fn see(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Tagged<Appointment>, ApiError> {
    // `seen_at` is not part of the version of an appointment, so `If-Match` does not apply.
    act(&state, &actor, id, IfMatch::ANY, None, appointment::see).await
}

/// Record that the contact did not come to an appointment.
///
/// Refused before the appointment starts. A cancelled appointment must be restored first.
#[utoipa::path(post, path = "/api/appointments/{id}/no-show", tag = "booking", operation_id = "mark_appointment_no_show",
    params(("id" = i64, Path)), responses((status = 200, body = Appointment), (status = 409, body = ErrorBody)))]
pub(super) async fn no_show(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<Tagged<Appointment>, ApiError> {
    finish(&state, &actor, id, if_match, domain::AppointmentState::NoShow).await
}

/// Record that an appointment has taken place.
///
/// Refused before the appointment starts. A cancelled or missed appointment must be restored first.
#[utoipa::path(post, path = "/api/appointments/{id}/done", tag = "booking", operation_id = "mark_appointment_done",
    params(("id" = i64, Path)), responses((status = 200, body = Appointment), (status = 409, body = ErrorBody)))]
pub(super) async fn done(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<Tagged<Appointment>, ApiError> {
    finish(&state, &actor, id, if_match, domain::AppointmentState::Done).await
}

async fn finish(
    state: &AppState,
    actor: &Actor,
    id: i64,
    if_match: IfMatch,
    reached: domain::AppointmentState,
) -> Result<Tagged<Appointment>, ApiError> {
    let work = move |tx: &WriteTx<'_>, context: &Context, id| appointment::finish(tx, context, id, reached);
    act(state, actor, id, if_match, None, work).await
}

async fn act(
    state: &AppState,
    actor: &Actor,
    id: i64,
    if_match: IfMatch,
    notifier: Option<Notifier>,
    work: impl FnOnce(&WriteTx<'_>, &Context, AppointmentId) -> Result<(), crm::Error> + Send + 'static,
) -> Result<Tagged<Appointment>, ApiError> {
    let (id, context) = (AppointmentId(id), context(state, actor, notifier.as_ref()));
    let change = move |tx: &WriteTx<'_>| {
        let before = BeforeChange::of(tx, id, context.now)?;
        work(tx, &context, id)?;
        notifier.map_or(Ok(()), |notifier| notifier.after(tx, Some(&before), id))
    };
    let changed = if_match.edit(actor, &state.store, move |tx| view_of(tx, id), change).await?;
    state.schedule_changed.wake();
    Ok(changed)
}

fn request(new: BookAppointmentRequest, source_key: Option<String>) -> NewAppointment {
    NewAppointment {
        contact: ContactId(new.contact_id),
        service: ServiceId(new.service_id),
        resource: new.resource_id.map(ResourceId),
        starts_at: new.starts_at,
        note: new.note.unwrap_or_default(),
        force: new.force == Some(true),
        source: AppointmentSource::User,
        source_key,
        call: None,
        waiting: new.waiting_entry_id.map(WaitingId),
        notifies: new.notify == Some(true),
    }
}

/// A change and its message have the same time, because the two are compared later.
fn context(state: &AppState, actor: &Actor, notifier: Option<&Notifier>) -> Context {
    let zone = state.config().business.time_zone.clone();
    let now = notifier.map_or_else(clock::now, Notifier::now);
    Context { business: BusinessId::FIRST, zone, actor: actor.id, now }
}

fn view_of(tx: &ReadTx<'_>, id: AppointmentId) -> Result<Appointment, crm::Error> {
    Ok(appointment::find(tx, id)?.into())
}
