//! Messages from the system to the owner.

use super::request::{SendError, SendMessageResponse, SendRefusal, SendRequest};
use super::send::send;
use crate::crm;
use crate::crm::RequestError;
use crate::domain::{ActorId, PeerAddress, PhoneNumber, Timestamp};
use crate::inbox::policy::RoutingRules;
use crate::store::{self, WriteTx};

#[derive(Debug, thiserror::Error)]
pub enum NotifyOwnerError {
    #[error(transparent)]
    Refused(SendRefusal),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<SendError> for NotifyOwnerError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Refused(refusal) => Self::Refused(refusal),
            SendError::Store(error) => Self::Store(error),
        }
    }
}

impl From<NotifyOwnerError> for crm::Error {
    fn from(error: NotifyOwnerError) -> Self {
        match error {
            NotifyOwnerError::Store(error) => error.into(),
            NotifyOwnerError::Refused(refusal) => RequestError::Invalid(refusal.to_string().into()).into(),
        }
    }
}

pub fn notify_owner(
    tx: &WriteTx<'_>,
    to: PhoneNumber,
    text: String,
    rules: &RoutingRules,
    now: Timestamp,
) -> Result<SendMessageResponse, NotifyOwnerError> {
    let request = SendRequest::text(PeerAddress::Phone(to), text, ActorId::Daemon.to_string(), now);
    Ok(send(tx, &request, rules, &[], now)?)
}
