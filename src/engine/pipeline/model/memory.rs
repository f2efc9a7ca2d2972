//! What requests have shown about a language model and its server, so that later requests and calls need not find out.

use crate::config::ModelServer;
use crate::providers::openai::chat::ChatFields;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Shared by all calls.
#[derive(Clone, Debug, Default)]
pub struct ModelMemory {
    /// By the address of the server and the name of the model.
    known: Arc<Mutex<HashMap<(String, String), Known>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The fields that the server accepts.
    pub(super) fields: ChatFields,
    /// Whether the model writes its reasoning into its answers.
    pub(super) writes_reasoning: bool,
    /// Whether the beginning of an answer may be reasoning without its first tag.
    pub(super) beginning: Beginning,
}

/// What the last answers show about the beginning of the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Beginning {
    #[default]
    Words,
    /// Reasoning without its first tag. `plain` answers have followed that began with words.
    Reasoning { plain: u8 },
}

impl Beginning {
    /// Returns what is known after one more answer, `is_reasoning` if it began with reasoning without its first tag. After
    /// several answers without, the tag was an exception, such as a quotation: waiting for it would delay each answer.
    pub(super) fn after(self, is_reasoning: bool) -> Self {
        match self {
            _ if is_reasoning => Self::Reasoning { plain: 0 },
            Self::Reasoning { plain } if plain + 1 < MAX_PLAIN => Self::Reasoning { plain: plain + 1 },
            Self::Reasoning { .. } | Self::Words => Self::Words,
        }
    }
}

const MAX_PLAIN: u8 = 3;

impl ModelMemory {
    pub(super) fn of(&self, server: &ModelServer<'_>) -> Known {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key(server)).copied().unwrap_or_default()
    }

    pub(super) fn learn(&self, server: &ModelServer<'_>, change: impl FnOnce(&mut Known)) {
        change(self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(key(server)).or_default());
    }
}

fn key(server: &ModelServer<'_>) -> (String, String) {
    (server.base_url.to_string(), server.model.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_at_the_beginning_is_forgotten_after_three_plain_answers() {
        let answers = [false, true, false, false, true, false, false, false, false];
        let states = answers.iter().scan(Beginning::default(), |state, is_reasoning| {
            *state = state.after(*is_reasoning);
            Some(*state != Beginning::Words)
        });
        assert_eq!(states.collect::<Vec<_>>(), [false, true, true, true, true, true, true, false, false]);
    }
}
