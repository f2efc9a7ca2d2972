//! How a person can be reached. A person is never identified by one number alone.

use super::{AddressId, ContactId, PhoneNumber, Timestamp, text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What an address is an address of.
    AddressKind {
        /// A phone number, E.164 with `+`.
        Phone = "phone",
        /// WhatsApp's hidden id of a person, the digits before `@lid`.
        Lid = "lid",
        /// Meta's business-scoped user id.
        Bsuid = "bsuid",
        /// Twilio's `WaId`, digits.
        TwilioWa = "twilio_wa",
        /// A mail address.
        Mail = "mail",
    }
}

/// One way to reach a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Address {
    /// Our id.
    #[schema(value_type = i64)]
    pub id: AddressId,
    /// The person.
    #[schema(value_type = i64)]
    pub contact_id: ContactId,
    /// What kind of address it is.
    pub kind: AddressKind,
    /// In the one form of its kind.
    pub value: String,
    /// Of a number: since when the contact has another one instead; null while it is the contact's.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub former_at: Option<Timestamp>,
}

impl From<&PhoneNumber> for (AddressKind, String) {
    fn from(number: &PhoneNumber) -> Self {
        (AddressKind::Phone, number.as_str().to_owned())
    }
}
