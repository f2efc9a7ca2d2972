//! `[business]`: name, time zone and country of the business.

use super::parser::{country, display_name, time_zone};
use super::setting::{Section, Setting};
use jiff::tz::TimeZone;
use phonenumber::country;
use serde::{Serialize, Serializer};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BusinessConfig {
    pub name: String,
    /// The time zone of nightly tasks, daily limits and displayed times.
    #[serde(serialize_with = "as_name")]
    pub time_zone: TimeZone,
    /// The country of phone numbers without a country code, ISO 3166.
    #[serde(serialize_with = "as_letters")]
    pub country: country::Id,
}

impl Default for BusinessConfig {
    fn default() -> Self {
        let time_zone = TimeZone::get("Asia/Jerusalem").unwrap_or(TimeZone::UTC);
        Self { name: String::new(), time_zone, country: country::IL }
    }
}

pub(super) fn settings() -> Vec<Setting<BusinessConfig>> {
    let business = Section::<BusinessConfig>::new();
    vec![
        business.setting("business.name", |c| &mut c.name, display_name()),
        business.setting("business.time_zone", |c| &mut c.time_zone, time_zone()).requires_restart(),
        business.setting("business.country", |c| &mut c.country, country()),
    ]
}

fn as_name<S: Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.iana_name().unwrap_or("UTC"))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn as_letters<S: Serializer>(country: &country::Id, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(country.as_ref())
}
