//! Twilio's WhatsApp webhooks: inbound messages, and status updates of outbound messages.
//!
//! Twilio docs: "Twilio's request to your incoming message webhook URL" and "Outbound message status in status
//! callbacks".

use super::error_messages;
use super::forms::Form;
use crate::domain::{
    Actor, Change, InboundMedia, InboundMessage, LateRefusal, Location, Malformed, MediaKind, MessageSid,
    MessageStatus, MessageUpdate, OptOutChoice, PeerAddress, PeerError, PhoneNumber, Provider, Refusal, is_file_name,
    whatsapp_address,
};
use phonenumber::country;

/// `own_sender` is the configured WhatsApp sender, if any.
pub fn message(
    form: &Form,
    own_sender: Option<&PhoneNumber>,
    country: country::Id,
) -> Result<InboundMessage, Malformed> {
    let sid = sid(form)?;
    let from = form.value("From").ok_or(Malformed("no From"))?;
    let peer = match PeerAddress::parse_provider(from, country) {
        Ok(address) => peer(address, form),
        Err(PeerError::NotIndividual) => return Err(Malformed("From is not a contact")),
        Err(PeerError::Unreadable) => return Err(Malformed("From cannot be read")),
    };
    let mut media = media(form);
    let mut text = form.value("Body").or_else(|| form.value("ButtonText")).unwrap_or_default().to_owned();
    // Twilio has no field for the name of a document. WhatsApp's name is the text of a document without a caption.
    if let [file] = media.as_mut_slice()
        && is_name_of(&text, file.mime.as_deref())
    {
        file.file_name = Some(std::mem::take(&mut text));
    }
    if text.is_empty() {
        text = place(form).unwrap_or_default();
    }
    Ok(InboundMessage {
        provider: Provider::Twilio,
        provider_msg_id: Some(sid.to_owned()),
        peer,
        profile_name: form.value("ProfileName").unwrap_or_default().trim().to_owned(),
        from_phone: false,
        kind: kind(form, &text, &media),
        text,
        media,
        quoted: form.value("OriginalRepliedMessageSid").map(str::to_owned),
        extra: extra(form),
        provider_time: None,
        waited: false,
        opens_twilio: is_to_our_sender(form, own_sender, country),
        history: false,
        provider_opt_out: form.value("OptOutType").and_then(opt_out),
    })
}

/// Reads `OptOutType`, which a Messaging Service with Advanced Opt-Out adds to messages with one of its keywords. Twilio has
/// answered such a message, and after `STOP` it refuses messages to the contact with the error 21610.
fn opt_out(kind: &str) -> Option<OptOutChoice> {
    match kind {
        "STOP" => Some(OptOutChoice::Out),
        "START" => Some(OptOutChoice::In),
        _ => None,
    }
}

/// Returns `None` if the status has no effect.
pub fn status(form: &Form) -> Result<Option<MessageUpdate>, Malformed> {
    let sid = sid(form)?;
    let word = form.value("MessageStatus").or_else(|| form.value("SmsStatus")).ok_or(Malformed("no MessageStatus"))?;
    let status = match word {
        "accepted" | "scheduled" | "queued" | "sending" => return Ok(None),
        "sent" => MessageStatus::Sent,
        "delivered" => MessageStatus::Delivered,
        "read" => MessageStatus::Read,
        "failed" | "undelivered" | "canceled" => MessageStatus::Failed,
        _ => return Err(Malformed("an unknown MessageStatus")),
    };
    let refusal = (status == MessageStatus::Failed).then(|| {
        let code = form.value("ErrorCode").filter(|code| !code.is_empty()).unwrap_or(word);
        let provider_error = error_messages::for_code(code, form.value("ErrorMessage"));
        let refusal = if word == "canceled" { Refusal::Cancelled } else { error_messages::refusal(code) };
        LateRefusal { refusal, provider_error }
    });
    Ok(Some(MessageUpdate {
        provider: Provider::Twilio,
        provider_msg_id: sid.to_owned(),
        peer: Vec::new(),
        change: Change::Status(status, refusal),
        actor: Actor::Provider,
        event_id: None,
        at: None,
    }))
}

