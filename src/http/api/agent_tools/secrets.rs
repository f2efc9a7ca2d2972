//! The values of the tools' headers, which are stored in `page-secrets.toml` and not in the database.
//!
//! Each new value gets a random id. The value is stored before the tool that refers to it, and a replaced value is
//! removed after the change.

use crate::config::{PageSecrets, Secret};
use crate::crm::agent_tool;
use crate::crm::{self};
use crate::domain::AgentTool;
use crate::entropy::random_hex;
use crate::http::{ApiError, AppState};
use crate::runtime::own_tools::header_value;
use crate::runtime::reload::ToolSecrets;
use std::collections::BTreeSet;

/// The ids of the stored values.
pub(super) type Stored = BTreeSet<String>;

/// Returns no ids if the file cannot be read.
pub(super) async fn stored(state: &AppState) -> Stored {
    let file = PageSecrets::of(&state.config().store);
    let read = tokio::task::spawn_blocking(move || file.tool_secrets()).await;
    read.ok().and_then(Result::ok).unwrap_or_default().into_keys().collect()
}

/// The values of a request, by their new ids.
#[derive(Debug, Default)]
pub(super) struct NewSecrets(ToolSecrets);

impl NewSecrets {
    pub(super) fn add(&mut self, value: Secret) -> Result<String, ApiError> {
        if value.expose().len() > MAX_VALUE_BYTES || header_value(&value).is_none() {
            let rule = format!("headers must have values of 1 to {MAX_VALUE_BYTES} characters in one line");
            return Err(ApiError::invalid(rule).with_field("headers"));
        }
        let id = random_hex::<16>();
        self.0.push((id.clone(), Some(value)));
        Ok(id)
    }

    /// Stores the values before `change` runs, with the ids of all stored values as its argument. Removes the values if
    /// the change fails.
    pub(super) async fn stored_for<T>(
        self,
        state: &AppState,
        tool: &str,
        change: impl AsyncFnOnce(Stored) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let new: Vec<_> = self.0.iter().map(|(id, _)| id.clone()).collect();
        if !new.is_empty() {
            state.reload_handle.store_tool_secrets(self.0).await.map_err(|error| not_stored(tool, &error))?;
        }
        let changed = change(stored(state).await).await;
        if changed.is_err() {
            forget(state, tool, new).await;
        }
        changed
    }
}

/// Removes the header values that only the previous state of the tool, `before`, refers to.
pub(super) async fn forget_replaced(state: &AppState, before: AgentTool) {
    if before.headers.is_empty() {
        return;
    }
    let Ok(now) = crm::read(&state.store, move |tx| agent_tool::find(tx, before.id)).await else { return };
    let is_used = |id: &String| now.headers.iter().any(|header| header.secret == *id);
    let unused = before.headers.into_iter().map(|header| header.secret).filter(|id| !is_used(id)).collect();
    forget(state, &before.name, unused).await;
}

/// Removes values. If this fails, the hourly purge removes them after 30 days.
async fn forget(state: &AppState, tool: &str, ids: Vec<String>) {
    if ids.is_empty() {
        return;
    }
    let listed = ids.join(", ");
    let removed = state.reload_handle.store_tool_secrets(ids.into_iter().map(|id| (id, None)).collect()).await;
    if let Err(error) = removed {
        tracing::warn!(event = "TOOL_SECRETS_KEPT", tool, ids = listed, %error, "Cannot remove the unused secrets {listed} of tool {tool} from page-secrets.toml; the daemon removes them after 30 days");
    }
}

fn not_stored(tool: &str, error: &std::io::Error) -> ApiError {
    tracing::error!(event = "TOOL_SECRETS_NOT_STORED", tool, %error, "Cannot store the secrets of tool {tool} in page-secrets.toml; the change of the tool was rejected");
    ApiError::unavailable("the secrets cannot be stored; the disk may be full")
}

const MAX_VALUE_BYTES: usize = 2000;
