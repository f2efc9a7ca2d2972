//! API types of the agent's tools.

use super::secrets::{NewSecrets, Stored};
use crate::config::Secret;
use crate::crm::agent_tool::{AgentToolUpdate, HeaderUpdate};
use crate::domain::{self, Timestamp};
use crate::http::ApiError;
use crate::http::api::one_of::OneOf;
use crate::http::etag::{Listed, Versioned};
use crate::http::pagination::Page;
use crate::runtime::own_tools::ToolOutcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) type AgentToolPage = Page<AgentTool>;
pub(crate) type ToolMethod = OneOf<domain::ToolMethod>;
pub(crate) type ParameterType = OneOf<domain::ParameterType>;

/// A tool of the agent that the owner defined.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AgentTool {
    /// The id of the tool.
    id: i64,
    /// The name by which the model uses the tool.
    name: String,
    /// When the agent should use the tool.
    description: String,
    /// The HTTP method of the request.
    method: ToolMethod,
    /// The address. `{name}` stands for the value of a parameter.
    url: String,
    /// The parameters of the tool.
    parameters: Vec<ToolParameter>,
    /// The headers of the request, without their values.
    headers: Vec<ToolHeader>,
    /// The maximum duration of the request, in seconds.
    time_limit_s: u32,
    /// Whether the agent has the tool, unless it is deleted.
    enabled: bool,
    /// Whether the tool is deleted.
    archived: bool,
    /// When the tool was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the tool was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The version of the item (its `ETag`), for `If-Match`.
    etag: String,
}

/// A parameter of a tool.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolParameter {
    /// The name of the parameter: a letter a-z, then up to 40 of a-z, 0-9 and _.
    name: String,
    /// The type of the parameter.
    r#type: ParameterType,
    /// What the agent should enter, 1 to 500 characters.
    description: String,
    /// Whether the agent must enter the parameter to use the tool; true by default.
    #[serde(default = "yes")]
    required: bool,
    /// The allowed values of a `string`, at most 50; empty if all values are allowed.
    #[serde(default)]
    choices: Vec<String>,
}

/// A header of a tool's request.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ToolHeader {
    /// The name of the header, in lower case.
    name: String,
    /// Whether the value of the header is stored. Backups contain no values of headers, so after a restore some may
    /// have to be entered again.
    value_set: bool,
    /// The id of the stored value. A new value has a new id, so it changes the version of the tool.
    #[serde(skip)]
    secret: String,
}

/// A header of a tool's request, as a client sets it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolHeaderRequest {
    /// The name of the header, such as `Authorization`.
    name: String,
    /// The value, which is never returned. If it is absent or null, the stored value is kept; a new header must have a
    /// value.
    value: Option<String>,
}

impl AgentTool {
    pub(super) fn new(tool: domain::AgentTool, stored: &Stored) -> Self {
        let header = |header: domain::ToolHeader| ToolHeader {
            name: header.name,
            value_set: stored.contains(&header.secret),
            secret: header.secret,
        };
        Self {
            id: tool.id.0,
            name: tool.name,
            description: tool.description,
            method: tool.method.into(),
            url: tool.url,
            parameters: tool.parameters.into_iter().map(Into::into).collect(),
            headers: tool.headers.into_iter().map(header).collect(),
            time_limit_s: tool.time_limit_s,
            enabled: tool.is_enabled,
            archived: tool.archived_at.is_some(),
            created_at: tool.created_at,
            updated_at: tool.updated_at,
            etag: String::new(),
        }
        .with_etag()
    }
}

impl Versioned for AgentTool {
    fn version(&self) -> impl Serialize {
        let headers: Vec<_> = self.headers.iter().map(|header| (&header.name, &header.secret)).collect();
        let request = (self.method, &self.url, &self.parameters, headers, self.time_limit_s);
        (self.id, &self.name, &self.description, request, self.enabled, self.archived)
    }
}

impl Listed for AgentTool {
    fn etag_field(&mut self) -> &mut String {
        &mut self.etag
    }
}

