//! Why a message failed, as a code for programs and a notice for the owner.

use crate::domain::{Notice, StoredNotice};
use crate::inbox::delivery::Reason;
use crate::inbox::policy::NoRoute;

/// Returns the code and the notice of a message that may or may not have been sent.
pub fn unconfirmed() -> (String, StoredNotice) {
    ("unconfirmed".to_owned(), Notice::MessageUnconfirmed.into())
}

pub fn reason(reason: &Reason) -> (String, StoredNotice) {
    let (code, notice) = match reason {
        Reason::Refused(provider_error) => return (provider_error.code.clone(), provider_error.notice.clone()),
        Reason::Expired => ("expired", Notice::MessageExpired),
        Reason::Unconfirmed => ("unconfirmed", Notice::MessageLost),
        Reason::NoRoute(NoRoute::TemplateRequired) => ("template_required", Notice::MessageNeedsTemplate),
        Reason::NoRoute(NoRoute::OptedOut) => ("contact_opted_out", Notice::MessageOptedOut),
        Reason::NoRoute(_) => ("no_provider", Notice::MessageNoProvider),
    };
    (code.to_owned(), notice.into())
}
