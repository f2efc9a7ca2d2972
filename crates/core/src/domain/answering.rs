//! The owner's quick switch: who answers incoming calls now.

use super::{Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// Who answers incoming calls first.
    AnswerMode {
        /// As the settings say: `voice.ring_first`, and VIPs ring first.
        Settings = "settings",
        /// The agent answers every call at once; no call rings first.
        Agent = "agent",
        /// Every call rings at `agent.transfer_to` first, at any hour.
        Ring = "ring",
    }
}

impl AnswerMode {
    /// Returns the choice in words, for the daemon's log.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Settings => "the settings decide who answers",
            Self::Agent => "the AI agent answers every call at once",
            Self::Ring => "every call rings at agent.transfer_to first",
        }
    }
}

/// The owner's choice of who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answering {
    /// Who answers, or that the settings decide.
    pub mode: AnswerMode,
    /// When the settings decide again; none if the choice lasts until the next choice.
    pub until: Option<Timestamp>,
    /// The actor that made the choice, such as `user:3`, `token:2` or `owner`.
    pub set_by: String,
    /// When the choice was made.
    pub set_at: Timestamp,
}

impl Answering {
    /// Returns true if the choice still overrides the settings.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.mode != AnswerMode::Settings && self.until.is_none_or(|until| now < until)
    }
}
