//! Planned faults of the REST interface.

use super::format::error;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A new call.
    CreateCall,
    /// An update of a call.
    UpdateCall,
    /// A list of messages.
    ListMessages,
    /// A list of calls.
    ListCalls,
    /// A list of recordings.
    ListRecordings,
    /// A new message.
    SendMessage,
    /// A change of a phone number's webhooks.
    UpdateNumber,
    /// A request for a media file or a recording.
    Fetch,
    /// Any other request.
    Other,
}

/// A fault of a request. The faults after the execution exist only for `CreateCall`, `UpdateCall`, `SendMessage` and
/// `UpdateNumber`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request is executed, and no response is sent.
    HangAfterAccept,
    /// The request is executed immediately, and the response is sent after this time.
    AnswerAfter(Duration),
    /// The request is not executed, and no response is sent.
    HangBefore,
    /// The request is executed after this time, and then the response is sent.
    Slow(Duration),
    /// The request is not executed, and the response has this status.
    Status(u16),
}

impl Fault {
    fn follows(self) -> bool {
        matches!(self, Self::HangAfterAccept | Self::AnswerAfter(_))
    }
}

#[derive(Default)]
pub(super) struct Faults {
    planned: Mutex<VecDeque<(Operation, Fault)>>,
}

impl Faults {
    pub(super) fn plan(&self, operation: Operation, fault: Fault, times: usize) {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        planned.extend(std::iter::repeat_n((operation, fault), times));
    }

    pub(super) fn clear(&self) {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Applies the faults that precede the execution of the request. If the request must not be executed, returns its
    /// response as `Err`.
    pub(super) async fn before(&self, operation: Operation) -> Result<(), Response> {
        match self.take(operation, |fault| !fault.follows()) {
            None | Some(Fault::HangAfterAccept | Fault::AnswerAfter(_)) => Ok(()),
            Some(Fault::HangBefore) => std::future::pending().await,
            Some(Fault::Slow(time)) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Some(Fault::Status(status)) => {
                let code = match status {
                    404 => 20404,
                    429 => 20429,
                    _ => 20500,
                };
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let mut answer = error(status, code, "refused as planned");
                if status == StatusCode::TOO_MANY_REQUESTS {
                    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                }
                Err(answer)
            }
        }
    }

    pub(super) async fn after(&self, operation: Operation) {
        match self.take(operation, Fault::follows) {
            Some(Fault::AnswerAfter(time)) => tokio::time::sleep(time).await,
            Some(_) => std::future::pending().await,
            None => {}
        }
    }

    /// Removes and returns the first fault planned for `operation`, if `wanted` accepts it.
    fn take(&self, operation: Operation, wanted: impl Fn(Fault) -> bool) -> Option<Fault> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let place = planned.iter().position(|(kind, _)| *kind == operation)?;
        if wanted(planned[place].1) { planned.remove(place).map(|(_, fault)| fault) } else { None }
    }
}
