//! `[agent]`: what the agent is and says.

use serde::{Deserialize, Serialize};

/// What the agent is and says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentConfig {
    /// What the business is called.
    pub business_name: String,
    /// What the agent should know and do, in the owner's words.
    pub instructions: String,
    /// The language that it speaks first, ISO 639-1.
    pub language: String,
    /// The person to whom a call is passed on, E.164; none means that calls are not passed on.
    pub transfer_to: Option<String>,
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self { business_name: String::new(), instructions: String::new(), language: "he".into(), transfer_to: None }
    }
}
