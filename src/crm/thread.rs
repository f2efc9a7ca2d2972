//! Operations on a thread besides writing messages.

use super::{Error, RequestError};
use crate::domain::{AiMode, Thread, ThreadId};
use crate::store::{ReadTx, WriteTx};

/// Finds a thread.
pub fn find(tx: &ReadTx<'_>, id: ThreadId) -> Result<Thread, Error> {
    Ok(tx.thread(id)?.ok_or(RequestError::NotFound("thread"))?)
}

/// Marks all messages of the thread as read.
pub fn mark_read(tx: &WriteTx<'_>, id: ThreadId) -> Result<Thread, Error> {
    tx.mark_thread_read(id)?;
    find(tx, id)
}

/// Sets whether the AI answers in the thread.
pub fn set_ai_mode(tx: &WriteTx<'_>, id: ThreadId, mode: AiMode) -> Result<Thread, Error> {
    tx.set_ai_mode(id, mode)?;
    find(tx, id)
}