fn sid(form: &Form) -> Result<&str, Malformed> {
    let sid = ["MessageSid", "SmsMessageSid", "SmsSid"].iter().find_map(|name| form.value(name));
    let sid = sid.ok_or(Malformed("no MessageSid"))?;
    sid.parse::<MessageSid>().map_err(|_| Malformed("an invalid MessageSid"))?;
    Ok(sid)
}

/// Returns the sender's addresses: the number, WhatsApp's form of the number if it differs, and Meta's user ids. If the
/// sender hides the number, the webhook contains an id in its place.
fn peer(address: PeerAddress, form: &Form) -> Vec<PeerAddress> {
    let wa_id = form.value("WaId").filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let spelling = wa_id.filter(|id| address.number().is_none_or(|number| number.digits() != *id));
    let mut peer = vec![address];
    peer.extend(spelling.map(|id| PeerAddress::TwilioWa(id.to_owned())));
    for id in USER_IDS.iter().filter_map(|name| PeerAddress::parse_user_id(form.value(name)?)) {
        if !peer.contains(&id) {
            peer.push(id);
        }
    }
    peer
}

fn media(form: &Form) -> Vec<InboundMedia> {
    let count = form.value("NumMedia").and_then(|count| count.parse().ok()).unwrap_or(0_usize).min(MAX_MEDIA);
    let file = |at: usize| {
        Some(InboundMedia {
            url: form.value(&format!("MediaUrl{at}"))?.to_owned(),
            mime: form.value(&format!("MediaContentType{at}")).map(str::to_owned),
            file_name: None,
            error: None,
        })
    };
    (0..count).filter_map(file).collect()
}

fn kind(form: &Form, text: &str, media: &[InboundMedia]) -> MediaKind {
    let by_file = || media.first().map(|file| MediaKind::of_mime(file.mime.as_deref().unwrap_or_default()));
    match form.value("MessageType") {
        Some("sticker") => MediaKind::Sticker,
        Some("contacts") => MediaKind::Contact,
        _ if form.value("Latitude").is_some() => MediaKind::Location,
        _ => by_file().unwrap_or(if text.is_empty() { MediaKind::Other } else { MediaKind::Text }),
    }
}

/// Returns true if the text is the name of a document. Other files have no names in WhatsApp, so their text is a caption.
fn is_name_of(text: &str, mime: Option<&str>) -> bool {
    let mime = mime.unwrap_or_default();
    matches!(MediaKind::of_mime(mime), MediaKind::Document | MediaKind::Contact | MediaKind::Other)
        && is_file_name(text, mime)
}

/// Returns the name, the address and the link of a place, as the bridge describes places.
fn place(form: &Form) -> Option<String> {
    let degrees = |name: &str| form.value(name)?.trim().parse().ok();
    let (latitude, longitude) = (degrees("Latitude")?, degrees("Longitude")?);
    let text = |name: &str| form.value(name).map(str::to_owned);
    Some(Location::new(latitude, longitude, text("Label"), text("Address"))?.description())
}

/// Returns the parameters that have no column in the database (locations, buttons, ad referrals), as JSON.
fn extra(form: &Form) -> Option<String> {
    let fields: serde_json::Map<_, _> = form
        .pairs()
        .iter()
        .filter(|(name, value)| !value.is_empty() && EXTRA.iter().any(|prefix| name.starts_with(prefix)))
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    (!fields.is_empty()).then(|| serde_json::Value::Object(fields).to_string())
}

/// Returns true if the message was sent to the configured sender, or if no sender is configured or the webhook has no
/// `To`. Only a message to the sender opens the sender's 24-hour window.
fn is_to_our_sender(form: &Form, own: Option<&PhoneNumber>, country: country::Id) -> bool {
    let (Some(own), Some(to)) = (own, form.value("To")) else { return true };
    whatsapp_address(to) == Some(own.as_str()) || PhoneNumber::parse_provider(to, country).is_ok_and(|to| to == *own)
}

const MAX_MEDIA: usize = 10;

