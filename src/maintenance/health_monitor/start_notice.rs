//! Builds the notices to the owner about the database files.

use crate::domain::Notice;
use crate::store::{ForeignCause, LateCause, PublishState, StartEvent, StartNotice, WAS_BEHIND};

/// Returns the notice about the database that the last start used, and why the daemon chose it.
pub(super) fn describe(notice: StartNotice, file: String) -> Notice {
    let is_archived = notice.archived.is_some();
    let archived = notice.archived.map(|path| path.display().to_string()).unwrap_or_default();
    let reason = notice.reason;
    let has_reason = !reason.is_empty();
    match notice.event {
        // No live database existed before.
        StartEvent::Restored if !is_archived => Notice::StartedFrom { file },
        StartEvent::Restored => Notice::StartedRestored { file, archived },
        StartEvent::Promoted => Notice::StartedPromoted { until: reason },
        StartEvent::LiveChanged => Notice::StartedLiveChanged { archived },
        StartEvent::FolderCopied if reason == WAS_BEHIND => Notice::StartedFolderCopiedBehind { file, archived },
        StartEvent::FolderCopied if has_reason => Notice::StartedFolderCopiedBecause { file, archived, reason },
        StartEvent::FolderCopied => Notice::StartedFolderCopied { file, archived },
        StartEvent::LateFolderCopied => Notice::StartedLateFolderCopied { file, archived },
        StartEvent::LiveDamaged if has_reason => Notice::StartedLiveDamagedBecause { file, archived, reason },
        StartEvent::LiveDamaged => Notice::StartedLiveDamaged { file, archived },
        StartEvent::FoundForeign if has_reason => Notice::StartedFoundForeignBecause { file, archived, reason },
        StartEvent::FoundForeign => Notice::StartedFoundForeign { file, archived },
    }
}

/// Returns why the published file is not current; `None` if it is current, or publishing is switched off.
pub(super) fn unpublished(state: &PublishState) -> Option<Notice> {
    match state {
        // The published file is current or publishing is off, or the state has an alert of its own.
        PublishState::Current | PublishState::Off | PublishState::Frozen { .. } | PublishState::Foreign { .. } => None,
        PublishState::Late { age, cause } => {
            let count = age.as_secs();
            Some(match cause.clone() {
                LateCause::Compared => Notice::CopyLateCompared { count },
                LateCause::OpenElsewhere => Notice::CopyLateOpen { count },
                LateCause::OpenWithoutSpace => Notice::CopyLateOpenFull { count },
                LateCause::NoSpace { size_mb } => Notice::CopyLateFull { count, size_mb },
                LateCause::Slow => Notice::CopyLateSlow { count },
                LateCause::Restarted => Notice::CopyLateRestarted { count },
                LateCause::Failed(reason) => Notice::CopyLate { count, reason },
            })
        }
    }
}

/// Returns the notice for a foreign file under the published file's name; `None` if there is none.
pub(super) fn foreign(state: &PublishState, file: String) -> Option<Notice> {
    let PublishState::Foreign { cause, .. } = state else { return None };
    Some(match cause.clone() {
        ForeignCause::Denied { user } => Notice::ForeignFileDenied { file, user },
        ForeignCause::Unusable(reason) => Notice::ForeignFileUnusable { file, reason },
        ForeignCause::NotRegular => Notice::ForeignFileNotRegular { file },
        ForeignCause::NotOurs | ForeignCause::Changed | ForeignCause::Replaced => Notice::ForeignFile { file },
    })
}

/// Returns the notice about damage in the database. If publishing is frozen, the published file is an intact copy, and
/// the notice names it.
pub(super) fn damaged(findings: &str, publish: &PublishState, file: String) -> Notice {
    if !matches!(publish, PublishState::Frozen { .. }) {
        return Notice::verbatim(findings);
    }
    Notice::LastSoundCopy { file, findings: findings.to_owned() }
}
