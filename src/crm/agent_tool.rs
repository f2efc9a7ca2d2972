//! The tools of the agent that the owner defined.

use super::text::{lines_up_to, refuse};
use super::{Error, RequestError};
use crate::domain::{
    AgentTool, AgentToolId, BuiltInTool, BusinessId, ParameterType, Timestamp, ToolHeader, ToolMethod, ToolParameter,
    UrlTemplate,
};
use crate::store::{AgentToolData, ReadTx, WriteTx};
use std::collections::BTreeSet;
use std::time::Duration;

/// A partial change of a tool: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct AgentToolUpdate {
    pub name: Option<String>,
    pub description: Option<String>,
    pub method: Option<ToolMethod>,
    pub url: Option<String>,
    pub parameters: Option<Vec<ToolParameter>>,
    pub headers: Option<Vec<HeaderUpdate>>,
    pub time_limit_s: Option<u32>,
    pub is_enabled: Option<bool>,
    /// True deletes the tool; false restores it.
    pub is_archived: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderUpdate {
    pub name: String,
    /// The key under which a new value is stored in the file of secrets. `None` keeps the stored value; it is refused
    /// if none is stored, or if the tool moves to another server.
    pub secret: Option<String>,
}

/// Also returns a deleted tool that is not yet purged.
pub fn find(tx: &ReadTx<'_>, id: AgentToolId) -> Result<AgentTool, Error> {
    Ok(tx.agent_tool(id)?.ok_or(RequestError::NotFound("tool"))?)
}

/// Adds a tool. The name, the description and the address are required.
pub fn add(
    tx: &WriteTx<'_>,
    business: BusinessId,
    change: &AgentToolUpdate,
    now: Timestamp,
) -> Result<AgentToolId, Error> {
    let data = change.applied_to(&EMPTY, now)?;
    check_room(tx, business, &data, None)?;
    Ok(tx.insert_agent_tool(business, &data, now)?)
}

/// A tool that was deleted more than a day ago counts as not found.
pub fn change(tx: &WriteTx<'_>, id: AgentToolId, change: &AgentToolUpdate, now: Timestamp) -> Result<(), Error> {
    let tool = find(tx, id)?;
    if tool.archived_at.is_some_and(|at| now.since(at) > RESTORABLE) {
        return Err(RequestError::NotFound("tool").into());
    }
    let before = AgentToolData {
        name: tool.name,
        description: tool.description,
        method: tool.method,
        url: tool.url,
        parameters: tool.parameters,
        headers: tool.headers,
        time_limit_s: tool.time_limit_s,
        is_enabled: tool.is_enabled,
        archived_at: tool.archived_at,
    };
    let data = change.applied_to(&before, now)?;
    if data.archived_at.is_none() {
        check_room(tx, BusinessId::FIRST, &data, Some(id))?;
    }
    if data == before { Ok(()) } else { Ok(tx.update_agent_tool(id, &data, now)?) }
}

/// The keys of secrets after a purge.
#[derive(Debug)]
pub struct ToolSecretKeys {
    /// The keys of the secrets that tools still need.
    pub needed: BTreeSet<String>,
    /// The keys of the secrets that only the removed tools needed.
    pub deleted: BTreeSet<String>,
}

/// Removes the tools that were deleted more than a day ago.
pub fn purge(tx: &WriteTx<'_>, now: Timestamp) -> Result<ToolSecretKeys, Error> {
    let before = tx.agent_tool_secrets()?;
    tx.purge_agent_tools(now.minus(RESTORABLE))?;
    let needed: BTreeSet<String> = tx.agent_tool_secrets()?.into_iter().collect();
    let deleted = before.into_iter().filter(|key| !needed.contains(key)).collect();
    Ok(ToolSecretKeys { needed, deleted })
}

fn check_room(
    tx: &ReadTx<'_>,
    business: BusinessId,
    data: &AgentToolData,
    own: Option<AgentToolId>,
) -> Result<(), Error> {
    let name = &data.name;
    let others = tx.agent_tools(business)?.into_iter().filter(|tool| Some(tool.id) != own);
    let (mut count, mut is_used) = (0, false);
    let mut chars = definition_chars(&data.description, &data.parameters);
    for other in others {
        count += 1;
        is_used |= other.name == *name;
        chars += definition_chars(&other.description, &other.parameters);
    }
    if is_used {
        return Err(RequestError::Conflict(format!("there is a tool {name} already").into()).into());
    }
    if count >= MAX_TOOLS {
        return Err(RequestError::Conflict(format!("there are {MAX_TOOLS} tools already").into()).into());
    }
    if chars > MAX_DEFINITION_CHARS {
        let message = format!("the texts of all tools may have {MAX_DEFINITION_CHARS} characters together");
        return Err(RequestError::Conflict(message.into()).into());
    }
    Ok(())
}