/// Parameters with Meta's business-scoped user ids of the sender: the id within the business, and the id within a group
/// of businesses. Twilio's change log uses the second name for the first parameter.
const USER_IDS: [&str; 3] = ["ExternalUserId", "ExternalUserIdentifier", "ParentExternalUserId"];

const EXTRA: [&str; 9] =
    ["Button", "Latitude", "Longitude", "Address", "Label", "Forwarded", "FrequentlyForwarded", "Referral", "List"];

#[cfg(test)]
mod tests {
    use super::*;
    use country::IL;

    const SID: &str = "SM0123456789abcdef0123456789abcdef";

    #[test]
    fn a_text_is_read() {
        let form = Form::from([
            ("MessageSid", SID),
            ("From", "whatsapp:+972501234567"),
            ("To", "whatsapp:+97239999999"),
            ("Body", "שלום"),
            ("NumMedia", "0"),
            ("ProfileName", "Dana"),
            ("WaId", "972501234567"),
        ]);
        let read = message(&form, None, IL).unwrap();
        assert_eq!(read.provider_msg_id.as_deref(), Some(SID));
        assert_eq!(read.peer.iter().map(ToString::to_string).collect::<Vec<_>>(), ["+972501234567"]);
        assert_eq!((read.text.as_str(), read.kind, read.profile_name.as_str()), ("שלום", MediaKind::Text, "Dana"));
        assert!(read.opens_twilio && read.extra.is_none() && read.media.is_empty());
    }

