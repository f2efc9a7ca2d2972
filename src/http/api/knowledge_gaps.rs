//! Questions that the agent could not answer.

pub(super) mod view;

use super::operation::{Operations, operations};
use crate::clock;
use crate::crm::{self, knowledge_gap};
use crate::domain::{self, BusinessId, GapId};
use crate::http::auth::{Member, Owner};
use crate::http::extract::{Id, Json, Query};
use crate::http::pagination::{CursorParam, Limit, Page};
use crate::http::{ApiError, AppState, ErrorBody};
use crate::store::ReadTx;
use axum::extract::State;
use serde::Deserialize;
use view::{AnswerKnowledgeGapRequest, GapState, KnowledgeGap, KnowledgeGapPage};

pub(super) fn operations() -> Operations {
    operations![list, answer, dismiss, reopen]
}

/// Filters for questions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct KnowledgeGapQuery {
    /// The state of the listed questions; `open` by default.
    #[param(inline)]
    state: Option<GapState>,
    /// Items per page, 1 to 200; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the previous page.
    #[param(value_type = Option<String>)]
    cursor: Option<CursorParam>,
}

/// List questions that the agent could not answer, most recently asked first.
#[utoipa::path(get, path = "/api/knowledge-gaps", tag = "booking", operation_id = "list_knowledge_gaps",
    params(KnowledgeGapQuery), responses((status = 200, body = KnowledgeGapPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    _member: Member,
    Query(query): Query<KnowledgeGapQuery>,
) -> Result<axum::Json<KnowledgeGapPage>, ApiError> {
    let of = query.state.map_or(domain::GapState::Open, |state| state.0);
    let (after, limit) = (query.cursor.map(|after| after.0), query.limit.0);
    let (gaps, next) = state.store.read(move |tx| tx.knowledge_gaps(BusinessId::FIRST, of, after, limit)).await?;
    Ok(axum::Json(Page::new(gaps, next)))
}

/// Answer a question.
///
/// The answer is stored as a fact. A question whose fact exists already cannot be answered again; change the fact
/// instead.
#[utoipa::path(post, path = "/api/knowledge-gaps/{id}/answer", tag = "booking", operation_id = "answer_knowledge_gap",
    params(("id" = i64, Path)), request_body = AnswerKnowledgeGapRequest,
    responses((status = 200, body = KnowledgeGap), (status = 409, body = ErrorBody)))]
pub(super) async fn answer(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    Json(request): Json<AnswerKnowledgeGapRequest>,
) -> Result<axum::Json<KnowledgeGap>, ApiError> {
    let (id, now, by) = (GapId(id), clock::now(), actor.id);
    let work = actor.transact(&state.store, move |tx| {
        knowledge_gap::answer(tx, by, id, (request.topic.as_deref(), &request.answer), now)?;
        view_of(tx, id)
    });
    Ok(axum::Json(work.await?))
}

/// Dismiss a question that needs no answer.
#[utoipa::path(post, path = "/api/knowledge-gaps/{id}/dismiss", tag = "booking", operation_id = "dismiss_knowledge_gap",
    params(("id" = i64, Path)), responses((status = 200, body = KnowledgeGap), (status = 409, body = ErrorBody)))]
pub(super) async fn dismiss(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<KnowledgeGap>, ApiError> {
    let (id, now, by) = (GapId(id), clock::now(), actor.id);
    let work = actor.transact(&state.store, move |tx| {
        knowledge_gap::dismiss(tx, by, id, now)?;
        view_of(tx, id)
    });
    Ok(axum::Json(work.await?))
}

/// Reopen a dismissed question.
#[utoipa::path(post, path = "/api/knowledge-gaps/{id}/reopen", tag = "booking", operation_id = "reopen_knowledge_gap",
    params(("id" = i64, Path)), responses((status = 200, body = KnowledgeGap), (status = 409, body = ErrorBody)))]
pub(super) async fn reopen(
    State(state): State<AppState>,
    Member(actor): Member,
    Id(id): Id,
) -> Result<axum::Json<KnowledgeGap>, ApiError> {
    let (id, now) = (GapId(id), clock::now());
    let work = actor.transact(&state.store, move |tx| {
        knowledge_gap::reopen(tx, id, now)?;
        view_of(tx, id)
    });
    Ok(axum::Json(work.await?))
}

fn view_of(tx: &ReadTx<'_>, id: GapId) -> Result<KnowledgeGap, crm::Error> {
    Ok(knowledge_gap::find(tx, id)?.into())
}