impl From<domain::ToolParameter> for ToolParameter {
    fn from(parameter: domain::ToolParameter) -> Self {
        let domain::ToolParameter { name, kind, description, required, choices } = parameter;
        Self { name, r#type: kind.into(), description, required, choices }
    }
}

impl From<ToolParameter> for domain::ToolParameter {
    fn from(parameter: ToolParameter) -> Self {
        let ToolParameter { name, r#type, description, required, choices } = parameter;
        Self { name, kind: r#type.0, description, required, choices }
    }
}

/// A new tool of the agent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateAgentToolRequest {
    /// The unique name by which the model uses the tool: a letter a-z, then 2 to 40 of a-z, 0-9 and _.
    name: String,
    /// When the agent should use the tool, 1 to 1000 characters.
    description: String,
    /// The HTTP method of the request; `GET` by default.
    method: Option<ToolMethod>,
    /// The address, https and public. `{name}` in its path or query stands for the value of a required parameter.
    url: String,
    /// The parameters, at most 20.
    #[serde(default)]
    parameters: Vec<ToolParameter>,
    /// The headers, at most 5.
    #[serde(default)]
    headers: Vec<ToolHeaderRequest>,
    /// The maximum duration of the request, 1 to 15 seconds; 8 by default.
    time_limit_s: Option<u32>,
    /// Whether the agent has the tool; true by default.
    enabled: Option<bool>,
}

/// A change of a tool. Absent and null fields keep their values.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateAgentToolRequest {
    /// The name by which the model uses the tool.
    name: Option<String>,
    /// When the agent should use the tool, 1 to 1000 characters.
    description: Option<String>,
    /// The HTTP method of the request.
    method: Option<ToolMethod>,
    /// The address, https and public.
    url: Option<String>,
    /// All parameters.
    parameters: Option<Vec<ToolParameter>>,
    /// All headers. A header without a value keeps its stored value.
    headers: Option<Vec<ToolHeaderRequest>>,
    /// The maximum duration of the request, 1 to 15 seconds.
    time_limit_s: Option<u32>,
    /// Whether the agent has the tool.
    enabled: Option<bool>,
    /// False restores a deleted tool; true deletes it.
    archived: Option<bool>,
}

impl CreateAgentToolRequest {
    pub(super) fn into_change(self) -> Result<(AgentToolUpdate, NewSecrets), ApiError> {
        let Self { name, description, method, url, parameters, headers, time_limit_s, enabled } = self;
        let change = UpdateAgentToolRequest {
            name: Some(name),
            description: Some(description),
            method,
            url: Some(url),
            parameters: Some(parameters),
            headers: Some(headers),
            time_limit_s,
            enabled,
            archived: None,
        };
        change.into_change()
    }
}

impl UpdateAgentToolRequest {
    pub(super) fn into_change(self) -> Result<(AgentToolUpdate, NewSecrets), ApiError> {
        let mut new = NewSecrets::default();
        let mut header = |ToolHeaderRequest { name, value }: ToolHeaderRequest| {
            let secret = value.map(|value| new.add(Secret::new(value.trim()))).transpose()?;
            Ok::<_, ApiError>(HeaderUpdate { name, secret })
        };
        let headers = self.headers.map(|all| all.into_iter().map(&mut header).collect::<Result<_, _>>());
        let change = AgentToolUpdate {
            name: self.name,
            description: self.description,
            method: self.method.map(|method| method.0),
            url: self.url,
            parameters: self.parameters.map(|all| all.into_iter().map(Into::into).collect()),
            headers: headers.transpose()?,
            time_limit_s: self.time_limit_s,
            is_enabled: self.enabled,
            is_archived: self.archived,
        };
        Ok((change, new))
    }
}

/// The arguments with which a tool is tried.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryAgentToolRequest {
    /// The value of each parameter, by name.
    #[serde(default)]
    pub(super) arguments: BTreeMap<String, Value>,
}

/// The outcome of a tool that was tried.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TryAgentToolResponse {
    /// The HTTP status code of the server's response; null if the request was not sent, or no valid response arrived in
    /// time.
    pub(super) status: Option<u16>,
    /// What the agent receives: after a successful response its `status` and `body`, with a `note` if the body is cut
    /// off or left out; otherwise `error` with the reason.
    pub(super) output: Value,
    /// The duration of the request, in milliseconds.
    pub(super) duration_ms: u64,
}

impl From<ToolOutcome> for TryAgentToolResponse {
    fn from(outcome: ToolOutcome) -> Self {
        let ToolOutcome { status, output, took } = outcome;
        Self { status, output, duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX) }
    }
}

fn yes() -> bool {
    true
}
