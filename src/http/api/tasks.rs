//! Tasks of the users.

pub(super) mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm;
use crate::crm::task::{self, Created};
use crate::domain::{ActorId, BusinessId, CallId, ContactId, TaskContent, TaskId, TextCursor, Timestamp, UserId, date};
use crate::host::local_time;
use crate::http::auth::Member;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json, Query};
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody, actor_idempotency_key};
use crate::store::{self, DueLimits, ReadTx, TaskFilter, WriteTx};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};
use view::{CreateTaskRequest, Task, TaskPage, TaskState, UpdateTaskRequest};

pub(super) fn operations() -> Operations {
    operations![list, create, show, update, delete, complete, reopen]
}

/// Filters for tasks.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TaskQuery {
    /// The state of the listed tasks; `open` by default.
    #[param(inline)]
    state: Option<TaskState>,
    /// Only tasks about this contact.
    contact_id: Option<i64>,
    /// Only tasks about this call.
    call_id: Option<i64>,
    /// Only tasks that are assigned to this user: an id, or `me`.
    #[param(value_type = Option<String>)]
    assignee: Option<Assignee>,
    /// Only tasks that are due before this day (`2026-11-22`) or time. Days are those of the business's time zone, and
    /// a task with a due day is due at the end of that day. Tasks without a due day or time are left out.
    #[param(value_type = Option<String>)]
    due_before: Option<DueBefore>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam<TextCursor>>,
}

#[derive(Clone, Copy, Debug)]
enum Assignee {
    Me,
    User(UserId),
}

impl<'de> Deserialize<'de> for Assignee {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match String::deserialize(d)?.as_str() {
            "me" => Ok(Self::Me),
            id => match id.parse() {
                Ok(id) => Ok(Self::User(UserId(id))),
                Err(_) => Err(serde::de::Error::custom("must be the id of a user, or me")),
            },
        }
    }
}

impl Assignee {
    /// Returns the user; none if a token that belongs to no user sends `me`.
    fn user(self, tx: &ReadTx<'_>, actor: ActorId) -> store::Result<Option<UserId>> {
        match (self, actor) {
            (Self::User(id), _) | (Self::Me, ActorId::User(id)) => Ok(Some(id)),
            (Self::Me, ActorId::Token(id)) => tx.user_of_token(id),
            (Self::Me, _) => Ok(None),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum DueBefore {
    /// A day in the time zone of the business.
    Day(Date),
    Time(Timestamp),
}

impl<'de> Deserialize<'de> for DueBefore {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        date(&text)
            .map(Self::Day)
            .or_else(|| text.parse().map(Self::Time).ok())
            .ok_or_else(|| serde::de::Error::custom("must be a day such as 2026-11-22, or a time"))
    }
}

impl DueBefore {
    /// Returns the limit on due times, and the one on due days.
    fn limits(self, zone: &TimeZone) -> DueLimits {
        match self {
            Self::Day(date) => {
                // Only the last days of the year 9999 have no start.
                let last = Timestamp::from_millis(i64::MAX);
                let start = date.to_zoned(zone.clone());
                let at = start.map_or(last, |start| Timestamp::from_millis(start.timestamp().as_millisecond()));
                DueLimits { at, day: date.to_string() }
            }
            Self::Time(at) => DueLimits { at, day: local_time::date(at, zone).to_string() },
        }
    }
}

fn shown(tx: &ReadTx<'_>, id: TaskId) -> Result<Task, crm::Error> {
    Ok(task::find(tx, id)?.into())
}

/// List tasks: the open ones, then the completed ones, each by due time.
///
/// Tasks without a due day or time are the last in both groups.
#[utoipa::path(get, path = "/api/tasks", tag = "tasks", operation_id = "list_tasks", params(TaskQuery),
    responses((status = 200, body = TaskPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    Member(actor): Member,
    Query(query): Query<TaskQuery>,
) -> Result<axum::Json<TaskPage>, ApiError> {
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let due_before = query.due_before.map(|before| before.limits(&state.config().business.time_zone));
    let read = move |tx: &ReadTx<'_>| {
        let assignee = query.assignee.map(|assignee| assignee.user(tx, actor.id)).transpose()?;
        let filter = TaskFilter {
            business: BusinessId::FIRST,
            state: query.state.map_or(crate::domain::TaskState::Open, |state| state.0),
            contact: query.contact_id.map(|id| tx.kept_contact(ContactId(id))).transpose()?,
            call: query.call_id.map(CallId),
            // A token that belongs to no user has no tasks: the filter matches no task, because no user has the id 0.
            assignee: assignee.map(|user| user.unwrap_or(UserId(0))),
            due_before,
        };
        tx.tasks(&filter, after.as_ref(), limit)
    };
    let (tasks, next) = state.store.read(read).await?;
    Ok(axum::Json(Page::new(tasks, next)))
}

/// Add a task.
#[utoipa::path(post, path = "/api/tasks", tag = "tasks", operation_id = "create_task",
    params(("Idempotency-Key" = Option<String>, Header,
        description = "The same key and request again give the task that the first request created.")),
    request_body = CreateTaskRequest,
    responses((status = 200, description = "An earlier request with the same key has created it", body = Task),
        (status = 201, body = Task),
        (status = 404, body = ErrorBody, description = "The contact, the thread, the call or the user does not exist."),
        (status = 422, body = ErrorBody, description = "A field is refused; `key_reused`: the key was used for another request.")))]
