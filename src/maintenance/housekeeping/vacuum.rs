//! Returns free pages of the database to the disk, in small steps with pauses, so that writers, and the updates of the
//! published file, are hardly delayed. A full `VACUUM` would block both for seconds.

use crate::clock;
use crate::store::{PageUsage, Result, Store};
use std::time::Duration;

/// Does nothing unless many pages are free. Returns the number of freed bytes.
pub async fn vacuum(store: &Store) -> Result<u64> {
    let began = clock::instant();
    let before = store.read(|tx| tx.page_usage()).await?;
    if !is_worth_it(&before) {
        return Ok(0);
    }
    let (mut freed, keep) = (0, MIN_FREE_BYTES.div_ceil(before.page_bytes.max(1)));
    loop {
        let left = before.free_pages.saturating_sub(freed);
        let slice = u32::try_from(left.saturating_sub(keep)).unwrap_or(u32::MAX).min(PAGES_PER_STEP);
        if slice == 0 || clock::instant().duration_since(began) >= MAX_DURATION {
            break;
        }
        let started = clock::instant();
        let done = store.write(move |tx| tx.release_pages(slice)).await?;
        if done == 0 {
            break;
        }
        freed += done;
        let took = clock::instant().duration_since(started);
        tokio::time::sleep((took * 4).max(PAUSE)).await;
    }
    let bytes = freed * before.page_bytes;
    tracing::info!(event = "STORE_VACUUMED", bytes, "The database returned {} MB to the disk", bytes >> 20);
    Ok(bytes)
}

fn is_worth_it(fill: &PageUsage) -> bool {
    let free = fill.free_pages * fill.page_bytes;
    free >= MIN_RECLAIMABLE && fill.free_pages * 20 >= fill.pages
}

/// Small, because freeing one page may move two other pages.
const PAGES_PER_STEP: u32 = 256;
const PAUSE: Duration = Duration::from_millis(250);
const MAX_DURATION: Duration = Duration::from_hours(2);
const MIN_RECLAIMABLE: u64 = 16 << 20;
/// Free space, in bytes, that stays in the database for the next writes.
const MIN_FREE_BYTES: u64 = 4 << 20;
