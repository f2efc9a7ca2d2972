//! The state of the bridge's link to WhatsApp, as a code and as a sentence.

use crate::domain::text_enum;

text_enum! {
    /// The state of the bridge's link to WhatsApp: the bridge's own states, and those that only the daemon can observe.
    LinkState {
        /// The session is connected.
        Connected = "connected",
        /// The bridge has just started.
        Starting = "starting",
        /// No account is linked, and no code is shown at the moment.
        Unpaired = "unpaired",
        /// A QR code or a pairing code is shown.
        Pairing = "pairing",
        /// Connecting to WhatsApp.
        Connecting = "connecting",
        /// The session is connected, but WhatsApp acknowledges no message.
        Unanswered = "unanswered",
        /// WhatsApp has ended the link.
        LoggedOut = "logged_out",
        /// Another process uses the session.
        Replaced = "replaced",
        /// WhatsApp has blocked the account.
        Banned = "banned",
        /// WhatsApp no longer accepts the bridge's version.
        Outdated = "outdated",
        /// The phone's WhatsApp does not support linked devices.
        MultideviceMismatch = "multidevice_mismatch",
        /// The bridge cannot write to its disk.
        Disk = "disk",
        /// The bridge cannot read its session file.
        Damaged = "damaged",
        /// Not connected, with an unknown code or without one.
        Other = "other",
        /// Nothing listens at the bridge's address.
        Unreachable = "unreachable",
        /// The bridge accepted the connection and does not answer.
        Silent = "silent",
        /// The bridge does not accept the secret.
        Unauthorized = "unauthorized",
        /// The bridge is not in use.
        Disabled = "disabled",
    }
}

impl LinkState {
    /// Returns true if messages can be sent.
    pub fn is_connected(self) -> bool {
        self == Self::Connected
    }

    /// Parses a code of the bridge. States that only the daemon can observe are not accepted, nor is `connected`, which
    /// the HTTP status reports.
    pub(super) fn from_code(code: Option<&str>) -> Self {
        match code.and_then(|code| code.parse().ok()) {
            None | Some(Self::Connected | Self::Unreachable | Self::Silent | Self::Unauthorized | Self::Disabled) => {
                Self::Other
            }
            Some(state) => state,
        }
    }

