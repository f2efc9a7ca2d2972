//! The texts of notifications, in Hebrew and English.

use crate::domain::{Alert, AlertKind, AlertTransition, Timestamp};

/// The text of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertMessage {
    /// The subject, one line.
    pub subject: String,
    /// The body.
    pub body: String,
}

impl AlertMessage {
    /// The notification of these transitions for the owner of `business` (empty: unnamed), with the address of the web
    /// page. `format_time` formats a time in the owner's time zone.
    pub fn of(
        changes: &[(Alert, AlertTransition)],
        business: &str,
        page: &str,
        hebrew: bool,
        format_time: impl Fn(Timestamp) -> String,
    ) -> Self {
        let name = if business.is_empty() { "AgentLocator".to_owned() } else { format!("AgentLocator – {business}") };
        let first = changes.first().map(|(alert, change)| line(alert.kind, *change, hebrew)).unwrap_or_default();
        let more = match (changes.len(), hebrew) {
            (0 | 1, _) => String::new(),
            (count, true) => format!(" (ועוד {})", count - 1),
            (count, false) => format!(" (and {} more)", count - 1),
        };
        let mut body = String::new();
        for (alert, what) in changes {
            let since = format_time(alert.since);
            let detail = alert.detail.in_language(hebrew);
            body.push_str(&line(alert.kind, *what, hebrew));
            body.push('\n');
            if *what == AlertTransition::Cleared {
                body.push_str(if hebrew { "זה נמשך מאז " } else { "It had lasted since " });
            } else {
                if !detail.is_empty() {
                    body.push_str(detail);
                    body.push('\n');
                }
                body.push_str(remedy(alert.kind, hebrew));
                body.push('\n');
                body.push_str(if hebrew { "מאז " } else { "Since " });
            }
            body.push_str(&since);
            body.push_str(".\n\n");
        }
        body.push_str(if hebrew { "הדף: " } else { "The page: " });
        body.push_str(page);
        body.push('\n');
        Self { subject: format!("{name}: {first}{more}"), body }
    }

    /// The message that `alerts test` sends.
    pub fn test(business: &str, hebrew: bool) -> Self {
        let name = if business.is_empty() { "AgentLocator".to_owned() } else { format!("AgentLocator – {business}") };
        let (subject, body) = if hebrew {
            ("הודעת בדיקה", "זו הודעת בדיקה. כך תגיע התראה כשמשהו יזדקק לכם.\n")
        } else {
            ("a test", "This is a test notification. Alerts arrive like this one.\n")
        };
        Self { subject: format!("{name}: {subject}"), body: body.to_owned() }
    }
}

fn line(kind: AlertKind, change: AlertTransition, hebrew: bool) -> String {
    let headline = headline(kind, hebrew);
    match (change, hebrew) {
        (AlertTransition::Raised, _) => headline.to_owned(),
        (AlertTransition::Lasts, true) => format!("עדיין: {headline}"),
        (AlertTransition::Lasts, false) => format!("Still: {headline}"),
        (AlertTransition::Cleared, true) => format!("הסתדר: {headline}"),
        (AlertTransition::Cleared, false) => format!("Resolved: {headline}"),
    }
}

/// The headline of an alert, one line.
pub fn headline(kind: AlertKind, hebrew: bool) -> &'static str {
    let (he, en, ..) = texts(kind);
    if hebrew { he } else { en }
}

/// What the owner should do about an alert.
pub fn remedy(kind: AlertKind, hebrew: bool) -> &'static str {
    let (_, _, he, en) = texts(kind);
    if hebrew { he } else { en }
}

