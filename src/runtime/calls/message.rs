//! The messages that a call's task receives from webhooks, tools, employees and the shutdown.

use super::MediaSocket;
use super::employee::{AnswerRefusal, EmployeeSocket};
use crate::domain::{StreamSid, TransferFailure};
use crate::providers::twilio::media_stream::Start;
use bytes::Bytes;
use std::time::Instant;
use tokio::sync::{broadcast, oneshot};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferAnswer {
    /// The caller is asked to wait, and then the human agent's phone rings.
    Rings,
    /// No phone number is configured to which this call may be transferred.
    NoNumber,
    /// The caller is not talking with the agent.
    NoAgent,
}

#[derive(Debug)]
pub(in crate::runtime) enum CallMessage {
    /// An authenticated media socket for the call.
    Stream(Box<MediaSocket>, Start),
    /// Twilio requests the TwiML that follows the stream of this `<Connect>`, counted from 1. The number is
    /// [`u32::MAX`] if Twilio's recorder has taken over the call.
    StreamEnded(u32),
    /// Twilio reports that this stream failed.
    StreamFailed(String),
    /// Twilio reports that the call ended.
    HungUp,
    ToolFinished {
        id: String,
        output: String,
    },
    /// No employee answers in the web page.
    PageUnanswered,
    /// The human agent accepted the transferred call.
    TransferAccepted,
    /// The transfer failed, for example because the human agent did not accept the call.
    TransferFailed(TransferFailure),
    /// Twilio did not accept the redirect to its recorder; the request is retried.
    RedirectFailed,
    /// Twilio accepted the redirect to its recorder, rejected it permanently, or reported that the call is over.
    RedirectDone,
    /// The login that requested this trial call is not valid any more.
    Revoked,
    EndedByEmployee,
    /// An employee requests a transfer of the call to the human agent's phone. The reply says whether the phone will
    /// ring.
    Transfer(oneshot::Sender<TransferAnswer>),
    /// An employee sends the agent a hint. The reply is true if the conversation has an agent that can use the hint.
    Hint(String, oneshot::Sender<bool>),
    /// An employee is about to answer the call with the browser. The reply says whether that is possible.
    MayAnswer(oneshot::Sender<Result<(), AnswerRefusal>>),
    Answer(Box<EmployeeSocket>),
    /// The login of the employee with this socket is not valid any more.
    EmployeeRevoked(StreamSid),
    Listen(oneshot::Sender<broadcast::Receiver<Bytes>>),
    Shutdown {
        /// When the call must have ended.
        deadline: Instant,
    },
}
