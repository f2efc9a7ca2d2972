//! Booking: services, resources, hours, free times, appointments.

mod appointments;
mod catalog;
mod conflicts;
mod gaps;
mod notices;
mod waiting_list;

use super::support::client::{Reply, send};
use super::support::{Client, Daemon};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use reqwest::Method;
use serde_json::{Value, json};

/// Sets the holidays to open, so that the test passes on any day of the year.
pub async fn open_on_holidays(owner: &Client) {
    let mut hours = owner.get("/api/opening-hours").await.json();
    (hours["holidays"], hours["eves"]) = (json!("open"), json!("open"));
    assert_eq!(send(owner.request(Method::PUT, "/api/opening-hours").json(&hours)).await.status, 200);
}

/// Opens on holidays, and offers a haircut of half an hour as the only service.
pub async fn offer_haircuts(owner: &Client) {
    open_on_holidays(owner).await;
    assert_eq!(owner.post_json("/api/services", &json!({"name": "תספורת", "duration_min": 30})).await.status, 201);
}

/// A daemon with three contacts, and an owner's client of its API.
struct Shop {
    daemon: Daemon,
    api: Client,
}

impl Shop {
    /// Starts a daemon with a new database, for a business that is also open on holidays.
    async fn open() -> Self {
        let mut daemon = Daemon::prepare(|_| {});
        daemon.seed(include_str!("api/data.sql"));
        daemon.launch();
        let api = daemon.api();
        open_on_holidays(&api).await;
        Self { daemon, api }
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.api.post_json(path, body).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Reply {
        send(self.api.request(Method::PATCH, path).json(body)).await
    }

    async fn put(&self, path: &str, body: &Value) -> Reply {
        send(self.api.request(Method::PUT, path).json(body)).await
    }

    async fn delete(&self, path: &str) -> Reply {
        send(self.api.request(Method::DELETE, path)).await
    }

    /// Posts a body, checks the status, and returns the body of the response.
    async fn add(&self, path: &str, body: &Value) -> Value {
        let reply = self.post(path, body).await;
        assert_eq!(reply.status, 201, "{path}: {}", reply.text());
        reply.json()
    }

    /// Adds a service and returns its id.
    async fn service(&self, duration_min: u32, buffer_after_min: u32) -> i64 {
        let body = json!({"name": "תספורת", "duration_min": duration_min, "buffer_after_min": buffer_after_min,
            "price_minor": 12_000});
        self.add("/api/services", &body).await["id"].as_i64().unwrap()
    }

    async fn book(&self, service: i64, starts_at: &str) -> Reply {
        let body = json!({"contact_id": 1, "service_id": service, "starts_at": starts_at});
        self.post("/api/appointments", &body).await
    }

    /// Returns the starts of the free times on a day, at intervals of an hour.
    async fn free(&self, service: i64, date: Date, more: &str) -> Vec<String> {
        free_starts(&self.api, &format!("service_id={service}&from={date}&days=1&step_min=60{more}")).await
    }
}

/// Returns the starts of the free times that this query finds.
pub(super) async fn free_starts(api: &Client, query: &str) -> Vec<String> {
    let reply = api.get(&format!("/api/free-slots?{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let slots = reply.json()["slots"].as_array().unwrap().clone();
    slots.iter().map(|slot| slot["starts_at"].as_str().unwrap().to_owned()).collect()
}

/// Returns the number of pairs of appointments that occupy one resource at the same time.
pub(super) fn double_booked(daemon: &Daemon) -> i64 {
    daemon.query_value(
        "SELECT count(*) FROM appointments a JOIN appointments b ON a.id < b.id AND a.resource_id = b.resource_id
            AND a.blocked_from < b.blocked_to AND b.blocked_from < a.blocked_to
         WHERE a.state IN ('booked', 'done') AND b.state IN ('booked', 'done')",
    )
}

/// Returns the first Monday after today for 1, the second for 2, and the last one before today for -1.
pub(super) fn monday(weeks: i32) -> Date {
    let today = Timestamp::now().to_zoned(zone()).date();
    today.nth_weekday(weeks, Weekday::Monday).unwrap()
}

/// Converts a local time of the business to the UTC time that the API shows.
fn at(date: Date, time: &str) -> String {
    let local: jiff::civil::Time = time.parse().unwrap();
    let moment = zone().to_zoned(date.to_datetime(local)).unwrap().timestamp();
    format!("{moment:.3}")
}

pub(super) fn zone() -> TimeZone {
    TimeZone::get("Asia/Jerusalem").unwrap()
}

fn error(reply: &Reply) -> (u16, String, Value) {
    let error = reply.json()["error"].clone();
    (reply.status, error["code"].as_str().unwrap().to_owned(), error["field"].clone())
}

fn day_after(date: Date) -> Date {
    date.saturating_add(1.day())
}
