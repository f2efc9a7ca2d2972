//! API types of the setup.

use crate::crm::setup;
use crate::domain;
use crate::domain::Timestamp;
use crate::http::ErrorDetail;
use crate::http::api::one_of::OneOf;
use serde::{Deserialize, Serialize};

/// The state of the first setup.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SetupStatus {
    /// Whether no owner exists yet, so that the setup has to create one.
    pub(super) needed: bool,
    /// The error `https_required`, with the address at which passwords are accepted; absent if this connection accepts
    /// passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection_error: Option<ErrorDetail>,
}

pub(crate) type SetupStep = OneOf<domain::SetupStep>;

/// The progress of the setup on the web page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SetupProgress {
    /// The steps that an owner has skipped.
    pub(super) skipped: Vec<SetupStep>,
    /// The steps that are complete according to the daemon's own data, without requests to providers.
    completed: Vec<SetupStep>,
    /// Whether a user has saved opening hours. A new installation has default hours that no user has confirmed.
    has_opening_hours: bool,
    /// When the agent first answered in a trial call; null if it has not.
    #[schema(value_type = Option<String>, format = DateTime)]
    agent_answered_at: Option<Timestamp>,
    /// The newest call that was forwarded from another number, as the network reported it; null if there was none. Some
    /// networks do not report forwarding.
    forwarded_call: Option<ForwardedCall>,
}

/// A call that was forwarded from another number.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ForwardedCall {
    /// The id of the call.
    call_id: i64,
    /// The number that the caller originally dialled, in E.164 if possible.
    forwarded_from: String,
}

impl From<setup::Progress> for SetupProgress {
    fn from(setup::Progress { stored, has_opening_hours, completed }: setup::Progress) -> Self {
        let view = |steps: Vec<domain::SetupStep>| steps.into_iter().map(OneOf).collect();
        let forwarded = |call: domain::ForwardedCall| ForwardedCall { call_id: call.call.0, forwarded_from: call.from };
        Self {
            skipped: view(stored.skipped),
            completed: view(completed),
            has_opening_hours,
            agent_answered_at: stored.agent_answered_at,
            forwarded_call: stored.forwarded_call.map(forwarded),
        }
    }
}

/// A setup step to skip or to resume.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkipStepRequest {
    /// The step to skip or to resume.
    pub(super) step: SetupStep,
    /// True to skip the step, false to resume it.
    pub(super) skipped: bool,
}

/// The setup code and the first owner's account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupRequest {
    /// The one-time code that the daemon logs at its start, or that `agentlocator setup` prints; valid for 24 hours.
    pub(super) code: String,
    /// The owner's login name, 1 to 60 characters; not case-sensitive.
    pub(super) name: String,
    /// The owner's password: at least 10 characters and at most 1024 bytes, no repetition of a short text, no common
    /// password, and not close to the name of the owner, the business or the product.
    pub(super) password: String,
}
