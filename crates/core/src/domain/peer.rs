//! The addresses by which providers identify contacts.

use super::{AddressKind, Masked, PhoneNumber};
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

    /// Parses a business-scoped id, with or without the prefix `whatsapp:`.
    pub fn parse_user_id(text: &str) -> Option<Self> {
        let bare = text.trim();
        let bare = bare.strip_prefix("whatsapp:").unwrap_or(bare);
        is_bsuid(bare).then(|| Self::Bsuid(bare.to_owned()))
    }

    fn read(text: &str, number: impl FnOnce(&str) -> Option<PhoneNumber>) -> Result<Self, PeerError> {
        let bare = text.trim();
        let bare = bare.strip_prefix("whatsapp:").unwrap_or(bare);
        if let Some((user, server)) = bare.split_once('@') {
            match server {
                "lid" | "hosted.lid" => return lid(user),
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

    /// Returns the masked form of the address for logs.
    pub fn masked(&self) -> Masked<'_> {
        Masked(self.value())
    }
}

/// Writes the form that the page shows and that [`PeerAddress::parse`] accepts: `+9725…`, `…@lid`, or a business-scoped
/// id.
impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(number) => number.fmt(f),
            Self::Lid(digits) => write!(f, "{digits}@lid"),
            Self::Bsuid(id) | Self::TwilioWa(id) => f.write_str(id),
        }
    }
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
            assert_eq!(PeerAddress::parse(&read.to_string(), IL), Ok(read));
        }
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
    fn who_is_no_person_is_distinguished_from_what_is_unreadable() {
        for text in ["12036302@g.us", "status@broadcast", "120363@newsletter"] {
            assert_eq!(PeerAddress::parse_provider(text, IL), Err(PeerError::NotIndividual), "{text}");
        }
        for text in ["", "whatsapp:", "@lid", "abc@lid", "hello", "1", "il.123", "IL."] {
            assert_eq!(PeerAddress::parse_provider(text, IL), Err(PeerError::Unreadable), "{text}");
        }
    }
}
