//! API types of who answers calls.

use crate::config;
use crate::domain::{self, Timestamp};
use crate::http::api::one_of::OneOf;
use crate::http::etag::Versioned;
use serde::{Deserialize, Serialize};

pub(crate) type AnswerMode = OneOf<domain::AnswerMode>;
pub(crate) type RingFirst = OneOf<config::RingFirst>;

/// Who answers calls now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the API")]
pub(crate) struct Answering {
    /// The owner's choice; `settings` if there is none, or it has ended.
    mode: AnswerMode,
    /// When the settings decide again; null if there is no choice, or the choice lasts until the next one.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// The actor that made the choice: `user:3`, `token:2`, or `owner` for a WhatsApp message of the owner; null
    /// without a choice.
    set_by: Option<String>,
    /// The name of the user or token that made the choice; null for the owner by WhatsApp, and without a choice. The
    /// name of a removed user ends with the user's id, such as `Dana #3`.
    set_by_name: Option<String>,
    /// When the choice was made; null without a choice.
    #[schema(value_type = Option<String>, format = DateTime)]
    set_at: Option<Timestamp>,
    /// Whether an incoming call now rings at the phones of the staff before the agent answers. If `can_ring` is true, a
    /// VIP's call does so in every `mode` except `agent`.
    rings: bool,
    /// Whether there is a phone that can ring: `voice.ring_numbers` or `agent.transfer_to` is set.
    can_ring: bool,
    /// Whether an engine of the agent answers calls: `voice.engine` is not `voicemail`, and an engine has all required
    /// settings. Otherwise callers reach the voicemail.
    has_agent: bool,
    /// Whether the AI is known to fail: an alert about it is raised, or the newest self-check found that it does not
    /// answer. Callers then reach the voicemail unless another engine answers.
    agent_fails: bool,
    /// The setting `voice.ring_first`.
    ring_first: RingFirst,
    /// When the business next opens on a later day than today; null if it does not open within 31 days.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_opening: Option<Timestamp>,
}

impl Versioned for Answering {
    fn version(&self) -> impl Serialize {
        (self.mode, self.until, &self.set_by, self.set_at)
    }
}

#[expect(clippy::struct_excessive_bools, reason = "fields of the API")]
pub(super) struct Facts {
    pub(super) rings: bool,
    pub(super) can_ring: bool,
    pub(super) has_agent: bool,
    pub(super) agent_fails: bool,
    pub(super) ring_first: config::RingFirst,
    pub(super) next_opening: Option<Timestamp>,
}

impl Answering {
    pub(super) fn new(choice: Option<domain::Answering>, set_by_name: Option<String>, facts: &Facts) -> Self {
        let mode = choice.as_ref().map_or(domain::AnswerMode::Settings, |choice| choice.mode);
        Self {
            mode: OneOf(mode),
            until: choice.as_ref().and_then(|choice| choice.until),
            set_at: choice.as_ref().map(|choice| choice.set_at),
            set_by: choice.map(|choice| choice.set_by),
            set_by_name,
            rings: facts.rings,
            can_ring: facts.can_ring,
            has_agent: facts.has_agent,
            agent_fails: facts.agent_fails,
            ring_first: OneOf(facts.ring_first),
            next_opening: facts.next_opening,
        }
    }
}

/// A choice of who answers calls.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetAnsweringRequest {
    /// Who answers calls.
    pub(super) mode: AnswerMode,
    /// When the settings decide again: in the future, within 366 days; absent or null: the choice lasts until the next
    /// one. Ignored if `mode` is `settings`.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) until: Option<Timestamp>,
}