pub(super) async fn create(
    State(state): State<AppState>,
    Member(actor): Member,
    headers: HeaderMap,
    Json(new): Json<CreateTaskRequest>,
) -> Result<(StatusCode, Tagged<Task>), ApiError> {
    let key = actor_idempotency_key(&headers, actor.id)?;
    let (content, by, now, recorder) = (TaskContent::from(new), actor.id, clock::now(), actor.clone());
    let created = actor.transact(&state.store, move |tx| {
        let Created { id, is_new } = task::create(tx, by, content, key.as_deref(), now)?;
        recorder.set_audit_subject(format!("task:{id}"));
        Ok((is_new, shown(tx, id)?))
    });
    let (is_new, created) = created.await?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Tagged(created)))
}

/// Get a task.
#[utoipa::path(get, path = "/api/tasks/{id}", tag = "tasks", operation_id = "get_task", params(("id" = i64, Path)),
    responses((status = 200, body = Task)))]
pub(super) async fn show(State(state): State<AppState>, _member: Member, Id(id): Id) -> Result<Tagged<Task>, ApiError> {
    Ok(Tagged(crm::read(&state.store, move |tx| shown(tx, TaskId(id))).await?))
}

/// Change a task.
#[utoipa::path(patch, path = "/api/tasks/{id}", tag = "tasks", operation_id = "update_task", params(("id" = i64, Path)),
    request_body = UpdateTaskRequest, responses((status = 200, body = Task)))]
pub(super) async fn update(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateTaskRequest>,
) -> Result<Tagged<Task>, ApiError> {
    let (id, now) = (TaskId(id), clock::now());
    let update = move |tx: &WriteTx<'_>| task::update(tx, id, |content| change.apply(content), now);
    if_match.edit(&actor, &state.store, move |tx| shown(tx, id), update).await
}

/// Delete a task.
#[utoipa::path(delete, path = "/api/tasks/{id}", tag = "tasks", operation_id = "delete_task", params(("id" = i64, Path)),
    responses((status = 200, description = "The task was deleted.", body = OkResponse)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let id = TaskId(id);
    if_match.delete(&actor, &state.store, move |tx| shown(tx, id), move |tx| task::delete(tx, id)).await?;
    Ok(OkResponse::OK)
}

/// Mark a task as done.
#[utoipa::path(post, path = "/api/tasks/{id}/done", tag = "tasks", operation_id = "complete_task", params(("id" = i64, Path)),
    responses((status = 200, body = Task)))]
pub(super) async fn complete(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Tagged<Task>, ApiError> {
    let (id, by, now) = (TaskId(id), actor.id, clock::now());
    let work = move |tx: &WriteTx<'_>| task::complete(tx, by, id, now).and_then(|()| shown(tx, id));
    Ok(Tagged(actor.transact(&state.store, work).await?))
}

/// Mark a task as not done.
#[utoipa::path(post, path = "/api/tasks/{id}/reopen", tag = "tasks", operation_id = "reopen_task", params(("id" = i64, Path)),
    responses((status = 200, body = Task)))]
pub(super) async fn reopen(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<Tagged<Task>, ApiError> {
    let (id, now) = (TaskId(id), clock::now());
    let work = move |tx: &WriteTx<'_>| task::reopen(tx, id, now).and_then(|()| shown(tx, id));
    Ok(Tagged(actor.transact(&state.store, work).await?))
}
