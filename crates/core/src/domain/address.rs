//! The addresses of contacts. A contact is never identified by one number alone.

use super::{AddressId, ContactId, PhoneNumber, Timestamp, text_enum};
use serde::{Deserialize, Serialize};

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
        /// A mail address.
        Mail = "mail",
    }
}

/// An address of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Address {
    /// The id.
    #[schema(value_type = i64)]
    pub id: AddressId,
    /// The contact.
    #[schema(value_type = i64)]
    pub contact_id: ContactId,
    /// The kind of the address.
    pub kind: AddressKind,
    /// The address, normalised: E.164 for a phone number.
    pub value: String,
    /// Of a phone number: since when the contact has another number instead; null while it is current.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub former_at: Option<Timestamp>,
}

impl From<&PhoneNumber> for (AddressKind, String) {
    fn from(number: &PhoneNumber) -> Self {
        (AddressKind::Phone, number.as_str().to_owned())
    }
}