/// Headline and remedy, in Hebrew and English.
fn texts(kind: AlertKind) -> (&'static str, &'static str, &'static str, &'static str) {
    match kind {
        AlertKind::DiskLow => (
            "הדיסק כמעט מלא",
            "The disk is nearly full",
            "פנו מקום בדיסק. עד אז קבצים והקלטות אינם נשמרים; הודעות נשמרות כל עוד יש מקום כלשהו.",
            "Free disk space. Until then files and recordings are not stored; messages are, while any space is left.",
        ),
        AlertKind::DatabaseUnwritable => (
            "אי אפשר לשמור דבר במסד הנתונים",
            "Nothing can be stored in the database",
            "בדקו שהדיסק אינו מלא ושאפשר לכתוב אליו. שיחות נענות גם כך; הודעות יתקבלו כשאפשר יהיה לשמור.",
            "Check that the disk is not full and is writable. Calls are answered meanwhile; messages arrive once they can be stored.",
        ),
        AlertKind::PublishedCopy => (
            "העותק של מסד הנתונים אינו עדכני",
            "The published copy of the database is not current",
            "אל תגבו עכשיו את agentlocator.db בהעתקה; `agentlocator doctor` אומר מה לעשות.",
            "Do not back up agentlocator.db by copying now; `agentlocator doctor` says what to do.",
        ),
        AlertKind::Integrity => (
            "נמצא נזק במסד הנתונים",
            "The database is damaged",
            "שחזרו גיבוי מלפני הנזק: `agentlocator restore`. שמרו את הקובץ הקיים.",
            "Restore a backup from before the damage: `agentlocator restore`. Keep the existing file.",
        ),
        AlertKind::LogSize
        | AlertKind::Replication
        | AlertKind::ForeignFile
        | AlertKind::DatabaseReplaced
        | AlertKind::OutboxHeld => store_texts(kind),
        AlertKind::Backup => (
            "הגיבוי הלילי אינו מצליח",
            "The nightly backup fails",
            "הריצו `agentlocator doctor` על השרת.",
            "Run `agentlocator doctor` on the server.",
        ),
        AlertKind::Certificate => (
            "תעודת האבטחה (TLS) אינה מתחדשת",
            "The TLS certificate is not renewed",
            "הריצו `agentlocator doctor` על השרת. כשהתעודה תפוג, שיחות והודעות מ־Twilio לא יגיעו.",
            "Run `agentlocator doctor` on the server. When the certificate has expired, calls and messages from Twilio do not arrive.",
        ),
        AlertKind::BridgeDown => (
            "גשר הוואטסאפ אינו מחובר",
            "The WhatsApp bridge is not connected",
            "פתחו את לשונית WhatsApp בדף; שם כתוב מה לעשות.",
            "Open WhatsApp in the page; it says what to do.",
        ),
        AlertKind::BridgeLink => (
            "הקישור לוואטסאפ נותק",
            "The link to WhatsApp has ended",
            "פתחו את לשונית WhatsApp בדף; שם כתוב מה לעשות.",
            "Open WhatsApp in the page; it says what to do.",
        ),
        AlertKind::BridgeDeaf => (
            "דבר אינו נכנס בקישור לוואטסאפ",
            "No messages arrive over the link to WhatsApp",
            "בדקו שהטלפון של חשבון הוואטסאפ דלוק ומחובר לאינטרנט, ופתחו בו את וואטסאפ. אם הודעות עדיין אינן נכנסות, נתקו את החשבון בדף וקשרו אותו מחדש.",
            "Check that the phone of the WhatsApp account is on and online, and open WhatsApp on it. If messages still do not arrive, unlink the account in the page and link it again.",
        ),
        AlertKind::WhatsAppRestricted => (
            "וואטסאפ הגבילה את החשבון",
            "WhatsApp has restricted the account",
            "אל תכתבו לאנשים חדשים עד שההגבלה תוסר. תשובות למי שכתב אליכם אינן מוגבלות.",
            "Do not write to new contacts until the restriction is lifted. Replies to contacts who wrote to you are not restricted.",
        ),
        AlertKind::TwilioRefused => (
            "Twilio אינה מקבלת את פרטי החשבון",
            "Twilio does not accept the account",
            "בדקו את TWILIO_ACCOUNT_SID ואת TWILIO_AUTH_TOKEN, ושהחשבון פעיל.",
            "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, and that the account is active.",
        ),
        AlertKind::AiRefused | AlertKind::AiLimit | AlertKind::AiUnavailable => ai_texts(kind),
        AlertKind::OutboxStuck => (
            "הודעות יוצאות אינן נשלחות",
            "Outgoing messages are not sent",
            "הריצו `agentlocator doctor` על השרת.",
            "Run `agentlocator doctor` on the server.",
        ),
        AlertKind::OutboxUndelivered => (
            "הודעות שנשלחו לא נמסרו",
            "Messages that were sent have not been delivered",
            "אם הודעות לאחרים נמסרות, כנראה שהטלפון של הנמען כבוי או שהוא חסם את המספר; התקשרו אליו. אחרת הריצו `agentlocator doctor` על השרת.",
            "If messages to others are delivered, the contact's phone is probably off, or the contact has blocked the number: call them. Otherwise run `agentlocator doctor` on the server.",
        ),
        AlertKind::ClockWrong | AlertKind::SettingsRejected | AlertKind::SelfCheck => machine_texts(kind),
    }
}

/// Headline and remedy of alerts about the machine and its settings.
fn machine_texts(kind: AlertKind) -> (&'static str, &'static str, &'static str, &'static str) {
    match kind {
        AlertKind::ClockWrong => (
            "השעון של השרת אינו נכון",
            "The server's clock is wrong",
            "הפעילו סנכרון שעון: `timedatectl set-ntp true`.",
            "Switch on time synchronisation: `timedatectl set-ntp true`.",
        ),
        AlertKind::SettingsRejected => (
            "יש שגיאה בהגדרות; בשימוש ההגדרות האחרונות שעבדו",
            "The settings are wrong; the last ones that worked are in use",
            "תקנו אותן לפי `agentlocator config check`, ואז `systemctl reload agentlocator`.",
            "Correct them as `agentlocator config check` says, then `systemctl reload agentlocator`.",
        ),
        _ => (
            "הבדיקה הלילית מצאה תקלה",
            "The nightly self-check found a problem",
            "הריצו `agentlocator doctor` על השרת.",
            "Run `agentlocator doctor` on the server.",
        ),
    }
}

