//! What people do with a thread beside writing in it.

use super::{Error, Refusal};
use crate::domain::{AiMode, Thread, ThreadId};
use crate::store::{ReadTx, WriteTx};

/// One thread.
pub fn find(tx: &ReadTx<'_>, id: ThreadId) -> Result<Thread, Error> {
    Ok(tx.thread(id)?.ok_or(Refusal::NotFound("thread"))?)
}

/// All of it has been read.
pub fn mark_read(tx: &WriteTx<'_>, id: ThreadId) -> Result<Thread, Error> {
    tx.mark_thread_read(id)?;
    find(tx, id)
}

/// Whether the AI answers in it.
pub fn set_ai_mode(tx: &WriteTx<'_>, id: ThreadId, mode: AiMode) -> Result<Thread, Error> {
    tx.set_ai_mode(id, mode)?;
    find(tx, id)
}
