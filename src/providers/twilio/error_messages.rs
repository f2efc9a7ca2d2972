//! Twilio's message errors as sentences for the owner, in Hebrew and English: what happened and what to do.
//!
//! The codes are those of Twilio's "Error and Warning Dictionary".

use crate::domain::{ProviderError, Refusal};

/// The sentence for a Twilio error. `message` is Twilio's own message, for errors that are not in the table.
pub fn for_code(code: &str, message: Option<&str>, language: &str) -> ProviderError {
    let row = MESSAGES.iter().find(|(codes, ..)| codes.contains(&code));
    let hebrew = language == "he";
    let sentence = match (row, message) {
        (Some((_, he, _)), _) if hebrew => (*he).to_owned(),
        (Some((_, _, en)), _) => (*en).to_owned(),
        (None, Some(message)) if hebrew => format!("Twilio לא שלחה את ההודעה: {message} (שגיאה {code})"),
        (None, Some(message)) => format!("Twilio did not send the message: {message} (error {code})"),
        (None, None) if hebrew => format!("Twilio לא שלחה את ההודעה (שגיאה {code})"),
        (None, None) => format!("Twilio did not send the message (error {code})"),
    };
    ProviderError { code: code.to_owned(), sentence }
}

/// What a Twilio error code rejects. A code that is not in the table rejects the message itself.
pub(super) fn refusal(code: &str) -> Refusal {
    match code {
        "63016" => Refusal::FreeText,
        "21610" | "63014" => Refusal::Contact,
        "canceled" => Refusal::Cancelled,
        _ => Refusal::Message,
    }
}

/// Returns true if Twilio does not accept the account: wrong credentials, or closed.
pub fn is_account_refused(code: &str) -> bool {
    ACCOUNT_REFUSED.contains(&code)
}

/// 401 stands for a response without a Twilio error code; 20005 for an account that is not active.
const ACCOUNT_REFUSED: [&str; 5] = ["20003", "20005", "20008", "20404", "401"];

/// Error codes, Hebrew, English.
const MESSAGES: &[(&[&str], &str, &str)] = &[
    (
        &["63016"],
        "עברו יותר מ־24 שעות מאז שהלקוח כתב למספר ה־Twilio; מחוץ לחלון הזה אפשר לשלוח רק תבנית מאושרת",
        "more than 24 hours have passed since the contact wrote to the Twilio number; after that only an approved template may be sent",
    ),
    (
        &["63018", "63038", "20429", "14107"],
        "נשלחו יותר מדי הודעות בזמן קצר מדי; נסו שוב מאוחר יותר",
        "too many messages were sent in too short a time; try again later",
    ),
    (
        &["63003", "63024", "21211", "21614"],
        "למספר הזה אין וואטסאפ, או שהוא אינו תקין",
        "this number is not on WhatsApp, or is not a valid one",
    ),
    (
        &["63007", "21606", "21603"],
        "מספר השולח אינו מוגדר כשולח וואטסאפ בחשבון ה־Twilio; בדקו את TWILIO_WA_FROM",
        "the sender is not set up as a WhatsApp sender in the Twilio account; check TWILIO_WA_FROM",
    ),
    (
        &["63032", "63049"],
        "וואטסאפ החליטה לא למסור את ההודעה ללקוח הזה כרגע",
        "WhatsApp chose not to deliver the message to this contact at the moment",
    ),
    (
        &["21610"],
        "הלקוח ביקש לא לקבל הודעות (STOP); אפשר לכתוב לו שוב אחרי שיכתוב",
        "the contact has asked to get no messages (STOP); write again after the contact has written",
    ),
    (
        &["63014"],
        "הלקוח חסם את המספר שלנו או ביטל את הסכמתו; אפשר לכתוב לו שוב אחרי שיכתוב",
        "the contact has blocked our number or withdrawn consent; write again after the contact has written",
    ),
    (
        &["63033"],
        "וואטסאפ חוסמת הודעות מהמספר שלנו ללקוח הזה",
        "WhatsApp blocks messages from our number to this contact",
    ),
    (
        &["63015"],
        "המספר הוא ה־Sandbox של Twilio: הלקוח צריך לשלוח אליו קודם \"join\" עם המילים שבמסוף של Twilio (Messaging, Try it out), ושוב אחרי שלושה ימים",
        "the sender is Twilio's sandbox: the contact must first send it \"join\" and the words that Twilio's console shows (Messaging, Try it out), and again after three days",
    ),
    (
        &["21617", "63013"],
        "ההודעה ארוכה מדי או שתוכנה מפר את כללי וואטסאפ; Twilio מקבלת עד 1600 תווים",
        "the message is too long or breaks WhatsApp's rules; Twilio accepts at most 1600 characters",
    ),
    (
        &["63019", "63021", "12300", "11200", "21620", "63052"],
        "Twilio לא הצליחה להוריד את הקובץ, או שסוגו או גודלו אינם נתמכים",
        "Twilio could not fetch the file, or its type or size is not supported",
    ),
    (
        &["63027", "63028", "63040", "63041", "63042", "21655", "21656"],
        "התבנית או המשתנים שלה אינם תקינים או שאינם מאושרים; בדקו את TWILIO_WA_TEMPLATE_SID ואת המשתנים",
        "the template or its variables are wrong or not approved; check TWILIO_WA_TEMPLATE_SID and the variables",
    ),
    (
        &["63005"],
        "וואטסאפ לא קיבלה את תוכן ההודעה; שנו את הטקסט או את הקובץ",
        "WhatsApp did not accept the content of the message; change its text or file",
    ),
    (
        &["20003", "20404", "20008"],
        "Twilio לא קיבלה את פרטי החשבון; בדקו את TWILIO_ACCOUNT_SID ואת TWILIO_AUTH_TOKEN",
        "Twilio did not accept the account; check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
    ),
    (&["canceled"], "ההודעה בוטלה ב־Twilio לפני שנשלחה", "the message was cancelled at Twilio before it was sent"),
    (
        &["failed", "undelivered", "30008", "63001", "63010", "63012"],
        "Twilio לא הצליחה למסור את ההודעה",
        "Twilio could not deliver the message",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_sentence_in_both_languages() {
        for code in [
            "63016", "63018", "63003", "63007", "63024", "21610", "21617", "63005", "63014", "63015", "63033", "63049",
            "99999",
        ] {
            let (he, en) = (for_code(code, None, "he").sentence, for_code(code, None, "en").sentence);
            assert!(he.chars().any(|c| ('א'..='ת').contains(&c)), "{he}");
            assert!(en.is_ascii(), "{en}");
        }
        assert!(for_code("99999", Some("Boo"), "en").sentence.contains("Boo"));
    }

    #[test]
    fn no_code_is_listed_twice() {
        let mut codes: Vec<_> = MESSAGES.iter().flat_map(|(codes, ..)| *codes).collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