    #[test]
    fn files_places_buttons_and_answers_are_read() {
        let form = Form::from([
            ("SmsSid", SID),
            ("From", "+5511987654321"),
            ("WaId", "551187654321"),
            ("NumMedia", "2"),
            ("MediaUrl0", "https://api.twilio.com/a"),
            ("MediaContentType0", "image/jpeg"),
            ("MediaUrl1", "https://api.twilio.com/b"),
            ("OriginalRepliedMessageSid", "SMx"),
            ("ButtonPayload", "yes"),
        ]);
        let read = message(&form, None, IL).unwrap();
        assert_eq!(read.peer[1], PeerAddress::TwilioWa("551187654321".into()));
        assert_eq!((read.kind, read.media.len(), read.quoted.as_deref()), (MediaKind::Image, 2, Some("SMx")));
        assert_eq!(read.extra.as_deref(), Some(r#"{"ButtonPayload":"yes"}"#));

        let place = Form::from([("MessageSid", SID), ("From", "+972501234567"), ("Latitude", "32.1")]);
        assert_eq!(message(&place, None, IL).unwrap().kind, MediaKind::Location);
    }

    #[test]
    fn a_place_is_described_in_words() {
        let place = |more: &[(&str, &str)]| {
            let known = [("MessageSid", SID), ("From", "+972501234567")];
            let fields = known.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            message(&Form::from(fields.collect::<Vec<_>>()), None, IL).unwrap().text
        };
        let at = [("Latitude", "32.1"), ("Longitude", "34.8")];
        assert_eq!(place(&at), "https://maps.google.com/?q=32.1,34.8");
        let named = [at[0], at[1], ("Label", "הבית"), ("Address", "רחוב 1")];
        assert_eq!(place(&named), "הבית\nרחוב 1\nhttps://maps.google.com/?q=32.1,34.8");
        assert_eq!(place(&[at[0], ("Longitude", "north"), ("Label", "הבית")]), "");
        assert_eq!(place(&[at[0], at[1], ("Body", "כאן")]), "כאן");
    }

    #[test]
    fn the_name_of_a_document_is_not_its_text() {
        let read = |mime: &str, body: &str| {
            let form = Form::from([
                ("MessageSid", SID),
                ("From", "+972501234567"),
                ("NumMedia", "1"),
                ("MediaUrl0", "https://api.twilio.com/a"),
                ("MediaContentType0", mime),
                ("Body", body),
            ]);
            let read = message(&form, None, IL).unwrap();
            (read.media[0].file_name.clone(), read.text)
        };
        for (mime, name) in [("application/pdf", "הצעת מחיר 7.pdf"), ("text/vcard", "Dana.vcf"), ("", "x.DOCX")]
        {
            assert_eq!(read(mime, name), (Some(name.to_owned()), String::new()), "{mime}");
        }
        for (mime, text) in [
            ("application/pdf", "הנה המסמך"),
            ("application/pdf", "www.shop.co.il"),
            ("application/pdf", "see a.pdf\nthanks"),
            ("application/pdf", ".pdf"),
            ("image/jpeg", "photo.jpg"),
        ] {
            assert_eq!(read(mime, text), (None, text.to_owned()), "{mime}");
        }
    }

    #[test]
    fn a_choice_that_twilio_has_answered_is_read() {
        use OptOutChoice::{In, Out};
        for (kind, choice) in [("STOP", Some(Out)), ("START", Some(In)), ("HELP", None), ("", None)] {
            let form = Form::from([("MessageSid", SID), ("From", "+972501234567"), ("OptOutType", kind)]);
            assert_eq!(message(&form, None, IL).unwrap().provider_opt_out, choice, "{kind}");
        }
    }

    #[test]
    fn ids_of_the_user_are_read_beside_the_number_and_in_its_place() {
        let shown = |[from, id, parent]: [(&str, &str); 3]| {
            let read = message(&Form::from([("MessageSid", SID), from, id, parent]), None, IL).unwrap();
            read.peer.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let number = ("From", "whatsapp:+972501234567");
        let (id, parent) =
            (("ExternalUserId", "IL.13491208655302741918"), ("ParentExternalUserId", "IL.ENT.118157992"));
        assert_eq!(shown([number, id, parent]), ["+972501234567", "IL.13491208655302741918", "IL.ENT.118157992"]);
        assert_eq!(shown([("From", "whatsapp:IL.13491208655302741918"), id, ("A", "")]), ["IL.13491208655302741918"]);
        let renamed = [number, ("ExternalUserIdentifier", "IL.7"), ("ParentExternalUserId", "")];
        assert_eq!(shown(renamed), ["+972501234567", "IL.7"]);
        assert_eq!(shown([number, ("ExternalUserId", "no id"), ("A", "")]), ["+972501234567"]);
    }

    #[test]
    fn only_our_own_sender_opens_the_window() {
        let own = PhoneNumber::parse("+97239999999", IL).unwrap();
        for (to, opens) in [("whatsapp:+97239999999", true), ("97239999999", true), ("whatsapp:+97238888888", false)] {
            let form = Form::from([("MessageSid", SID), ("From", "+972501234567"), ("To", to)]);
            assert_eq!(message(&form, Some(&own), IL).unwrap().opens_twilio, opens, "{to}");
        }
    }

    #[test]
    fn a_malformed_webhook_is_rejected() {
        for form in [
            Form::from([("From", "+972501234567"), ("Body", "x")]),
            Form::from([("MessageSid", SID), ("Body", "x")]),
            Form::from([("MessageSid", SID), ("From", "anonymous")]),
        ] {
            assert!(message(&form, None, IL).is_err(), "{form:?}");
        }
    }

    #[test]
    fn a_status_is_read() {
        for (word, read) in [
            ("queued", None),
            ("sending", None),
            ("sent", Some(MessageStatus::Sent)),
            ("delivered", Some(MessageStatus::Delivered)),
            ("read", Some(MessageStatus::Read)),
            ("undelivered", Some(MessageStatus::Failed)),
        ] {
            let form = Form::from([("MessageSid", SID), ("MessageStatus", word), ("ErrorCode", "63016")]);
            let update = status(&form).unwrap();
            let change = update.map(|update| match update.change {
                Change::Status(status, refusal) => {
                    assert_eq!(refusal.is_some(), status == MessageStatus::Failed);
                    status
                }
                _ => unreachable!(),
            });
            assert_eq!(change, read, "{word}");
        }
        assert!(status(&Form::from([("MessageSid", SID), ("MessageStatus", "gone")])).is_err());
        assert!(status(&Form::from([("MessageStatus", "sent")])).is_err());
    }
}
