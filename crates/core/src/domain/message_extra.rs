//! What a message contains besides its text and files.

use super::{Timestamp, text_enum};

/// The place, the button and the advertisement of a message, and how it was sent. Most messages have none of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageExtra {
    /// The place that the contact sent.
    pub location: Option<Location>,
    /// The button of a message of the business that the contact pressed.
    pub button: Option<PressedButton>,
    /// The advertisement or post from which the contact began the conversation.
    pub referral: Option<Referral>,
    /// Whether Twilio sent the message as the approved template.
    pub template: bool,
    /// Why the message has no content.
    pub phone_only: Option<PhoneOnly>,
    /// The start of the event to which the contact invites.
    pub event_at: Option<Timestamp>,
}

text_enum! {
    /// Content that WhatsApp shows only on the phone, not to linked devices.
    PhoneOnly {
        /// A picture, a film or a voice message that can be viewed once.
        ViewOnce = "view_once",
        /// A payment, or a request for one.
        Payment = "payment",
    }
}

/// A place on the earth.
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// Degrees north of the equator, -90 to 90.
    pub latitude: f64,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: f64,
    /// The name of the place.
    pub name: Option<String>,
    /// The address of the place.
    pub address: Option<String>,
}

/// A pressed button. At least one of the fields is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PressedButton {
    /// The text on the button.
    pub text: Option<String>,
    /// The value that the business gave the button, which the contact does not see.
    pub payload: Option<String>,
}

/// An advertisement or post that leads to a conversation. At least one of the fields is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The headline.
    pub headline: Option<String>,
    /// The text.
    pub body: Option<String>,
    /// The URL.
    pub url: Option<String>,
}

impl Location {
    /// Returns none if the coordinates are not on the earth.
    pub fn new(latitude: f64, longitude: f64, name: Option<String>, address: Option<String>) -> Option<Self> {
        let is_valid = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        is_valid.then_some(Self { latitude, longitude, name, address })
    }

    /// Returns the name, the address and a link to a map, each in its line. Lists and searches show and find it.
    pub fn description(&self) -> String {
        let Self { latitude, longitude, name, address } = self;
        let link = format!("https://maps.google.com/?q={latitude},{longitude}");
        let known = [name.as_deref(), address.as_deref(), Some(link.as_str())];
        known.into_iter().flatten().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }
}
