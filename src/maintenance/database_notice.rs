//! Builds the notices to the owner about the database files.

use crate::domain::{Cause, Causes, Language, Notice};
use crate::messages;
use crate::store::{ForeignCause, Health, Integrity, LateCause, PublishState, StartEvent, StartNotice};
use serde_json::{Value, json};
use std::io;

/// Describes which database the last start used, and why.
pub fn describe(notice: StartNotice, file: String) -> Notice {
    let is_archived = notice.archived.is_some();
    let archived = notice.archived.map(|path| path.display().to_string()).unwrap_or_default();
    let reason = notice.reason;
    let has_reason = reason != Causes::default();
    match notice.event {
        // No live database existed before.
        StartEvent::Restored if !is_archived => Notice::StartedFrom { file },
        StartEvent::Restored => Notice::StartedRestored { file, archived },
        StartEvent::Promoted => Notice::StartedPromoted { until: messages::causes(Language::English, &reason) },
        StartEvent::LiveChanged => Notice::StartedLiveChanged { archived },
        StartEvent::FolderCopied if reason == Cause::CopyWasBehind.into() => {
            Notice::StartedFolderCopiedBehind { file, archived }
        }
        StartEvent::FolderCopied if has_reason => Notice::StartedFolderCopiedBecause { file, archived, reason },
        StartEvent::FolderCopied => Notice::StartedFolderCopied { file, archived },
        StartEvent::LateFolderCopied => Notice::StartedLateFolderCopied { file, archived },
        StartEvent::LiveDamaged if has_reason => Notice::StartedLiveDamagedBecause { file, archived, reason },
        StartEvent::LiveDamaged => Notice::StartedLiveDamaged { file, archived },
        StartEvent::FoundForeign if has_reason => Notice::StartedFoundForeignBecause { file, archived, reason },
        StartEvent::FoundForeign => Notice::StartedFoundForeign { file, archived },
    }
}

/// Returns `None` unless the published file is late; some other states have alerts of their own.
pub fn unpublished(state: &PublishState) -> Option<Notice> {
    match state {
        PublishState::Current | PublishState::Off | PublishState::Frozen | PublishState::Foreign { .. } => None,
        PublishState::Late { age, cause } => {
            let count = age.as_secs();
            Some(match cause.clone() {
                LateCause::Compared => Notice::CopyLateCompared { count },
                LateCause::OpenElsewhere => Notice::CopyLateOpen { count },
                LateCause::OpenWithoutSpace => Notice::CopyLateOpenFull { count },
                LateCause::NoSpace { size_mb } => Notice::CopyLateFull { count, size_mb },
                LateCause::Slow => Notice::CopyLateSlow { count },
                LateCause::Restarted => Notice::CopyLateRestarted { count },
                LateCause::Failed { doing, error, os_error } => {
                    let known = os_error.map(|number| Cause::from(&io::Error::from_raw_os_error(number)));
                    let inner = known.unwrap_or_else(|| Cause::other(error));
                    let doing = if doing.starts_with("read") { "read" } else { "write" }.to_owned();
                    Notice::CopyLate { count, reason: Cause::CopyFailed { doing }.because(inner) }
                }
            })
        }
    }
}

pub fn foreign(state: &PublishState, file: String) -> Option<Notice> {
    let PublishState::Foreign { cause, reason } = state else { return None };
    Some(match cause.clone() {
        ForeignCause::Denied { user } => Notice::ForeignFileDenied { file, user },
        ForeignCause::Unreadable(_) | ForeignCause::Unusable(_) => {
            Notice::ForeignFileUnusable { file, reason: reason.clone() }
        }
        ForeignCause::NotRegular => Notice::ForeignFileNotRegular { file },
        ForeignCause::NotOurs | ForeignCause::Changed | ForeignCause::Replaced => Notice::ForeignFile { file },
    })
}

/// If publishing is frozen, the published file is an intact copy, and the notice names it.
pub fn damaged(findings: &Causes, publish: &PublishState, file: String) -> Notice {
    let findings = findings.clone();
    match publish {
        PublishState::Frozen => Notice::LastSoundCopy { file, findings },
        _ => Notice::DatabaseDamage { findings },
    }
}

/// Describes the state of the published file for programs. Only `reason` depends on the language.
pub fn published(health: &Health, file: String, language: Language) -> Value {
    let reason = |notice: Option<Notice>| notice.map(|notice| messages::text(language, &notice));
    let state = &health.publish;
    match state {
        PublishState::Current => json!({"state": "current"}),
        PublishState::Late { age, .. } => {
            json!({"state": "late", "age_ms": age.as_millis(), "reason": reason(unpublished(state))})
        }
        PublishState::Foreign { .. } => json!({"state": "foreign", "reason": reason(foreign(state, file))}),
        PublishState::Frozen => {
            let findings = match &health.integrity {
                Integrity::Damaged { findings } => findings.clone(),
                _ => Causes::default(),
            };
            json!({"state": "frozen", "reason": reason(Some(damaged(&findings, state, file)))})
        }
        PublishState::Off => json!({"state": "off"}),
    }
}

/// Describes the integrity of the database for programs. Only `findings` depends on the language.
pub fn integrity(integrity: &Integrity, language: Language) -> Value {
    match integrity {
        Integrity::Unchecked => json!({"state": "unchecked"}),
        Integrity::Checking => json!({"state": "checking"}),
        Integrity::Ok => json!({"state": "ok"}),
        Integrity::Damaged { findings } => {
            json!({"state": "damaged", "findings": messages::causes(language, findings)})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DiskSpace;
    use std::time::Duration;

    #[test]
    fn the_reason_of_the_published_file_is_in_the_reader_s_language() {
        let failed =
            LateCause::Failed { doing: "write the published file".into(), error: "x".into(), os_error: Some(28) };
        let health = Health {
            writable: true,
            last_probe_at: None,
            publish: PublishState::Late { age: Duration::from_secs(2), cause: failed },
            integrity: Integrity::Ok,
            disk: DiskSpace::default(),
        };
        let published = |language| published(&health, "/data/a.db".into(), language)["reason"].clone();
        assert_eq!(
            published(Language::English),
            "The copy is 2 s behind: the copy could not be written: no space left on the disk"
        );
        assert_eq!(
            published(Language::Hebrew),
            "העותק מפגר בשתי שניות: לא היה אפשר לכתוב את העותק: לא נשאר מקום בדיסק"
        );
    }
}
