//! API types of what a message contains besides its text and files.

use crate::domain;
use serde::Serialize;

/// A place that a contact sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Location {
    /// Degrees north of the equator, -90 to 90.
    latitude: f64,
    /// Degrees east of Greenwich, -180 to 180.
    longitude: f64,
    /// The name of the place; null if the contact sent none.
    name: Option<String>,
    /// The address of the place; null if the contact sent none.
    address: Option<String>,
}

impl From<domain::Location> for Location {
    fn from(place: domain::Location) -> Self {
        let domain::Location { latitude, longitude, name, address } = place;
        Self { latitude, longitude, name, address }
    }
}

/// A button of a message of the business that the contact pressed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PressedButton {
    /// The text on the button; null if it is not known.
    text: Option<String>,
    /// The value of the button in the template; null if it has none.
    payload: Option<String>,
}

impl From<domain::PressedButton> for PressedButton {
    fn from(domain::PressedButton { text, payload }: domain::PressedButton) -> Self {
        Self { text, payload }
    }
}

/// The advertisement or post on Facebook or Instagram from which a contact began the conversation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Referral {
    /// The headline; null if it is not known.
    headline: Option<String>,
    /// The text; null if it is not known.
    body: Option<String>,
    /// The URL; null if it is not known.
    url: Option<String>,
}

impl From<domain::Referral> for Referral {
    fn from(domain::Referral { headline, body, url }: domain::Referral) -> Self {
        Self { headline, body, url }
    }
}
