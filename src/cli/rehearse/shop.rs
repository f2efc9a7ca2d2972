//! The example business that a scenario file may describe in its table `[shop]`.

use crate::crm::booking::services::ServiceUpdate;
use crate::crm::rehearsal::ExampleShop;
use crate::domain::{DayRange, DayTime, OpeningHours};
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Deserializer, de};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shop {
    hours: Week,
    services: Vec<ServiceOfShop>,
    #[serde(default)]
    closed: Vec<Closed>,
    #[serde(default)]
    facts: Vec<FactOfShop>,
}

/// The opening hours, such as `["09:00-13:00", "16:00-19:00"]`. A day without hours is closed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Week {
    sun: Vec<Hours>,
    mon: Vec<Hours>,
    tue: Vec<Hours>,
    wed: Vec<Hours>,
    thu: Vec<Hours>,
    fri: Vec<Hours>,
    sat: Vec<Hours>,
}

#[derive(Clone, Copy, Debug)]
struct Hours(DayRange);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceOfShop {
    name: String,
    minutes: u32,
    /// The price in the currency's main unit.
    price: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    from: Date,
    to: Option<Date>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FactOfShop {
    topic: String,
    text: String,
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let range = text.split_once('-').and_then(|(from, to)| {
            let (from, to): (DayTime, DayTime) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
            Some(Self(DayRange { from, to }))
        });
        range.ok_or_else(|| de::Error::custom(format!("found {text:?}, expected hours such as \"09:00-19:00\"")))
    }
}

impl Shop {
    pub(super) fn offers(&self, service: &str) -> bool {
        self.services.iter().any(|offered| offered.name == service)
    }

    pub(super) fn as_data(&self) -> ExampleShop {
        let Week { sun, mon, tue, wed, thu, fri, sat } = &self.hours;
        let days = [
            (Weekday::Sunday, sun),
            (Weekday::Monday, mon),
            (Weekday::Tuesday, tue),
            (Weekday::Wednesday, wed),
            (Weekday::Thursday, thu),
            (Weekday::Friday, fri),
            (Weekday::Saturday, sat),
        ];
        let hours = days.into_iter().flat_map(|(weekday, ranges)| {
            ranges.iter().map(move |Hours(range)| OpeningHours { weekday, range: *range })
        });
        let service = |ServiceOfShop { name, minutes, price }: &ServiceOfShop| ServiceUpdate {
            name: Some(name.clone()),
            duration_min: Some(*minutes),
            price_minor: price.map(|price| Some(i64::from(price) * 100)),
            ..ServiceUpdate::default()
        };
        let closed = |Closed { from, to, reason }: &Closed| (*from, to.unwrap_or(*from), reason.clone());
        ExampleShop {
            hours: hours.collect(),
            services: self.services.iter().map(service).collect(),
            closures: self.closed.iter().map(closed).collect(),
            facts: self.facts.iter().map(|FactOfShop { topic, text }| (topic.clone(), text.clone())).collect(),
        }
    }
}