/// Returns how many characters a tool's description and parameters add to each request to the model.
fn definition_chars(description: &str, parameters: &[ToolParameter]) -> usize {
    let of = |parameter: &ToolParameter| {
        let choices = parameter.choices.iter().map(|choice| choice.chars().count()).sum::<usize>();
        parameter.name.len() + parameter.description.chars().count() + choices
    };
    description.chars().count() + parameters.iter().map(of).sum::<usize>()
}

impl AgentToolUpdate {
    fn applied_to(&self, data: &AgentToolData, now: Timestamp) -> Result<AgentToolData, RequestError> {
        let archived_at = match self.is_archived {
            None => data.archived_at,
            Some(false) => None,
            Some(true) => data.archived_at.or(Some(now)),
        };
        let parameters = self.parameters.as_ref().unwrap_or(&data.parameters);
        let parameters = parameters.iter().map(checked_parameter).collect::<Result<Vec<_>, _>>()?;
        check_parameters(&parameters)?;
        let url = checked_url(self.url.as_deref().unwrap_or(&data.url), &parameters)?;
        let time_limit_s = self.time_limit_s.unwrap_or(data.time_limit_s);
        if !(1..=MAX_TIME_LIMIT_S).contains(&time_limit_s) {
            return Err(refuse("time_limit_s", format!("must be 1 to {MAX_TIME_LIMIT_S} seconds")));
        }
        Ok(AgentToolData {
            name: checked_name(self.name.as_deref().unwrap_or(&data.name))?,
            description: lines_up_to(
                MAX_DESCRIPTION_CHARS,
                "description",
                self.description.as_deref().unwrap_or(&data.description),
            )?,
            method: self.method.unwrap_or(data.method),
            headers: self.applied_headers(data, &url)?,
            url,
            parameters,
            time_limit_s,
            is_enabled: self.is_enabled.unwrap_or(data.is_enabled),
            archived_at,
        })
    }

    /// Returns the headers after the change. A new server gets no stored value, because otherwise an attacker with a
    /// stolen login could send the secrets to a server of their own.
    fn applied_headers(&self, data: &AgentToolData, url: &str) -> Result<Vec<ToolHeader>, RequestError> {
        let origin = |url: &str| UrlTemplate::parse(url).ok().map(|template| template.origin().to_owned());
        let is_same_server = origin(&data.url) == origin(url);
        let kept = || data.headers.iter().map(|header| HeaderUpdate { name: header.name.clone(), secret: None });
        let changes = self.headers.clone().unwrap_or_else(|| kept().collect());
        if changes.len() > MAX_HEADERS {
            return Err(refuse("headers", format!("must have at most {MAX_HEADERS} entries")));
        }
        let mut headers: Vec<ToolHeader> = Vec::with_capacity(changes.len());
        for HeaderUpdate { name, secret } in changes {
            let name = checked_header(&name)?;
            if headers.iter().any(|header| header.name == name) {
                return Err(refuse("headers", format!("must not contain {name} twice")));
            }
            let stored = || data.headers.iter().find(|header| header.name == name).map(|header| header.secret.clone());
            let secret = match secret {
                Some(secret) => secret,
                None if is_same_server => {
                    stored().ok_or_else(|| refuse("headers", format!("must have a value for {name}")))?
                }
                None => {
                    let reason =
                        format!("must have the value of {name} again, because the address changes where it is sent");
                    return Err(refuse("headers", reason));
                }
            };
            headers.push(ToolHeader { name, secret });
        }
        Ok(headers)
    }
}

fn checked_name(name: &str) -> Result<String, RequestError> {
    if !is_identifier(name, MIN_NAME_CHARS) {
        let rule =
            format!("must have {MIN_NAME_CHARS} to {MAX_NAME_CHARS} characters a-z, 0-9 and _, with a letter first");
        return Err(refuse("name", rule));
    }
    if name.parse::<BuiltInTool>().is_ok() {
        return Err(refuse("name", "must not be the name of a tool that every agent has"));
    }
    Ok(name.to_owned())
}

