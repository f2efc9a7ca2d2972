//! The notices about the database files for the owner.

use crate::domain::Notice;
use crate::store::{PublishState, StartEvent, StartNotice};

/// What the last start did with a file that the service did not write.
pub(super) fn describe(notice: StartNotice, file: String) -> Notice {
    let is_archived = notice.archived.is_some();
    let archived = notice.archived.map(|path| path.display().to_string()).unwrap_or_default();
    let reason = notice.reason;
    let has_reason = !reason.is_empty();
    match notice.event {
        // There was no live database before.
        StartEvent::Restored if !is_archived => Notice::StartedFrom { file },
        StartEvent::Restored => Notice::StartedRestored { file, archived },
        StartEvent::Promoted => Notice::StartedPromoted { until: reason },
        StartEvent::LiveChanged => Notice::StartedLiveChanged { archived },
        StartEvent::FolderCopied if has_reason => Notice::StartedFolderCopiedBecause { file, archived, reason },
        StartEvent::FolderCopied => Notice::StartedFolderCopied { file, archived },
        StartEvent::LateFolderCopied => Notice::StartedLateFolderCopied { file, archived },
        StartEvent::LiveDamaged if has_reason => Notice::StartedLiveDamagedBecause { file, archived, reason },
        StartEvent::LiveDamaged => Notice::StartedLiveDamaged { file, archived },
        StartEvent::FoundForeign if has_reason => Notice::StartedFoundForeignBecause { file, archived, reason },
        StartEvent::FoundForeign => Notice::StartedFoundForeign { file, archived },
    }
}

/// Why the published file is not current; none while it is current, or publishing is off.
pub(super) fn unpublished(state: &PublishState) -> Option<Notice> {
    match state {
        // These need a decision and have alerts of their own.
        PublishState::Current | PublishState::Off | PublishState::Frozen { .. } | PublishState::Foreign { .. } => None,
        PublishState::Late { age, reason } => Some(Notice::CopyLate { count: age.as_secs(), reason: reason.clone() }),
    }
}

/// Another file occupies the published file's name; none if not.
pub(super) fn foreign(state: &PublishState, file: String) -> Option<Notice> {
    matches!(state, PublishState::Foreign { .. }).then_some(Notice::ForeignFile { file })
}

/// What is damaged, and which intact copy is kept.
pub(super) fn damaged(findings: &str, publish: &PublishState, file: String) -> Notice {
    if !matches!(publish, PublishState::Frozen { .. }) {
        return Notice::verbatim(findings);
    }
    Notice::LastSoundCopy { file, findings: findings.to_owned() }
}
