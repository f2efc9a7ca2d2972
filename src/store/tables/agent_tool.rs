//! The tools of the agent that the owner defined.

use crate::domain::{AgentTool, AgentToolId, BusinessId, ChangeKind, Timestamp, ToolHeader, ToolMethod, ToolParameter};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, named_params, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentToolData {
    pub name: String,
    pub description: String,
    pub method: ToolMethod,
    pub url: String,
    pub parameters: Vec<ToolParameter>,
    pub headers: Vec<ToolHeader>,
    pub time_limit_s: u32,
    pub is_enabled: bool,
    /// `None` if the tool is not deleted.
    pub archived_at: Option<Timestamp>,
}

impl ReadTx<'_> {
    /// Without deleted tools, by name.
    pub fn agent_tools(&self, business: BusinessId) -> Result<Vec<AgentTool>> {
        let mut query = self
            .conn
            .prepare_cached("SELECT * FROM agent_tools WHERE business_id = ?1 AND archived_at IS NULL ORDER BY name")?;
        let rows = query.query_map([business], tool)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Also returns a deleted tool.
    pub fn agent_tool(&self, id: AgentToolId) -> Result<Option<AgentTool>> {
        let mut query = self.conn.prepare_cached("SELECT * FROM agent_tools WHERE id = ?1")?;
        Ok(query.query_row([id], tool).optional()?)
    }

    /// The keys of all secrets, including those of deleted tools.
    pub fn agent_tool_secrets(&self) -> Result<Vec<String>> {
        let mut query = self.conn.prepare_cached(
            "SELECT json_extract(header.value, '$.secret') FROM agent_tools, json_each(headers) header",
        )?;
        let rows = query.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl WriteTx<'_> {
    /// The name must not be in use.
    pub fn insert_agent_tool(&self, business: BusinessId, data: &AgentToolData, now: Timestamp) -> Result<AgentToolId> {
        self.conn
            .prepare_cached(
                "INSERT INTO agent_tools(business_id, name, description, method, url, parameters, headers, time_limit_s,
                     is_enabled, created_at, updated_at)
                 VALUES (?1, ?2, '', ?3, '', '[]', '[]', 0, 0, ?4, ?4)",
            )?
            .execute(params![business, data.name, data.method, now])?;
        let id = AgentToolId(self.conn.last_insert_rowid());
        self.update_agent_tool(id, data, now)?;
        Ok(id)
    }

    pub fn update_agent_tool(&self, id: AgentToolId, data: &AgentToolData, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE agent_tools SET name = :name, description = :description, method = :method, url = :url,
                     parameters = :parameters, headers = :headers, time_limit_s = :limit, is_enabled = :enabled,
                     archived_at = :archived, updated_at = :now
                 WHERE id = :id",
            )?
            .execute(named_params! {
                ":id": id,
                ":name": data.name,
                ":description": data.description,
                ":method": data.method,
                ":url": data.url,
                ":parameters": json(&data.parameters)?,
                ":headers": json(&data.headers)?,
                ":limit": data.time_limit_s,
                ":enabled": data.is_enabled,
                ":archived": data.archived_at,
                ":now": now,
            })?;
        self.record_in(ChangeKind::AgentToolUpdated, None, Some(id.0))
    }

    /// Removes the tools that were deleted before a time, so that they can no longer be restored.
    pub fn purge_agent_tools(&self, before: Timestamp) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM agent_tools WHERE archived_at < ?1")?.execute([before])?;
        Ok(())
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Value(error.to_string()))
}

fn parsed<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    let index = row.as_ref().column_index(column)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

fn tool(row: &Row<'_>) -> rusqlite::Result<AgentTool> {
    Ok(AgentTool {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        method: row.get("method")?,
        url: row.get("url")?,
        parameters: parsed(row, "parameters")?,
        headers: parsed(row, "headers")?,
        time_limit_s: row.get("time_limit_s")?,
        is_enabled: row.get("is_enabled")?,
        archived_at: row.get("archived_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
