//! What a message of a contact contains besides its text and files.

/// The place, the button and the advertisement of a message. Most messages have none of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageExtra {
    /// The place that the contact sent.
    pub location: Option<Location>,
    /// The button of a message of the business that the contact pressed.
    pub button: Option<PressedButton>,
    /// The advertisement or post from which the contact began the conversation.
    pub referral: Option<Referral>,
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
}
