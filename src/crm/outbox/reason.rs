//! The sentences that explain to the owner why a message failed, in Hebrew and English.

use crate::inbox::delivery::Reason;
use crate::inbox::policy::NoRoute;

/// The code and the sentence for a message that may or may not have been sent.
pub fn unconfirmed_text(language: &str) -> (String, String) {
    let sentence = if language == "he" {
        "ייתכן שההודעה נשלחה; הדבר נבדק, ואין לשלוח אותה שוב"
    } else {
        "the message may have been sent; the provider is being asked, so do not send it again"
    };
    ("in_doubt".to_owned(), sentence.to_owned())
}

/// The code and the sentence of a reason.
pub fn reason(reason: &Reason, language: &str) -> (String, String) {
    let (code, he, en) = match reason {
        Reason::Refused(trouble) => return (trouble.code.clone(), trouble.sentence.clone()),
        Reason::Expired => (
            "expired",
            "לא ניתן היה לשלוח את ההודעה במשך 24 שעות; נסו שוב",
            "the message could not be sent for 24 hours; try again",
        ),
        Reason::Unconfirmed => (
            "unconfirmed",
            "לא ידוע אם ההודעה נשלחה; בדקו בטלפון לפני ששולחים שוב",
            "it is not known whether the message was sent; check on the phone before sending it again",
        ),
        Reason::NoRoute(NoRoute::TemplateRequired) => (
            "template_required",
            "עברו יותר מ־24 שעות מאז שהלקוח כתב, ולא הוגדרה תבנית לשליחה דרך Twilio",
            "more than 24 hours have passed since the contact wrote, and no template is set for Twilio",
        ),
        Reason::NoRoute(NoRoute::OptedOut) => (
            "contact_opted_out",
            "הלקוח חסם את המספר שלנו או ביקש לא לקבל הודעות; אפשר לכתוב לו שוב אחרי שיכתוב",
            "the contact has blocked our number or asked for no messages; write again after the contact has written",
        ),
        Reason::NoRoute(_) => (
            "no_provider",
            "אין דרך וואטסאפ פעילה שיכולה לשלוח את ההודעה הזאת",
            "no WhatsApp provider in use can send this message",
        ),
    };
    (code.to_owned(), if language == "he" { he } else { en }.to_owned())
}
