//! The texts about the database files for the owner, in Hebrew and English.

use crate::domain::AlertDetail;
use crate::store::{PublishState, StartEvent, StartNotice};

/// What the last start did with a file that the service did not write.
pub(super) fn detail(notice: &StartNotice, file: &str) -> AlertDetail {
    let archived = notice.archived.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    let reason = if notice.reason.is_empty() { String::new() } else { format!(" ({})", notice.reason) };
    let back = format!("`agentlocator restore {archived}`");
    let (what_he, what_en) = if notice.reason.is_empty() {
        (
            ", שיש בו כל מה שאושר לפני תחילת ההעתקה".to_owned(),
            ", which contains everything that was acknowledged before the copy started".to_owned(),
        )
    } else {
        (reason.clone(), reason.clone())
    };
    let (he, en) = match notice.event {
        // There was no live database before.
        StartEvent::Restored if notice.archived.is_none() => {
            (format!("מסד הנתונים מ־{file} נמצא בשימוש."), format!("The database from {file} is in use."))
        }
        StartEvent::Promoted => (
            format!(
                "מכונה זו פועלת במקום מכונה אחרת, עם הנתונים שהועתקו ממנה עד {}. הודעות ושיחות שהגיעו לשם אחר כך אינן כאן.",
                notice.reason
            ),
            format!(
                "This machine runs in place of another one, with the data that was replicated from it until {}. Messages and calls \
                 that arrived there later are not here.",
                notice.reason
            ),
        ),
        StartEvent::LiveChanged => (
            format!(
                "תוכנה אחרת שינתה את `live/db.sqlite` בזמן שהשירות היה כבוי, והוא נמצא בשימוש. הנתונים שלפני כן נשמרו ב־{archived}; \
                 לחזור אליהם: {back}."
            ),
            format!(
                "Another program changed `live/db.sqlite` while the service was off, and it is in use. The data of before are kept \
                 as {archived}; to go back to them: {back}."
            ),
        ),
        StartEvent::Restored => (
            format!("הגיבוי שהונח ב־{file} נמצא בשימוש. מסד הנתונים הקודם נשמר ב־{archived}; לחזור אליו: {back}."),
            format!(
                "The backup that was put at {file} is in use. The database before it is kept as {archived}; to go back to it: \
                 {back}."
            ),
        ),
        StartEvent::FolderCopied => (
            format!(
                "התיקייה הזאת היא העתק של תיקייה אחרת, שנעשה בזמן שהשירות פעל. בשימוש נמצא {file}{what_he}. מסד הנתונים מתוך \
                 `live` נשמר ב־{archived}."
            ),
            format!(
                "This folder is a copy of another one that was made while the service ran. {file} is in use{what_en}. The \
                 database out of `live` is kept as {archived}."
            ),
        ),
        StartEvent::LateFolderCopied => (
            format!(
                "התיקייה הזאת היא העתק של תיקייה אחרת, שנעשה בזמן ש־{file} פיגר. לכן בשימוש נמצא מסד הנתונים מתוך `live`, שנקרא \
                 כולו ונמצא תקין. הקובץ שפיגר נשמר ב־{archived}; לחזור אליו: {back}."
            ),
            format!(
                "This folder is a copy of another one that was made while {file} was behind. So the database out of `live` is in \
                 use, which was read whole and is sound. The file that was behind is kept as {archived}; to go back to it: {back}."
            ),
        ),
        StartEvent::LiveDamaged => (
            format!("מסד הנתונים נפגם{reason}. במקומו נמצא בשימוש {file}. הפגום נשמר ב־{archived}."),
            format!(
                "The database was damaged{reason}. {file} is used instead. The damaged file is kept as {archived}."
            ),
        ),
        StartEvent::FoundForeign => (
            format!(
                "ב־{file} היה קובץ שהשירות לא כתב{reason}. הוא נשמר ב־{archived}, והשירות ממשיך עם הנתונים שלו. להשתמש בו: {back}."
            ),
            format!(
                "{file} was a file that the service did not write{reason}. It is kept as {archived}, and the service goes on with \
                 its own data. To use it: {back}."
            ),
        ),
    };
    AlertDetail::from((he, en))
}

/// Messages wait for the owner's decision.
pub(super) fn held(messages: u64) -> AlertDetail {
    AlertDetail::from((
        format!("{messages} הודעות חיכו לשליחה במסד הנתונים ששוחזר."),
        format!("{messages} messages waited to be sent in the restored database."),
    ))
}

/// Why the published file is not current; none while it is current, or publishing is off.
pub(super) fn unpublished(state: &PublishState) -> Option<AlertDetail> {
    match state {
        // These need a decision and have alerts of their own.
        PublishState::Current | PublishState::Off | PublishState::Frozen { .. } | PublishState::Foreign { .. } => None,
        PublishState::Late { age, reason } => Some(AlertDetail::from((
            format!("העותק מפגר ב־{} שניות: {reason}", age.as_secs()),
            format!("The copy is {} s behind: {reason}", age.as_secs()),
        ))),
    }
}

/// Another file occupies the published file's name; none if not.
pub(super) fn foreign(state: &PublishState, file: &str) -> Option<AlertDetail> {
    match state {
        PublishState::Foreign { .. } => Some(AlertDetail::from((
            format!(
                "מישהו שם קובץ אחר במקום {file}, או שינה אותו. הקובץ נשאר כמות שהוא, והשירות ממשיך עם הנתונים שלו. להשתמש \
                 בקובץ ההוא: הכפתור כאן, או `agentlocator restore {file}`. להמשיך עם הנתונים הנוכחיים: הכפתור כאן, או \
                 העבירו את הקובץ משם."
            ),
            format!(
                "Another program has changed or replaced {file}. The file stays as it is, and the service goes on with its own \
                 data. To use that file: the button here, or `agentlocator restore {file}`. To keep the current data: the button \
                 here, or move the file away."
            ),
        ))),
        _ => None,
    }
}

/// What is damaged, and which intact copy is kept.
pub(super) fn damaged(findings: &str, publish: &PublishState, file: &str) -> AlertDetail {
    if !matches!(publish, PublishState::Frozen { .. }) {
        return AlertDetail::from(findings);
    }
    AlertDetail::from((
        format!(
            "העותק התקין האחרון הוא {file}, והוא אינו משתנה יותר. להמשיך ממנו: `agentlocator restore {file}`. הנזק: {findings}"
        ),
        format!(
            "The last sound copy is {file}; it is not changed any more. To go on from it: `agentlocator restore {file}`. The \
             damage: {findings}"
        ),
    ))
}
