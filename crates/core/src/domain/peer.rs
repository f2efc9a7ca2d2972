//! The addresses by which providers identify contacts.

use super::{AddressKind, Masked, PhoneNumber, Provider};
use phonenumber::country;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An address of a contact at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PeerAddress {
    /// A phone number.
    Phone(PhoneNumber),
    /// WhatsApp's LID, an id that hides the phone number: the digits before `@lid`.
    Lid(String),
    /// Meta's business-scoped user id, `IL.13491208655302741918`.
    Bsuid(String),
    /// Twilio's `WaId`, which consists of digits, if it differs from the number.
    TwilioWa(String),
}

/// The reason why a text is not the address of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// The address belongs to a group, a broadcast list or a channel.
    #[error("a group, a broadcast list or a channel, not a contact")]
    NotIndividual,
    /// The format is unknown.
    #[error("not a phone number or a WhatsApp id; write a number as +972501234567 or, within the country, 050-1234567")]
    Unreadable,
}

impl PeerAddress {
    /// Parses a provider's address: any form of [`PhoneNumber::parse_provider`], `…@lid`, or a business-scoped id.
    pub fn parse_provider(text: &str, default_country: country::Id) -> Result<Self, PeerError> {
        Self::read(text, |number| PhoneNumber::parse_provider(number, default_country).ok())
    }

    /// Parses a user's input: any form of [`PhoneNumber::parse`], or one of the ids that the page shows.
    pub fn parse(text: &str, default_country: country::Id) -> Result<Self, PeerError> {
        Self::read(text, |number| PhoneNumber::parse(number, default_country).ok())
    }

    /// Parses the form that `Display` writes and the database contains; none if the text is not an address.
    pub fn from_stored(text: &str) -> Option<Self> {
        if let Some(number) = PhoneNumber::from_e164(text) {
            return Some(Self::Phone(number));
        }
        if let Some(user) = text.strip_suffix("@lid") {
            return lid(user).ok();
        }
        let is_wa_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_wa_id { Some(Self::TwilioWa(text.to_owned())) } else { Self::parse_user_id(text) }
    }

    /// Returns the address with this kind and value, as [`kind`](Self::kind) and [`value`](Self::value) return them;
    /// none if the value is invalid, or if no WhatsApp message can be sent to that kind of address. A `WaId` is not
    /// checked.
    pub fn of_kind(kind: AddressKind, value: &str) -> Option<Self> {
        match kind {
            AddressKind::Phone => PhoneNumber::from_e164(value).map(Self::Phone),
            AddressKind::Lid => lid(value).ok(),
            AddressKind::Bsuid => Self::parse_user_id(value),
            AddressKind::TwilioWa => Some(Self::TwilioWa(value.to_owned())),
            AddressKind::Mail => None,
        }
    }

    /// Parses a LID: `…@lid`, or only its digits.
    pub fn parse_lid(text: &str) -> Option<Self> {
        let (user, server) = text.split_once('@').unwrap_or((text, "lid"));
        if is_lid_server(server) { lid(user).ok() } else { None }
    }

    /// Parses a business-scoped id, with or without the prefix `whatsapp:`.
    pub fn parse_user_id(text: &str) -> Option<Self> {
        let bare = text.trim();
        let bare = whatsapp_address(bare).unwrap_or(bare);
        is_bsuid(bare).then(|| Self::Bsuid(bare.to_owned()))
    }

    fn read(text: &str, number: impl FnOnce(&str) -> Option<PhoneNumber>) -> Result<Self, PeerError> {
        let bare = text.trim();
        let bare = whatsapp_address(bare).unwrap_or(bare);
        if let Some((user, server)) = bare.split_once('@') {
            match server {
                server if is_lid_server(server) => return lid(user),
                "g.us" | "broadcast" | "newsletter" => return Err(PeerError::NotIndividual),
                _ => {}
            }
        }
        if let Some(number) = number(bare) {
            return Ok(Self::Phone(number));
        }
        Self::parse_user_id(bare).ok_or(PeerError::Unreadable)
    }

    /// Returns the kind of the address.
    pub fn kind(&self) -> AddressKind {
        match self {
            Self::Phone(_) => AddressKind::Phone,
            Self::Lid(_) => AddressKind::Lid,
            Self::Bsuid(_) => AddressKind::Bsuid,
            Self::TwilioWa(_) => AddressKind::TwilioWa,
        }
    }

    /// Returns the normalised address, without `@lid`.
    pub fn value(&self) -> &str {
        match self {
            Self::Phone(number) => number.as_str(),
            Self::Lid(text) | Self::Bsuid(text) | Self::TwilioWa(text) => text,
        }
    }

    /// Returns the phone number; none if the address is another kind of id.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Phone(number) => Some(number),
            Self::Lid(_) | Self::Bsuid(_) | Self::TwilioWa(_) => None,
        }
    }

    /// Returns the address as the provider's API takes it: for Twilio the stored form after `whatsapp:`, such as
    /// `whatsapp:+9725…`; for the bridge the digits of a phone number, or the stored form of another address, such as
    /// `…@lid`.
    pub fn wire(&self, provider: Provider) -> String {
        match (provider, self) {
            (Provider::Twilio, _) => format!("{WHATSAPP}{self}"),
            (Provider::Baileys, Self::Phone(number)) => number.digits().to_owned(),
            (Provider::Baileys, _) => self.to_string(),
        }
    }

    /// Returns a phone number as a `WaId`, and a `WaId` as a phone number, because in most countries both have the same
    /// digits. Returns none for other ids, and for a `WaId` that is not a phone number.
    pub fn other_spelling(&self) -> Option<Self> {
        match self {
            Self::Phone(number) => Some(Self::TwilioWa(number.digits().to_owned())),
            Self::TwilioWa(digits) => PhoneNumber::from_e164(&format!("+{digits}")).map(Self::Phone),
            Self::Lid(_) | Self::Bsuid(_) => None,
        }
    }

    /// Returns the masked form of the address for logs.
    pub fn masked(&self) -> Masked<'_> {
        Masked(self.value())
    }
}

