//! Compares this machine's clock with the clocks of other servers. With a wrong clock, valid certificates are rejected,
//! and data is stored with wrong times.

use super::{DoctorContext, Finding};
use crate::clock;
use crate::host::program::{output_of, value};
use crate::providers::tls_probe::http_date;
use futures_util::future::join_all;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const CHECK: &str = "clock";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let (offset, synchronised, is_behind) = tokio::join!(offset(&context), synchronised(), is_behind(&context));
    if is_behind && offset.is_none_or(|offset| offset.unsigned_abs() >= OFF_S) {
        let found = "the clock shows a time that has passed already: before the newest call or message, or before this \
                     program was built";
        return vec![Finding::error(CHECK, found, REMEDY)];
    }
    evaluate(offset, synchronised.as_ref())
}

async fn is_behind(context: &DoctorContext) -> bool {
    let ready = context.get_local("/readyz").await.and_then(|(_, text)| serde_json::from_str::<Value>(&text).ok());
    ready.is_some_and(|ready| ready["clock"] == "error")
}

/// Returns by how many seconds this clock is ahead of other clocks (negative if it is behind); `None` if this cannot be
/// measured.
///
/// Only configured services are queried. Their certificates are not verified, because that would require a correct
/// clock.
pub(super) async fn offset(context: &DoctorContext) -> Option<i64> {
    let config = context.config()?;
    let twilio = config.twilio.credentials().map(|_| config.twilio.api_base_url.as_str());
    let openai = config.openai.key().map(|_| config.openai.base_url.as_str());
    let public = config.http.public_address();
    // Query the public address only if no other server is configured: it usually leads back to this machine, or to a
    // proxy whose clock may be wrong too.
    let outside = public.filter(|url| twilio.is_none() && openai.is_none() && url.starts_with("https:"));
    let offsets = join_all([twilio, openai, outside].into_iter().flatten().map(|url| offset_to(context, url))).await;
    let mut offsets: Vec<i64> = offsets.into_iter().flatten().collect();
    offsets.sort_unstable_by_key(|offset| offset.abs());
    // The servers' clocks can differ. Use the smallest offset, so that one wrong server does not raise a false alarm.
    offsets.first().copied()
}

async fn offset_to(context: &DoctorContext, url: &str) -> Option<i64> {
    let requested_at = clock::now();
    let response = context.insecure_client.head(url).timeout(LIMIT).send().await.ok()?;
    let answered_at = clock::now();
    let date = http_date(response.headers().get("date")?.to_str().ok()?)?;
    // A `Date` header contains whole seconds, rounded down, so on average it is half a second early.
    let local_ms = requested_at.as_millis().midpoint(answered_at.as_millis());
    Some((local_ms - date.as_millis() - 500) / 1000)
}

/// The status of time synchronisation, as `timedatectl` reports it.
struct Synchronised {
    is_enabled: bool,
    is_synchronised: bool,
}

async fn synchronised() -> Option<Synchronised> {
    let output = output_of("timedatectl", &["show", "--property=NTP,NTPSynchronized"]).await?;
    Some(Synchronised {
        is_enabled: value(&output, "NTP") == "yes",
        is_synchronised: value(&output, "NTPSynchronized") == "yes",
    })
}

fn evaluate(offset: Option<i64>, synchronised: Option<&Synchronised>) -> Vec<Finding> {
    let measured = match offset {
        Some(offset) if offset.unsigned_abs() >= WRONG_S => {
            let found = format!("the clock is {}: certificates and times are rejected as wrong", describe(offset));
            Some(Finding::error(CHECK, found, REMEDY))
        }
        Some(offset) if offset.unsigned_abs() >= OFF_S => {
            Some(Finding::warning(CHECK, format!("the clock is {}", describe(offset)), REMEDY))
        }
        Some(_) => None,
        None => match synchronised {
            Some(Synchronised { is_synchronised: true, .. }) => None,
            _ => return vec![Finding::skipped(CHECK, "no server could be asked for the time")],
        },
    };
    if let Some(finding) = measured {
        return vec![finding];
    }
    match synchronised {
        Some(Synchronised { is_enabled: false, is_synchronised: false }) => {
            let found = "the clock is correct, but is not synchronised with a time server and will drift";
            vec![Finding::warning(CHECK, found, "timedatectl set-ntp true")]
        }
        _ => vec![Finding::ok(CHECK, "the clock is correct")],
    }
}

/// Formats the offset, such as `3 days behind`.
pub(super) fn describe(offset: i64) -> String {
    let direction = if offset < 0 { "behind" } else { "ahead" };
    let seconds = offset.unsigned_abs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7200 => (seconds / 60, "minutes"),
        7200..172_800 => (seconds / 3600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit} {direction}")
}

const REMEDY: &str = "timedatectl set-ntp true; without time servers: date -s \"YYYY-MM-DD hh:mm:ss\". A machine that loses the \
                      time whenever it has no power needs a new battery";
const OFF_S: u64 = 30;
/// Clock offset, in seconds, at which the check reports an error: other servers begin to reject requests.
const WRONG_S: u64 = 300;
const LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn an_offset_is_evaluated_by_its_effect() {
        let state = |offset: Option<i64>, synchronised: Option<(bool, bool)>| {
            let synchronised =
                synchronised.map(|(is_enabled, is_synchronised)| Synchronised { is_enabled, is_synchronised });
            evaluate(offset, synchronised.as_ref())[0].state
        };
        assert_eq!(state(Some(2), None), State::Ok);
        assert_eq!(state(Some(-45), Some((true, true))), State::Warning);
        assert_eq!(state(Some(-400_000), None), State::Error);
        assert_eq!(state(Some(1), Some((false, false))), State::Warning);
        assert_eq!(state(None, Some((true, true))), State::Ok);
        assert_eq!(state(None, Some((true, false))), State::Skipped);
        assert_eq!(state(None, None), State::Skipped);
    }

    #[test]
    fn an_offset_is_described() {
        assert_eq!(describe(-400_000), "4 days behind");
        assert_eq!(describe(45), "45 s ahead");
        assert_eq!(describe(600), "10 minutes ahead");
    }
}