fn is_identifier(name: &str, min_chars: usize) -> bool {
    (min_chars..=MAX_NAME_CHARS).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn checked_parameter(parameter: &ToolParameter) -> Result<ToolParameter, RequestError> {
    let ToolParameter { name, kind, description, required, choices } = parameter;
    if !is_identifier(name, 1) {
        let rule = format!("must have names of 1 to {MAX_NAME_CHARS} characters a-z, 0-9 and _, with a letter first");
        return Err(refuse("parameters", rule));
    }
    if !choices.is_empty() && *kind != ParameterType::String {
        return Err(refuse("parameters", "may have choices only for the type string"));
    }
    if choices.len() > MAX_CHOICES {
        return Err(refuse("parameters", format!("must have at most {MAX_CHOICES} choices each")));
    }
    let choices = choices.iter().map(|choice| lines_up_to(MAX_CHOICE_CHARS, "parameters", choice));
    Ok(ToolParameter {
        name: name.clone(),
        kind: *kind,
        description: lines_up_to(MAX_PARAMETER_CHARS, "parameters", description)?,
        required: *required,
        choices: choices.collect::<Result<_, _>>()?,
    })
}

fn check_parameters(parameters: &[ToolParameter]) -> Result<(), RequestError> {
    if parameters.len() > MAX_PARAMETERS {
        return Err(refuse("parameters", format!("must have at most {MAX_PARAMETERS} entries")));
    }
    let is_twice = |(at, it): (usize, &ToolParameter)| parameters[..at].iter().any(|before| before.name == it.name);
    match parameters.iter().enumerate().find(|entry| is_twice(*entry)) {
        Some((_, twice)) => Err(refuse("parameters", format!("must not contain {} twice", twice.name))),
        None => Ok(()),
    }
}

fn checked_url(url: &str, parameters: &[ToolParameter]) -> Result<String, RequestError> {
    let url = url.trim();
    if url.len() > MAX_URL_BYTES {
        return Err(refuse("url", format!("must have at most {MAX_URL_BYTES} characters")));
    }
    let template = UrlTemplate::parse(url).map_err(|error| refuse("url", error))?;
    let is_required = |name: &str| parameters.iter().any(|parameter| parameter.name == name && parameter.required);
    match template.parameters().find(|name| !is_required(name)) {
        Some(name) => Err(refuse("url", format!("contains {{{name}}}, which is not a required parameter"))),
        None => Ok(url.to_owned()),
    }
}

fn checked_header(name: &str) -> Result<String, RequestError> {
    let name = name.trim().to_ascii_lowercase();
    let is_name = !name.is_empty()
        && name.len() <= MAX_NAME_CHARS
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_name {
        return Err(refuse("headers", "must have names such as Authorization or X-Api-Key"));
    }
    if RESERVED_HEADERS.contains(&name.as_str()) {
        return Err(refuse("headers", format!("must not contain {name}, which the service itself sets")));
    }
    Ok(name)
}

/// The data of a new tool before its first change.
const EMPTY: AgentToolData = AgentToolData {
    name: String::new(),
    description: String::new(),
    method: ToolMethod::Get,
    url: String::new(),
    parameters: Vec::new(),
    headers: Vec::new(),
    time_limit_s: 8,
    is_enabled: true,
    archived_at: None,
};

/// Headers that belong to the connection or to the form of the request.
const RESERVED_HEADERS: [&str; 12] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// The maximum number of tools. The model chooses less reliably among many tools.
const MAX_TOOLS: usize = 20;
const MIN_NAME_CHARS: usize = 3;
const MAX_NAME_CHARS: usize = 41;
const MAX_DESCRIPTION_CHARS: usize = 1000;
const MAX_PARAMETERS: usize = 20;
const MAX_PARAMETER_CHARS: usize = 500;
const MAX_CHOICES: usize = 50;
const MAX_CHOICE_CHARS: usize = 100;
const MAX_HEADERS: usize = 5;
const MAX_URL_BYTES: usize = 2000;
const MAX_TIME_LIMIT_S: u32 = 15;
/// The maximum length of the texts of all tools together, in characters. They are part of each request to the model.
const MAX_DEFINITION_CHARS: usize = 20_000;
/// How long a deleted tool can be restored.
const RESTORABLE: Duration = Duration::from_hours(24);
