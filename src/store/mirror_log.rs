//! Logs the events of the published copy and of the components that maintain it.

use super::folder::Folder;
use super::health::late_reason;
use sqlite_mirror::{Event, Observer};
use std::error::Error as _;
use std::path::Path;

pub(in crate::store) fn observer(folder: &Folder) -> Observer {
    let published = folder.published.clone();
    Observer::new(move |event| log(event, &published))
}

fn log(event: &Event<'_>, published: &Path) {
    match event {
        Event::CopyLate { .. }
        | Event::CopyCurrent { .. }
        | Event::CopyGone { .. }
        | Event::CopyForeign { .. }
        | Event::CopyFrozen { .. }
        | Event::CopyCompared { .. }
        | Event::CopyUnsynced { .. } => log_copy(event, published),
        Event::CopyNotOwned { .. }
        | Event::NoLeases { .. }
        | Event::LeaseBroken { .. }
        | Event::SpareKept { .. }
        | Event::SpareStuck { .. } => log_files(event),
        Event::ForeignCommit
        | Event::LogUnreadable { .. }
        | Event::CheckpointFailed { .. }
        | Event::StateUnwritten { .. }
        | Event::PublisherPanicked
        | Event::PublisherNotStarted { .. }
        | Event::LockUnnamed { .. }
        | Event::ReserveUsed
        | Event::ReserveStuck { .. } => log_upkeep(event),
    }
}

fn log_copy(event: &Event<'_>, published: &Path) {
    match event {
        Event::CopyLate { reason } => tracing::warn!(
            event = "STORE_PUBLISH_LATE",
            reason = late_reason(reason, published),
            "agentlocator.db is behind the live database; a copy of agentlocator.db that is made now may lack the newest data"
        ),
        Event::CopyCurrent { age, reason } => {
            let age_ms = millis(*age);
            let late_reason = late_reason(reason, published);
            tracing::info!(
                event = "STORE_PUBLISH_CURRENT",
                age_ms,
                late_reason,
                "agentlocator.db is up to date again: it was behind the live database for {age_ms} ms"
            );
        }
        Event::CopyGone { file } => tracing::warn!(
            event = "STORE_PUBLISHED_MISSING",
            file = %file.display(),
            "The published file {} is missing and is created again",
            file.display()
        ),
        Event::CopyForeign { file, cause } => tracing::error!(
            event = "STORE_PUBLISH_FOREIGN",
            file = %file.display(),
            found = %cause,
            "The published file {} {cause}; it is left as it is and no longer updated",
            file.display()
        ),
        Event::CopyFrozen { file } => tracing::error!(
            event = "STORE_PUBLISH_FROZEN",
            file = %file.display(),
            "The live database is damaged; the published file {} is kept as it is, as the last undamaged copy",
            file.display()
        ),
        Event::CopyCompared { pages, differing, took } => tracing::info!(
            event = "STORE_PUBLISH_COMPARED",
            pages,
            differing,
            duration_ms = millis(*took),
            "Compared agentlocator.db with the live database: {differing} of {pages} pages differ"
        ),
        Event::CopyUnsynced { error } => tracing::warn!(
            event = "STORE_PUBLISH_UNSYNCED",
            %error,
            "Cannot sync agentlocator.db to the disk; the next start compares it with the live database"
        ),
        _ => {}
    }
}

fn log_files(event: &Event<'_>) {
    match event {
        Event::CopyNotOwned { file } => {
            let file = file.display();
            tracing::warn!(
                event = "STORE_PUBLISHED_OWNER",
                file = %file,
                "The published file {file} belongs to another user or is read-only, so that the service cannot lease it; a \
                 new file of the service's user replaces it"
            );
        }
        Event::NoLeases { file } => tracing::warn!(
            event = "STORE_NO_LEASES",
            file = %file.display(),
            "The file system of {} has no reliable leases: the file is replaced completely at each change, which is slow",
            file.display()
        ),
        Event::LeaseBroken { file, waited } => {
            let file = file.display();
            tracing::error!(
                event = "STORE_PUBLISHED_READ_TORN",
                file = %file,
                waited_s = waited.as_secs(),
                "The update of {file} took longer than the kernel lets another program wait to open the file \
                 (fs.lease-break-time): the program that opened {file} meanwhile may have read an incomplete file; if it \
                 made a copy, repeat the copy"
            );
        }
        Event::SpareKept { file } => tracing::warn!(
            event = "STORE_SPARE_KEPT",
            file = %file.display(),
            "Another program may have written to a temporary copy of agentlocator.db: it is kept as {}",
            file.display()
        ),
        Event::SpareStuck { file, error } => tracing::warn!(
            event = "STORE_SPARE_NOT_DELETED",
            %error,
            file = %file.display(),
            "Cannot remove or rename {}, a temporary copy of agentlocator.db; it uses disk space until it is deleted",
            file.display()
        ),
        _ => {}
    }
}

fn log_upkeep(event: &Event<'_>) {
    match event {
        Event::ForeignCommit => tracing::warn!(
            event = "STORE_FOREIGN_COMMIT",
            "Another program has written to the live database; all pages of agentlocator.db are written again"
        ),
        Event::LogUnreadable { is_index: true, error } => tracing::error!(
            event = "STORE_LOG_UNREADABLE",
            %error,
            "Cannot read the index of the write-ahead log; all pages of agentlocator.db are written again"
        ),
        Event::LogUnreadable { is_index: false, error } => {
            tracing::error!(
                event = "STORE_LOG_UNREADABLE",
                %error,
                "Cannot read the write-ahead log; all pages of agentlocator.db are written again"
            );
        }
        Event::CheckpointFailed { error } => {
            let reason = error.source().map(ToString::to_string);
            tracing::error!(
                event = "STORE_CHECKPOINT_FAILED",
                %error,
                reason,
                "Cannot move the write-ahead log into the database; a later commit retries this, and the write-ahead log grows until then"
            );
        }
        Event::StateUnwritten { error } => tracing::error!(
            event = "STORE_STATE_UNWRITTEN",
            %error,
            "Cannot record the state of agentlocator.db in live/state; after a crash, the next start verifies more of the files"
        ),
        Event::PublisherPanicked => tracing::error!(
            event = "STORE_PUBLISHER_PANICKED",
            "The thread that updates agentlocator.db panicked; it is restarted unless the service stops. Please report this"
        ),
        Event::PublisherNotStarted { error } => {
            tracing::error!(
                event = "STORE_PUBLISHER_NOT_STARTED",
                %error,
                "Cannot start the thread that updates agentlocator.db, which stays behind the live database; retrying unless the service stops"
            );
        }
        Event::LockUnnamed { error } => tracing::debug!(
            event = "STORE_LOCK_OWNER_UNWRITTEN",
            %error,
            "Cannot write this process's id into the lock file, which the process holds nevertheless"
        ),
        Event::ReserveUsed => tracing::warn!(
            event = "STORE_RESERVE_USED",
            "The disk is almost full: live/reserve, the file that reserves disk space for a start, was deleted. Free disk space, because another start may fail"
        ),
        Event::ReserveStuck { error } => tracing::warn!(
            event = "STORE_RESERVE_NOT_DELETED",
            %error,
            "Cannot delete live/reserve, the file that reserves disk space for a start; free disk space, because this start may fail"
        ),
        _ => {}
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
