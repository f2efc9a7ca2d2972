//! Runs the tools that the owner defined. Each is one request to a server of the owner.

use super::{ToolContext, ToolError};
use crate::domain::{AgentTool, ToolMethod};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const NOT_SENT: &str = "This is a trial call by the business's own staff: the request was not sent, because it may change \
                        data. Continue as if it had succeeded.";

/// How much longer the call waits than the request may take, so that the model receives the reason of a timeout and not
/// the note about a tool that is still running.
const MARGIN: Duration = Duration::from_secs(1);

pub(super) fn time_limit(tool: &AgentTool) -> Duration {
    Duration::from_secs(tool.time_limit_s.into()) + MARGIN
}

/// In a trial call, only GET requests are sent.
pub(super) async fn run(context: &ToolContext, tool: Arc<AgentTool>, arguments: &str) -> Result<Value, ToolError> {
    let arguments = tool.check_arguments(serde_json::from_str(arguments)?)?;
    if context.is_trial() && tool.method != ToolMethod::Get {
        return Ok(json!({"ok": true, "trial": NOT_SENT}));
    }
    match &context.own_tools {
        Some(sender) => Ok(sender.send(tool, arguments).await),
        None => Err(ToolError::NotSent("this conversation can send no requests")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::tool::{PhoneTools, ToolRegistry};
    use crate::domain::{AgentToolId, BuiltInTool, Timestamp};

    fn tool(name: &str) -> AgentTool {
        let at = Timestamp::from_millis(1_795_000_000_000);
        AgentTool {
            id: AgentToolId(1),
            name: name.to_owned(),
            description: "When a caller asks whether a part is in stock.".to_owned(),
            method: ToolMethod::Get,
            url: "https://shop.example/".to_owned(),
            parameters: Vec::new(),
            headers: Vec::new(),
            time_limit_s: 5,
            is_enabled: true,
            archived_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn every_agent_can_have_all_built_in_tools() {
        let registry = ToolRegistry::for_phone(PhoneTools::ALL);
        let names: Vec<_> = registry.definitions().iter().map(|tool| tool.name.to_string()).collect();
        assert_eq!(names, BuiltInTool::ALL.iter().map(ToString::to_string).collect::<Vec<_>>());
    }

    #[test]
    fn the_agent_has_the_tools_of_the_owner() {
        let registry = ToolRegistry::for_phone(PhoneTools::ALL).with_own(&[tool("check_stock")]);
        let definitions = registry.definitions();
        let added: Vec<_> = definitions.iter().skip(BuiltInTool::ALL.len()).map(|tool| &*tool.name).collect();
        assert_eq!(added, ["check_stock"]);
        let call = registry.classify("check_stock".into(), "{}".into());
        let time_limit = Duration::from_secs(6);
        assert_eq!(call, crate::call::ToolCall::Run { name: "check_stock".into(), arguments: "{}".into(), time_limit });
    }
}
