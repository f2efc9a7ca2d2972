//! The messages that a call's task receives from webhooks, tools and the shutdown.

use crate::domain::TransferFailure;
use crate::providers::twilio::media_stream::Start;
use crate::runtime::calls::MediaSocket;
use bytes::Bytes;
use std::time::Instant;
use tokio::sync::{broadcast, oneshot};

/// What becomes of an employee's request to put a call through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutThrough {
    /// The caller is asked for a moment, and then the person's phone rings.
    Rings,
    /// No number is set to which this call may be put through.
    NoNumber,
    /// The caller does not talk with the agent.
    NoAgent,
}

/// A message to a call's task.
#[derive(Debug)]
pub(in crate::runtime) enum CallMessage {
    /// The media stream started.
    Stream(Box<MediaSocket>, Start),
    /// Twilio requests the TwiML that follows the stream of this `<Connect>`, counted from 1.
    StreamEnded(u32),
    /// Twilio reports that this stream failed.
    StreamFailed(String),
    /// Twilio reports that the call ended.
    HungUp,
    /// A tool has returned.
    ToolFinished {
        /// The engine's id of the tool call.
        id: String,
        /// The result, for the model.
        output: String,
    },
    /// The human agent accepted the transferred call.
    TransferAccepted,
    /// The human agent did not accept the transferred call.
    TransferFailed(TransferFailure),
    /// Twilio did not accept the redirect to its recorder; the request is retried.
    RedirectFailed,
    /// Twilio accepted the redirect to its recorder, or rejected it permanently.
    RedirectDone,
    /// The login that requested this trial call is not valid any more.
    Revoked,
    /// An employee ends the call.
    EndedByEmployee,
    /// An employee takes the call over: the person's phone rings. The reply says whether it does.
    PutThrough(oneshot::Sender<PutThrough>),
    /// An employee tells the agent something; the reply is whether an agent leads the conversation that can follow it.
    Hint(String, oneshot::Sender<bool>),
    /// An employee listens to the call from now on.
    Listen(oneshot::Sender<broadcast::Receiver<Bytes>>),
    /// The daemon is shutting down.
    Shutdown {
        /// When the call must have ended.
        deadline: Instant,
    },
}