/// Writes the form that the page shows and the database contains: `+9725…`, `…@lid`, a business-scoped id, or the
/// digits of a `WaId`. [`PeerAddress::from_stored`] parses it.
impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(number) => number.fmt(f),
            Self::Lid(digits) => write!(f, "{digits}@lid"),
            Self::Bsuid(id) | Self::TwilioWa(id) => f.write_str(id),
        }
    }
}

/// Twilio's prefix of WhatsApp addresses.
const WHATSAPP: &str = "whatsapp:";

/// Returns Twilio's address of a WhatsApp message or call without the prefix. Returns none for an address without the
/// prefix, which means that the message or call did not come by WhatsApp.
pub fn whatsapp_address(text: &str) -> Option<&str> {
    text.strip_prefix(WHATSAPP)
}

fn is_lid_server(server: &str) -> bool {
    matches!(server, "lid" | "hosted.lid")
}

/// Parses the user part of a LID and drops its device number.
fn lid(user: &str) -> Result<PeerAddress, PeerError> {
    let digits = user.split_once(':').map_or(user, |(digits, _device)| digits);
    let good = (5..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if good { Ok(PeerAddress::Lid(digits.to_owned())) } else { Err(PeerError::Unreadable) }
}

/// Returns true for a business-scoped id: a country code of two capital letters, a full stop, and up to 128 letters,
/// digits and full stops.
fn is_bsuid(text: &str) -> bool {
    text.split_once('.').is_some_and(|(country, id)| {
        country.len() == 2
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=128).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use country::IL;

    #[test]
    fn every_name_of_a_person_is_read() {
        for (text, kind, value) in [
            ("whatsapp:+972501234567", AddressKind::Phone, "+972501234567"),
            ("972501234567:3@s.whatsapp.net", AddressKind::Phone, "+972501234567"),
            ("0501234567", AddressKind::Phone, "+972501234567"),
            ("98765432101234@lid", AddressKind::Lid, "98765432101234"),
            ("98765432101234:7@lid", AddressKind::Lid, "98765432101234"),
            ("whatsapp:IL.13491208655302741918", AddressKind::Bsuid, "IL.13491208655302741918"),
        ] {
            let read = PeerAddress::parse_provider(text, IL).unwrap();
            assert_eq!((read.kind(), read.value()), (kind, value), "{text}");
            assert_eq!(PeerAddress::from_stored(&read.to_string()), Some(read.clone()));
            assert_eq!(PeerAddress::of_kind(kind, value), Some(read.clone()));
            assert_eq!(PeerAddress::parse(&read.to_string(), IL), Ok(read));
        }
    }

    #[test]
    fn each_provider_takes_its_own_form() {
        for (stored, twilio, bridge) in [
            ("+972501234567", "whatsapp:+972501234567", "972501234567"),
            ("98765432101234@lid", "whatsapp:98765432101234@lid", "98765432101234@lid"),
            ("IL.13491208655302741918", "whatsapp:IL.13491208655302741918", "IL.13491208655302741918"),
        ] {
            let address = PeerAddress::from_stored(stored).unwrap();
            assert_eq!([Provider::Twilio, Provider::Baileys].map(|to| address.wire(to)), [twilio, bridge]);
        }
    }

    #[test]
    fn a_number_and_a_wa_id_are_spellings_of_one_another() {
        let number = PeerAddress::from_stored("+972501234567").unwrap();
        let wa_id = number.other_spelling().unwrap();
        assert_eq!(wa_id, PeerAddress::TwilioWa("972501234567".to_owned()));
        assert_eq!(wa_id.other_spelling(), Some(number));
        assert_eq!(PeerAddress::Lid("98765".to_owned()).other_spelling(), None);
    }

    #[test]
    fn a_lid_needs_no_server() {
        let lid = Some(PeerAddress::Lid("98765432101234".to_owned()));
        for text in ["98765432101234", "98765432101234@lid", "98765432101234:7@lid", "98765432101234@hosted.lid"] {
            assert_eq!(PeerAddress::parse_lid(text), lid, "{text}");
        }
        assert_eq!(PeerAddress::parse_lid("98765432101234@s.whatsapp.net"), None);
    }

    #[test]
    fn only_the_stored_form_is_read_from_storage() {
        let wa_id = PeerAddress::TwilioWa("972501234567".to_owned());
        assert_eq!(PeerAddress::from_stored("972501234567"), Some(wa_id));
        for text in
            ["", "+", "+12", "+97250123456x", "anonymous", "+972 501234567", "1@g.us", "@lid", "whatsapp:+97250"]
        {
            assert_eq!(PeerAddress::from_stored(text), None, "{text}");
        }
    }

    #[test]
    fn a_group_is_distinguished_from_an_unreadable_address() {
        for text in ["12036302@g.us", "status@broadcast", "120363@newsletter"] {
            assert_eq!(PeerAddress::parse_provider(text, IL), Err(PeerError::NotIndividual), "{text}");
        }
        for text in ["", "whatsapp:", "@lid", "abc@lid", "hello", "1", "il.123", "IL."] {
            assert_eq!(PeerAddress::parse_provider(text, IL), Err(PeerError::Unreadable), "{text}");
        }
    }
}
