//! The tool that searches the owner's facts about the business. The instructions contain only some of them.

use super::{Run, Tool, ToolContext, ToolError};
use crate::crm::business_profile;
use crate::domain::BuiltInTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) struct SearchFacts;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// Two or three words of the question, in the business's language.
    words: String,
}

impl Tool for SearchFacts {
    type Arguments = Arguments;
    const NAME: BuiltInTool = BuiltInTool::SearchFacts;
    const DESCRIPTION: &'static str = "Search the owner's facts about the business.";
}

impl Run for SearchFacts {
    const TIME_LIMIT: Duration = Duration::from_secs(8);

    async fn run(context: &ToolContext, arguments: Arguments) -> Result<Value, ToolError> {
        let (call, now) = (&context.call, context.now());
        let found = business_profile::search_facts(context, call, arguments.words, now).await?;
        if found.best.is_empty() {
            return Ok(json!({"facts": [], "topics": found.topics}));
        }
        let facts: Vec<_> = found
            .best
            .iter()
            .map(|fact| json!({"topic": fact.topic, "text": fact.text, "source": fact.source.as_str()}))
            .collect();
        Ok(json!({"facts": facts}))
    }
}
