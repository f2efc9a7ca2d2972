//! What the API shows of the set-up.

use crate::crm::setup;
use crate::domain;
use crate::domain::Timestamp;
use crate::http::ErrorDetail;
use crate::http::api::one_of::OneOf;
use serde::{Deserialize, Serialize};

/// The state of the first set-up.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SetupStatus {
    /// Whether the first owner is still to be created.
    pub(super) needed: bool,
    /// Why passwords are not taken on this connection, with the address where they are (`https_required`); missing where
    /// they are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection_error: Option<ErrorDetail>,
}

pub(crate) type SetupStep = OneOf<domain::SetupStep>;

/// How far the set-up on the page is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SetupProgress {
    /// The steps that an owner has skipped for now.
    pub(super) skipped: Vec<SetupStep>,
    /// The steps that are complete, as far as the daemon knows without asking a provider.
    proved: Vec<SetupStep>,
    /// When the agent first answered in a trial call; null if it has not.
    #[schema(value_type = Option<String>, format = DateTime)]
    agent_answered_at: Option<Timestamp>,
    /// The newest call that another number has forwarded here, as the network reported it; null if there was none. Some networks do
    /// not report it.
    forwarded_call: Option<ForwardedCall>,
}

/// A call that another number has forwarded here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ForwardedCall {
    /// The call.
    call_id: i64,
    /// The number that was called first, E.164 where it is one.
    forwarded_from: String,
}

impl From<setup::Progress> for SetupProgress {
    fn from(setup::Progress { stored, proved }: setup::Progress) -> Self {
        let view = |steps: Vec<domain::SetupStep>| steps.into_iter().map(OneOf).collect();
        let forwarded = |call: domain::ForwardedCall| ForwardedCall { call_id: call.call.0, forwarded_from: call.from };
        Self {
            skipped: view(stored.skipped),
            proved: view(proved),
            agent_answered_at: stored.agent_answered_at,
            forwarded_call: stored.forwarded_call.map(forwarded),
        }
    }
}

/// A step to skip, or to take up again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkipStepRequest {
    /// The step.
    pub(super) step: SetupStep,
    /// Whether it is skipped.
    pub(super) skipped: bool,
}

/// The set-up code and the first owner's account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupRequest {
    /// The one-time code that `agentlocator setup` prints.
    pub(super) code: String,
    pub(super) name: String,
    /// At least 10 characters, and none of the common passwords.
    pub(super) password: String,
}