/// Headline and remedy of alerts about the AI.
fn ai_texts(kind: AlertKind) -> (&'static str, &'static str, &'static str, &'static str) {
    match kind {
        AlertKind::AiRefused => (
            "שירות ה־AI אינו מקבל את המפתח",
            "The AI does not accept the key",
            "בדקו את OPENAI_API_KEY ואת היתרה בחשבון. עד אז מתקשרים משאירים הודעה.",
            "Check OPENAI_API_KEY and the account's credit. Until then callers leave a message.",
        ),
        AlertKind::AiLimit => (
            "רוב התקרה של ה־AI נוצלה",
            "Most of the AI's cost limit is used",
            "מעבר לתקרה שיחות עוברות לתא הקולי. בדקו מי מתקשר, או העלו את התקרה (voice.ai_*).",
            "Beyond the limit calls go to voicemail. Check who calls, or raise the limit (voice.ai_*).",
        ),
        _ => (
            "שיחות אינן נענות על ידי ה־AI",
            "Calls are not answered by the AI",
            "בדקו את החיבור לאינטרנט ואת מצב השירות. עד אז מתקשרים משאירים הודעה.",
            "Check the internet connection and the status of the AI service. Until then callers leave a message.",
        ),
    }
}

/// Headline and remedy of alerts about the database's files.
fn store_texts(kind: AlertKind) -> (&'static str, &'static str, &'static str, &'static str) {
    match kind {
        AlertKind::LogSize => (
            "יומן הכתיבה של מסד הנתונים גדל",
            "The write-ahead log of the database grows",
            "סיימו את התהליך שקורא את מסד הנתונים, למשל גיבוי שנתקע; אחרת הדיסק יתמלא.",
            "End the process that reads the database, such as a backup that hangs; otherwise the disk fills up.",
        ),
        AlertKind::Replication => (
            "מסד הנתונים אינו מועתק למקום אחר",
            "The database is not replicated",
            "הפעילו את Litestream: `systemctl status agentlocator-litestream`. אם אין בו עוד צורך, בטלו את store.litestream.",
            "Start Litestream: `systemctl status agentlocator-litestream`. If it is no longer needed, unset store.litestream.",
        ),
        AlertKind::ForeignFile => (
            "קובץ אחר נמצא במקום העותק של מסד הנתונים",
            "Another file is in place of the published copy of the database",
            "החליטו באיזה מהם להשתמש. עד אז אל תגבו את agentlocator.db בהעתקה.",
            "Decide which of the two is used. Until then do not back up agentlocator.db by copying.",
        ),
        AlertKind::DatabaseReplaced => (
            "מסד נתונים אחר נמצא בשימוש, או שנמצא קובץ זר במקומו",
            "Another database is in use, or a foreign file was found in its place",
            "בדקו שהנתונים הם אלה שרציתם, ואז סגרו את ההודעה.",
            "Check that the data is the data that you want, then dismiss this notice.",
        ),
        _ => (
            "הודעות מחכות להחלטה אחרי השחזור",
            "Messages wait for your decision after the restore",
            "ייתכן שכבר נשלחו לפני השחזור. בדקו בטלפון, ואז שלחו אותן או בטלו אותן.",
            "They may have been sent before the restore. Check on the phone, then send or discard them.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AlertDetail, AlertState};

    #[test]
    fn every_kind_has_texts_in_both_languages() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in AlertKind::ALL {
            let (he, en, he_remedy, en_remedy) = texts(*kind);
            assert!(seen.insert(en), "{kind}");
            for text in [he, he_remedy] {
                assert!(text.chars().any(|c| ('א'..='ת').contains(&c)), "{text}");
            }
            assert!(en.is_ascii() && en_remedy.is_ascii() && en_remedy.ends_with('.'), "{kind}");
        }
    }

    #[test]
    fn a_message_says_what_since_when_and_what_to_do() {
        let alert = |kind, en: &str| Alert {
            kind,
            state: AlertState::Raised,
            detail: AlertDetail::from(en),
            since: Timestamp::from_millis(0),
            cleared_at: None,
            mute: None,
            deliveries: Vec::new(),
            recurrences: 0,
        };
        let changes = [
            (alert(AlertKind::DiskLow, "12 MB are free"), AlertTransition::Raised),
            (alert(AlertKind::BridgeDown, "no answer"), AlertTransition::Cleared),
        ];
        let message = AlertMessage::of(&changes, "Shop", "https://shop.example/app/", false, |at| {
            at.to_string()[..16].to_owned()
        });
        assert_eq!(message.subject, "AgentLocator – Shop: The disk is nearly full (and 1 more)");
        assert!(message.body.starts_with("The disk is nearly full\n12 MB are free\nFree disk"), "{}", message.body);
        assert!(message.body.contains("Since 1970-01-01T00:00.\n"), "{}", message.body);
        assert!(message.body.contains("Resolved: The WhatsApp bridge is not connected\nIt had lasted since"));
        assert!(message.body.ends_with("The page: https://shop.example/app/\n"));
        assert!(AlertMessage::of(&changes, "", "", true, |_| String::new()).subject.starts_with("AgentLocator: הדיסק"));
    }
}
