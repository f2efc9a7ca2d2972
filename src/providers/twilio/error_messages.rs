//! Converts Twilio's message errors into notices for the owner. A notice explains the error and its solution.
//!
//! Twilio documents the codes in its "Error and Warning Dictionary".

use crate::domain::{Notice, ProviderError, Refusal};

/// `message` is Twilio's own message, for codes without a specific notice.
pub fn for_code(code: &str, message: Option<&str>) -> ProviderError {
    let notice = known(code).unwrap_or_else(|| match message {
        Some(message) => Notice::TwilioErrorBecause { code: code.to_owned(), reason: message.to_owned() },
        None => Notice::TwilioError { code: code.to_owned() },
    });
    ProviderError { code: code.to_owned(), notice: notice.into() }
}

/// For an unlisted code, only the message itself is refused.
pub(super) fn refusal(code: &str) -> Refusal {
    match code {
        "63016" => Refusal::FreeText,
        "21610" | "63014" => Refusal::Contact,
        "canceled" => Refusal::Cancelled,
        _ => Refusal::Message,
    }
}

/// Returns true if Twilio rejects the account: the credentials are wrong, or the account is not active.
pub fn is_account_refused(code: &str) -> bool {
    ACCOUNT_REFUSED.contains(&code)
}

/// Error codes that reject the account. 401 is the HTTP status of a response without an error code. 20005 means that
/// the account is not active.
const ACCOUNT_REFUSED: [&str; 5] = ["20003", "20005", "20008", "20404", "401"];

fn known(code: &str) -> Option<Notice> {
    Some(match code {
        "63016" => Notice::TwilioWindowClosed,
        "63018" | "63038" | "20429" | "14107" => Notice::TwilioTooMany,
        "63003" | "63024" | "21211" | "21614" => Notice::TwilioNoWhatsApp,
        "63007" | "21606" | "21603" => Notice::TwilioSenderUnknown,
        "63032" | "63049" => Notice::TwilioNotNow,
        "21610" => Notice::TwilioStopped,
        "63014" => Notice::TwilioContactBlocked,
        "63033" => Notice::TwilioSenderBlocked,
        "63015" => Notice::TwilioSandbox,
        "21617" | "63013" => Notice::TwilioTooLong,
        "63019" | "63021" | "12300" | "11200" | "21620" | "63052" => Notice::TwilioFile,
        "63027" | "63028" | "63040" | "63041" | "63042" | "21655" | "21656" => Notice::TwilioTemplate,
        "63005" => Notice::TwilioContent,
        "20003" | "20404" | "20008" => Notice::TwilioAccount,
        "canceled" => Notice::TwilioCancelled,
        "failed" | "undelivered" | "30008" | "63001" | "63010" | "63012" => Notice::TwilioUndelivered,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_own_notice_or_shows_its_code_and_twilios_message() {
        for code in
            ["63016", "63018", "63003", "63007", "63024", "21610", "21617", "63005", "63014", "63015", "63033", "63049"]
        {
            assert!(known(code).is_some(), "{code}");
            assert_eq!(for_code(code, Some("Boo")), for_code(code, None), "{code}");
        }
        let (code, reason) = ("99999".to_owned(), "Boo".to_owned());
        assert_eq!(
            for_code("99999", Some("Boo")).notice,
            Notice::TwilioErrorBecause { code: code.clone(), reason }.into()
        );
        assert_eq!(for_code("99999", None).notice, Notice::TwilioError { code }.into());
    }
}
