//! What goes wrong at Twilio's end, as planned.

use super::error;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A call is changed.
    UpdateCall,
    /// Messages are listed.
    ListMessages,
    /// Calls are listed.
    ListCalls,
    /// Recordings are listed.
    ListRecordings,
    /// A message is sent.
    SendMessage,
    /// A file of a message, or a recording, is fetched.
    Fetch,
    /// Anything else.
    Other,
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and the answer never comes.
    HangAfterAccept,
    /// It is not done, and no answer comes.
    HangBefore,
    /// It is done so much later.
    Slow(Duration),
    /// It is not done, and answered with this status.
    Status(u16),
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

    /// Does what is planned to happen before the request is done. An error is the answer instead.
    pub(super) async fn before(&self, operation: Operation) -> Result<(), Response> {
        match self.take(operation, |fault| fault != Fault::HangAfterAccept) {
            None | Some(Fault::HangAfterAccept) => Ok(()),
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

    /// Does what is planned to happen after the request was done.
    pub(super) async fn after(&self, operation: Operation) {
        if self.take(operation, |fault| fault == Fault::HangAfterAccept).is_some() {
            std::future::pending::<()>().await;
        }
    }

    /// The first fault that is planned for `operation`, if it is one of those that are wanted now.
    fn take(&self, operation: Operation, wanted: impl Fn(Fault) -> bool) -> Option<Fault> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let place = planned.iter().position(|(kind, _)| *kind == operation)?;
        if wanted(planned[place].1) { planned.remove(place).map(|(_, fault)| fault) } else { None }
    }
}
