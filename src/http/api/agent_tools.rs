//! The tools of the agent that the owner defined. For owners only, because their addresses may contain keys.

mod secrets;
mod view;

use super::operation::{Operations, operations};
use super::response::OkResponse;
use crate::clock;
use crate::crm::agent_tool::{self, AgentToolUpdate};
use crate::crm::idempotency::Kind;
use crate::crm::{self};
use crate::domain::{self, AgentToolId, BusinessId, UrlTemplate};
use crate::http::auth::Owner;
use crate::http::etag::{IfMatch, Tagged};
use crate::http::extract::{Id, Json};
use crate::http::idempotency::IdempotencyKey;
use crate::http::pagination::Page;
use crate::http::{ApiError, AppState, ErrorBody};
use crate::runtime::own_tools::{OwnTools, ToolCaller};
use crate::store::{ReadTx, WriteTx};
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use view::{
    AgentTool, AgentToolPage, CreateAgentToolRequest, TryAgentToolRequest, TryAgentToolResponse, UpdateAgentToolRequest,
};

pub(super) fn operations() -> Operations {
    operations![list, create, show, change, delete, try_out]
}

/// List the tools that the owner defined for the agent, by name.
///
/// Deleted tools are not listed. The values of headers are never returned.
#[utoipa::path(get, path = "/api/agent-tools", tag = "system", operation_id = "list_agent_tools",
    responses((status = 200, body = AgentToolPage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    Owner(_actor): Owner,
) -> Result<axum::Json<AgentToolPage>, ApiError> {
    let tools = state.store.read(|tx| tx.agent_tools(BusinessId::FIRST)).await?;
    let stored = secrets::stored(&state).await;
    let tools = tools.into_iter().map(|tool| AgentTool::new(tool, &stored));
    Ok(axum::Json(Page::only(tools.collect::<Vec<_>>())))
}

/// Add a tool of the agent: a request to a server of the owner.
///
/// The agent has the tool from the next phone call on. With GET, arguments that the address does not contain are
/// appended to its query. With POST, the body is JSON with `arguments`, `call_sid` and `caller`: the number of the
/// caller, or null if it is withheld or may be forged. Each request has an `Idempotency-Key`.
#[utoipa::path(post, path = "/api/agent-tools", tag = "system", operation_id = "create_agent_tool",
    request_body = CreateAgentToolRequest, responses((status = 201, body = AgentTool), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Json(new): Json<CreateAgentToolRequest>,
) -> Result<(StatusCode, Tagged<AgentTool>), ApiError> {
    let (change, new_secrets) = new.into_change()?;
    let tool = change.name.clone().unwrap_or_default();
    check_address(&state, &change).await?;
    let now = clock::now();
    new_secrets
        .stored_for(&state, &tool, async |stored| {
            let create = move |tx: &WriteTx<'_>| agent_tool::add(tx, BusinessId::FIRST, &change, now);
            actor
                .create(&state.store, Kind::AGENT_TOOL, &IdempotencyKey::NONE, create, move |tx, id| {
                    view_of(tx, id, &stored)
                })
                .await
        })
        .await
}

/// Get a tool of the agent.
#[utoipa::path(get, path = "/api/agent-tools/{id}", tag = "system", operation_id = "get_agent_tool",
    params(("id" = i64, Path)), responses((status = 200, body = AgentTool)))]
pub(super) async fn show(
    State(state): State<AppState>,
    Owner(_actor): Owner,
    Id(id): Id,
) -> Result<Tagged<AgentTool>, ApiError> {
    let stored = secrets::stored(&state).await;
    Ok(Tagged(crm::read(&state.store, move |tx| view_of(tx, AgentToolId(id), &stored)).await?))
}

/// Change, or restore, a tool of the agent.
///
/// If the address leads to another server, the request must contain the values of all headers.
#[utoipa::path(patch, path = "/api/agent-tools/{id}", tag = "system", operation_id = "update_agent_tool",
    params(("id" = i64, Path)), request_body = UpdateAgentToolRequest,
    responses((status = 200, body = AgentTool), (status = 409, body = ErrorBody)))]
