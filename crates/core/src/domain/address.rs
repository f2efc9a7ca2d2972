//! The addresses of contacts. A contact can have several phone numbers and provider ids.

use super::{AddressId, ContactId, PhoneNumber, Timestamp, text_enum};

text_enum! {
    /// The kind of an address.
    AddressKind {
        /// A phone number, E.164 with `+`.
        Phone = "phone",
        /// WhatsApp's hidden id of a contact, the digits before `@lid`.
        Lid = "lid",
        /// Meta's business-scoped user id.
        Bsuid = "bsuid",
        /// Twilio's `WaId`, digits.
        TwilioWa = "twilio_wa",
        Mail = "mail",
    }
}

/// A stored address of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The id: the number of the database row.
    pub id: AddressId,
    /// The contact to whom the address belongs.
    pub contact_id: ContactId,
    /// Whether `value` is a phone number, an id at a provider, or a mail address.
    pub kind: AddressKind,
    /// The address, normalised: E.164 for a phone number.
    pub value: String,
    /// For a phone number: since when it is no longer the contact's number. None while the number is current.
    pub former_at: Option<Timestamp>,
}

impl Address {
    /// Returns the value as providers' texts contain it: a phone number without `+`.
    pub fn bare(&self) -> &str {
        self.value.strip_prefix('+').unwrap_or(&self.value)
    }
}

impl From<&PhoneNumber> for (AddressKind, String) {
    fn from(number: &PhoneNumber) -> Self {
        (AddressKind::Phone, number.as_str().to_owned())
    }
}