    /// The problem and what to do about it, in Hebrew or in English; none if there is no problem.
    pub fn sentence(self, hebrew: bool) -> Option<&'static str> {
        let (he, en) = match self {
            Self::Connected => return None,
            Self::Starting => ("גשר הוואטסאפ עולה; המתינו רגע", "the WhatsApp bridge is starting; wait a moment"),
            Self::Unpaired => (
                "אין חשבון וואטסאפ מקושר; בקשו קוד חדש בלשונית WhatsApp שבדף",
                "no WhatsApp account is linked; ask for a new code under WhatsApp in the page",
            ),
            Self::Pairing => (
                "אין עדיין חשבון וואטסאפ מקושר; סרקו את הקוד שבדף מהטלפון: וואטסאפ, מכשירים מקושרים, קישור מכשיר",
                "no WhatsApp account is linked yet; scan the code in the page with the phone: WhatsApp, Linked devices, \
                 Link a device",
            ),
            Self::Connecting => (
                "גשר הוואטסאפ מתחבר לוואטסאפ; אם זה נמשך, בדקו את החיבור לאינטרנט",
                "the WhatsApp bridge is connecting to WhatsApp; if that lasts, check the internet connection",
            ),
            Self::Unanswered => (
                "וואטסאפ אינה מאשרת הודעות בקישור הזה; פתחו את וואטסאפ בטלפון, ואם זה נמשך, קשרו את החשבון מחדש",
                "WhatsApp acknowledges no message on this link; open WhatsApp on the phone, and if that lasts link the account again",
            ),
            Self::LoggedOut => (
                "וואטסאפ ניתקה את הקישור לחשבון; סרקו קוד חדש בלשונית WhatsApp שבדף",
                "WhatsApp has ended the link to the account; scan a new code under WhatsApp in the page",
            ),
            Self::Replaced => (
                "תוכנה אחרת משתמשת באותו קישור לוואטסאפ; עצרו אותה, ואז לחצו בדף על חיבור מחדש",
                "another program uses the same WhatsApp session; stop it, then reconnect in the page",
            ),
            Self::Banned => (
                "וואטסאפ חסמה את החשבון; בקשו בדיקה באפליקציית וואטסאפ בטלפון, ואז לחצו בדף על חיבור מחדש",
                "WhatsApp has blocked the account; ask for a review in WhatsApp on the phone, then reconnect in the page",
            ),
            Self::Outdated => (
                "וואטסאפ כבר אינה מקבלת את הגרסה של הגשר; עדכנו אותו, ואז לחצו בדף על חיבור מחדש",
                "WhatsApp no longer accepts the bridge's version; update the bridge, then reconnect in the page",
            ),
            Self::MultideviceMismatch => (
                "וואטסאפ שבטלפון אינה תומכת במכשירים מקושרים; עדכנו אותה בטלפון, ואז לחצו בדף על חיבור מחדש",
                "WhatsApp on the phone does not support linked devices; update it there, then reconnect in the page",
            ),
            Self::Disk => (
                "גשר הוואטסאפ אינו יכול לכתוב לדיסק שלו; פנו מקום, והוא ימשיך מעצמו",
                "the WhatsApp bridge cannot write to its disk; free space there, and it resumes by itself",
            ),
            Self::Damaged => (
                "גשר הוואטסאפ אינו יכול לקרוא את קובץ הקישור שלו; שחזרו אותו מגיבוי, או בקשו קוד חדש בדף",
                "the WhatsApp bridge cannot read its session file; restore it from a backup, or ask for a new code in the page",
            ),
            Self::Other => (
                "גשר הוואטסאפ אינו מחובר לוואטסאפ; הסיבה ביומן שלו",
                "the WhatsApp bridge is not connected to WhatsApp; see its log",
            ),
            Self::Unreachable => {
                ("גשר הוואטסאפ אינו פועל; ודאו שהשירות שלו רץ", "the WhatsApp bridge is not running; start its service")
            }
            Self::Silent => (
                "גשר הוואטסאפ אינו עונה; הפעילו מחדש את השירות שלו",
                "the WhatsApp bridge does not answer; restart its service",
            ),
            Self::Unauthorized => (
                "גשר הוואטסאפ לא קיבל את הסיסמה שלנו; ודאו שאותו BAILEYS_WEBHOOK_SECRET מוגדר בשני הצדדים",
                "the WhatsApp bridge did not accept the daemon's secret; set the same BAILEYS_WEBHOOK_SECRET on both sides",
            ),
            Self::Disabled => (
                "גשר הוואטסאפ אינו בשימוש; הגדירו BAILEYS_WEBHOOK_SECRET, כאן ובגשר",
                "the WhatsApp bridge is not in use; set BAILEYS_WEBHOOK_SECRET, here and for the bridge",
            ),
        };
        Some(if hebrew { he } else { en })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_own_sentence_in_both_languages() {
        let mut seen = std::collections::BTreeSet::new();
        for state in LinkState::ALL.iter().filter(|state| !state.is_connected()) {
            let (he, en) = (state.sentence(true).unwrap(), state.sentence(false).unwrap());
            assert!(he.chars().any(|c| ('א'..='ת').contains(&c)) && en.is_ascii(), "{state}");
            assert!(seen.insert(he) && seen.insert(en), "{state}");
        }
        assert_eq!(LinkState::Connected.sentence(true), None);
    }

    #[test]
    fn a_bridge_says_only_what_it_can_know() {
        assert_eq!(LinkState::from_code(Some("logged_out")), LinkState::LoggedOut);
        for code in [None, Some(""), Some("open"), Some("connected"), Some("unreachable"), Some("disabled")] {
            assert_eq!(LinkState::from_code(code), LinkState::Other, "{code:?}");
        }
    }
}