pub(super) async fn change(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
    Json(change): Json<UpdateAgentToolRequest>,
) -> Result<Tagged<AgentTool>, ApiError> {
    let (id, now) = (AgentToolId(id), clock::now());
    let (change, new_secrets) = change.into_change()?;
    check_address(&state, &change).await?;
    let before = crm::read(&state.store, move |tx| agent_tool::find(tx, id)).await?;
    let edited = new_secrets
        .stored_for(&state, &before.name, async |stored| {
            let change = move |tx: &WriteTx<'_>| agent_tool::change(tx, id, &change, now);
            if_match.edit(&actor, &state.store, move |tx| view_of(tx, id, &stored), change).await
        })
        .await?;
    secrets::forget_replaced(&state, before).await;
    Ok(edited)
}

/// Delete a tool of the agent.
///
/// Within a day, a change with `archived` false restores the tool.
#[utoipa::path(delete, path = "/api/agent-tools/{id}", tag = "system", operation_id = "delete_agent_tool",
    params(("id" = i64, Path)), responses((status = 200, description = "The tool was deleted.", body = OkResponse)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Owner(actor): Owner,
    Id(id): Id,
    if_match: IfMatch,
) -> Result<axum::Json<OkResponse>, ApiError> {
    let (id, now, stored) = (AgentToolId(id), clock::now(), secrets::stored(&state).await);
    let archived = AgentToolUpdate { is_archived: Some(true), ..AgentToolUpdate::default() };
    let archive = move |tx: &WriteTx<'_>| agent_tool::change(tx, id, &archived, now);
    if_match.delete(&actor, &state.store, move |tx| view_of(tx, id, &stored), archive).await?;
    Ok(OkResponse::OK)
}

/// Send the request of a tool as in a phone call, and get what the agent would receive.
///
/// The server of the tool receives the request, which may change data there. The request names no phone call and no
/// caller.
#[utoipa::path(post, path = "/api/agent-tools/{id}/try", tag = "system", operation_id = "try_agent_tool",
    params(("id" = i64, Path)), request_body = TryAgentToolRequest,
    responses((status = 200, body = TryAgentToolResponse), (status = 429, body = ErrorBody)))]
pub(super) async fn try_out(
    State(state): State<AppState>,
    Owner(_actor): Owner,
    Id(id): Id,
    Json(body): Json<TryAgentToolRequest>,
) -> Result<axum::Json<TryAgentToolResponse>, ApiError> {
    let tool = crm::read(&state.store, move |tx| agent_tool::find(tx, AgentToolId(id))).await?;
    state.checks.begin(clock::instant()).map_err(ApiError::too_often)?;
    let arguments = match tool.check_arguments(body.arguments.into_iter().collect()) {
        Ok(arguments) => arguments,
        Err(error) => {
            let output = json!({"error": error.to_string()});
            return Ok(axum::Json(TryAgentToolResponse { status: None, output, duration_ms: 0 }));
        }
    };
    let caller = ToolCaller { call: None, number: None };
    let outcome = OwnTools::new(state.settings.current(), caller).run(&tool, arguments).await;
    Ok(axum::Json(outcome.into()))
}

/// Rejects an address that is not public.
async fn check_address(state: &AppState, change: &AgentToolUpdate) -> Result<(), ApiError> {
    // The validation of all fields rejects an address that cannot be parsed.
    let template = change.url.as_deref().and_then(|url| UrlTemplate::parse(url.trim()).ok());
    let Some(template) = template else { return Ok(()) };
    let checked = state.settings.current().check_tool_address(&template.example()).await;
    let refused = |reason| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", format!("url: {reason}"));
    checked.map_err(|reason| refused(reason).with_field("url"))
}

fn view_of(tx: &ReadTx<'_>, id: AgentToolId, stored: &secrets::Stored) -> Result<AgentTool, crm::Error> {
    let tool: domain::AgentTool = agent_tool::find(tx, id)?;
    Ok(AgentTool::new(tool, stored))
}
